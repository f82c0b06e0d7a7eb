"""Tests of the set-up, with small wheels of their own and the real pip.

No network is used: pip is pointed at a folder of this test, or at a port of
this machine that nobody listens on.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import zipfile
from pathlib import Path
from typing import Dict, List
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cache  # noqa: E402
import fetch  # noqa: E402
import host  # noqa: E402
import pins  # noqa: E402
import setup  # noqa: E402
from say import SetupError  # noqa: E402

VERSION_H = "#define TORCH_VERSION_MAJOR {}\n#define TORCH_VERSION_MINOR {}\n#define TORCH_VERSION_PATCH {}\n"


def wheel_file(folder: Path, name: str, files: Dict[str, str]) -> pins.Wheel:
    """Writes a valid wheel `name`-1.0 holding `files`, and its pin."""
    info = f"{name}-1.0.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    return pins.Wheel("slim", "any", "NVIDIA", digest, size, size, path.name)


class Scene(unittest.TestCase):
    """A cache, an index of two wheels and the item that they make."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.index, self.root = self.top / "index", self.top / "cache"
        self.index.mkdir()
        first = wheel_file(self.index, "netc_first", {"torch/lib/a.so": "a" * 1000, "torch/b.txt": "b"})
        second = wheel_file(self.index, "netc_second", {"nvidia/c.so": "c" * 500})
        self.item = pins.Item("a test", "thing-1.0", (first, second))
        self.place = self.root / "thing-1.0"
        settings = {
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index), "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "5", "NETC_CACHE": str(self.root),
        }  # fmt: skip
        patch = mock.patch.dict(os.environ, settings)
        patch.start()
        self.addCleanup(patch.stop)
        for name in ("LIBTORCH", "NETC_LIBTORCH"):
            os.environ.pop(name, None)

    def make(self) -> str:
        """Makes the item whole; what was said."""
        with tempfile.TemporaryFile("w+") as said:
            with contextlib.redirect_stderr(said):
                fetch.make_whole(self.root, [self.item])
            said.seek(0)
            return said.read()

    def refused(self) -> str:
        """Makes the item, which must fail; the sentence."""
        with self.assertRaises(SetupError) as caught:
            self.make()
        return str(caught.exception)

    def child(self, extra: str = "") -> subprocess.Popen:
        """The same in a process of its own, after running `extra`."""
        code = textwrap.dedent(f"""
            import sys, time, pathlib
            sys.path.insert(0, {str(HERE)!r})
            import cache, fetch, pins
            from pins import Item, Wheel
            {extra}
            fetch.make_whole(pathlib.Path({str(self.root)!r}), [{self.item!r}])
        """)
        return subprocess.Popen([sys.executable, "-B", "-c", code], stderr=subprocess.PIPE, text=True)

    def leftovers(self) -> List[str]:
        return [str(p) for p in self.root.rglob(".part-*")]


class Making(Scene):
    def test_a_fresh_cache_is_filled_and_says_with_what(self) -> None:
        said = self.make()
        for part in ("netc-first 1.0", "NVIDIA's own licence", "to fetch", "index that pip is configured for"):
            self.assertIn(part, said)
        self.assertIsNone(cache.flaw(self.place, self.item, thorough=True))
        self.assertEqual((self.place / "nvidia/c.so").read_text(), "c" * 500)
        self.assertEqual(list((self.root / "wheels").iterdir()), [], "the wheels are not kept")

    def test_a_warm_cache_asks_nobody(self) -> None:
        self.make()
        with mock.patch.object(fetch, "run_pip", side_effect=AssertionError("pip was called")):
            self.assertEqual(self.make(), "")

    def test_a_warm_cache_may_be_read_only(self) -> None:
        self.make()
        with mock.patch.object(cache, "locked", side_effect=AssertionError("the cache was locked")):
            self.make()

    def test_a_truncated_file_is_noticed_and_made_again(self) -> None:
        self.make()
        (self.place / "torch/lib/a.so").write_text("a")
        self.assertIn("torch/lib/a.so has 1 bytes instead of 1,000", self.make())
        self.assertIsNone(cache.flaw(self.place, self.item, thorough=True))

    def test_a_changed_file_of_the_same_size_is_noticed_by_verify(self) -> None:
        self.make()
        (self.place / "torch/lib/a.so").write_text("x" * 1000)
        self.assertIsNone(cache.flaw(self.place, self.item))
        self.assertEqual(cache.flaw(self.place, self.item, thorough=True), "torch/lib/a.so has been changed")

    def test_other_pins_make_it_again(self) -> None:
        self.make()
        self.item = self.item._replace(wheels=self.item.wheels[:1])
        self.assertIn("other files", self.make())
        self.assertFalse((self.place / "nvidia").exists())

    def test_a_full_disk_is_refused_before_anything_is_fetched(self) -> None:
        huge = self.item.wheels[0]._replace(unpacked=10**18)
        self.item = self.item._replace(wheels=(huge,))
        self.assertIn("NETC_CACHE=", self.refused())
        self.assertFalse((self.root / "wheels").exists())


