"""Lines that became too long because the driver's brackets have gone.

``x = run(⏎    f(1)⏎)`` becomes ``x = await f(1)``; where that is too long for a
line, the brackets of ``f`` take over the line breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from awaitify_codemods.transform.spacing import closing_space, code, is_break
from awaitify_codemods.transform.tree import head_of, replaced

_WIDTHS = (79, 88)


@dataclass(frozen=True)
class Joined:
    """A call that has moved up to the line of its driver."""

    call: cst.Call
    driver: cst.Call

    def opened(self) -> cst.Call:
        """Return the call with the line breaks that its driver had."""
        *others, last = self.call.args
        closing = closing_space(self.driver.args)
        if isinstance(last.comma, cst.Comma):
            comma = last.comma.with_changes(whitespace_after=closing)
            last = last.with_changes(comma=comma)
        else:
            last = last.with_changes(whitespace_after_arg=closing)
        return self.call.with_changes(
            args=[*others, last],
            whitespace_before_args=self.driver.whitespace_before_args,
        )


def joined(driver: Any, new: Any) -> Joined | None:
    """Return what an edit has moved up to the line of `driver`, if anything."""
    if not isinstance(driver, cst.Call) or not isinstance(new, cst.Await):
        return None
    call = new.expression
    if not isinstance(call, cst.Call) or not call.args or call.lpar:
        return None
    if not is_break(driver.whitespace_before_args) or "\n" in code(call):
        return None
    return Joined(call, driver)


def width_of(source: bytes) -> int:
    """Return the length of line that a file keeps to."""
    longest = max(map(len, source.split(b"\n")), default=0)
    return _WIDTHS[0] if longest <= _WIDTHS[0] else _WIDTHS[1]


def reflowed(unit: Any, calls: Sequence[Joined], indent: str, width: int) -> Any:
    """Return a statement whose joined calls fit their lines, where they can."""
    lines = code(head_of(unit)).split("\n")
    if len(indent) + max(map(len, lines)) <= width:
        return unit
    return replaced(unit, {id(each.call): each.opened() for each in calls})
