"""Clients of httpx: what makes one, and how a file says what belongs to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.assertions import is_asserted, is_in_decorator
from awaitify_codemods.facts.asyncio_patches import is_collected, replaced
from awaitify_codemods.facts.meanings import Ancestors
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, dotted
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Parent, Value
from awaitify_codemods.old_syntax.versions import for_some_versions
from awaitify_codemods.work import Spelling, Work

TRANSPORTS = {"AsyncClient": "ASGITransport", "Client": "WSGITransport"}
"""The classes of clients, and what each asks an application with."""
BELONGING = {
    "AsyncClient": frozenset({"raise_app_exceptions", "root_path", "client"}),
    "Client": frozenset(
        {"raise_app_exceptions", "script_name", "remote_addr", "wsgi_errors"}
    ),
}
"""What else a transport takes, by the client."""
_PACKAGE = "httpx"


def client_of(call: ast.Call, module: Module, work: Work) -> str:
    """Return the class of httpx that a call certainly makes a client of; else ""."""
    made = call.func
    if isinstance(made, ast.Attribute) and made.attr == "__init__":
        made = made.value  # super().__init__(app=app)
    names = {_class_name(each, work) for each in work.index.value(made, module)}
    return names.pop() if len(names) == 1 else ""


def _class_name(value: Value, work: Work) -> str:
    match value:
        case External(name):
            name = name.removeprefix(f"{_PACKAGE}.")
            return name if name in TRANSPORTS else ""
        case Class():
            return _inherited(work.index.mro(value), work)
        case Parent(Class() as below):
            return _inherited(work.index.mro(below)[1:], work)
    return ""


def _inherited(ancestors: Ancestors, work: Work) -> str:
    """Return the class of httpx that one derives from and leaves its making to."""
    for base in ancestors:
        match base:
            case Class(module, node):
                names = module.scopes[node].names
                if {"__init__", "__new__"} & names.keys() or node.keywords:
                    return ""
            case External():
                return _class_name(base, work)
            case _:
                return ""
    return ""


def refusal(call: ast.Call, client: str, module: Module, work: Work) -> Refusal | None:
    """Return why a client may not get a transport, if so."""
    if message := for_some_versions(call, module, work.index):
        return Refusal("unknown-value", message)
    if is_asserted(call, module) or is_in_decorator(call, module):
        message = "it is part of an assertion or a decorator"
        return Refusal("unknown-value", message)
    for home, node in replaced(client, work.index, work.references.test_code):
        if home is module or not (is_collected(home) and is_collected(module)):
            where = f"{home.path}:{getattr(node, 'lineno', 1)}"
            return Refusal("runner-patched", f"{client} is replaced there ({where})")
    if any(each.arg is None for each in call.keywords):
        # In other files, too, as what is spread may come from there.
        if work.index.words.files_with("transport"):
            return Refusal("unknown-value", "what is spread may have a transport")
    return None


def spell_transport(
    call: ast.Call, client: str, module: Module, work: Work
) -> tuple[Spelling, ast.stmt | None] | None:
    """Return how code beside a client says its transport, in the file's style.

    Returns:
        The spelling, and the import statement in a function that gets another one
        below it, if there is one; None where the name means something else.

    """
    name, scope = TRANSPORTS[client], module.at[call]
    if found := _beside(call.func, name, module, work):
        return found, None
    line = 0 if _runs_later(scope) else call.lineno
    known = work.spell(module, scope, f"{_PACKAGE}.{name}", line)
    statement = _import_of(call.func, module)
    if known.uses and ("." not in known.text or statement is None):
        return known, None
    if scope.find(name) is None and name not in module.scope.names:
        code = f"from {_PACKAGE} import {name}"
        if statement and not isinstance(module.parents[statement], ast.Module):
            return Spelling(name), statement
        return Spelling(name, (), (code,)), None
    return (known, None) if known.uses else None


def _beside(callee: ast.expr, name: str, module: Module, work: Work) -> Spelling | None:
    """Return ``httpx.ASGITransport`` for ``httpx.AsyncClient``."""
    if not isinstance(callee, ast.Attribute) or not (owner := dotted(callee.value)):
        return None
    package = {External(_PACKAGE)}
    if work.index.value(callee.value, module) != package:
        return None
    root = owner.partition(".")[0]
    scope = module.at[callee].find(root)
    return Spelling(f"{owner}.{name}", ((scope, root),) if scope else ())


def _runs_later(scope: Scope) -> bool:
    here: Scope | None = scope
    while here is not None and not isinstance(here.node, (*FUNCTIONS, ast.Lambda)):
        here = here.parent
    return here is not None


def _import_of(callee: ast.expr, module: Module) -> ast.stmt | None:
    """Return the statement that imports what is called, if it is one."""
    scope = module.at[callee].find(callee.id) if isinstance(callee, ast.Name) else None
    if scope is None or not isinstance(callee, ast.Name):
        return None
    (binding, *others) = scope.names[callee.id]
    statement = binding.node
    if binding.kind != "import" or others or not isinstance(statement, ast.stmt):
        return None
    return statement


def spread_apps(call: ast.Call, module: Module, work: Work) -> Iterator[ast.keyword]:
    """Yield what is spread into a call and certainly has an ``app``."""
    for keyword in call.keywords:
        if keyword.arg is None and _has_app(keyword.value, module):
            yield keyword


def _has_app(node: ast.expr, module: Module) -> bool:
    match node:
        case ast.Dict(keys=keys):
            return any(isinstance(k, ast.Constant) and k.value == "app" for k in keys)
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return any(each.arg == "app" for each in keywords)
        case ast.Name(id=name):
            scope = module.at[node].find(name)
            return scope is not None and any(
                each.kind == "assign"
                and each.value is not None
                and not isinstance(each.value, ast.Name)
                and _has_app(each.value, module)
                for each in scope.names[name]
            )
    return False
