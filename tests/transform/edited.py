"""Shared by the tests of edits: what a file is after edits written by hand."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

from awaitify_codemods.plan import Edit
from awaitify_codemods.transform import carry_out


def source(text: str) -> str:
    return dedent(text).lstrip("\n")


def edited(code: str, *edits: Sequence[Any]) -> str:
    """Carry out edits given as (kind, ordinal, operation[, arguments[, expect]])."""
    planned = [Edit(*edit) for edit in edits]
    return carry_out(planned, code.encode()).decode()


def check(before: str, edits: Sequence[Sequence[Any]], after: str) -> None:
    """Assert that the edits turn one text into the other, and that it is Python."""
    assert edited(source(before), *edits) == source(after)
    compile(source(after), "after", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
