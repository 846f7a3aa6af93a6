"""Asyncio markers of classes and modules that hold for sync tests among others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitify_codemods.facts.asyncio_marks import asyncio_marks, given
from awaitify_codemods.facts.fixture_decorators import SCOPES, wider
from awaitify_codemods.facts.module import Binding, Module, Scope
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.objections import is_test
from awaitify_codemods.rule import Decision
from awaitify_codemods.strict.marks import added
from awaitify_codemods.strict.repairs import needed_scope
from awaitify_codemods.work import Work

_PLAIN = ("builtins.", "abc.", "typing.")
_MARK = frozenset({External("pytest.mark.asyncio"), External("pytest.mark.asyncio()")})


@dataclass(frozen=True, eq=False)
class Shared:
    """A marker for more than one test, some of which are sync."""

    module: Module
    mark: ast.expr
    home: Scope
    """The class or the module."""
    sync: tuple[Function, ...]
    asynchronous: tuple[Function, ...]
    """Those that have no nearer marker."""


def shared(module: Module, work: Work) -> Iterator[Shared]:
    """Yield the markers of a module that hold for sync tests, too."""
    tests = [Function(module, node) for node in module.functions]
    tests = [each for each in tests if is_test(each) and not _is_case(each, work)]
    scopes = [module.scopes[each] for each in module.classes]
    for home in (module.scope, *scopes):
        within = tests if home is module.scope else _within(home, tests)
        sync = tuple(each for each in within if not work.is_coroutine(each))
        for mark in _marks(home, module, work) if sync else ():
            held = tuple(
                each
                for each in within
                if work.is_coroutine(each) and _nearest(each, work) is mark
            )
            yield Shared(module, mark, home, sync, held)


def _within(home: Scope, tests: list[Function]) -> list[Function]:
    return [each for each in tests if home.node in each.module.enclosing(each.node)]


def _marks(home: Scope, module: Module, work: Work) -> Iterator[ast.expr]:
    for each in (*_decorators(home), *_assigned(home)):
        values = work.index.value(each, module)
        if values and values <= _MARK:
            yield each


def _decorators(home: Scope) -> list[ast.expr]:
    return list(getattr(home.node, "decorator_list", ()))


def _assigned(home: Scope) -> list[ast.expr]:
    bindings = home.names.get("pytestmark", [])
    value = bindings[0].value if len(bindings) == 1 else None
    if isinstance(value, (ast.List, ast.Tuple)):
        return value.elts
    return [value] if value else []


def _nearest(test: Function, work: Work) -> ast.expr | None:
    return next(asyncio_marks(test, work.index), None)


def _is_case(test: Function, work: Work) -> bool:
    return bool(test.owner and work.cases.is_case(Class(test.module, test.owner)))


def may_go(found: Shared, work: Work) -> bool:
    """Whether each async test can have a marker of its own in place of a shared one."""
    module = found.module
    if work.mode(module.path) != "strict" or _scope(found, work) is None:
        return False
    if module.stars or any(map(_is_foreign, _collected(module))):
        return False
    if _is_used(module, work):
        return False
    if not all(_is_known(each, work) for each in _classes(found)):
        return False
    if any(_has_sites(each, work) for each in found.sync):
        return False  # it may become async yet, on the loop that the marker says
    return all(
        work.decorated(test) is None and _may_say(test, found, work)
        for test in found.asynchronous
    )


def _has_sites(test: Function, work: Work) -> bool:
    return test.node in work.sites.by_frame or test.node in work.sites.left_by_frame


def _scope(found: Shared, work: Work) -> str | None:
    """Return the loop scope that a marker gives; None if it is not written out."""
    _, default = work.default_scopes(found.module.path)
    words = given(found.mark, default)
    if words is None or words.keys() - {"loop_scope"}:
        return None
    said = words.get("loop_scope", ast.dump(ast.Constant(default or "function")))
    return next((s for s in SCOPES if said == ast.dump(ast.Constant(s))), None)


def _is_used(module: Module, work: Work) -> bool:
    """Whether something reads the ``pytestmark`` of a module."""
    if module.uses.get("pytestmark"):
        return True
    for path in work.index.words.files_with("pytestmark"):
        other = work.index.module(path)
        bindings = other.scope.names.get("pytestmark", ()) if other else ()
        if any(each.kind == "import" for each in bindings):
            return True
    return False


def _collected(module: Module) -> Iterator[Binding]:
    for name, bindings in module.scope.names.items():
        if name.startswith(("test", "Test")):
            yield from bindings


def _is_foreign(binding: Binding) -> bool:
    """Whether a test may be one that is not written in the module."""
    return binding.kind not in ("def", "class")


def _classes(found: Shared) -> Iterator[Class]:
    module = found.module
    if isinstance(found.home.node, ast.ClassDef):
        yield Class(module, found.home.node)
    for test in (*found.sync, *found.asynchronous):
        if test.owner:
            yield Class(module, test.owner)


def _is_known(owner: Class, work: Work) -> bool:
    """Whether all tests of a class are its own, and no others' as well."""
    return not work.references.subclasses(owner) and all(
        (isinstance(base, Class) and base.module is owner.module)
        or (isinstance(base, External) and base.name.startswith(_PLAIN))
        for base in work.index.mro(owner)
    )


def _may_say(test: Function, found: Shared, work: Work) -> bool:
    scope = _own_scope(test, found, work)
    lacks = work.sources.lacks("loop_scope", test.module.path)
    return scope == "function" or not lacks


def _own_scope(test: Function, found: Shared, work: Work) -> str:
    return wider(_scope(found, work) or "function", needed_scope(test, work))


def moved(found: Shared, message: str, work: Work) -> Iterator[Decision]:
    """Yield what takes a marker away, and gives each async test one of its own."""
    gone = _gone(found)
    yield replace(gone, message=message, group=found.mark)
    _, default = work.default_scopes(found.module.path)
    for test in found.asynchronous:
        scope = _own_scope(test, found, work)
        said = "" if scope == (default or "function") else scope
        yield replace(added(test, said, "", work), group=found.mark)


def _gone(found: Shared) -> Decision:
    module, mark = found.module, found.mark
    above = module.parents[mark]
    if isinstance(above, (ast.List, ast.Tuple)):
        arguments = {"index": above.elts.index(mark)}
        if len(above.elts) > 1:
            return Decision(module, above, "drop-element", arguments, (mark,))
        above = module.parents[above]
    elif isinstance(above, ast.ClassDef):
        arguments = {"index": above.decorator_list.index(mark)}
        return Decision(module, above, "drop-decorator", arguments, (mark,))
    return Decision(module, above, "remove", {}, (above,))
