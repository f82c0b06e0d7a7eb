"""What the set-up fetches: every wheel by name, SHA-256, size and licence.

`wheels.txt` is the table. The hashes are the Python package index's own; for
a new version they come from

    pip install --dry-run --report pins.json --target none --ignore-installed \\
        --only-binary=:all: --python-version 3.12 --abi cp312 \\
        --platform manylinux_2_28_x86_64 --platform ... torch==VERSION

(one `--platform` does not stand for the older ones: name them all down to
manylinux2014). The CUDA wheels are those that torch's METADATA asks for,
less the ones that only Python code uses (triton, cuda-bindings). libtorch is
the same in every Python's torch wheel: cp312's is taken, whatever Python runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple, Tuple

TORCH = "2.13.0"

LICENCES = {
    "BSD-3-Clause": "BSD-3-Clause; bundled parts Apache-2.0, BSD-2-Clause, BSL-1.0, MIT",
    "Apache-2.0": "Apache-2.0",
    "NVIDIA": "NVIDIA's own licence",
    "CC-BY-NC-SA-4.0": "CC BY-NC-SA 4.0: not for commercial use",
}


class Wheel(NamedTuple):
    """One pinned file of the Python package index."""

    kind: str
    machine: str
    licence: str
    sha256: str
    fetched: int
    unpacked: int
    file: str

    @property
    def project(self) -> str:
        """The project's name, as pip takes it: `nvidia-cuda-cupti`."""
        return self.file.split("-")[0].replace("_", "-")

    @property
    def version(self) -> str:
        """The pinned version: `13.0.85`."""
        return self.file.split("-")[1]

    @property
    def platform(self) -> str:
        """The platform tag to ask pip for: the last of the file's own."""
        return self.file[: -len(".whl")].split("-")[-1].split(".")[-1]

    @property
    def record(self) -> str:
        """The wheel's list of its own files, with their sizes and hashes."""
        name, version = self.file.split("-")[:2]
        return f"{name}-{version}.dist-info/RECORD"


class Item(NamedTuple):
    """A folder of the cache and the wheels that are unpacked into it."""

    title: str
    folder: str
    wheels: Tuple[Wheel, ...]


def table() -> List[Wheel]:
    """Every line of `wheels.txt`."""
    text = (Path(__file__).parent / "wheels.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [Wheel(*row[:4], int(row[4]), int(row[5]), row[6]) for row in rows]


def libtorch(kind: str, machine: str) -> Item:
    """libtorch for `machine`; `kind` is `slim` (CPU) or `full` (CUDA too)."""
    kinds = ("slim", "full") if kind == "full" else ("slim",)
    wheels = tuple(w for w in table() if w.machine == machine and w.kind in kinds)
    what = "CPU and CUDA" if kind == "full" else "CPU"
    return Item(f"libtorch {TORCH} ({kind} set: {what})", f"libtorch-{TORCH}-{kind}", wheels)


def elpv() -> Item:
    """The ELPV photographs of solar cells, 300x300 and grey."""
    wheels = tuple(w for w in table() if w.kind == "elpv")
    return Item("the ELPV photographs of solar cells", "data/elpv-1.0.0.post1", wheels)
