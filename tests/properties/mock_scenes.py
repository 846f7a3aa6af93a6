"""Random mocks, each with a tiny code under test that does something to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from textwrap import indent

APP = """\
import asyncio
import functools
import inspect


class Client:
    limit = 3

    async def fetch(self, key=None):
        return key

    def close(self):
        return None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


async def target(key=None):
    return key


def sync_target(key=None):
    return key


async def passed_on(awaitable):
    return await awaitable


class Service:
    def __init__(self, client):
        self.client = client

    async def call(self, key):
        return await self.client.fetch(key)

    def hand_on(self, key):
        return self.client.fetch(key)

    async def handed(self, key):
        return await self.hand_on(key)

    def stop(self):
        self.client.close()


class SimpleClient:
    def __init__(self, fetch):
        self.fetch = fetch
"""

HEAD = """\
import asyncio
import unittest
from types import SimpleNamespace
from unittest import mock
from unittest.mock import ANY, AsyncMock, MagicMock, Mock, patch

import pytest

import app
from shown import show


async def coro(*args):
    return 7


def plain(*args):
    return 8


def done(value):
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def make(**attributes):
    made = MagicMock()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made
"""

SHOWN = """\
import json
import os


def show(name, *calls):
    with open(os.environ["SHOWN"], "a", encoding="utf-8") as file:
        file.write(json.dumps([name, [str(list(each)) for each in calls]]) + "\\n")
