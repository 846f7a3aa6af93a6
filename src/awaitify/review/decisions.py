"""What was answered, kept beside the journal until it is carried out.

An answer holds for the bytes it was given for: `Kept` finds it by what it is about,
and whoever asks compares the digests.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from awaitify.journal import state

_SCHEMA = 1
_FILE = "review.json"


class Answer(str, Enum):
    """What may be said of a change."""

    YES = "yes"
    NO = "no"
    SUPPRESS = "suppress"
    EDIT = "edit"


@dataclass(frozen=True)
class Decision:
    """One answer, and what it was given for."""

    answer: Answer
    before: str
    after: str
    reason: str = ""
    """Why it is suppressed."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """What was edited: full name of a definition -> its text, in latin-1."""


Names = tuple[str, ...]


@dataclass(eq=False)
class Kept:
    """The decisions of a root."""

    path: Path
    decisions: dict[Names, Decision] = field(default_factory=dict)

    def put(self, names: Names, decision: Decision | None) -> None:
        """Keep an answer at once, or forget it.

        Raises:
            JournalError: it cannot be kept.

        """
        if decision is None:
            self.decisions.pop(names, None)
        else:
            self.decisions[names] = decision
        self._write()

    def only(self, answers: Iterable[Answer]) -> None:
        """Forget all decisions but those with one of some answers."""
        wanted = {*answers}
        self.decisions = {
            names: each
            for names, each in self.decisions.items()
            if each.answer in wanted
        }
        self._write()

    def _write(self) -> None:
        data = {
            "schema": _SCHEMA,
            "decisions": [*map(_as_json, self.decisions.items())],
        }
        new = self.path.with_name(f".new-{secrets.token_hex(8)}")
        try:
            new.write_text(json.dumps(data), "ascii")
            os.replace(new, self.path)
        except OSError as error:
            raise state.unusable(self.path.parent, error) from error
        finally:
            with suppress(OSError):
                new.unlink()


def kept(directory: Path) -> Kept:
    """Return the decisions that are kept in a directory; what is damaged is none."""
    path = directory / _FILE
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        data = json.loads(path.read_bytes())
        if data["schema"] == _SCHEMA:
            return Kept(path, dict(map(_from_json, data["decisions"])))
    return Kept(path)


def _as_json(item: tuple[Names, Decision]) -> dict[str, Any]:
    names, decision = item
    return {"names": names, **vars(decision), "texts": dict(decision.texts)}


def _from_json(data: dict[str, Any]) -> tuple[Names, Decision]:
    names = tuple(map(str, data["names"]))
    texts = {str(name): str(text) for name, text in data["texts"].items()}
    decision = Decision(
        Answer(data["answer"]),
        str(data["before"]),
        str(data["after"]),
        str(data["reason"]),
        texts,
    )
    return names, decision
