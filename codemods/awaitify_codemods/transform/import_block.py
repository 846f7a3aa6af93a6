"""Statements added to a file's imports, where isort would put them."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import cast

import libcst as cst

from awaitify_codemods.plan import Edit
from awaitify_codemods.transform.bodies import blanks, leading, with_leading
from awaitify_codemods.transform.imports import with_name
from awaitify_codemods.transform.spacing import code
from awaitify_codemods.transform.tree import Statement, spelled, statements

_STANDARD, _FOREIGN, _LOCAL = range(3)
_HEADING = re.compile(r"standard|stdlib|third|local|first|import", re.IGNORECASE)

# Only hints; `local` says for certain which modules are the project's own.
_PROBABLY_FOREIGN = frozenset(
    {"aiohttp", "anyio", "attr", "django", "fastapi", "freezegun", "httpx"}
    | {"hypothesis", "mock", "numpy", "pydantic", "pytest", "pytest_asyncio"}
    | {"redis", "requests", "six", "sqlalchemy", "starlette", "tornado", "trio"}
    | {"twisted", "yarl"}
)


def with_edit(module: cst.Module, edit: Edit) -> cst.Module:
    """Return `module` with a statement added at its imports."""
    added = statements(str(edit.arguments["code"]).strip() + "\n")
    if not module.body:
        # An empty file does not end with a line.
        module = module.with_changes(has_trailing_newline=True)
    if all(map(_is_definition, added)):
        return before_definitions(module, added)
    (statement,) = added
    if edit.op == "add-import":
        local = cast(Collection[str], edit.arguments.get("local") or ())
        return with_import(module, statement, local)
    return after_imports(module, statement)


def with_import(
    module: cst.Module, statement: Statement, local: Collection[str] = ()
) -> cst.Module:
    """Add an import unless the file has it.

    Args:
        module: the file.
        statement: one import statement.
        local: names of the project's own top-level modules.

    """
    wanted = _import_of(statement)
    assert wanted is not None
    body = cast(list[Statement], list(module.body))
    # One below a definition has not run yet where that is evaluated.
    top = list(takewhile(lambda each: not _is_definition(each), body))
    for index, existing in enumerate(top):
        found = _import_of(existing)
        if found is None or found.plain != wanted.plain:
            continue
        same = found.plain or found.module == wanted.module
        if same and wanted.names <= found.names:
            return module
        if same and found.mergeable and wanted.mergeable:
            body[index] = _merged(existing, statement)
            return module.with_changes(body=body)
    groups = _groups(top, local)
    if not groups:
        return _at(module, _after_preamble(body), statement)
    group = _group_for(groups, wanted.kind(local))
    if group is None:
        return _as_group(module, groups, statement, wanted.kind(local))
    return _within(module, group, statement, wanted)


def after_imports(module: cst.Module, statement: Statement) -> cst.Module:
    """Add a statement below the imports, unless it is there."""
    body = cast(list[Statement], list(module.body))
    text = code(with_leading(statement, ())).strip()
    lines = [each for each in body if isinstance(each, cst.SimpleStatementLine)]
    if any(code(with_leading(line, ())).strip() == text for line in lines):
        return module
    top = takewhile(lambda pair: not _is_definition(pair[1]), enumerate(body))
    importing = [index + 1 for index, each in top if _imports_something(each)]
    return _at(module, max([_after_preamble(body), *importing]), statement)


def before_definitions(module: cst.Module, added: Sequence[Statement]) -> cst.Module:
    """Add definitions above those of the file, as far apart as these are."""
    module = _lowered(module)
    body = cast(list[Statement], list(module.body))
    found = (n for n, each in enumerate(body) if _is_definition(each))
    position = next(found, len(body))
    apart = 2
    if 0 < position < len(body):
        apart = blanks(leading(body[position])) or 1
    gap = [_BLANK] * apart
    if position == 0 and body:
        body[0] = with_leading(body[0], [*gap, *leading(body[0])])
    lines = [gap if position or number else [] for number in range(len(added))]
    body[position:position] = map(with_leading, added, lines)
    return module.with_changes(body=body)


@dataclass(frozen=True)
class _Import:
    plain: bool
    module: str
    names: frozenset[str]
    mergeable: bool

    def kind(self, local: Collection[str]) -> int:
        top = self.module.split(".")[0]
        if not top or top in local:
            return _LOCAL
        return _STANDARD if top in sys.stdlib_module_names else _FOREIGN

    @property
    def key(self) -> tuple[bool, str]:
        return not self.plain, self.module.lower()


def _import_of(statement: cst.CSTNode) -> _Import | None:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) > 1:
        return None
    small = statement.body[0]
    if isinstance(small, cst.Import):
        names = [code(name.with_changes(comma=_NO_COMMA)) for name in small.names]
        module = spelled(small.names[0].name) or ""
        return _Import(True, module, frozenset(names), False)
    if isinstance(small, cst.ImportFrom):
        module = (small.module and spelled(small.module)) or ""
        module = "." * len(small.relative) + module
        if isinstance(small.names, cst.ImportStar):
            return _Import(False, module, frozenset({"*"}), False)
        aliases = [code(name.with_changes(comma=_NO_COMMA)) for name in small.names]
        return _Import(False, module, frozenset(aliases), True)
    return None


_NO_COMMA = cst.MaybeSentinel.DEFAULT


def _merged(existing: Statement, added: Statement) -> Statement:
    old = cst.ensure_type(existing, cst.SimpleStatementLine)
    node = cst.ensure_type(old.body[0], cst.ImportFrom)
    new = cst.ensure_type(added, cst.SimpleStatementLine).body[0]
    names = cst.ensure_type(new, cst.ImportFrom).names
    assert not isinstance(names, cst.ImportStar)
    for name in names:
        node = with_name(node, name)
    return old.with_changes(body=[node])


@dataclass(frozen=True)
class _Group:
    """Imports without a blank line between them."""

    members: Sequence[tuple[int, _Import]]
    kind: int | None
    """None if it is mixed."""
    surely: bool
    """Whether `kind` is more than a guess."""


def _groups(body: Sequence[Statement], local: Collection[str]) -> list[_Group]:
    """Return the groups of the first run of imports."""
    runs: list[list[tuple[int, _Import]]] = []
    for index, statement in enumerate(body):
        found = _import_of(statement)
        if found is None or found.module == "__future__":
            if runs:
                break
            continue
        if not runs or blanks(leading(statement)):
            runs.append([])
        runs[-1].append((index, found))
    return [_group(run, local) for run in runs]


def _group(run: Sequence[tuple[int, _Import]], local: Collection[str]) -> _Group:
    kinds = {found.kind(local) for _, found in run}
    tops = {found.module.split(".")[0] for _, found in run}
    if _STANDARD in kinds and len(kinds) > 1:
        return _Group(run, None, True)
    if kinds == {_STANDARD}:
        return _Group(run, _STANDARD, True)
    if kinds == {_LOCAL}:
        return _Group(run, _LOCAL, True)
    return _Group(run, _FOREIGN, bool(local) or bool(tops & _PROBABLY_FOREIGN))


def _group_for(groups: Sequence[_Group], kind: int) -> _Group | None:
    """Return the group that an import of `kind` joins."""
    fitting = [group for group in groups if group.kind == kind]
    certain = [group for group in fitting if group.surely]
    if certain:
        return certain[0]
    if len(fitting) > 1:
        return fitting[0]
    mixed = [group for group in groups if group.kind is None]
    return mixed[0] if mixed else None


def _as_group(
    module: cst.Module, groups: Sequence[_Group], statement: Statement, kind: int
) -> cst.Module:
    """Insert a group of its own: standard library, foreign, local."""
    above = [group for group in groups if group.kind in range(kind)]
    if above:
        return _at(module, above[-1].members[-1][0] + 1, statement)
    return _at(module, groups[0].members[0][0], statement)


def _within(
    module: cst.Module, group: _Group, statement: Statement, wanted: _Import
) -> cst.Module:
    keys = [found.key for _, found in group.members]
    key = wanted.key
    if keys != sorted(keys) and any(a > b for (a, _), (b, _) in pairwise(keys)):
        # Plain and from-imports are mixed: sort by the name alone.
        keys, key = [(False, name) for _, name in keys], (False, key[1])
    greater = [
        index for (index, _), k in zip(group.members, keys, strict=True) if k >= key
    ]
    position = greater[0] if greater else group.members[-1][0] + 1
    module = _lowered(module)
    body = cast(list[Statement], list(module.body))
    if position == group.members[0][0]:
        lines = leading(body[position])
        gap = blanks(lines)
        if any(_HEADING.search(line.comment.value) for line in lines if line.comment):
            gap = len(lines)
        statement = with_leading(statement, lines[:gap])
        body[position] = with_leading(body[position], lines[gap:])
    body.insert(position, statement)
    return module.with_changes(body=body)


def _at(module: cst.Module, position: int, statement: Statement) -> cst.Module:
    """Insert `statement` with a blank line above and below it."""
    module = _lowered(module)
    body = cast(list[Statement], list(module.body))
    if not position:
        # What stood there may be gone, and have left more blank lines than one.
        header = list(module.header)
        while blanks(header[::-1]) > 1:
            header.pop()
        module = module.with_changes(header=header)
    gap = position or (module.header and module.header[-1].comment)
    above = [_BLANK] if gap else []
    if position < len(body):
        body[position] = _spaced(body[position])
    body.insert(position, with_leading(statement, above))
    return module.with_changes(body=body)


_BLANK = cst.EmptyLine(indent=False)


def _lowered(module: cst.Module) -> cst.Module:
    """Give the first statement the comments that LibCST keeps with the module."""
    if not module.header or not module.body:
        return module
    body = cast(list[Statement], list(module.body))
    header, own = _split_header(list(module.header), body)
    body[0] = with_leading(body[0], [*own, *leading(body[0])])
    return module.with_changes(header=header, body=body)


def _split_header(
    header: list[cst.EmptyLine], body: Sequence[Statement]
) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """Tell the comments on the file from those on its first statement."""
    own = list(takewhile(lambda line: line.comment, reversed(header)))[::-1]
    if len(own) < len(header):
        return header[: len(header) - len(own)], own
    is_on_file = header[0].comment and re.match(
        r"#!|#.*coding[:=]", header[0].comment.value
    )
    if is_on_file or not body or not _is_definition(body[0]):
        return header, []
    return [], own


def _spaced(statement: Statement) -> Statement:
    lines = leading(statement)
    wanted = 2 if _is_definition(statement) else 1
    missing = [_BLANK] * (wanted - blanks(lines))
    return with_leading(statement, [*missing, *lines])


def _after_preamble(body: Sequence[Statement]) -> int:
    """Return where imports can start: below the docstring and ``__future__``."""
    position = 0
    for index, statement in enumerate(body):
        found = _import_of(statement)
        future = found is not None and found.module == "__future__"
        if future or (index == 0 and _is_docstring(statement)):
            position = index + 1
    return position


def _is_docstring(statement: cst.CSTNode) -> bool:
    small = (
        statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    )
    strings = cst.SimpleString | cst.ConcatenatedString
    return isinstance(small, cst.Expr) and isinstance(small.value, strings)


def _is_definition(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.FunctionDef | cst.ClassDef)


def _imports_something(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        return any(isinstance(s, cst.Import | cst.ImportFrom) for s in statement.body)
    if isinstance(statement, cst.Try | cst.If):
        return any(map(_imports_something, statement.body.body))
    return False
