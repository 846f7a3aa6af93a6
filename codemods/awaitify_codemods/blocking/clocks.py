"""Why a sleep is not what it seems to be: clocks and sleeps that tests replace."""

from __future__ import annotations

from collections.abc import Iterator

from awaitify_codemods.blocking.frames import Replacements
from awaitify_codemods.facts.anyio_suites import are_marked_anyio
from awaitify_codemods.facts.fixtures import conftests
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.work import Work

_CLOCKS = (
    b"freezegun",
    b"freeze_time",
    b"time_machine",
    b"time-machine",
    b"freezer",
    b"looptime",
    b"ClockedTestCase",
    b"VirtualClock",
    b"loop.time =",
)
_WATCHED = (b"slow_callback", b"blockbuster", b"set_debug(True")


def clock_refusal(
    function: Function, replacements: Replacements, work: Work
) -> Refusal | None:
    """Return why time is not what passes, or not on asyncio's loop, in a function."""
    module = function.module
    for home in _around(module, work):
        for word in _CLOCKS:
            if word in home.source:
                message = f"{word.decode()} in {home.path}: time may not pass"
                return Refusal("clocked-test", message)
    for word in _WATCHED:
        if word in module.source:
            message = f"{word.decode()} in {module.path}: blocking may be seen"
            return Refusal("blocking-wanted", message)
    if where := replacements.of("sleep", function):
        return Refusal("clocked-test", f"sleep is replaced there ({where})")
    return library_refusal(function, work)


def library_refusal(function: Function, work: Work) -> Refusal | None:
    """Return why a function may run on another loop than asyncio's, or not name it."""
    module, source = function.module, function.module.source
    if b"trio" in source:
        return Refusal("anyio-or-trio", "the file is about trio, too")
    if b"mark.anyio" in source:
        if not are_marked_anyio(function, work.fixtures, work.index):
            return Refusal("anyio-or-trio", "anyio may run it on another loop")
    elif not (
        b"asyncio" in source
        or b"IsolatedAsyncioTestCase" in source
        or function in work.coloured
        or work.mode(module.path) == "auto"
    ):
        return Refusal("anyio-or-trio", "nothing says that asyncio runs it")
    values = work.index.name(function.scope, "asyncio", module)
    if function.scope.find("asyncio") and values != {External("asyncio")}:
        return Refusal("name-taken", "asyncio means something else there")
    return None


def _around(module: Module, work: Work) -> Iterator[Module]:
    """Yield a file and the conftest files that hold for it."""
    yield module
    for path in conftests(module.path):
        conftest = work.index.module(path) if path in work.index.files else None
        if conftest and conftest is not module:
            yield conftest
