"""Decisions as plain data: they can be printed, stored, replayed, sent elsewhere.

Nothing here knows `ast` or LibCST. `Plan.as_json` and `Plan.from_json` are
inverse to each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1

Argument = Any
"""JSON data: None, a bool, an int, a str, or a list of them."""


class PlanError(ValueError):
    """A stored plan cannot be read or does not fit the files."""


def digest(source: bytes) -> str:
    """Return the hash that says which bytes a plan was made for."""
    return hashlib.sha256(source).hexdigest()


@dataclass(frozen=True)
class Edit:
    """One edit of one node: the `ordinal`-th node of its `kind` in the file.

    `kind` is the name of a LibCST class. `ast` and LibCST meet the nodes of a
    kind in the same order, so this finds the node without position metadata.
    """

    kind: str
    ordinal: int
    op: str
    """What to do; `awaitify_codemods.transform.edits` lists the operations."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    expect: str = ""
    """What must stand there: a callee's or a definition's name; "" if unnamed."""
    rule: str = ""
    """Code of the rule that asked for it."""


@dataclass(frozen=True)
class FilePlan:
    """What happens to one file, and to which bytes that applies."""

    path: str
    """Posix path relative to the project's root."""
    digest: str
    edits: tuple[Edit, ...] = ()
    delete: bool = False
    """The file is left with nothing and goes."""


MIGRATE = "migrate"
LEFT = "left"
NEWLY_RUNNING = "newly-running"
REPORT = "report"
REVIEW = "review"
SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class Finding:
    """One site: where it is, and what becomes of it, and why."""

    path: str
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    rule: str
    """Code of the rule concerned, e.g. ``AW101``."""
    status: str
    """``migrate``, ``left``, ``newly-running``, ``report``, ``review`` or
    ``suppressed``."""
    message: str
    reason: str = ""
    """A refusal code where the site is left, e.g. ``inner-loop``."""
    test: str = ""
    """The definition it stands in, as pytest names it: ``TestX::test_y``."""


@dataclass(frozen=True)
class Unit:
    """Functions that become async together, or not at all."""

    functions: tuple[str, ...]
    """``path::TestX::test_y``, in order."""
    strategy: Mapping[str, str] = field(default_factory=dict)
    """For each test its strategy: plain, task, turn, promote."""


@dataclass(frozen=True)
class Setting:
    """A key of pytest's configuration that the results rely on."""

    folder: str
    """Where the configuration is; one of those that `Sources.settable` names."""
    key: str
    """An option of pytest-asyncio, e.g. ``asyncio_default_test_loop_scope``."""
    value: str
    reason: str
    """Why the tests need it, for the report."""


@dataclass(frozen=True)
class Plan:
    """Everything decided for a project."""

    files: Sequence[FilePlan] = ()
    findings: tuple[Finding, ...] = ()
    units: tuple[Unit, ...] = ()
    settings: tuple[Setting, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON-compatible data."""
        return {
            "schema": SCHEMA,
            "files": [_file_as_json(file) for file in self.files],
            "findings": [vars(finding) for finding in self.findings],
            "units": [
                {"functions": list(unit.functions), "strategy": dict(unit.strategy)}
                for unit in self.units
            ],
            "settings": [vars(setting) for setting in self.settings],
        }

    @classmethod
    def from_json(cls, data: Any) -> Plan:
        """Read what `as_json` wrote.

        Raises:
            PlanError: the data are not a plan of this schema.

        """
        try:
            if data["schema"] != SCHEMA:
                raise PlanError(f"schema {data['schema']!r}, expected {SCHEMA}")
            return cls(
                tuple(_file_from_json(file) for file in data["files"]),
                tuple(Finding(**finding) for finding in data["findings"]),
                tuple(
                    Unit(tuple(unit["functions"]), dict(unit["strategy"]))
                    for unit in data["units"]
                ),
                # Plans of the first versions have none.
                tuple(Setting(**setting) for setting in data.get("settings", ())),
            )
        except (KeyError, TypeError) as error:
            raise PlanError(f"not a plan: {error!r}") from error


def _file_as_json(file: FilePlan) -> dict[str, Any]:
    edits = [{**vars(edit), "arguments": dict(edit.arguments)} for edit in file.edits]
    return {**vars(file), "edits": edits}


def _file_from_json(data: dict[str, Any]) -> FilePlan:
    edits = tuple(Edit(**edit) for edit in data["edits"])
    return FilePlan(data["path"], data["digest"], edits, data["delete"])
