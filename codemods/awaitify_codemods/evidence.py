"""What was seen while a suite ran: which loops, from where, and which mocks.

`awaitify prove` writes it and `awaitify fix --evidence` reads it. It holds for the
bytes it was seen with; what is said of a file that has changed is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

SCHEMA = 1

Place = tuple[str, int]
"""A posix path relative to the root, and a line from 1."""

TEST, APP, DEPENDENCY, CALLBACK = "test", "app", "dependency", "callback"
"""Who drives a loop: test code alone; code under test; what is installed; test code
that one of these calls."""


class EvidenceError(ValueError):
    """Stored evidence cannot be read."""


@dataclass(frozen=True)
class Ran:
    """A test that ran, and how it ended."""

    function: Place
    """Its definition: the line of its first decorator, or of its ``def``."""
    outcome: str
    """passed, failed, error, skipped, xfailed or xpassed."""


@dataclass(frozen=True)
class SeenDrive:
    """A place that drove an event loop, or tried to.

    What raises before the loop runs would raise something else where one runs.
    """

    by: str
    at: Place | None
    """The call, in the innermost file of the project; None if there is none."""
    api: str
    """run_until_complete, run_forever, run ..."""
    in_main_thread: bool
    nested: bool
    """Whether a loop was running in that thread already."""
    pending: tuple[str, ...]
    """The names of the coroutines of tasks that were left when it ended."""
    functions: tuple[Place, ...]
    """The functions of the project that were being executed, innermost first."""
    tests: tuple[str, ...]
    """The node ids of the tests that did."""
    package: str = ""
    """The top-level package of what is installed that called it; "" if nothing did."""


@dataclass(frozen=True)
class SeenMock:
    """A mock that was awaited and could not be, or was called and never awaited."""

    what: str
    """``awaited`` (and failed), ``never-awaited``."""
    kind: str
    """Its class: MagicMock, AsyncMock ..."""
    name: str
    """As the mock names itself: ``mock.client.get``."""
    created: Place | None
    """Where in the project it was made, or the mock that it is an attribute of."""
    at: Place | None
    """Where it was awaited or called."""
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All that was seen."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> the hash of its bytes, as `awaitify_codemods.plan.digest` makes it."""
    tests: Mapping[str, Ran] = field(default_factory=dict)
    """Node id -> what became of it."""
    drives: tuple[SeenDrive, ...] = ()
    mocks: tuple[SeenMock, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain data; `from_json` is the inverse."""
        return {
            "schema": SCHEMA,
            "files": dict(self.files),
            "tests": {key: _plain(each) for key, each in self.tests.items()},
            "drives": [_plain(each) for each in self.drives],
            "mocks": [_plain(each) for each in self.mocks],
        }

    @classmethod
    def from_json(cls, data: Any) -> Evidence:
        """Return stored evidence.

        Raises:
            EvidenceError: it is something else, or of another version.

        """
        if not isinstance(data, dict) or not {"schema", "drives"} <= data.keys():
            raise EvidenceError("not what `awaitify prove` keeps of a run")
        if data["schema"] != SCHEMA:
            raise EvidenceError(f"schema {data['schema']!r}, expected {SCHEMA}")
        try:
            files = {_text(key): _text(each) for key, each in data["files"].items()}
            tests = {_text(key): _ran(each) for key, each in data["tests"].items()}
            drives = tuple(_drive(each) for each in data["drives"])
            mocks = tuple(_mock(each) for each in data["mocks"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise EvidenceError(f"not evidence: {error!r}") from error
        return cls(files, tests, drives, mocks)


def _plain(value: Ran | SeenDrive | SeenMock) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _ran(data: Any) -> Ran:
    return Ran(_place(data["function"]), _text(data["outcome"]))


def _drive(data: Any) -> SeenDrive:
    return SeenDrive(
        by=_text(data["by"]),
        at=_place_or_none(data["at"]),
        api=_text(data["api"]),
        in_main_thread=_truth(data["in_main_thread"]),
        nested=_truth(data["nested"]),
        pending=_texts(data["pending"]),
        functions=tuple(map(_place, _listed(data["functions"]))),
        tests=_texts(data["tests"]),
        package=_text(data["package"]),
    )


def _mock(data: Any) -> SeenMock:
    return SeenMock(
        what=_text(data["what"]),
        kind=_text(data["kind"]),
        name=_text(data["name"]),
        created=_place_or_none(data["created"]),
        at=_place_or_none(data["at"]),
        tests=_texts(data["tests"]),
    )


def _place_or_none(data: Any) -> Place | None:
    return None if data is None else _place(data)


def _place(data: Any) -> Place:
    path, line = _listed(data)
    if type(line) is not int:
        raise TypeError(f"no line: {line!r}")
    return _text(path), line


def _texts(data: Any) -> tuple[str, ...]:
    return tuple(map(_text, _listed(data)))


def _listed(data: Any) -> list[Any]:
    if isinstance(data, (list, tuple)):
        return list(data)
    raise TypeError(f"no list: {data!r}")


def _text(data: Any) -> str:
    if isinstance(data, str):
        return data
    raise TypeError(f"no text: {data!r}")


def _truth(data: Any) -> bool:
    if isinstance(data, bool):
        return data
    raise TypeError(f"neither true nor false: {data!r}")
