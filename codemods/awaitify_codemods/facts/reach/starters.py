"""What is known to start a loop, or looks as if it did."""

from __future__ import annotations

import ast

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.reach.reaching import Reaching
from awaitify_codemods.facts.values import External, Instance, Member, Value, Values

_STARTERS = frozenset(
    {
        "asgiref.sync.async_to_sync",
        "anyio.from_thread.run",
        "trio.run",
        "uvloop.run",
        "fastapi.testclient.TestClient",
        "starlette.testclient.TestClient",
        "flask.testing.FlaskClient",
        "aiohttp.web.run_app",
        "IPython.start_ipython",
        "playwright.sync_api.sync_playwright",
        "uvicorn.run",
    }
)
# What they return starts a loop when it is called.
MAKERS = frozenset({"asgiref.sync.async_to_sync"})
SHOWN = frozenset(
    {
        "uvloop.run",
        "fastapi.testclient.TestClient",
        "starlette.testclient.TestClient",
        "aiohttp.web.run_app",
        "uvicorn.run",
    }
)
"""What drives a loop of asyncio, in this thread; or in one of its own, and does not
mind another one here."""
HIDDEN = (_STARTERS | MAKERS) - SHOWN
"""What drives another kind of loop, or asks for one that runs."""
_COMMAND_RUNNERS = frozenset(
    {
        "click.testing.CliRunner",
        "typer.testing.CliRunner",
        "asyncclick.testing.CliRunner",
    }
)


def is_starter(name: str, reach: Reaching) -> bool:
    """Whether what a dotted name means starts a loop when it is called."""
    if reach.only is not None:
        return reach.only.starts(name)
    known = name in _STARTERS or name.removesuffix("()") in MAKERS
    return known or name.endswith(".run_sync")


def is_runner(values: Values, reach: Reaching) -> bool:
    """Whether a value drives what it is given."""
    if reach.only is not None or not values:
        return False
    return reach.runners.of(values) is not None


def is_drive(call: ast.Call, module: Module, reach: Reaching) -> bool:
    """Whether a call drives a loop itself."""
    if reach.only is not None:
        return reach.only.drives(call, module, reach.index)
    if isinstance(call.func, ast.Attribute) and call.func.attr in (
        "run_until_complete",
        "run_forever",
    ):
        return True
    values = reach.index.value(call.func, module)
    if values and reach.runners.of(values) is not None:
        return True
    return module.path not in reach.test_code and _may_be_runner(call, values, module)


def _may_be_runner(call: ast.Call, values: Values, module: Module) -> bool:
    """``kept().run(coroutine())``: of what is not known, where runners are kept."""
    func = call.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "run"
        and b"Runner" in module.source
        and b"asyncio" in module.source
        and len(call.args) == 1
        and isinstance(call.args[0], (ast.Call, ast.Name))
        and (not values or is_made_outside(values))
    )


def is_made_outside(values: Values) -> bool:
    """Whether nothing is known of a value but that outside code made it."""
    return all(
        (isinstance(each, External) and "()" in each.name)
        or (isinstance(each, Instance) and isinstance(each.of, External))
        or (isinstance(each, Member) and isinstance(each.of, Instance))
        for each in values
    )


def invokes_commands(value: Value) -> bool:
    """Whether a value runs commands in this process (click's ``CliRunner``)."""
    return isinstance(value, Instance) and (
        isinstance(value.of, External) and value.of.name in _COMMAND_RUNNERS
    )
