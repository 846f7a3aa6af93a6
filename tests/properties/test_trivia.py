"""Sources of any look: what is not rewritten stays as it is, and comments stay."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from difflib import SequenceMatcher
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from awaitify_codemods import migrate
from tests.properties.known_gaps import unless
from tests.properties.playing import sources_of
from tests.properties.projects import Project, projects
from tests.properties.trivia import disguised

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]
_DRAWN = (projects(most=3), st.integers(0, 2**31 - 1))
# Statements that may go, and their remarks with them.
_PASSING = re.compile(
    r"loop|import|Runner|closing|raises|async_test|partial|lambda|= a\w+\.run\b",
    re.MULTILINE,
)


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=_CHECKS,
)
@given(*_DRAWN)
def test_any_look_is_kept(project: Project, seed: int):
    _check(project, seed)


@pytest.mark.hunt
@settings(
    max_examples=1500, database=None, deadline=None, suppress_health_check=_CHECKS
)
@given(*_DRAWN)
def test_any_look_is_kept_in_many_projects(project: Project, seed: int):
    _check(project, seed)


def _check(project: Project, seed: int) -> None:
    rng = Random(seed)
    files = {path: disguised(text, rng) for path, text in project.files().items()}
    migration = migrate(sources_of(files))
    if not unless("comments within what goes", "it"):
        assume(all(each.check != "comments" for each in migration.bugs))
    assert not migration.errors
    assert not migration.bugs, [
        f"{each.check}: {each.message}\n{each.before.decode()}\n{each.after.decode()}"
        for each in migration.bugs[:1]
    ]
    for path, after in migration.results.items():
        if after is not None:
            before = files[path]
            faults = list(_faults(before, after))
            assert not faults, f"{path}: {faults}\n{before!r}\n\n{after!r}\n" + (
                f"{before.decode()}\n{after.decode()}"
            )
    again = migrate(sources_of({**files, **_kept(migration.results)}))
    assert not again.results


def _kept(results: dict[str, bytes | None]) -> dict[str, bytes]:
    return {path: b"" if text is None else text for path, text in results.items()}


def _faults(before: bytes, after: bytes) -> Iterator[str]:
    compile(after, "after", "exec")
    yield from _bytes_faults(before, after)
    yield from _statement_faults(before, after)
    yield from _comment_faults(before, after)


def _bytes_faults(before: bytes, after: bytes) -> Iterator[str]:
    if before.startswith(b"\xef\xbb\xbf") != after.startswith(b"\xef\xbb\xbf"):
        yield "the byte order mark"
    if b"\r\n" in before and re.search(rb"(?<!\r)\n", after):
        yield "line ends"
    if b"\r\n" not in before and b"\r\n" in after:
        yield "line ends"
    if after and before.endswith(b"\n") != after.endswith(b"\n"):
        yield "the end of the last line"
    trailing = re.compile(rb"[^\s][ \t]+\r?$", re.MULTILINE)
    if len(trailing.findall(after)) > len(trailing.findall(before)):
        yield "blanks at the end of a line"
    if b"\n\t" in before and re.search(
        rb"\n {4,}(await|assert|return|async def)", after
    ):
        if not re.search(rb"\n {4,}", before):
            yield "blanks for tabs"


# Statements that mean the same look the same


def _statement_faults(before: bytes, after: bytes) -> Iterator[str]:
    old, new = _Text(before), _Text(after)
    yield from _compare(old.tree.body, new.tree.body, old, new)


class _Text:
    def __init__(self, source: bytes) -> None:
        self.tree = ast.parse(source)
        self.lines = source.decode("utf-8-sig").splitlines()

    def of(self, node: ast.stmt) -> list[str]:
        first = min([node.lineno, *(d.lineno for d in _decorators(node))])
        lines = self.lines[first - 1 : node.end_lineno]
        return [line.strip() for line in lines if line.strip()]


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def _compare(
    before: list[ast.stmt], after: list[ast.stmt], old: _Text, new: _Text
) -> Iterator[str]:
    matcher = SequenceMatcher(
        None, [*map(_meaning, before)], [*map(_meaning, after)], autojunk=False
    )
    for op, a, b, c, d in matcher.get_opcodes():
        if op == "equal":
            for one, other in zip(before[a:b], after[c:d]):
                if _shares_line(one, before) or _shares_line(other, after):
                    continue
                if old.of(one) != new.of(other):
                    yield f"{old.of(one)} became {new.of(other)}"
        elif op == "replace" and b - a == d - c:
            for one, other in zip(before[a:b], after[c:d]):
                for name in ("body", "orelse", "finalbody"):
                    inner = getattr(one, name, []), getattr(other, name, [])
                    if all(isinstance(each, list) for each in inner):
                        yield from _compare(*inner, old, new)


def _meaning(node: ast.stmt) -> str:
    return ast.dump(node)


def _shares_line(node: ast.stmt, body: list[ast.stmt]) -> bool:
    return any(
        each is not node
        and (each.end_lineno == node.lineno or each.lineno == node.end_lineno)
        for each in body
    )


# Comments


def _comment_faults(before: bytes, after: bytes) -> Iterator[str]:
    left = [comment for _, comment in _comments(after)]
    tree = ast.parse(before)
    kept = set(_definitions(ast.parse(after)).values())
    lines = before.decode("utf-8-sig").splitlines()
    found = [
        (_may_go(line, tree, kept, lines), line, comment)
        for line, comment in _comments(before)
    ]
    for may_go, line, comment in sorted(found):
        if comment in left:
            left.remove(comment)
        elif not may_go:
            yield f"{comment!r} of line {line} is gone"


def _may_go(line: int, tree: ast.Module, kept: set[str], lines: list[str]) -> bool:
    names = _definitions(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(d.lineno for d in _decorators(node))])
        if not first <= line <= (node.end_lineno or 0):
            continue
        if node in names:
            if names[node] not in kept or line < node.lineno:
                return True
        elif not hasattr(node, "body") or line == node.lineno:
            if _PASSING.search("\n".join(lines[first - 1 : node.end_lineno])):
                return True
    return False


def _definitions(node: ast.AST, prefix: str = "") -> dict[ast.AST, str]:
    """Return the qualified names of the definitions in a module."""
    found: dict[ast.AST, str] = {}
    for each in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{prefix}.{each.name}"
            found[each] = name
        found |= _definitions(each, name)
    return found


def _comments(source: bytes) -> Iterator[tuple[int, str]]:
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
