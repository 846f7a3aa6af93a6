"""Where test code puts something in the place of what is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.facts.values import External

_GETTER = "get_event_loop"
_NAMED = re.compile(r"(^|\.)get_event_loop$")


def loop_getters_replaced(
    index: Index, test_code: Container[str]
) -> Iterator[tuple[Module, ast.AST]]:
    """Yield where ``asyncio.get_event_loop`` is patched, or assigned to."""
    for path in index.words.files_with(_GETTER):
        module = index.module(path) if path in test_code else None
        if module is None:
            continue
        for constant in module.strings:
            if _NAMED.search(str(constant.value)):
                if isinstance(module.parents.get(constant), ast.Call):
                    yield module, constant
        for node in module.stores.get(_GETTER, ()):
            if index.value(node.value, module) == {External("asyncio")}:
                yield module, node


_REPLACING = frozenset("patch object setattr spy stub multiple".split())


def replaced(
    name: str, index: Index, test_code: Container[str]
) -> Iterator[tuple[Module, ast.AST]]:
    """Yield where a function or class of a name is patched, or assigned to."""
    for path in index.words.files_with(name):
        module = index.module(path) if path in test_code else None
        if module is None:
            continue
        for constant in module.strings_naming(name):
            call = module.parents.get(constant)
            if isinstance(call, ast.Call):
                if spelled(call.func).rpartition(".")[2] in _REPLACING:
                    yield module, constant
        yield from ((module, node) for node in module.stores.get(name, ()))
        for call in module.calls:
            if spelled(call.func).endswith("multiple"):
                if any(each.arg == name for each in call.keywords):
                    yield module, call


def is_collected(module: Module) -> bool:
    """Whether a file holds tests: what is replaced there is so for them alone."""
    name = module.path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")
