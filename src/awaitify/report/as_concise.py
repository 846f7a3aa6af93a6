"""One line a notice, and the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from awaitify.report.escaping import terminal
from awaitify.report.lines import Line, written
from awaitify.report.notices import Level, Notice

_STYLES = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "dim"}


def render(
    notices: Iterable[Notice],
    sentences: Iterable[str],
    shown: Callable[[str], str],
    *,
    colour: bool,
) -> bytes:
    """Return lines for people who know what it is about.

    Args:
        notices: what there is to say.
        sentences: the numbers.
        shown: how a path is typed where the command runs.
        colour: for a terminal.

    """
    lines: list[Line] = [_line(each, shown) for each in notices]
    lines += [((terminal(each), ""),) for each in sentences]
    return written(lines, colour=colour)


def _line(notice: Notice, shown: Callable[[str], str]) -> Line:
    place = terminal(shown(notice.path)) if notice.path else ""
    numbers = [str(n) for n in (notice.line, notice.column) if n > 0]
    colon = ":" if notice.kind else ""
    test = f" [{notice.test}]" if notice.test else ""
    return (
        (place, "bold"),
        (f":{':'.join(numbers)}" * bool(numbers) + ": " * bool(place), ""),
        (terminal(notice.code), _STYLES[notice.level]),
        (terminal(f" {notice.kind}".rstrip() + f"{colon} {notice.message}"), ""),
        (terminal(test), "dim"),
    )