class Failing(Scene):
    def test_another_hash_is_refused(self) -> None:
        self.item = self.item._replace(wheels=(self.item.wheels[0]._replace(sha256="0" * 64),))
        self.assertIn("SHA-256 differs", self.refused())
        self.assertFalse(self.place.exists())
        self.assertEqual(self.leftovers(), [])

    def test_offline_says_so_and_keeps_what_was_fetched(self) -> None:
        (self.index / self.item.wheels[1].file).rename(self.top / "hidden.whl")
        os.environ["PIP_NO_INDEX"] = "0"
        os.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
        self.assertIn("cannot be reached", self.refused())
        self.assertEqual([p.name for p in (self.root / "wheels").iterdir()], [self.item.wheels[0].file])
        self.assertEqual(self.leftovers(), [])
        (self.top / "hidden.whl").rename(self.index / self.item.wheels[1].file)
        self.assertIn("was fetched before", self.make())

    def test_a_damaged_wheel_is_fetched_again(self) -> None:
        (self.root / "wheels").mkdir(parents=True)
        (self.root / "wheels" / self.item.wheels[0].file).write_bytes(b"half")
        self.assertIn("damaged", self.make())

    def test_an_index_without_the_wheel(self) -> None:
        (self.index / self.item.wheels[0].file).unlink()
        self.assertIn("does not have netc-first 1.0", self.refused())

    def test_pips_words_become_sentences(self) -> None:
        for words, sentence in (
            ("ProxyError('Cannot connect to proxy')\nERROR: No matching distribution found", "proxy"),
            ("SSLError(SSLCertVerificationError('CERTIFICATE_VERIFY_FAILED'))", "certificate"),
            ("ERROR: 403 Client Error: Forbidden", "refused"),
            ("OSError: [Errno 28] No space left on device", "disk is full"),
            ("NewConnectionError: Name or service not known\nERROR: No matching distribution", "cannot be reached"),
            ("ERROR: something new", "something new"),
        ):
            self.assertIn(sentence, fetch.explain(words.splitlines(), "torch 2.13.0"), words)

    def test_no_pip(self) -> None:
        with mock.patch("importlib.util.find_spec", return_value=None), mock.patch("shutil.which", return_value=None):
            self.assertIn("apt install python3-pip", self.refused())


class Interrupting(Scene):
    def wait_for(self, pattern: str) -> None:
        for _ in range(600):
            if list(self.root.rglob(pattern)):
                return
            time.sleep(0.05)
        self.fail(f"no {pattern} appeared")

    def test_killed_while_unpacking_it_leaves_nothing_half_made(self) -> None:
        slow = "plain = fetch.unpack; fetch.unpack = lambda w, f: (plain(w, f), time.sleep(60))"
        child = self.child(slow)
        self.wait_for("a.so")
        child.send_signal(signal.SIGKILL)
        child.communicate()
        self.assertFalse(self.place.exists())
        with mock.patch.object(fetch, "run_pip", side_effect=AssertionError("fetched again")):
            self.make()
        self.assertIsNone(cache.flaw(self.place, self.item, thorough=True))
        self.assertEqual(self.leftovers(), [])

    def test_two_at_once_make_it_once(self) -> None:
        slow = "plain = fetch.unpack; fetch.unpack = lambda w, f: (plain(w, f), time.sleep(1))"
        first = self.child(slow)
        self.wait_for("lock")
        second = self.child(slow)
        said = first.communicate()[1], second.communicate()[1]
        self.assertEqual((first.returncode, second.returncode), (0, 0), said)
        self.assertEqual("".join(said).count("unpacking a test"), 1, said)
        self.assertIn("waiting", "".join(said))
        self.assertIsNone(cache.flaw(self.place, self.item, thorough=True))

    def test_pip_ends_with_the_set_up(self) -> None:
        lingering = f"{sys.executable!r}, '-c', 'import time; time.sleep(60)', {str(self.top)!r}"
        child = self.child(f"fetch.pip_command = lambda: [{lingering}]")
        self.wait_for("pinned.txt")
        time.sleep(1)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        time.sleep(0.5)
        running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _holds(p, str(self.top))]
        self.assertEqual(running, [])


def _holds(path: Path, word: str) -> bool:
    try:
        return word in path.read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False


