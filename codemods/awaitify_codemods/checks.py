"""Invariants between a file before and after; every result must keep them all."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator

from awaitify_codemods.facts.module import Module, read, spelled
from awaitify_codemods.facts.parsing import compiled
from awaitify_codemods.facts.values import Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.plan import Edit, FilePlan

Failures = list[tuple[str, str]]

_ASSERTION = re.compile(
    r"assert([A-Z_]\w*)?$|fail([A-Z]\w*)?$|raises$|warns$|deprecated_call$"
)


def check_file(
    before: Module, plan: FilePlan, after: bytes
) -> tuple[Module | None, Failures]:
    """Compare a file with its result; return its facts, and what failed."""
    try:
        compiled(plan.path, after)
        result = read(plan.path, after)
    except SyntaxError as error:
        return None, [("compiles", str(error))]
    failures = [
        *_check_ids(before, result, plan),
        *_check_assertions(before, result, plan),
        *_check_names(before, result),
        *_check_comments(before, result, plan),
    ]
    return result, failures


def _edits(module: Module, plan: FilePlan) -> dict[ast.AST, list[Edit]]:
    """Return the edits of each node, found again by kind and number."""
    keyed: dict[tuple[str, int], list[Edit]] = {}
    for edit in plan.edits:
        keyed.setdefault((edit.kind, edit.ordinal), []).append(edit)
    found: dict[ast.AST, list[Edit]] = {}
    for kind in {kind for kind, _ in keyed}:
        for node in module.numbered(kind):
            edits = keyed.get(module.ordinal(node))
            if edits:
                found[node] = edits
    return found


# Test ids


def _check_ids(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    """Compare functions, their parameters and their decorators, in order."""
    edits = _edits(before, plan)
    removed = {
        node for node, each in edits.items() if any(e.op == "remove" for e in each)
    }
    printed = _Expectation(edits)
    expected = [
        _identity(before, node, edits.get(node, []), printed)
        for node in before.functions
        if not _inside(before, node, removed)
    ]
    plain = _Expectation({})
    found = [_identity(after, node, [], plain) for node in after.functions]
    for was, now in zip(expected, found, strict=False):
        if was != now:
            yield "test ids", f"{was} became {now}"
            return
    if len(expected) != len(found):
        yield "test ids", f"{len(expected)} functions became {len(found)}"


def check_tests(before: Module, plan: FilePlan) -> Iterator[tuple[str, str]]:
    """No test may go or get another name, be it with its whole file."""
    edits = _edits(before, plan)
    gone = {n for n, each in edits.items() if any(e.op == "remove" for e in each)}
    for node in before.functions:
        if not is_test(Function(before, node)):
            continue
        if plan.delete or _inside(before, node, gone):
            yield "test ids", f"the test {before.qualified(node)} would be removed"
        elif any(edit.op == "rename-function" for edit in edits.get(node, ())):
            yield "test ids", f"the test {before.qualified(node)} would be renamed"


def _identity(
    module: Module,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    edits: list[Edit],
    printed: _Expectation,
) -> tuple[str, bool, str, list[str]]:
    decorators = [printed.of(each) for each in node.decorator_list]
    is_async = isinstance(node, ast.AsyncFunctionDef)
    added: list[str] = []
    for edit in edits:
        if edit.op == "drop-decorator":
            decorators[int(str(edit.arguments["index"]))] = ""
        elif edit.op == "add-decorator":
            code = str(edit.arguments["code"]).removeprefix("@")
            added.append(printed.of(ast.parse(code, mode="eval").body))
        elif edit.op == "make-async":
            is_async = True
    names = [*filter(None, decorators), *added]
    name = printed.qualified(node, module)
    return name, is_async, printed.of(node.args), names


def _inside(module: Module, node: ast.AST, roots: set[ast.AST]) -> bool:
    return node in roots or any(each in roots for each in module.enclosing(node))


# Tests that unittest would pass without running


def check_cases(
    before: Iterable[Function], after: Iterable[Function]
) -> Iterator[tuple[str, str]]:
    """No plain ``TestCase`` may have an async test that it did not have.

    Args:
        before: the async tests that plain classes ran, of the whole project.
        after: those of the files that changed.

    Yields:
        The path of the file and what is wrong there.

    """
    known = {(each.module.path, each.name) for each in before}
    for each in after:
        if (each.module.path, each.name) not in known:
            yield each.module.path, f"{each.name} would pass without running"


# Assertions


def _check_assertions(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    expected = _Expectation(_edits(before, plan)).assertions(before)
    found = _Expectation({}).assertions(after)
    for name in expected.keys() | found.keys():
        was, now = expected.get(name, Counter()), found.get(name, Counter())
        if was != now:
            lost = list((was - now).elements())[:1]
            new = list((now - was).elements())[:1]
            yield "assertions", f"{name}: {lost} became {new}"


class _Expectation:
    """Fingerprints of assertions, with the plan's edits applied to them.

    An application of the edits that owes nothing to the one on LibCST trees: only
    those that may touch an assertion are known here, so any other shows.
    """

    def __init__(self, edits: dict[ast.AST, list[Edit]]) -> None:
        self.edits = edits

    def assertions(self, module: Module) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for node in module.assertions():
            edits = self.edits.get(node, [])
            if any(edit.op == "remove" for edit in edits):
                continue
            if isinstance(node, ast.Call) and not _is_assertion(node):
                continue
            text = self.print(node, module)
            found.setdefault(self.qualified(node, module), Counter())[text] += 1
        return found

    def qualified(self, node: ast.AST, module: Module) -> str:
        """Return the name of where a node stands, by the functions' new names."""
        name = module.qualified(node)
        for outer in (node, *module.enclosing(node)):
            for edit in self.edits.get(outer, ()):
                if edit.op == "rename-function":
                    old = module.qualified(outer)
                    owner = old[: -len(edit.expect)]
                    name = owner + str(edit.arguments["to"]) + name[len(old) :]
        return name

    def print(self, node: ast.AST, module: Module) -> str:
        statement = module.parents.get(node)
        edits = list(self.edits.get(node, ()))
        if isinstance(statement, (ast.Expr, ast.Assign)):
            edits += [
                edit for edit in self.edits.get(statement, ()) if edit.op == "to-with"
            ]
        text = self._text(node, edits)
        return text

    def _text(self, node: ast.AST, edits: list[Edit]) -> str:
        for edit in edits:
            if edit.op == "to-with":
                assert isinstance(node, ast.Call)
                return self._asserted(node, edit)
        plain = self._plain(node)
        for edit in edits:
            plain = self._edited(node, edit, plain)
        return plain

    def of(self, node: ast.AST) -> str:
        return self._text(node, self.edits.get(node, []))

    def _plain(self, node: ast.AST) -> str:
        parts = [type(node).__name__]
        for name, value in ast.iter_fields(node):
            if name in ("ctx", "type_comment", "kind"):
                continue
            if isinstance(value, list):
                items = [
                    self.of(v) if isinstance(v, ast.AST) else repr(v) for v in value
                ]
                parts.append(f"[{','.join(items)}]")
            elif isinstance(value, ast.AST):
                parts.append(self.of(value))
            else:
                parts.append(repr(value))
        return f"({' '.join(parts)})"

    def _edited(self, node: ast.AST, edit: Edit, plain: str) -> str:
        arguments = edit.arguments
        if edit.op == "to-list":
            return plain.replace("(GeneratorExp ", "(ListComp ", 1)
        if not isinstance(node, ast.Call):
            return plain
        match edit.op:
            case "await-call":
                return f"(Await {plain})"
            case "await-argument":
                return f"(Await {self._wrapped(node, edit)})"
            case "await-spread":
                rest = ast.Call(
                    node.args[0],
                    node.args[1:],
                    [
                        k
                        for k in node.keywords
                        if k.arg not in _names(arguments["drop"])
                    ],
                )
                return f"(Await {self._plain(rest)})"
            case "await-factory":
                given = (*node.args, *(each.value for each in node.keywords))[0]
                if isinstance(given, ast.Lambda):
                    return f"(Await {self.of(given.body)})"
                return f"(Await {self._plain(ast.Call(given, [], []))})"
            case "rename":
                callee = ast.parse(str(arguments["to"]), mode="eval").body
                return self._plain(ast.Call(callee, node.args, node.keywords))
            case "drive":
                runner = self.of(ast.parse(str(arguments["runner"]), mode="eval").body)
                return f"(Call {runner} [{plain}] [])"
        return plain

    def _wrapped(self, node: ast.Call, edit: Edit) -> str:
        name = edit.arguments.get("keyword")
        awaited: ast.expr
        if name:
            awaited = next(k.value for k in node.keywords if k.arg == name)
        else:
            awaited = node.args[int(str(edit.arguments["position"]))]
        text = self.of(awaited)
        wraps = edit.arguments["wraps"]
        assert isinstance(wraps, (list, tuple))
        for wrap in wraps:
            assert isinstance(wrap, (list, tuple))
            source = f"{wrap[0]}(_, {wrap[1] or ''})"
            call = ast.parse(source, mode="eval").body
            assert isinstance(call, ast.Call)
            keywords = ",".join(self.of(each) for each in call.keywords)
            text = f"(Call {self.of(call.func)} [{text}] [{keywords}])"
        return text

    def _asserted(self, node: ast.Call, edit: Edit) -> str:
        """``raises(E, run, f(), match=m)`` -> ``raises(E, match=m)``."""
        keep = int(str(edit.arguments["keep"]))
        moved = edit.arguments["kind"] in ("spread", "callable")
        keywords = [] if moved else node.keywords
        return self._plain(ast.Call(node.func, node.args[:keep], keywords))


