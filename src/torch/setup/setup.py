"""Sets up what netc needs beside Rust: libtorch, the demo data, Python environments.

    setup.py fetch ITEM...         make sure that they are in the cache: libtorch, elpv
    setup.py run COMMAND...        fetch libtorch, then run COMMAND with LIBTORCH set
    setup.py python NAME [-- ...]  print the Python of an environment, or run it
    setup.py status                what is in the cache
    setup.py verify                the same, with every file's SHA-256

The cache is `NETC_CACHE`, else `$XDG_CACHE_HOME/netc`, else `~/.cache/netc`:

    libtorch-2.13.0-slim/          torch/ and nvidia/, for the CPU: LIBTORCH is its torch/
    libtorch-2.13.0-full/          the same with CUDA's libraries
    data/elpv-1.0.0.post1/         the wheel elpv-dataset as it unpacks:
        elpv_dataset/data/labels.csv             one cell a line, blank-separated:
                                                 images/cell0001.png  1.0  mono
        elpv_dataset/data/images/cellNNNN.png    300x300, grey, 8 bits
    python/NAME-KEY/               an environment
    wheels/                        wheels that were fetched and not yet unpacked
    lock                           held by a set-up at work

Where an NVIDIA GPU is present the full set is taken; `NETC_LIBTORCH=slim|full`
decides otherwise. The environments need the full set: PyTorch's Python half
loads CUDA's libraries wherever it runs. A `LIBTORCH` in the environment is
used as it is, once its version is checked. Nothing is
asked of the network while the cache holds what is wanted. Standard library
only, Python 3.9 or newer, no root.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 9):
    sys.exit("netc set-up: Python 3.9 or newer is needed, and this is %s" % sys.version.split()[0])
sys.dont_write_bytecode = True

import argparse
import errno
import json
import os
import signal
from pathlib import Path
from typing import List, Optional

import cache
import envs
import fetch
import host
import pins
from say import SetupError, mb, say

CHECKOUT = Path(__file__).resolve().parents[3]


def libtorch_item() -> pins.Item:
    """The libtorch that this machine gets."""
    machine = host.machine()
    return pins.libtorch(host.wanted_set() or ("full" if host.has_nvidia_gpu() else "slim"), machine)


def tell_cargo(libtorch: Path, checkout: Path = CHECKOUT) -> None:
    """Writes the file that `.cargo/config.toml` includes, if it says another thing."""
    place = checkout / ".cargo" / "libtorch.toml"
    value = json.dumps(str(libtorch), ensure_ascii=False)
    text = f"# Written by the set-up; a LIBTORCH in the environment wins.\n[env]\nLIBTORCH = {value}\n"
    if place.exists() and place.read_text(encoding="utf-8") == text:
        return
    part = place.with_name(f".libtorch.toml.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(place)


def fetch_items(names: List[str]) -> Optional[Path]:
    """`setup.py fetch`; the LIBTORCH to use, if it was among them."""
    root = cache.cache_root()
    items: List[pins.Item] = []
    found = None
    own = os.environ.get("LIBTORCH")
    for name in names:
        if name == "elpv":
            items.append(pins.elpv())
        elif own:
            host.check_own_libtorch(Path(own))
            found = Path(os.path.abspath(own))
        else:
            item = libtorch_item()
            items.append(item)
            found = root / item.folder / "torch"
    fetch.make_whole(root, items)
    if found is not None and not own:
        tell_cargo(found)
    return found


def run_with(command: List[str]) -> None:
    """`setup.py run`: becomes `command`."""
    libtorch = fetch_items(["libtorch"])
    try:
        os.execvpe(command[0], command, dict(os.environ, LIBTORCH=str(libtorch)))
    except FileNotFoundError:
        raise SetupError(f"there is no {command[0]} on the PATH") from None


def python(name: str, arguments: List[str]) -> None:
    """`setup.py python`."""
    if name not in envs.names():
        raise SetupError(f"there is no environment {name!r}: there are {', '.join(envs.names())}")
    root = cache.cache_root()
    # PyTorch's Python half loads CUDA's libraries wherever it runs.
    item = pins.libtorch("full", host.machine())
    fetch.make_whole(root, [item])
    found = envs.environment(root, name, root / item.folder)
    if arguments:
        envs.run_in(found, arguments)
    print(found)


def status(thorough: bool) -> int:
    """`setup.py status` and `setup.py verify`; 1 where something is damaged."""
    root = cache.cache_root()
    print(f"cache      {root}")
    print(f"GPU        {'NVIDIA' if host.has_nvidia_gpu() else 'none from NVIDIA'}")
    own = os.environ.get("LIBTORCH")
    if own:
        print(f"LIBTORCH   {own}: {host.libtorch_version(Path(own)) or 'no libtorch'} (netc needs {pins.TORCH})")
    damaged = 0
    machine = host.machine()
    for item in (pins.libtorch("slim", machine), pins.libtorch("full", machine), pins.elpv()):
        place = root / item.folder
        flaw = cache.flaw(place, item, thorough)
        damaged |= int(flaw is not None and place.exists())
        size = mb(sum(w.unpacked for w in item.wheels))
        print(f"{item.folder:<28} {flaw or ('verified' if thorough else 'is there') + ', ' + size}")
    for path in sorted([*root.glob("python/*"), *root.glob("wheels/*.whl")]):
        print(path.relative_to(root))
    if damaged:
        say("`make setup` makes the damaged ones again")
    return damaged


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="setup.py", description="Sets up what netc needs beside Rust.")
    commands = parser.add_subparsers(dest="command", required=True)
    items = commands.add_parser("fetch", help="make sure that ITEMs are in the cache")
    items.add_argument("items", nargs="+", choices=["libtorch", "elpv"], metavar="ITEM", help="libtorch, elpv")
    runner = commands.add_parser("run", help="fetch libtorch, then run COMMAND with LIBTORCH set")
    runner.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND")
    environment = commands.add_parser("python", help="print the Python of an environment, or run it")
    environment.add_argument("name", help=", ".join(envs.names()))
    environment.add_argument("arguments", nargs=argparse.REMAINDER, help="-- SCRIPT ARGUMENT...")
    commands.add_parser("status", help="what is in the cache")
    commands.add_parser("verify", help="what is in the cache, by every file's SHA-256")
    return parser.parse_args(arguments)


def after_dashes(arguments: List[str]) -> List[str]:
    """The arguments less the `--` that may stand before them."""
    return arguments[1:] if arguments[:1] == ["--"] else arguments


def run(arguments: Optional[List[str]] = None) -> int:
    """Runs one command; its exit status."""
    options = parse(arguments)
    if options.command == "fetch":
        fetch_items(options.items)
    elif options.command == "run":
        run_with(after_dashes(options.arguments) or ["env"])
    elif options.command == "python":
        python(options.name, after_dashes(options.arguments))
    else:
        return status(thorough=options.command == "verify")
    return 0


def _stop(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def main() -> int:
    """Runs the command; what goes wrong is one sentence and an exit status."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        return run()
    except SetupError as error:
        say(str(error))
    except KeyboardInterrupt as stop:
        say("stopped; the wheels that were fetched are kept, and the next run goes on from there")
        return 128 + (stop.args[0] if stop.args else signal.SIGINT)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            say("the disk is full: make room, or put the cache elsewhere with NETC_CACHE=/another/folder")
        else:
            say(f"{error.strerror or error} ({error.filename or cache.cache_root()}): "
                "is the cache yours to write to? NETC_CACHE=/another/folder moves it")  # fmt: skip
    return 1


if __name__ == "__main__":
    sys.exit(main())
