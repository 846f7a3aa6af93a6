"""How a mock, or one below it, gets another class: the edits that say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitify_codemods.facts.module import FUNCTIONS, FunctionNode, Module
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.mocks.facts import RESULT, Configured, Node, Path, Site
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Spelling, Work


@dataclass(frozen=True)
class Swap:
    """A mock that is to be of another class, and why."""

    site: Site
    node: Node
    to: str
    message: str
    result: str = ""
    """The class of its return value, where that has to be said."""


@dataclass(frozen=True)
class Stuck(Exception):
    """There is no way to say it."""

    reason: str
    message: str


def swapped(swap: Swap, work: Work) -> list[Decision]:
    """Return the edits of a swap, the first with its message.

    Raises:
        Stuck: with a refusal code.

    """
    if not swap.node.path and swap.site.form != "multiple":
        found = list(_constructed(swap, work))
    else:
        found = list(_below(swap, work))
    first, *others = found
    group = first.node
    return [
        replace(first, message=swap.message, group=group),
        *(replace(each, group=group) for each in others),
    ]


def spelled(
    swap_to: str, module: Module, node: ast.expr, near: ast.expr | None, work: Work
) -> Spelling:
    """Return how a file says a class of mocks, beside another.

    Raises:
        Stuck: it cannot.

    """
    found = spell_mock(work, module, module.at[node], swap_to, near)
    if found is None:
        raise Stuck("name-taken", f"{swap_to} means something else here")
    return found


def _constructed(swap: Swap, work: Work) -> Iterator[Decision]:
    """Yield the edits of the call that makes a mock."""
    module, call = swap.site.module, swap.site.node
    if swap.site.form in ("call", "stub"):
        if swap.site.form == "stub":
            assert isinstance(call.func, ast.Attribute)
            name = "async_stub" if swap.to == "AsyncMock" else "stub"
            text = ast.unparse(call.func.value) + f".{name}"
            yield Decision(module, call, "rename", {"to": text}, (call.func,))
            return
        spelling = spelled(swap.to, module, call, call.func, work)
        yield Decision(
            module,
            call,
            "rename",
            {"to": spelling.text},
            (call.func,),
            spelling.uses,
            spelling.imports,
        )
        yield from _with_result(swap, call, call.func, work)
        return
    if swap.site.form not in ("new_callable", "patch"):
        raise Stuck("unknown-value", "what makes it says its class by itself")
    given = next((each for each in call.keywords if each.arg == "new_callable"), None)
    if given is None and swap.site.form == "new_callable":
        raise Stuck("unknown-value", "its class is given by position")
    names = {each.arg for each in call.keywords}
    if given is None and names & {"autospec", "spec", "spec_set"}:
        raise Stuck("unknown-value", "its spec says what it is")
    near = given.value if given is not None else call.func
    spelling = spelled(swap.to, module, call, near, work)
    yield Decision(
        module,
        call,
        "set-keyword",
        {"name": "new_callable", "code": spelling.text},
        (given.value,) if given is not None else (),
        spelling.uses,
        spelling.imports,
    )
    yield from _with_result(swap, call, near, work)


def _with_result(
    swap: Swap, call: ast.Call, near: ast.expr, work: Work
) -> Iterator[Decision]:
    if not swap.result or any(each.arg == "return_value" for each in call.keywords):
        return
    spelling = spelled(swap.result, swap.site.module, call, near, work)
    yield Decision(
        swap.site.module,
        call,
        "set-keyword",
        {"name": "return_value", "code": f"{spelling.text}()"},
        (),
        spelling.uses,
        spelling.imports,
    )


# Mocks that nobody constructs.


def _below(swap: Swap, work: Work) -> Iterator[Decision]:
    """Yield the edits that put a mock in the place of one that nobody constructed."""
    statement = _first_configured(swap)
    if statement is not None:
        yield from _from_configured(swap, statement, work)
        return
    yield _inserted(swap, work)


def _first_configured(swap: Swap) -> Configured | None:
    """Return the statement that first configures it, where it is made."""
    site = swap.site
    home = _function(site.node, site.module)
    found = [
        each
        for each in swap.node.configured
        if each.kind in ("return_value", "side_effect")
        and each.module is site.module
        and isinstance(each.node, (ast.Assign, ast.AnnAssign))
        and _function(each.node, site.module) is home
    ]
    if any(isinstance(each.node, ast.keyword) for each in swap.node.configured):
        raise Stuck("unknown-value", "it is configured by keywords")
    if not found:
        return None
    first = min(found, key=lambda each: _line(each.node))
    assert isinstance(first.node, (ast.Assign, ast.AnnAssign))
    if isinstance(first.node, ast.Assign) and len(first.node.targets) != 1:
        return None
    return first if _is_straight(first.node, site) else None


def _is_straight(statement: ast.stmt, site: Site) -> bool:
    """Whether a statement runs whenever the mock has been made."""
    for parent in site.module.enclosing(statement):
        if isinstance(parent, (*FUNCTIONS, ast.Module, ast.ClassDef)):
            return True
        if isinstance(parent, (ast.With, ast.AsyncWith)):
            continue
        if isinstance(parent, ast.stmt):
            return parent in site.module.enclosing(site.node)
    return True


def _from_configured(
    swap: Swap, configured: Configured, work: Work
) -> Iterator[Decision]:
    module, statement = configured.module, configured.node
    assert isinstance(statement, (ast.Assign, ast.AnnAssign))
    target = (
        statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    )
    assert isinstance(target, ast.Attribute)
    spelling = _spelled_beside(swap, target, work)
    extra: list[list[str]] = []
    second = _next_configured(swap, configured)
    if second is not None:
        source = text_of(module.source)
        code = ast.get_source_segment(source, second.value) or ast.unparse(second.value)
        kind = "side_effect" if configured.kind == "return_value" else "return_value"
        extra.append([kind, code])
    imports, uses = spelling.imports, spelling.uses
    if swap.result and configured.kind != "return_value" and not extra:
        other = _spelled_beside(replace(swap, to=swap.result), target, work)
        extra.append(["return_value", f"{other.text}()"])
        imports, uses = imports + other.imports, uses + other.uses
    yield Decision(
        module,
        statement,
        "to-constructor",
        {"callee": spelling.text, "keyword": configured.kind, "extra": extra},
        (),
        uses,
        imports,
    )
    if second is not None:
        yield Decision(module, second, "remove", {}, (second,))


def _next_configured(swap: Swap, first: Configured) -> ast.Assign | None:
    """Return the next statement, if it sets the other of the two values."""
    block = _block(first.module, first.node)
    number = block.index(first.node) + 1 if first.node in block else len(block)
    if number >= len(block):
        return None
    other = block[number]
    for each in swap.node.configured:
        if each.node is other and each.kind != first.kind:
            if isinstance(other, ast.Assign) and len(other.targets) == 1:
                if _line(other) == (other.end_lineno or 0):
                    return other
    return None


def _block(module: Module, node: ast.AST) -> list[ast.AST]:
    parent = module.parents[node]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return list(block)
    return []


def _spelled_beside(swap: Swap, node: ast.expr, work: Work) -> Spelling:
    """Return how the file says a class where a mock is configured."""
    site = swap.site
    near: ast.expr | None = site.node.func
    for keyword in site.node.keywords:
        if keyword.arg == "new_callable":
            near = keyword.value
    if _function(node, site.module) is not _function(site.node, site.module):
        if not isinstance(near, ast.Name):
            near = None if _starts_with_mocker(near) else near
    return spelled(swap.to, site.module, node, near, work)


def _starts_with_mocker(node: ast.expr | None) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id.endswith("mocker")


def _inserted(swap: Swap, work: Work) -> Decision:
    """Return the insertion of a statement where the mock is made."""
    name, op, anchor = _named(swap.site)
    module = swap.site.module
    near: ast.expr = swap.site.node.func
    spelling = spelled(swap.to, module, swap.site.node, near, work)
    imports, uses = spelling.imports, spelling.uses
    inner = ""
    if swap.result:
        other = spelled(swap.result, module, swap.site.node, near, work)
        imports, uses = imports + other.imports, uses + other.uses
        inner = f"return_value={other.text}()"
    code = f"{name}{text_of_path(swap.node.path)} = {spelling.text}({inner})"
    return Decision(module, anchor, op, {"code": code}, (), uses, imports)


def text_of_path(path: Path) -> str:
    """Return the attributes of a path as code."""
    return "".join(".return_value" if each == RESULT else f".{each}" for each in path)


def _named(site: Site) -> tuple[str, str, ast.AST]:
    """Return a name for a mock, and where a statement after its making goes.

    Raises:
        Stuck: it has none.

    """
    module, call = site.module, site.node
    parent = module.parents[call]
    match parent:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
            if isinstance(target, ast.Name) or isinstance(target.value, ast.Name):
                return ast.unparse(target), "insert-after", parent
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name, "insert-after", parent
        case ast.withitem(optional_vars=ast.Name(id=name)):
            block = module.parents[parent]
            assert isinstance(block, (ast.With, ast.AsyncWith))
            return name, "insert-before", block.body[0]
        case ast.FunctionDef() | ast.AsyncFunctionDef() if call in (
            parent.decorator_list
        ):
            if found := _parameter(parent, call, module):
                return found, "insert-before", _first_statement(parent)
    raise Stuck("no-await-evidence", "it has no name by which to configure it")


def _parameter(function: FunctionNode, call: ast.Call, module: Module) -> str:
    """Return the parameter that gets what a decorator makes."""
    plain = [*function.args.posonlyargs, *function.args.args]
    if module.class_of(function) is not None:
        plain = plain[1:]
    for decorator in reversed(function.decorator_list):
        if not isinstance(decorator, ast.Call) or not _injects(decorator):
            continue
        if not plain:
            return ""
        first = plain.pop(0)
        if decorator is call:
            return first.arg
    return ""


def _injects(decorator: ast.Call) -> bool:
    text = ast.unparse(decorator.func)
    if text.endswith(("patch.dict", "patch.multiple")) or "patch" not in text:
        return False
    given = 1 if not text.endswith(".object") else 2
    if any(each.arg == "new" for each in decorator.keywords):
        return False
    return len(decorator.args) <= given


def _first_statement(function: FunctionNode) -> ast.stmt:
    first, *others = function.body
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return others[0] if is_text and others else first


def _function(node: ast.AST, module: Module) -> ast.AST | None:
    """Return the function in which a node is, decorators included."""
    for each in module.enclosing(node):
        if isinstance(each, FUNCTIONS):
            return each
    return None


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
