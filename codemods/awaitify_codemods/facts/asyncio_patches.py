"""Where test code puts something in the place of what gives loops."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
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