"""

Build = Callable[[Random], tuple[list[str], str]]


@dataclass(frozen=True)
class Scene:
    """One test with its code under test."""

    app: str
    test: str


def project(scenes: Sequence[Scene]) -> dict[str, str]:
    """Return the files of a project with some scenes."""
    return {
        "app.py": "\n\n".join([APP, *(each.app for each in scenes)]),
        "shown.py": SHOWN,
        "tests/test_scenes.py": "\n\n".join([HEAD, *(each.test for each in scenes)]),
    }


def scene(random: Random, number: int) -> Scene:
    """Return a random scene."""
    path = random.choice(("", ".fetch", ".fetch", ".fetch", ".api.fetch", "().fetch"))
    if random.random() < 0.3:
        return _patched(random, number)
    body = _consumed(random, f"m{path}", random.choice(("", "1", "key=1")))
    app = f"async def use{number}(m, flag=False, items=()):\n"
    app += indent("\n".join(body), "    ")
    made = _made(random, path)
    return Scene(app, _test(random, number, made, path))


# The code under test.


def _consumed(random: Random, callee: str, argument: str) -> list[str]:
    call = f"{callee}({argument})"
    lines = random.choice(_CONSUMERS)
    body = [line.replace("E()", call).replace("F", callee) for line in lines]
    owner = callee.rpartition(".")[0] or callee
    before = random.choice(
        (
            [],
            [],
            [],
            [f"{owner}.close()"],
            [f"ready = {owner}.ready"],
            ["if flag:", "    return None"],
            ["if items:", "    raise ValueError"],
            [f"if {owner}.limit:", "    pass"],
            [f"{callee}.other(2)"],
            [f"{callee}.count = 1"],
        )
    )
    return ["result = None", *before, *body, "return result"]


_CONSUMERS = (
    ["result = await E()"],
    ["result = await E()"],
    ["await E()", "result = await E()"],
    ["result = (await asyncio.gather(E(), E()))[0]"],
    ["result = await asyncio.create_task(E())"],
    ["result = await asyncio.ensure_future(E())"],
    ["result = await asyncio.wait_for(E(), 1)"],
    ["result = await asyncio.wait_for(asyncio.shield(E()), 1)"],
    ["result = await passed_on(E())"],
    ["call = functools.partial(F, 3)", "result = await call()"],
    ["made = [F(each) for each in (1, 2)]", "result = await asyncio.gather(*made)"],
    ["for each in (1, 2):", "    result = await F(each)"],
    ["for each in items:", "    result = await F(each)"],
    ["while flag:", "    result = await E()", "    break"],
    ["if flag:", "    result = await E()"],
    ["if not flag:", "    result = await E()"],
    ["if flag:", "    result = await E()", "else:", "    result = E()"],
    ["result = await E() if flag else E()"],
    ["E()"],
    ["E()", "result = await E()"],
    ["result = E()"],
    ["result = bool(E())"],
    ["result = E() == 1"],
    ["result = [E()]"],
    ["result = E()", "result = str(type(result))"],
    ["result = E()", "result.other()"],
    ["result = await E()", "result.other()"],
    ["result = (await E())['k']"],
    ["result = await (await E()).other()"],
    ["async with E() as entered:", "    result = entered"],
    ["async with E() as entered:", "    result = await entered.fetch()"],
    ["with E() as entered:", "    result = entered"],
    ["result = [each async for each in E()]"],
    ["result = [each for each in E()]"],
    ["result = E()", "if inspect.iscoroutinefunction(F):", "    await result"],
    ["if asyncio.iscoroutinefunction(F):", "    result = await E()"],
    ["result = E()", "if inspect.isawaitable(result):", "    result = await result"],
    ["result = E()", "if asyncio.iscoroutine(result):", "    result = await result"],
    ["result = E()", "if hasattr(result, '__await__'):", "    result = await result"],
    ["try:", "    result = await E()", "except TypeError:", "    result = E()"],
    ["try:", "    result = await E()", "except Exception:", "    result = None"],
    ["try:", "    result = await E()", "except ValueError:", "    result = 'bad'"],
    ["try:", "    result = await E()", "finally:", "    F.other()"],
    ["call = F", "result = await call()"],
    ["table = {'call': F}", "result = await table['call'](1)"],
    ["handler = lambda: E()", "result = await handler()"],
    ["async def inner():", "    return await E()", "", "result = await inner()"],
    ["def inner():", "    return E()", "", "result = await inner()"],
    ["task = asyncio.create_task(passed_on(E()))", "result = await task"],
    ["loop = asyncio.get_running_loop()", "await loop.create_task(passed_on(E()))"],
    ["result = await asyncio.to_thread(F, 1)"],
    ["await asyncio.sleep(0)", "result = await E()"],
    ["service = Service(SimpleClient(F))", "result = await service.call(1)"],
    ["service = Service(SimpleClient(F))", "result = await service.handed(1)"],
    ["results = await asyncio.gather(E(), return_exceptions=True)", "result = results"],
    ["if callable(F):", "    result = await E()"],
    ["if isinstance(F, Client):", "    result = await E()"],
    ["result = await E() or 3"],
    ["result = f'{await E()}'"],
    ["result = await F(m)"],
    ["result, other = await asyncio.gather(E(), target(2))"],
    ["assert await E() is not None"],
    ["result = await getattr(m, 'fetch')(1)"],
    ["result = await getattr(m, 'fet' + 'ch')(1)"],
)

# The mocks.

_KINDS = ("MagicMock", "MagicMock", "MagicMock", "Mock", "AsyncMock", "mock.MagicMock")
_VALUES = ("1", "None", "{'k': 1}", "MagicMock()", "[1, 2]", "'text'", "ANY")
_EFFECTS = (
    "[1, 2, 3]",
    "ValueError",
    "ValueError('x')",
    "[1, ValueError]",
    "coro",
    "plain",
    "lambda *a: 1",
    "lambda *a: coro()",
    "None",
)


def _value(random: Random) -> str:
    if random.random() < 0.12:
        return random.choice(("coro()", "done(3)", "AsyncMock()", "Mock()"))
    return random.choice(_VALUES)


def _keywords(random: Random) -> str:
    found = []
    if random.random() < 0.6:
        found.append(f"return_value={_value(random)}")
    if random.random() < 0.3:
        found.append(f"side_effect={random.choice(_EFFECTS)}")
    if random.random() < 0.08:
        found.append("spec=app.target")
    if random.random() < 0.06:
        found.append(f"wraps={random.choice(('coro', 'plain'))}")
    if random.random() < 0.05:
        found.append("name='named'")
    return ", ".join(found)


def _made(random: Random, path: str) -> list[str]:
    """Return statements that make `m` so that a path of it can be called."""
    kind = random.choice(_KINDS)
    if path == "":
        return [f"m = {kind}({_keywords(random)})"]
    spec = "spec=app.Client" if path == ".fetch" and random.random() < 0.15 else ""
    parent = random.choice(_KINDS)
    name = path.replace("()", ".return_value")
    own = f"{kind}({_keywords(random)})"
    first = f"m = {parent}({spec})"
    dotted = name.removeprefix(".")
    forms: list[list[str]] = [
        [first, f"m{name} = {own}"],
        [first, f"m{name} = {own}", f"m{name}.return_value = {_value(random)}"],
        [first, f"m{name}.return_value = {_value(random)}"],
        [first, f"m{name}.side_effect = {random.choice(_EFFECTS)}"],
        [
            first,
            f"m{name}.return_value = {_value(random)}",
            f"m{name}.side_effect = {random.choice(_EFFECTS)}",
        ],
        [first],
        [first, f"m.configure_mock(**{{'{dotted}': {own}}})"],
        [f"m = {parent}(**{{'{dotted}.return_value': {_value(random)}}})"],
        [first, f"m{name}.return_value.other.return_value = {_value(random)}"],
        [first, f"m{name} = coro"],
        [first, "m.close.return_value = 3", f"m{name}.return_value = 1"],
        [first, f"call = {own}", f"m{name} = call"],
        [first, f"m{name}: MagicMock = {own}"],
    ]
    if path == ".fetch":
        forms += [
            [f"m = {parent}(fetch={own})"],
            [f"m = SimpleNamespace(fetch={own}, close=Mock(), ready=1, limit=1)"],
            [f"m = make(fetch={own})"],
            [f"fetch = {own}", "m = make(fetch=fetch)"],
        ]
    return random.choice(forms)


def _test(random: Random, number: int, made: list[str], path: str) -> str:
    """Return the text of a test."""
    name = path.replace("()", ".return_value")
    flag = random.choice(("", "", ", flag=True", ", flag=False", ", items=(1, 2)"))
    call = f"result = await app.use{number}(m{flag})"
    act = random.choice(
        (
            [call],
            [call],
            [call],
            [call],
            ["with pytest.raises(TypeError):", f"    {call}"],
            ["with pytest.raises(Exception):", f"    {call}"],
            ["with pytest.raises(ValueError):", f"    {call}"],
            ["try:", f"    {call}", "except Exception:", "    pass"],
            ["try:", f"    {call}", "except TypeError as error:", "    result = error"],
        )
    )
    after = random.choice(
        (
            [],
            [],
            [f"assert m{name}.called"],
            [f"m{name}.assert_called_with(1)"],
            [f"assert m{name}.call_count == 1"],
            [f"m{name}.assert_not_called()"],
            ["assert result is None"],
            ["assert result == 1"],
            ["assert result"],
            ["assert not result"],
            [f"m{name}(5)"],
            [f"assert isinstance(m{name}, MagicMock)"],
        )
    )
    shown = f"show({number}, getattr(m, 'mock_calls', ()), m{name}.mock_calls)"
    if "coro" in made[-1].split("=")[-1]:
        shown = f"show({number}, getattr(m, 'mock_calls', ()))"
        after = []
    return _placed(random, number, made, [*act, *after, shown])


def _placed(random: Random, number: int, made: list[str], rest: list[str]) -> str:
    where = random.choice(("inline", "inline", "fixture", "set-up", "helper", "class"))
    needs_loop = any("done(" in line for line in made)
    if where == "inline" or (needs_loop and where != "set-up"):
        return "\n".join(
            [
                "@pytest.mark.asyncio",
                f"async def test_{number}():",
                *_in([*made, *rest]),
            ]
        )
    if where == "fixture":
        asked = random.choice(("", "(autouse=False)"))
        return "\n".join(
            [
                f"@pytest.fixture{asked}",
                f"def made{number}():",
                *_in([*made, random.choice(("return m", "yield m"))]),
                "\n",
                "@pytest.mark.asyncio",
                f"async def test_{number}(made{number}):",
                *_in([f"m = made{number}", *rest]),
            ]
        )
    if where == "helper":
        return "\n".join(
            [
                f"def made{number}():",
                *_in([*made, "return m"]),
                "\n",
                "@pytest.mark.asyncio",
                f"async def test_{number}():",
                *_in([f"m = made{number}()", *rest]),
            ]
        )
    if where == "class":
        return "\n".join(
            [
                f"class Test{number}:",
                *_in(["def setup_method(self):", *_in([*made, "self.m = m"])]),
                "",
                *_in(["@pytest.mark.asyncio", f"async def test_{number}(self):"]),
                *_in(_in(["m = self.m", *rest])),
            ]
        )
    return "\n".join(
        [
            f"class Test{number}(unittest.IsolatedAsyncioTestCase):",
            *_in(["async def asyncSetUp(self):", *_in([*made, "self.m = m"])]),
            "",
            *_in([f"async def test_{number}(self):", *_in(["m = self.m", *rest])]),
        ]
    )


def _in(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


# Patches.


def _patched(random: Random, number: int) -> Scene:
    what = random.choice(("target", "target", "sync_target", "Client.fetch", "Client"))
    own = f"own{number}_"
    app = ["", "", f"class {own}Client(Client):", "    pass", ""]
    callee = {
        "target": f"{own}target",
        "sync_target": f"{own}sync_target",
        "Client.fetch": f"{own}Client().fetch",
        "Client": f"{own}Client().fetch",
    }[what]
    body = _consumed(random, callee, random.choice(("", "1")))
    body = [
        line.replace("(m)", "(4)").replace("getattr(m,", "getattr(app_client,")
        for line in body
    ]
    head = [
        f"async def {own}target(key=None):",
        "    return key",
        "",
        "",
        f"def {own}sync_target(key=None):",
        "    return key",
        *app,
        "",
        f"async def use{number}(flag=False, items=()):",
        f"    app_client = {own}Client()",
    ]
    text = "\n".join([*head, *_in(body)])
    return Scene(text, _patched_test(random, number, f"app.{own}{what}", what))


def _patched_test(random: Random, number: int, target: str, what: str) -> str:
    extra = random.choice(
        (
            "",
            "",
            ", return_value=1",
            ", return_value={'k': 1}",
            ", new_callable=MagicMock",
            ", new_callable=Mock",
            ", new_callable=AsyncMock",
            ", new_callable=MagicMock, return_value=2",
            ", side_effect=[1, 2]",
            ", side_effect=ValueError",
            ", side_effect=coro",
            ", autospec=True",
            ", new=MagicMock(return_value=1)",
            ", new=AsyncMock(return_value=1)",
        )
    )
    is_class = what == "Client"
    after_name = "m.return_value.fetch" if is_class else "m"
    setting = random.choice(
        (
            [],
            [],
            [f"{after_name}.return_value = 5"],
            [f"{after_name}.side_effect = ValueError"],
            [f"{after_name} = MagicMock(return_value=1)"] if is_class else [],
            [f"{after_name} = AsyncMock(return_value=1)"] if is_class else [],
        )
    )
    flag = random.choice(("", "", "flag=True", "items=(1,)"))
    call = f"result = await app.use{number}({flag})"
    act = random.choice(
        (
            [call],
            [call],
            [call],
            ["with pytest.raises(TypeError):", f"    {call}"],
            ["try:", f"    {call}", "except Exception:", "    pass"],
        )
    )
    rest = [*setting, *act, f"show({number}, m.mock_calls)"]
    how = random.choice(("with", "decorator", "mocker", "object"))
    injects = "new=" not in extra
    if "." in what:
        owner, _, name = target.rpartition(".")
        objected = f"patch.object({owner}, '{name}'{extra})"
    else:
        objected = f"patch.object(app, '{target.removeprefix('app.')}'{extra})"
    if how == "decorator" and injects:
        return "\n".join(
            [
                "@pytest.mark.asyncio",
                f"@patch('{target}'{extra})",
                f"async def test_{number}(m):",
                *_in(rest),
            ]
        )
    if how == "mocker":
        said = extra if random.random() < 0.5 else _of_mocker(extra)
        return "\n".join(
            [
                "@pytest.mark.asyncio",
                f"async def test_{number}(mocker):",
                *_in([f"m = mocker.patch('{target}'{said})", *rest]),
            ]
        )
    maker = objected if how == "object" else f"patch('{target}'{extra})"
    return "\n".join(
        [
            "@pytest.mark.asyncio",
            f"async def test_{number}():",
            *_in([f"with {maker} as m:", *_in(rest)]),
        ]
    )


def _of_mocker(extra: str) -> str:
    for name in ("AsyncMock", "MagicMock", "Mock"):
        extra = extra.replace(f"={name}", f"=mocker.{name}")
    return extra
