"""Random directives for a project, and what a plan that keeps to them must not do."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from awaitify_codemods import Migration, Settings, Sources, migrate
from awaitify_codemods.directives import Directives
from awaitify_codemods.plan import LEFT

_WHY = "it failed"
_FORMS, _SCOPES = ("plain", "task", "turn"), ("class", "module", "session")


@dataclass(frozen=True)
class Definition:
    """A function or class of a project."""

    name: str
    """``path::TestX::test_y``."""
    text: bytes
    """Its lines, those of its decorators included."""
    is_class: bool


def definitions(files: Mapping[str, bytes]) -> list[Definition]:
    """Return all definitions of a project; none of a file that cannot be parsed."""
    found: list[Definition] = []
    for path, source in files.items():
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        found += _inside(tree, path, source.splitlines(keepends=True))
    return found


def _inside(node: ast.AST, name: str, lines: list[bytes]) -> Iterator[Definition]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own = f"{name}::{each.name}"
            first = min([each.lineno, *(d.lineno for d in each.decorator_list)])
            text = b"".join(lines[first - 1 : each.end_lineno])
            yield Definition(own, text, isinstance(each, ast.ClassDef))
            yield from _inside(each, own, lines)
        else:
            yield from _inside(each, name, lines)


def pins(files: Mapping[str, bytes], random: Random) -> Directives:
    """Return directives that leave some functions, and fewer classes."""
    share = random.choice((0.05, 0.2, 0.5))
    return Directives(
        {
            each.name: _WHY
            for each in definitions(files)
            if random.random() < (share / 4 if each.is_class else share)
        }
    )


def everything(files: Mapping[str, bytes]) -> Directives:
    """Return directives that leave every function and every class."""
    return Directives({each.name: _WHY for each in definitions(files)})


def mixed(files: Mapping[str, bytes], random: Random) -> Directives:
    """Return directives of all kinds."""

    def some() -> list[str]:
        return [name for name in names if random.random() < 0.2]

    names = [each.name for each in definitions(files) if not each.is_class]
    return Directives(
        dict.fromkeys(some(), _WHY),
        {},
        {name: random.choice(_FORMS) for name in some()},
        {name: random.choice(_SCOPES) for name in some()},
        frozenset(some()),
        frozenset(some()),
    )


def faults(sources: Sources, settings: Settings) -> list[str]:
    """Migrate a project with directives, and say what is wrong with the result."""
    directives = settings.directives
    migration = migrate(sources, settings)
    free = migrate(sources, Settings(settings.default))
    return [
        *(f"{bug.path}: {bug.check}: {bug.message}" for bug in migration.bugs),
        *_edited(sources, directives, migration),
        *_lost(directives, migration, free),
    ]


def _edited(
    sources: Sources, directives: Directives, migration: Migration
) -> Iterator[str]:
    """Yield what was pinned, and is not there as it was."""
    for path, after in migration.results.items():
        for each in definitions({path: sources.files[path]}):
            if each.name in directives.pins and each.text not in (after or b""):
                yield f"{each.name} is pinned, and changed"


def _lost(
    directives: Directives, migration: Migration, free: Migration
) -> Iterator[str]:
    """Yield what would become async without directives, and is left without one."""
    coloured = {name for unit in migration.plan.units for name in unit.functions}
    left = {
        f"{each.path}::{each.test}"
        for each in migration.plan.findings
        if each.status == LEFT and each.reason == "pinned"
    }
    for unit in free.plan.units:
        if not any(map(directives.pins.__contains__, _around(unit.functions))):
            for name in set(unit.functions) - coloured - left:
                yield f"{name} stays, and no pin is the reason"


def _around(functions: tuple[str, ...]) -> set[str]:
    """Return functions, and the classes and functions that they stand in."""
    parts = [name.split("::") for name in functions]
    return {"::".join(each[:n]) for each in parts for n in range(2, len(each) + 1)}
