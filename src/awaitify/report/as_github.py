"""Annotations of GitHub: workflow commands, one a line."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from awaitify.report.escaping import annotation, annotation_property, terminal
from awaitify.report.lines import count
from awaitify.report.notices import Level, Notice

_SHOWN = 10
"""GitHub shows so many annotations of a kind of one step, and drops the others."""
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(notices: Iterable[Notice], sentences: Iterable[str], root: Path) -> bytes:
    """Return annotations and, for the log, what there is to say in numbers.

    Args:
        notices: what is said beside the code.
        sentences: the numbers.
        root: where the paths of the notices begin.

    """
    told = [each for each in notices if each.status != "suppressed"]
    lines = [*_annotations(told, _prefix(root)), *map(terminal, sentences)]
    return "".join(f"{line}\n" for line in lines).encode()


def _prefix(root: Path) -> str:
    """Return where the root is in what GitHub has checked out."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    real = Path(os.path.realpath(workspace)) if workspace else root
    return root.relative_to(real).as_posix() if root.is_relative_to(real) else "."


def _annotations(told: Sequence[Notice], prefix: str) -> Iterator[str]:
    for level, command in _COMMANDS.items():
        found = [each for each in told if each.level is level]
        for each in found[:_SHOWN]:
            yield _annotation(command, each, prefix)
        if len(found) > _SHOWN:
            yield (
                f"{count(len(found), command)}: GitHub shows {_SHOWN} of a kind, so "
                f"{len(found) - _SHOWN} have no annotation"
            )


def _annotation(command: str, notice: Notice, prefix: str) -> str:
    values: dict[str, str] = {}
    if notice.path:
        values["file"] = posixpath.normpath(posixpath.join(prefix, notice.path))
        if notice.line > 0:
            values["line"] = str(notice.line)
        if notice.column > 0:
            values["col"] = str(notice.column)
    values["title"] = f"awaitify: {notice.title}"
    properties = ",".join(
        f"{name}={annotation_property(value)}" for name, value in values.items()
    )
    test = f" [{notice.test}]" if notice.test else ""
    return f"::{command} {properties}::{annotation(f'{notice.message}{test}')}"
