"""Python environments of netc's own scripts (`bench`, `fixtures`), in the cache.

`NAME.txt` pins every package of the environment NAME, torch's own
dependencies too: pip resolves nothing. CUDA's libraries are those of the
cached full set, linked in; and where Python is 3.12, torch itself is. So
PyTorch runs on the very libtorch that netc-torch is linked with, or on the
same version's build for another Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import cache
from fetch import run_pip
from say import SetupError, detail, say

HERE = Path(__file__).parent


def names() -> List[str]:
    """The environments that have a list of pinned packages."""
    return sorted(path.stem for path in (HERE / "envs").glob("*.txt"))


def environment(root: Path, name: str, libtorch: Path) -> Path:
    """The Python of the environment `name`, made if it is not there."""
    if sys.version_info < (3, 10):
        raise SetupError(
            f"the {name} environment needs Python 3.10 or newer (PyTorch does), and this is "
            f"{sys.version.split()[0]}: name another one (make PYTHON=python3.12 ...)"
        )
    pins = HERE / "envs" / f"{name}.txt"
    place = root / "python" / f"{name}-{_key(pins, libtorch)}"
    python = place / "bin" / "python"
    if _whole(place):
        return python
    with cache.locked(root):
        cache.clean_leftovers(root)
        if not _whole(place):
            _make(place, pins, libtorch)
    return python


def _key(pins: Path, libtorch: Path) -> str:
    """Changes with whatever the environment is made from."""
    texts = [path.read_text(encoding="utf-8") for path in (pins, *_included(pins))]
    made_from = "\n".join([*texts, sys.version, sys.executable, str(libtorch)])
    return hashlib.sha256(made_from.encode()).hexdigest()[:12]


def _included(pins: Path) -> List[Path]:
    lines = pins.read_text(encoding="utf-8").splitlines()
    named = [pins.parent / line[len("-r ") :] for line in lines if line.startswith("-r ")]
    return [path for one in named for path in (one, *_included(one))]


def _whole(place: Path) -> bool:
    return (place / cache.STAMP).exists() and (place / "bin" / "python").exists()


def _make(place: Path, pins: Path, libtorch: Path) -> None:
    say(f"making the Python environment {pins.stem} from the Python package index that pip is configured for:")
    for line in pins.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            detail(line[2:])
    part = cache.part_folder(place)
    try:
        site = _bare(part)
        scratch = part / "pip"
        scratch.mkdir()
        # fmt: off
        run_pip([
            "install", "--target", str(site), "--requirement", str(pins), "--require-hashes", "--no-deps",
            "--only-binary=:all:", "--no-cache-dir", "--no-compile", "--no-warn-script-location",
        ], f"the packages of {pins.name}", scratch)
        # fmt: on
        shutil.rmtree(scratch)
        (site / "nvidia").symlink_to(libtorch / "nvidia")
        if not (site / "torch").exists():
            (site / "libtorch.pth").write_text(f"{libtorch}\n", encoding="utf-8")
        (part / cache.STAMP).write_text("{}\n", encoding="utf-8")
        cache.put_in_place(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _bare(folder: Path) -> Path:
    """A virtual environment without pip (Debian's Python may lack ensurepip)."""
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SetupError(
            f"{sys.executable} cannot make a virtual environment: install its venv module "
            f"(Debian, Ubuntu: apt install python3-venv)\n    {run.stderr.strip()[-500:]}"
        )
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return folder / "lib" / version / "site-packages"


def run_in(python: Path, arguments: List[str]) -> None:
    """Becomes `python arguments`, with nothing of this process's environment for Python."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") or k == "PYTHONDONTWRITEBYTECODE"}
    os.execve(str(python), [str(python), *arguments], kept)
