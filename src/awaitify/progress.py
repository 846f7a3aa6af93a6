"""What a run is doing, in one line on a terminal; nothing anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Tell = Callable[[str], None]


def nothing(text: str) -> None:
    """Tell nobody."""


@contextmanager
def shown(*, quiet: bool) -> Iterator[Tell]:
    """Yield what tells the user the stage of a run; its line is gone afterwards."""
    if quiet or not _is_watched():
        yield nothing
        return
    line = _Line()
    try:
        yield line.tell
    finally:
        line.clear()


def _is_watched() -> bool:
    # Without movements of the cursor every word would stay.
    able = os.environ.get("TERM", "") != "dumb" and not os.environ.get("CI")
    return able and sys.stderr.isatty()


@dataclass(eq=False)
class _Line:
    """One line of standard error, written over and over.

    Without a thread of its own: processes are forked meanwhile. The cursor stays
    visible: who is killed could not bring it back.
    """

    console: Console | None = None

    def tell(self, text: str) -> None:
        from rich.console import Console
        from rich.text import Text

        from awaitify.report.escaping import terminal

        self.clear()
        self.console = self.console or Console(stderr=True)
        shown = Text(terminal(text), no_wrap=True, overflow="ellipsis", style="dim")
        shown.truncate(self.console.width - 1)
        self.console.print(shown, end="")

    def clear(self) -> None:
        if self.console is not None:
            from rich.control import Control
            from rich.segment import ControlType

            erase = (ControlType.ERASE_IN_LINE, 2)
            self.console.control(Control(ControlType.CARRIAGE_RETURN, erase))
