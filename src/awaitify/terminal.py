"""What is said beside the result: on a terminal, in a log, and obeyed by neither."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def say(line: str) -> None:
    """Write a line to standard error."""
    _write([line])


def say_all(text: str) -> None:
    """Write lines that are one text: a summary, a diff."""
    _write(text.expandtabs().split("\n"))


def shown(text: bytes) -> bytes:
    """Return lines of text as a terminal shows them; not to be used by programs."""
    from awaitify.report.escaping import visible

    return visible(
        text.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    ).encode()


def _write(lines: Iterable[str]) -> None:
    # Loaded late: mostly there is nothing to say.
    from awaitify.report.escaping import terminal

    told = "".join(f"{terminal(line)}\n" for line in lines)
    sys.stderr.buffer.write(told.encode("utf-8", "surrogateescape"))
    sys.stderr.buffer.flush()