def _is_assertion(node: ast.Call) -> bool:
    owner, _, name = spelled(node.func).rpartition(".")
    name = name or getattr(node.func, "attr", "")
    if name.startswith("fail"):
        # Of a test or of pytest: others' functions may be called so too.
        return owner in ("self", "cls", "pytest", "pt") and bool(
            _ASSERTION.search(name)
        )
    return bool(_ASSERTION.search(name))


def _names(value: object) -> list[str]:
    assert isinstance(value, (list, tuple))
    return [str(each) for each in value]


# Names


def _check_names(before: Module, after: Module) -> Iterator[tuple[str, str]]:
    """No name that was defined may have become undefined."""
    known = _undefined(before)
    for name in sorted(_undefined(after) - known):
        yield "names", f"{name} is not defined any more"


def _undefined(module: Module) -> set[str]:
    return {
        name
        for name, uses in module.uses.items()
        for use in uses
        if isinstance(use, ast.Name)
        and module.at[use].find(name) is None
        and not module.stars
        and name not in _BUILTINS
    }


_BUILTINS = frozenset(
    dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__
) | {
    "__file__",
    "__name__",
    "__path__",
    "__doc__",
}


# Comments


def _check_comments(
    before: Module, after: Module, plan: FilePlan
) -> Iterator[tuple[str, str]]:
    """Comments stay, but for those inside what is removed."""
    if b"#" not in before.source:
        return
    edits = _edits(before, plan)
    gone: list[tuple[int, int]] = []
    for node, each in edits.items():
        first = min(
            [getattr(node, "lineno", 0)]
            + [d.lineno for d in getattr(node, "decorator_list", ())]
        )
        if any(
            edit.op in ("remove", "drop-names", "drop-decorator", "to-with")
            for edit in each
        ):
            gone.append((first, getattr(node, "end_lineno", 0) or 0))
    kept = Counter(
        text
        for line, text in _comments(before.source)
        if not any(first <= line <= last for first, last in gone)
    )
    missing = kept - Counter(text for _, text in _comments(after.source))
    for text in missing:
        yield "comments", f"{text!r} is gone"
        return


def _comments(source: bytes) -> list[tuple[int, str]]:
    return [
        (token.start[0], token.string)
        for token in tokenize.tokenize(io.BytesIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
