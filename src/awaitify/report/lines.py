"""Lines of text in colour, or without."""

from __future__ import annotations

import io
from collections.abc import Iterable

from awaitify.report.escaping import terminal

Span = tuple[str, str]
"""Some text and its style, in the words of rich; "" for plain."""
Line = tuple[Span, ...]


def count(number: int, one: str, many: str = "") -> str:
    """Return how many there are of something."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def written(lines: Iterable[Line], *, colour: bool) -> bytes:
    """Return lines as they are printed: what is in names and code is only shown."""
    seen = (tuple((terminal(text), style) for text, style in line) for line in lines)
    text = _painted(seen) if colour else _plain(seen)
    return text.encode()


def _plain(lines: Iterable[Line]) -> str:
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def _painted(lines: Iterable[Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    file = io.StringIO()
    # Text objects, never markup: brackets in code and test ids are only brackets.
    console = Console(
        file=file,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    return file.getvalue()
