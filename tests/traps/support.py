"""Small projects in, migrated projects out: what the tests of traps share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import dedent

import pytest

from awaitify_codemods import Choice, Migration, Settings, Sources, migrate
from awaitify_codemods.directives import Directives
from awaitify_codemods.plan import LEFT

Project = str | Mapping[str, str]
"""A test module on its own, or path -> text."""

MODULE = "test_it.py"


def check(
    before: Project, after: Mapping[str, str | None] | str, **how: object
) -> None:
    """Assert that a project becomes another one, exactly, and then stays as it is.

    Files that `after` does not name must not change; None says that a file goes.
    """
    files = texts(before)
    expected: dict[str, str | None] = dict(files)
    expected |= texts(after)
    migrated = run(files, **how)
    assert result(files, migrated) == expected
    again = {path: text for path, text in expected.items() if text is not None}
    assert not run(again, **how).results, "a second run changes something"


def left(before: Project, **how: object) -> list[str]:
    """Assert that nothing changes; return the reasons, by path and position."""
    files = texts(before)
    migrated = run(files, **how)
    assert result(files, migrated) == files
    return [each.reason for each in migrated.plan.findings if each.status == LEFT]


def reasons(before: Project, **how: object) -> list[str]:
    """Return the reasons for what is left, whatever becomes of the rest."""
    migrated = run(texts(before), **how)
    return [each.reason for each in migrated.plan.findings if each.status == LEFT]


def texts(project: Mapping[str, str | None] | str) -> dict[str, str | None]:
    """Return indented literals as files."""
    if isinstance(project, str):
        project = {MODULE: project}
    return {
        path: text and (dedent(text).lstrip("\n") or text)
        for path, text in project.items()
    }


def run(files: Mapping[str, str | None], **how: object) -> Migration:
    """Migrate files; assert that the tool found no bug of its own."""
    unsafe, bound = bool(how.pop("unsafe", False)), how.pop("bound", None)
    directives = how.pop("directives", Directives())
    evidence = how.pop("evidence", None)
    project = sources(files, **how)
    names = {key: frozenset(how.get(key, ())) for key in ("runners", "coroutines")}  # type: ignore[call-overload]
    choice = Choice(how.get("rules"), unsafe, bound)  # type: ignore[arg-type]
    settings = Settings(choice, **names, directives=directives, evidence=evidence)  # type: ignore[arg-type]
    migrated = migrate(project, settings)
    assert not migrated.errors
    assert not [f"{bug.check}: {bug.message}" for bug in migrated.bugs]
    return migrated


def sources(
    files: Mapping[str, str | None],
    *,
    selected: frozenset[str] | None = None,
    roots: tuple[str, ...] = ("", "src", "tests"),
    modes: Mapping[str, str] | None = None,
    foreign: Mapping[str, str] | None = None,
    rules: frozenset[str] | None = None,
    runners: Iterable[str] = (),
    coroutines: Iterable[str] = (),
    loop_scopes: Mapping[str, tuple[str, str]] | None = None,
    lacking: Iterable[str] = (),
    settable: Iterable[str] = (),
    python: tuple[int, int] | None = None,
) -> Sources:
    """Return files as a project; tests are those that pytest would collect."""
    found = {path: text.encode() for path, text in files.items() if text is not None}
    known = {name: dedent(text).encode() for name, text in (foreign or {}).items()}
    return Sources(
        found,
        frozenset(found) if selected is None else selected,
        frozenset(path for path in found if _is_collected(path)),
        roots,
        modes or {"": "strict"},
        known.get,
        lambda package: sorted(n for n in known if n.partition(".")[0] == package),
        loop_scopes or {},
        lacking={"": frozenset(lacking)},
        settable={folder: _KEYS for folder in settable},
        pythons={} if python is None else {"": python},
    )


_KEYS = frozenset(f"asyncio_default_{each}_loop_scope" for each in ("fixture", "test"))


def result(
    files: Mapping[str, str | None], migrated: Migration
) -> dict[str, str | None]:
    """Return the files after a migration; None for one that goes."""
    found = dict(files)
    for path, source in migrated.results.items():
        found[path] = None if source is None else source.decode()
    return found


def _is_collected(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    )


def cases(
    table: Mapping[str, object], failing: str = "", reason: str = ""
) -> list[object]:
    """Return the rows of a table as parameters; some of them as strictly failing.

    `failing` names them, separated by ``;``.
    """
    names = set(filter(None, failing.split(";")))
    assert names <= table.keys()
    wait = pytest.mark.xfail(strict=True, reason=reason)
    return [
        pytest.param(
            *(row if isinstance(row, tuple) else (row,)),
            id=name,
            marks=[wait] if name in names else [],
        )
        for name, row in table.items()
    ]
