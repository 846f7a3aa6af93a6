"""What of asyncio and of well-known libraries may block for ever, by dotted name."""

from __future__ import annotations

from collections.abc import Mapping

QUEUES = frozenset({"asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue"})
LOCKS = frozenset(
    {"asyncio.Lock", "asyncio.Semaphore", "asyncio.BoundedSemaphore"}
    | {"asyncio.Condition"}
)
FUTURES = frozenset({"asyncio.Future", "asyncio.Task"})
READER, WRITER = "asyncio.StreamReader", "asyncio.StreamWriter"
PROCESS, SERVER = "asyncio.Process", "asyncio.Server"
SOCKET = "a websocket"

_RECEIVING = frozenset(
    "recv recv_streaming receive receive_str receive_text receive_bytes receive_json "
    "wait_closed".split()
)
_COMMUNICATING = frozenset(
    "receive_output receive_from receive_json_from receive_nothing wait".split()
) - {"receive_nothing"}

METHODS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(QUEUES, frozenset({"get", "join", "put"})),
    **dict.fromkeys(LOCKS, frozenset({"acquire", "wait", "wait_for"})),
    "asyncio.Event": frozenset({"wait"}),
    "asyncio.Barrier": frozenset({"wait"}),
    READER: frozenset({"read", "readline", "readexactly", "readuntil"}),
    WRITER: frozenset({"drain", "wait_closed"}),
    PROCESS: frozenset({"wait", "communicate"}),
    SERVER: frozenset({"wait_closed", "serve_forever"}),
    SOCKET: _RECEIVING,
}
"""Class -> the methods whose coroutine may never return."""

LOOP_METHODS = frozenset(
    {"sock_accept", "sock_recv", "sock_recv_into", "sock_recvfrom"}
)

UNMISTAKABLE = _RECEIVING | _COMMUNICATING - {"wait"} | {"readexactly", "readuntil"}
"""Methods that wait for others, whatever the object that is not known."""

SOCKETS = ("websockets.", "aiohttp.", "starlette.", "fastapi.", "wsproto.", "quart.")
COMMUNICATORS = "channels.testing."
COMMUNICATING = _COMMUNICATING

RESULTS: Mapping[str, tuple[str, ...]] = {
    "asyncio.open_connection": (READER, WRITER),
    "asyncio.open_unix_connection": (READER, WRITER),
    "asyncio.start_server": (SERVER,),
    "asyncio.start_unix_server": (SERVER,),
    "asyncio.create_subprocess_exec": (PROCESS,),
    "asyncio.create_subprocess_shell": (PROCESS,),
    "websockets.connect": (SOCKET,),
}
"""What awaiting a call gives; several where it is a tuple."""

GIVING_FUTURES = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.wrap_future"}
    | {"asyncio.run_coroutine_threadsafe", "asyncio.gather"}
)
LOOP_FUTURES = frozenset({"create_task", "create_future", "run_in_executor"})

HANDING_ON = frozenset(
    {"asyncio.gather", "asyncio.wait", "asyncio.shield", "asyncio.create_task"}
    | {"asyncio.ensure_future"}
)
"""Calls that wait for what they are given."""

OF_PROCESSES = frozenset({"stdout", "stderr"})


def plain(name: str) -> str:
    """Return a name of asyncio without the module in which it is defined."""
    package, _, rest = name.partition(".")
    if package == "asyncio" and rest:
        return f"{package}.{rest.rpartition('.')[2]}"
    return name
