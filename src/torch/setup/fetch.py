"""Fetching wheels with pip, and unpacking them.

pip is asked, so that its index, mirror, proxy and certificate settings hold.
Each wheel is fetched by a pip of its own and kept as soon as its SHA-256 is
right, so that a set-up that was interrupted goes on with the next wheel.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import List, Sequence

import cache
from pins import LICENCES, Item, Wheel
from say import SetupError, detail, mb, say

# pip's words on standard error, and what they mean to somebody who set up netc.
# The first that matches counts: a lost connection also ends in "no matching
# distribution".
PIP_SAYS = (
    (r"DO NOT MATCH THE HASHES|HashMismatch",
     "the index that pip is configured for offers another {what} than the one netc pins (the SHA-256 "
     "differs): try again; if it stays so, use another index (pip config set global.index-url ...)"),
    (r"No space left on device", "the disk is full: make room, or move the cache with NETC_CACHE"),
    (r"ProxyError|Cannot connect to proxy|Tunnel connection failed",
     "pip's proxy did not let {what} through: see `pip config list` and HTTPS_PROXY"),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError",
     "the index's certificate was refused: name your certificates to pip (pip config set global.cert FILE)"),
    (r"\b40[13] Client Error|\b(Unauthorized|Forbidden)\b",
     "the index that pip is configured for refused {what}: see `pip config list`"),
    (r"NewConnectionError|ConnectTimeout|ReadTimeout|timed out|Connection\w*Error|Connection (refused|reset|broken)"
     r"|Name or service not known|Temporary failure|Max retries|IncompleteRead|Network is unreachable",
     "the index that pip is configured for cannot be reached, so {what} was not fetched: go online, or "
     "set pip's index or proxy (pip config list), then run it again: what was fetched is kept"),
    (r"from versions: none",
     "the index that pip is configured for cannot be reached or does not have {what}: go online, or set "
     "pip's index (PIP_INDEX_URL=..., or pip config list), then run it again: what was fetched is kept"),
    (r"No matching distribution|Could not find a version",
     "the index that pip is configured for has no {what} for this platform: use one that has "
     "(PIP_INDEX_URL=...)"),
)  # fmt: skip


def pip_command() -> List[str]:
    """How pip is called here."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        found = shutil.which(name)
        if found:
            return [found]
    raise SetupError(
        f"{sys.executable} has no pip, and the set-up fetches with pip: install it "
        "(Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip; "
        "elsewhere: python3 -m ensurepip)"
    )


def _die_with_parent() -> None:
    """Has the kernel end the child when this process is killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_pip(arguments: Sequence[str], what: str, scratch: Path) -> None:
    """Runs pip; its failure becomes a sentence. `scratch` takes its temporary files."""
    # A pip that is configured to install for the user, or only into virtual
    # environments, would refuse what is asked here; neither is at stake.
    environment = dict(os.environ, TMPDIR=str(scratch), PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0")
    command = [*pip_command(), *arguments, "--disable-pip-version-check", "--no-input"]
    lines: List[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=subprocess.PIPE,
        text=True, errors="replace", env=environment, cwd=scratch, preexec_fn=_die_with_parent,
    ) as pip:  # fmt: skip
        try:
            for line in pip.stderr or ():
                if "Retrying" in line and not any("Retrying" in seen for seen in lines):
                    say("the index does not answer; pip tries again")
                lines.append(line.rstrip())
            status = pip.wait()
        except BaseException:
            pip.kill()
            raise
    if status != 0:
        raise SetupError(explain(lines, what))


def explain(lines: Sequence[str], what: str) -> str:
    """What pip's standard error means, as one sentence."""
    text = "\n".join(lines)
    for pattern, sentence in PIP_SAYS:
        if re.search(pattern, text):
            return sentence.format(what=what)
    last = [line for line in lines if line.strip()][-4:] or ["it gave no reason"]
    return f"pip could not fetch {what}: " + "\n    ".join(last)


