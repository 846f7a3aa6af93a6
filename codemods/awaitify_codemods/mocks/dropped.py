"""Coroutines that tests let mocks drop, and how to replace what makes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.module import FUNCTIONS, FunctionNode, Module
from awaitify_codemods.facts.values import File, Function
from awaitify_codemods.mocks.facts import Findings, Given, Lost, Site, Use
from awaitify_codemods.work import Work

_LOOKING = frozenset(
    "await_args await_args_list call_args call_args_list method_calls "
    "mock_calls".split()
)
_COMPARING = frozenset(
    "assert_any_call assert_any_await assert_awaited_once_with assert_awaited_with "
    "assert_called_once_with assert_called_with assert_has_awaits "
    "assert_has_calls".split()
)


@dataclass(frozen=True)
class Dropped:
    """A function whose coroutines a test lets a mock drop, all of them."""

    test: Function
    lost: Lost
    why: str
    """Why it stays so; "" where it can be replaced."""
    target: str
    """What `patch`, or of the test's own classes `patch.object`, takes, as code; ""
    if there is no name."""

    @property
    def site(self) -> ast.Call:
        """What makes the mock."""
        assert isinstance(self.lost.site, ast.Call)
        return self.lost.site


def dropped(work: Work) -> Iterator[Dropped]:
    """Yield the functions whose coroutines tests let mocks drop, once per test."""
    findings = work.mocks
    found: dict[tuple[ast.AST, ast.AST], list[Lost]] = {}
    for lost in findings.lost:
        module = findings.sites[lost.site].module
        maker, call = lost.maker
        around = next(
            (n for n in maker.enclosing(call) if isinstance(n, FUNCTIONS)), None
        )
        if around is None or work.is_served(Function(maker, around)):
            continue
        if not _expects_warnings(module) and not lost.function.node.decorator_list:
            holder = _holder(module, lost.site) or lost.site
            found.setdefault((holder, lost.function.node), []).append(lost)
    for (holder, _), every in found.items():
        sure = [each for each in every if each.certain]
        if sure:
            yield _of_one(holder, sure[0], every, work)


def _of_one(holder: ast.AST, sure: Lost, every: list[Lost], work: Work) -> Dropped:
    findings = work.mocks
    module = findings.sites[sure.site].module
    test = Function(module, holder) if isinstance(holder, FUNCTIONS) else None
    if test is None or any(f"{module.path}::{test.name}" != e.test for e in every):
        why = "the mock is that of several tests"
        return Dropped(test or sure.function, sure, why, "")
    objections = [_objection(each, test, findings) for each in every]
    why = next(filter(None, objections), "")
    targets = {_target(each, test, work) for each in every}
    target = targets.pop() if len(targets) == 1 and not why else ""
    return Dropped(test, sure, why, target)


def _expects_warnings(module: Module) -> bool:
    """Whether tests of a file ask for the very warning that would be gone."""
    return b"never awaited" in module.source


def _holder(module: Module, site: ast.AST) -> FunctionNode | None:
    """Return the test that makes a mock: in its body, or by decorating it."""
    parent = module.parents[site]
    if isinstance(parent, FUNCTIONS) and site in parent.decorator_list:
        return parent
    for each in module.enclosing(site):
        if isinstance(each, FUNCTIONS):
            return each
    return None


def _objection(lost: Lost, test: Function, findings: Findings) -> str:
    """Return why a mock must not be given something else; "" if it may be."""
    nodes = findings.sites[lost.site].nodes
    for length in range(len(lost.path) + 1):
        node = nodes.get(lost.path[:length])
        if node is not None and node.read & _LOOKING:
            return "the test looks at it"
        if node is not None and node.read & _COMPARING:
            if not _compares_with_anything(test):
                return "the test compares it"
    return ""


def _compares_with_anything(test: Function) -> bool:
    """Whether all assertions about what mocks are given begin with ``ANY``."""
    for each in ast.walk(test.node):
        match each:
            case ast.Call(func=ast.Attribute(attr=name), args=args) if (
                name in _COMPARING
            ):
                last = ast.unparse(args[0]).rpartition(".")[2] if args else ""
                if last != "ANY":
                    return False
    return True


def _target(lost: Lost, test: Function, work: Work) -> str:
    """Return the string by which `patch` finds the function where it is looked up."""
    maker, call = lost.maker
    if not isinstance(call, ast.Call):
        return ""
    match call.func:
        case ast.Name(id=name):
            if maker.at[call.func].find(name) is not maker.scope:
                return ""
            return _named(maker, name, lost, test, work)
        case ast.Attribute(value=owner, attr=name):
            found = ""
            for value in work.index.value(owner, maker):
                if isinstance(value, File):
                    through = f"{ast.unparse(owner)}.{name}"
                    found = _named(value.module, name, lost, test, work)
                    found = found or _named(maker, through, lost, test, work)
            return found or _method(name, lost, test, work)
    return ""


def _method(name: str, lost: Lost, test: Function, work: Work) -> str:
    """Return the target of a method: where its class defines it."""
    owner = lost.function.owner
    module = lost.function.module
    if owner is None or module.parents[owner] is not module.tree:
        return ""
    if lost.function.node.name != name:
        return ""
    if module is test.module:
        is_above = (owner.end_lineno or 0) < test.node.lineno
        return f'{owner.name}, "{name}"' if is_above else ""
    return _named(module, f"{owner.name}.{name}", lost, test, work)


def _named(module: Module, name: str, lost: Lost, test: Function, work: Work) -> str:
    for dotted in _names_of(module, test.module, work):
        target = f"{dotted}.{name}"
        if work.index.target(target, test.module) == {lost.function}:
            return f'"{target}"'
    return ""


def _names_of(module: Module, where: Module, work: Work) -> Iterator[str]:
    """Yield the dotted names by which a file imports or patches a module."""
    names: list[str] = []
    for statement in where.imports:
        for alias in statement.names:
            if isinstance(statement, ast.Import):
                names.append(alias.name)
            elif statement.module and not statement.level:
                names += [statement.module, f"{statement.module}.{alias.name}"]
    for constant in where.strings:
        parts = str(constant.value).split(".")
        if all(part.isidentifier() for part in parts):
            names += [".".join(parts[:size]) for size in range(1, len(parts))]
    for dotted in dict.fromkeys(names):
        if work.index.target(dotted, where) == {File(module)}:
            if not _is_hidden(dotted, where, work):
                yield dotted


def _is_hidden(dotted: str, where: Module, work: Work) -> bool:
    """Whether a package has something else by the name of one of its modules."""
    parts = dotted.split(".")
    for size in range(1, len(parts)):
        inner = work.index.target(".".join(parts[: size + 1]), where)
        for value in work.index.target(".".join(parts[:size]), where):
            if isinstance(value, File) and parts[size] in value.module.scope.names:
                if work.index.member(value, parts[size]) != inner:
                    return True
    return False


@dataclass(frozen=True)
class Handed:
    """An AsyncMock whose coroutines are all given to mocks that drop them."""

    site: Site
    use: Use


def handed(findings: Findings) -> Iterator[Handed]:
    """Yield the AsyncMocks of which no test awaits a call, or could miss it."""
    for site in findings.sites.values():
        root = site.nodes.get(())
        if root is None or root.kinds != {"AsyncMock"} or not root.given:
            continue
        if root.uses or len(root.given) != root.calls or root.doubts:
            continue
        if any("await" in name for name in root.read) or root.read & _LOOKING:
            continue
        if any(each.kind != "return_value" for each in root.configured):
            continue
        if any(node.uses or node.configured for p, node in site.nodes.items() if p):
            continue
        if site.tests & (findings.incomplete | findings.cut) or _expects_warnings(
            site.module
        ):
            continue
        sure = [each.use for each in root.given if each.use.certain]
        if sure and not any(_is_looked_at(each, findings) for each in root.given):
            yield Handed(site, sure[0])


def _is_looked_at(given: Given, findings: Findings) -> bool:
    """Whether a test may see what a mock was given."""
    nodes = findings.sites[given.site].nodes
    return any(
        path == given.path[: len(path)] and node.read & (_LOOKING | _COMPARING)
        for path, node in nodes.items()
    )
