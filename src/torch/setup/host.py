"""This machine: its platform, its GPU, and a libtorch that the user brought."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

from pins import TORCH
from say import SetupError

_BRING = f"unpack libtorch {TORCH} yourself and name its folder in LIBTORCH"


def machine() -> str:
    """`x86_64` or `aarch64`; any other machine has no pinned wheels."""
    system, name = platform.system(), platform.machine().lower()
    if system != "Linux":
        raise SetupError(
            f"the set-up fetches libtorch for Linux only, and this is {system or sys.platform}: {_BRING}"
        )
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)
    if name not in ("x86_64", "aarch64"):
        raise SetupError(f"there is no libtorch wheel for {name}: {_BRING}")
    _check_libc()
    return name


def _check_libc() -> None:
    libc, version = platform.libc_ver()
    found = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if libc != "glibc":
        raise SetupError(
            "libtorch's wheel needs the GNU C library, and this Linux has another "
            f"(Alpine's musl, say): use a Debian, Ubuntu or Fedora image, or {_BRING}"
        )
    if found < (2, 28):
        raise SetupError(f"libtorch's wheel needs glibc 2.28 or newer, and this is {version}: {_BRING}")


def has_nvidia_gpu() -> bool:
    """Whether an NVIDIA GPU can be used here."""
    if Path("/dev/nvidia0").exists() or Path("/proc/driver/nvidia/version").exists():
        return True
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        run = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and "GPU" in run.stdout


def wanted_set() -> Optional[str]:
    """`NETC_LIBTORCH` (`slim` or `full`), checked; None where it is not set."""
    chosen = os.environ.get("NETC_LIBTORCH") or None
    if chosen not in (None, "slim", "full"):
        raise SetupError(f"NETC_LIBTORCH is {chosen!r}: it can be slim (CPU) or full (CUDA too)")
    return chosen


def libtorch_version(folder: Path) -> Optional[str]:
    """The version that a libtorch's headers give (`2.13.0`), or None."""
    headers = ("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h")
    for header in headers:
        try:
            text = (folder / "include" / header).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = [
            re.search(rf"^#define TORCH_VERSION_{part}\s+(\d+)", text, re.MULTILINE)
            for part in ("MAJOR", "MINOR", "PATCH")
        ]
        if all(found):
            return ".".join(match.group(1) for match in found if match)
    return None


def check_own_libtorch(folder: Path) -> None:
    """Refuses a LIBTORCH that netc cannot be built against."""
    mend = f"unset LIBTORCH to have {TORCH} fetched, or name the folder of a libtorch {TORCH}"
    if not (folder / "lib").is_dir():
        raise SetupError(f"LIBTORCH is {folder}, which has no lib folder: {mend}")
    version = libtorch_version(folder)
    if version is None:
        raise SetupError(f"LIBTORCH is {folder}, which has no version.h of libtorch: {mend}")
    if version != TORCH:
        raise SetupError(f"LIBTORCH is {version} ({folder}), netc needs {TORCH}: {mend}")