class Hosts(Scene):
    def own(self, *version: int) -> Path:
        folder = self.top / "own"
        (folder / "lib").mkdir(parents=True)
        header = folder / "include/torch/headeronly/version.h"
        header.parent.mkdir(parents=True)
        header.write_text(VERSION_H.format(*version))
        return folder

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        run = [sys.executable, "-B", str(HERE / "setup.py"), *arguments]
        return subprocess.run(run, env=dict(os.environ, **environment), capture_output=True, text=True, check=False)

    def test_another_libtorch_is_refused_with_both_versions(self) -> None:
        run = self.command("fetch", "libtorch", LIBTORCH=str(self.own(2, 9, 1)))
        self.assertEqual(run.returncode, 1)
        self.assertIn("LIBTORCH is 2.9.1", run.stderr)
        self.assertIn("netc needs 2.13.0", run.stderr)
        self.assertNotIn("Traceback", run.stderr)

    def test_the_users_libtorch_is_used_and_nothing_fetched(self) -> None:
        own = self.own(2, 13, 0)
        run = self.command("run", "printenv", "LIBTORCH", LIBTORCH=str(own))
        self.assertEqual((run.returncode, run.stdout.strip()), (0, str(own)), run.stderr)
        self.assertFalse(self.root.exists())

    def test_a_folder_that_is_no_libtorch(self) -> None:
        run = self.command("run", "env", LIBTORCH=str(self.top))
        self.assertEqual(run.returncode, 1)
        self.assertIn("no lib folder", run.stderr)

    def test_a_misspelt_set(self) -> None:
        run = self.command("fetch", "libtorch", NETC_LIBTORCH="cuda")
        self.assertEqual(run.returncode, 1)
        self.assertIn("slim (CPU) or full", run.stderr)

    def test_a_cache_that_cannot_be_written(self) -> None:
        file = self.top / "file"
        file.write_text("")
        run = self.command("fetch", "elpv", NETC_CACHE=str(file / "cache"))
        self.assertEqual(run.returncode, 1)
        self.assertIn("NETC_CACHE=", run.stderr)
        self.assertNotIn("Traceback", run.stderr)

    def test_other_platforms_are_told_what_to_do(self) -> None:
        for system, name, libc, word in (
            ("Darwin", "arm64", ("", ""), "Linux only"),
            ("Linux", "riscv64", ("glibc", "2.39"), "riscv64"),
            ("Linux", "x86_64", ("", ""), "musl"),
            ("Linux", "x86_64", ("glibc", "2.17"), "glibc 2.28"),
        ):
            with mock.patch("platform.system", return_value=system), mock.patch(
                "platform.machine", return_value=name
            ), mock.patch("platform.libc_ver", return_value=libc), self.assertRaises(SetupError) as caught:
                host.machine()
            self.assertIn(word, str(caught.exception))
            self.assertIn("LIBTORCH", str(caught.exception))

    def test_the_set_follows_the_gpu_and_the_users_word(self) -> None:
        with mock.patch.object(host, "machine", return_value="x86_64"):
            for gpu, word, wheels in ((False, "", 3), (True, "", 16), (True, "slim", 3), (False, "full", 16)):
                with mock.patch.object(host, "has_nvidia_gpu", return_value=gpu), mock.patch.dict(
                    os.environ, {"NETC_LIBTORCH": word}
                ):
                    self.assertEqual(len(setup.libtorch_item().wheels), wheels)

    def test_cargo_is_told_and_only_when_it_changes(self) -> None:
        (self.top / ".cargo").mkdir()
        setup.tell_cargo(Path("/a b/torch"), self.top)
        file = self.top / ".cargo/libtorch.toml"
        self.assertIn('LIBTORCH = "/a b/torch"', file.read_text())
        os.utime(file, (1, 1))
        setup.tell_cargo(Path("/a b/torch"), self.top)
        self.assertEqual(file.stat().st_mtime, 1)


class Pins(unittest.TestCase):
    def test_the_table_is_whole(self) -> None:
        for wheel in pins.table():
            self.assertRegex(wheel.sha256, r"^[0-9a-f]{64}$")
            self.assertIn(wheel.licence, pins.LICENCES)
            self.assertTrue(0 < wheel.fetched < wheel.unpacked * 1.01, wheel.file)
            self.assertTrue(wheel.machine in wheel.platform or wheel.platform == "any", wheel.file)
        both = [sorted(w.project for w in pins.libtorch("full", m).wheels) for m in ("x86_64", "aarch64")]
        self.assertEqual(both[0], both[1])
        self.assertIn("nvidia-cudnn-cu13", both[0])

    def test_the_build_needs_the_version_that_is_fetched(self) -> None:
        build = (HERE.parent / "build.rs").read_text(encoding="utf-8")
        self.assertIn(f'const NEEDED: &str = "{pins.TORCH}";', build)

    def test_where_the_cache_is(self) -> None:
        for environment, place in (
            ({"NETC_CACHE": "/n", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/n"),
            ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/netc"),
            ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/netc"),
        ):
            with mock.patch.dict(os.environ, environment, clear=True):
                self.assertEqual(cache.cache_root(), Path(place))


if __name__ == "__main__":
    unittest.main()
