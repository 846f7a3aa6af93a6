"""What becomes of configuration files: new bytes, and what there is to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awaitify_codemods import Finding


@dataclass(frozen=True)
class Note:
    """Something to tell about a configuration file."""

    path: str
    line: int
    rule: str
    status: str
    message: str

    def finding(self) -> Finding:
        """Return the same as a finding."""
        from awaitify_codemods import Finding

        return Finding(self.path, self.line, 1, self.rule, self.status, self.message)


@dataclass(frozen=True)
class Settlement:
    """The configuration files that change with a migration."""

    before: Mapping[str, bytes | None] = field(default_factory=dict)
    """None for a file that is made."""
    after: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the changes as JSON-compatible data, lines replaced by lines.

        The findings are not among them: a plan has those of all rules.
        """
        return [
            _as_json(path, self.before[path] or b"", after)
            for path, after in self.after.items()
        ]


def replayed(data: Any, read: Callable[[str], bytes | None]) -> Settlement:
    """Return the changes that `as_json` wrote.

    Args:
        data: what it wrote.
        read: from the path of a file to its bytes.

    Raises:
        awaitify_codemods.PlanError: the files are not those it was made for.

    """
    from awaitify_codemods import PlanError

    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    try:
        for each in data:
            path = str(each["path"])
            before[path] = read(path)
            if before[path] is None:
                # No plan makes a file: it could be any, anywhere.
                raise PlanError(f"{path}: the plan names it, but it is not there")
            after[path] = _replay(path, before[path], each)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError(f"not a plan: {error!r}") from error
    return Settlement(before, after)


def _as_json(path: str, before: bytes, after: bytes) -> dict[str, Any]:
    from awaitify_codemods.plan import digest

    changes = [
        {"start": start, "stop": stop, "lines": lines}
        for start, stop, lines in _changed(_lines(before), _lines(after))
    ]
    return {"path": path, "digest": digest(before), "changes": changes}


def _replay(path: str, before: bytes | None, data: Mapping[str, Any]) -> bytes:
    from awaitify_codemods import PlanError
    from awaitify_codemods.plan import digest

    if digest(before or b"") != data["digest"]:
        raise PlanError(f"{path}: changed since the plan was made")
    lines = _lines(before or b"")
    for change in reversed(data["changes"]):
        lines[change["start"] : change["stop"]] = map(str, change["lines"])
    return "".join(lines).encode("utf-8", "surrogateescape")


def _changed(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[int, int, list[str]]]:
    for kind, a, b, c, d in SequenceMatcher(None, before, after, False).get_opcodes():
        if kind != "equal":
            yield a, b, list(after[c:d])


def _lines(source: bytes) -> list[str]:
    *whole, rest = source.decode("utf-8", "surrogateescape").split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def findings(notes: Iterable[Note]) -> tuple[Finding, ...]:
    """Return notes as findings, each once."""
    return tuple(dict.fromkeys(note.finding() for note in notes))
