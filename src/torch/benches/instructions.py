"""Instructions that `netc check` executes, by callgrind: the figure that does not drift with the machine's load.

    instructions.py --netc target/release/netc

Run by `make bench` where valgrind is installed. What is counted is a whole process, the start of the program with it;
the tables are those of `check.py`, so that a count a row can be read off.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import check


def counted(netc: str, path: Path) -> int:
    """Instructions of one `netc check`."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", netc, "check", "--format", "concise"]
        done = subprocess.run([*command, str(path)], capture_output=True, text=True)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode not in (0, 1) or not found:
            sys.exit(f"valgrind: status {done.returncode}\n{done.stderr[-2000:]}")
        return int(found[1])


def rows_of(netc: str, path: Path) -> int:
    """Rows of the net as netc expands them."""
    done = subprocess.run([netc, "show", "--format", "csv", str(path)], check=True, capture_output=True, text=True)
    return len(done.stdout.splitlines()) - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--netc", required=True, help="the netc command, a release build")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("instructions are not counted: valgrind is not installed")
        return
    print("| `netc check` of | instructions, million | a row |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        cases = [("`specs/alexnet.spec`", check.SPEC, rows_of(options.netc, check.SPEC))]
        for shape, rows, wrong in [
            ("chain", 1_000, 0),
            ("chain", 10_000, 0),
            ("chain", 100_000, 0),
            ("forked", 1_000, 0),
            ("forked", 1_000, 50),
        ]:
            path = Path(folder) / f"{shape}-{rows}-{wrong}.spec"
            path.write_text(check.generate(shape, rows, wrong))
            what = f"{shape}, {rows:,} rows" + (f", {wrong} wrong cells" if wrong else "")
            cases.append((what, path, rows))
        for what, path, rows in cases:
            count = counted(options.netc, path)
            print(f"| {what} | {count / 1e6:.1f} | {count // rows:,} |", flush=True)


if __name__ == "__main__":
    main()
