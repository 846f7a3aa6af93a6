"""What of tornado, and around it, can be awaited."""

from __future__ import annotations

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import External, Function, Value, external_name

_COROUTINES = frozenset({External("tornado.gen.coroutine")})
FUTURES = frozenset(
    f"{module}.Future"
    for module in ("asyncio", "asyncio.futures", "tornado.concurrent", "tornado.gen")
)
_AWAITED = FUTURES | {
    f"asyncio.{name}"
    for name in "gather ensure_future create_task wrap_future shield".split()
}
COROUTINES = frozenset({"asyncio.sleep", "asyncio.wait_for"})
# Their results are not, or may not be, awaitable.
_OTHERS = ("tornado.ioloop", "tornado.concurrent", "tornado.gen.Task")


def is_gen_coroutine(value: Value, index: Index) -> bool:
    """Whether a value is decorated with ``gen.coroutine``: it returns a future."""
    if not isinstance(value, Function) or value.is_async:
        return False
    decorators = value.node.decorator_list
    return (
        len(decorators) == 1 and index.value(decorators[0], value.module) == _COROUTINES
    )


def gives_awaitable(value: Value, index: Index) -> bool:
    """Whether what a call of a value returns can certainly be awaited."""
    found = index.behind(value)
    if isinstance(found, Function) and found.is_async:
        return not found.node.decorator_list
    if is_gen_coroutine(found, index):
        return True
    name = external_name(value)
    if name in _AWAITED or name in COROUTINES:
        return True
    return name.startswith("tornado.") and not name.startswith(_OTHERS)
