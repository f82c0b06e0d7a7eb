"""How the set-up talks: sentences on standard error; results on standard output."""

from __future__ import annotations

import sys


class SetupError(Exception):
    """Something the user can mend. The message says what, and how."""


def say(text: str) -> None:
    """One line of narration."""
    print(f"netc set-up: {text}", file=sys.stderr, flush=True)


def mb(size: float) -> str:
    """Bytes in MB (1,000,000 bytes): `526.6 MB`."""
    return f"{size / 1e6:,.1f} MB"


def detail(text: str) -> None:
    """A line that belongs to the one before."""
    print(f"    {text}", file=sys.stderr, flush=True)