def fetch(root: Path, wheel: Wheel) -> Path:
    """The wheel in the cache, fetched if it is not there. Needs the lock."""
    place = root / "wheels" / wheel.file
    if place.exists():
        if cache.file_digest(place) == wheel.sha256:
            say(f"{wheel.file} was fetched before")
            return place
        say(f"{place} is damaged: fetching it again")
        place.unlink()
    scratch = cache.part_folder(place.with_name("pip"))
    try:
        _download(wheel, scratch)
        found = scratch / "got" / wheel.file
        if not found.exists() or cache.file_digest(found) != wheel.sha256:
            raise SetupError(f"pip did not deliver the pinned {wheel.file}: run it again")
        found.replace(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


def _download(wheel: Wheel, scratch: Path) -> None:
    pinned = scratch / "pinned.txt"
    pinned.write_text(f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    say(f"fetching {wheel.project} {wheel.version} ({mb(wheel.fetched)})")
    # fmt: off
    run_pip([
        "download", "--requirement", pinned.name, "--require-hashes", "--no-deps",
        "--dest", "got", "--only-binary=:all:", "--no-cache-dir",
        "--python-version", "3.12", "--implementation", "cp", "--abi", "cp312",
        "--platform", wheel.platform,
    ], f"{wheel.project} {wheel.version}", scratch)
    # fmt: on


def unpack(wheel: Path, folder: Path) -> None:
    """Unpacks a wheel, with the executable bits that it records."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = archive.extract(info, folder)
            mode = info.external_attr >> 16
            if mode & 0o111 and not info.is_dir():
                os.chmod(path, 0o755)


def announce(missing: Sequence[Item], root: Path) -> None:
    """Says what will be fetched, how much, from where and under which licences."""
    say("this will be fetched from the Python package index that pip is configured for:")
    to_fetch = 0
    for item in missing:
        detail(f"{item.title}, into {root / item.folder}")
        for wheel in item.wheels:
            there = (root / "wheels" / wheel.file).exists()
            to_fetch += 0 if there else wheel.fetched
            size = "(is there)" if there else mb(wheel.fetched)
            detail(f"  {wheel.project + ' ' + wheel.version:<32} {size:>10}   {LICENCES[wheel.licence]}")
    unpacked = sum(wheel.unpacked for item in missing for wheel in item.wheels)
    detail(f"{mb(to_fetch)} to fetch; {mb(unpacked)} on disk when done (the wheels are not kept)")


def make_whole(root: Path, items: Sequence[Item]) -> None:
    """Fetches and unpacks each of `items` that is not whole in the cache."""
    if all(cache.flaw(root / item.folder, item) is None for item in items):
        return
    with cache.locked(root):
        cache.clean_leftovers(root)
        missing = []
        for item in items:
            flaw = cache.flaw(root / item.folder, item)
            if flaw is None:
                continue
            if (root / item.folder).exists():
                say(f"{root / item.folder} is not usable: {flaw}; making it again")
            missing.append(item)
        if not missing:
            return
        announce(missing, root)
        cache.need_space(root, space_for(root, missing))
        for item in missing:
            _make(root, item)


def space_for(root: Path, missing: Sequence[Item]) -> int:
    """Bytes that the set-up takes at its fullest."""
    wheels = [wheel for item in missing for wheel in item.wheels]
    to_fetch = [w.fetched for w in wheels if not (root / "wheels" / w.file).exists()]
    # pip keeps its download until it has copied it: the largest counts twice.
    return sum(to_fetch) + max(to_fetch, default=0) + sum(w.unpacked for w in wheels) + 50_000_000


def _make(root: Path, item: Item) -> None:
    place = root / item.folder
    files = [fetch(root, wheel) for wheel in item.wheels]
    part = cache.part_folder(place)
    try:
        say(f"unpacking {item.title}")
        for file in files:
            unpack(file, part)
        cache.write_stamp(part, item)
        flaw = cache.flaw(part, item)
        if flaw:
            raise SetupError(f"{item.title} did not unpack whole ({flaw}): check the disk and run it again")
        cache.put_in_place(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for file in files:
        file.unlink()
    say(f"done: {place}")
