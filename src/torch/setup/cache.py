"""The per-user cache: where it is, its lock, and whether a folder in it is whole.

A folder of the cache is either absent or whole: it is made under another
name (`.part-...`) beside its place and renamed there when it is complete.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from pins import Item, Wheel
from say import SetupError, mb, say

STAMP = "netc-stamp.json"


def cache_root() -> Path:
    """`NETC_CACHE`, else `$XDG_CACHE_HOME/netc`, else `~/.cache/netc`."""
    chosen = os.environ.get("NETC_CACHE")
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):
        return Path(xdg) / "netc"
    return Path(os.path.expanduser("~")) / ".cache" / "netc"


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Holds the cache's lock. The kernel lets go of it when the process dies."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "lock", "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another set-up is using {root}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clean_leftovers(root: Path) -> None:
    """Removes what an interrupted run left half-made. Needs the lock."""
    for parent in (root, root / "data", root / "python", root / "wheels"):
        for path in parent.glob(".part-*"):
            shutil.rmtree(path, ignore_errors=True)


def part_folder(place: Path) -> Path:
    """A fresh folder beside `place`, to be renamed to it when complete."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.parent / f".part-{place.name}-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    return part


def put_in_place(part: Path, place: Path) -> None:
    """Renames the complete `part` to `place`, and removes what was there."""
    old = place.parent / f".part-old-{place.name}-{os.getpid()}"
    if place.exists():
        place.rename(old)
    part.rename(place)
    shutil.rmtree(old, ignore_errors=True)


class Recorded(NamedTuple):
    """One line of a wheel's RECORD."""

    path: str
    sha256: str
    size: int


def recorded(folder: Path, wheel: Wheel) -> Iterator[Recorded]:
    """The files of an unpacked wheel, as its RECORD lists them."""
    with open(folder / wheel.record, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            # RECORD cannot list its own size and hash: those fields are empty.
            if len(row) == 3 and row[1] and row[2]:
                yield Recorded(row[0], row[1].partition("=")[2], int(row[2]))


def stamp_of(item: Item) -> dict:
    """What the stamp of a whole folder says: which files it was unpacked from."""
    return {"wheels": {w.file: w.sha256 for w in item.wheels}}


def write_stamp(folder: Path, item: Item) -> None:
    """Marks `folder` as complete."""
    text = json.dumps(stamp_of(item), indent=1) + "\n"
    (folder / STAMP).write_text(text, encoding="utf-8")


def flaw(folder: Path, item: Item, thorough: bool = False) -> Optional[str]:
    """Why `folder` is not a whole `item`, or None.

    Every file's presence and size are looked at; its SHA-256 only if `thorough`.
    """
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "it is not there yet" if not folder.exists() else "it has no stamp"
    except (OSError, ValueError):
        return "its stamp cannot be read"
    if stamp != stamp_of(item):
        return "it was made from other files than this netc wants"
    for wheel in item.wheels:
        try:
            found = next(_flaws(folder, wheel, thorough), None)
        except (OSError, ValueError):
            found = f"{wheel.record} cannot be read"
        if found:
            return found
    return None


def _flaws(folder: Path, wheel: Wheel, thorough: bool) -> Iterator[str]:
    for path, digest, size in recorded(folder, wheel):
        try:
            found = os.stat(folder / path).st_size
        except OSError:
            yield f"{path} is missing"
            continue
        if found != size:
            yield f"{path} has {found:,} bytes instead of {size:,}"
        elif thorough and file_digest(folder / path, urlsafe=True) != digest:
            yield f"{path} has been changed"


def file_digest(path: Path, urlsafe: bool = False) -> str:
    """The SHA-256 of a file: in hex, or as RECORD writes it."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    if urlsafe:
        return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return digest.hexdigest()


def need_space(root: Path, needed: int) -> None:
    """Refuses to start what would fill the disk. `needed` is in bytes."""
    free = shutil.disk_usage(root).free
    if free < needed:
        raise SetupError(
            f"{root} has {mb(free)} free and the set-up needs {mb(needed)} for a while: "
            "make room, or put the cache elsewhere with NETC_CACHE=/another/folder"
        )
