"""What is said beside the result."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Write a line to standard error; names that are no UTF-8 stay what they are."""
    sys.stderr.buffer.write(f"{line}\n".encode("utf-8", "surrogateescape"))
    sys.stderr.buffer.flush()
