"""What of tornado, and around it, can be awaited."""

from __future__ import annotations

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import (
    External,
    Function,
    Member,
    Value,
    external_name,
)

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
# What of tornado returns a future; others, like `close` and `listen`, return None.
_RETURNING = frozenset(
    "sleep multi multi_future with_timeout convert_yielded maybe_future fetch "
    "websocket_connect read_message write_message connect wait get put join acquire "
    "next read_until read_bytes read_until_close read_until_regex read_into write "
    "wait_for_exit wait_for_handshake".split()
)
_OTHERS = ("tornado.ioloop", "tornado.concurrent")


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
    last = value.name if isinstance(value, Member) else name.rpartition(".")[2]
    return (
        name.startswith("tornado.")
        and last in _RETURNING
        and not name.startswith(_OTHERS)
    )
