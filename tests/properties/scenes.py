"""What legacy suites contain: each scene writes tests and all that they need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from textwrap import indent

from tests.properties.known_gaps import unless
from tests.properties.runners import FORMS, Runner
from tests.properties.scribe import Helper, Scribe, Valued
from tests.properties.writing import Cast, File, text


@dataclass
class Stage:
    """Where a scene writes, and with what."""

    cast: Cast
    rng: Random
    runners: list[Runner | str]
    current: bool
    """Whether the project's tests use the current loop, so that none may end it."""
    files: list[File] = field(default_factory=list)

    @property
    def file(self) -> File:
        return self.files[0]

    def scribe(self, file: File | None = None, *helpers: Helper) -> Scribe:
        return Scribe(self.cast, file or self.file, self.rng, self.runners, helpers)

    def test(
        self, body: str, parameters: str = "", above: str = "", stem: str = "test"
    ) -> str:
        """Write a test function."""
        name = self.cast.new(stem)
        rng = self.rng
        if rng.random() < 0.1:
            body = f'"""It works."""\n{body}'
        if rng.random() < 0.08:
            above = f"# Comment above {name}\n{above}"
        self.file.add(f"{above}def {name}({parameters}):\n{_in(body)}")
        return name


Scene = Callable[[Stage], None]


def _in(body: str) -> str:
    return indent(body, "    ")


def _file(stage: Stage, *, home: bool) -> File:
    """Return where a helper stands: with the helpers, or in the test module."""
    return stage.cast.helpers if home else stage.file


# Plain tests


def plain(stage: Stage) -> None:
    stage.test(stage.scribe().statements())


def one_line(stage: Stage) -> None:
    a, x = stage.scribe().expression(1)
    name = stage.cast.new("test")
    stage.file.add(f"def {name}(): assert ({a}) == {x}\n")


def returned(stage: Stage) -> None:
    a, x = stage.scribe().driven_number(1)
    scribe = stage.scribe()
    stage.test(f"{scribe.statements(1, 1)}return\n", stem="test_returns")


def local_imports(stage: Stage) -> None:
    stage.cast.app_name(stage.file, "add")
    app = stage.cast.app.name
    body = text(
        """
        import asyncio
        from $app import add as plus

        $rest
        """,
        app=app,
        rest=stage.rng.choice(
            (
                "assert asyncio.run(plus(1)) == 2",
                "loop = asyncio.new_event_loop()\nassert loop.run_until_complete(plus(1)) == 2\nloop.close()",
                "run = asyncio.run\nassert run(plus(1)) == 2",
                "def go():\n    return asyncio.run(plus(1))\n\nassert go() == 2",
            )
        ),
    )
    if stage.current and "asyncio.run" in body:
        return plain(stage)
    stage.test(body)


def parametrized(stage: Stage) -> None:
    stage.file.need("import pytest")
    rng = stage.rng
    scribe = stage.scribe()
    a, x = scribe.drive("add", "number, b=2"), "number + 2"
    marks = rng.choice(
        (
            '@pytest.mark.parametrize("number", [1, 2])\n',
            '@pytest.mark.parametrize(\n    "number",\n    [1, pytest.param(2, id="two")],  # both\n)\n',
            '@pytest.mark.parametrize("number", [1, 2], ids=str)\n@pytest.mark.filterwarnings("default")\n',
        )
    )
    body = f"assert {a} == {x}\n{scribe.statements(1, 1)}"
    stage.test(body, "number", marks)


def parametrized_with_functions(stage: Stage) -> None:
    stage.file.need("import pytest")
    one, double = (stage.cast.app_name(stage.file, n) for n in ("add", "double"))
    run = stage.scribe().drive_of("function", "1")
    marks = f'@pytest.mark.parametrize("function", [{one}, {double}])\n'
    stage.test(f"assert {run} == 2\n", "function", marks)


def expected_to_fail(stage: Stage) -> None:
    stage.file.need("import pytest")
    scribe = stage.scribe()
    kind = stage.rng.randrange(4)
    if kind == 0:
        body = f"{scribe.drive(scribe.failing)}\n"
        stage.test(body, above="@pytest.mark.xfail(raises=ValueError, strict=True)\n")
    elif kind == 1:
        body = scribe.statements(1) + 'pytest.skip("not today")\n'
        stage.test(body)
    elif kind == 2:
        stage.test(scribe.statements(1), above='@pytest.mark.skip("not today")\n')
    else:
        a, x = scribe.driven_number(0)
        stage.test(f"assert {a} == {x + 1}\n", stem="test_fails")


def fixtures(stage: Stage) -> None:
    stage.file.need("import pytest")
    scribe, name = stage.scribe(), stage.cast.new("given")
    a, x = scribe.driven_number(1)
    kind = stage.rng.randrange(4)
    if kind == 0:
        code = f"@pytest.fixture\ndef {name}():\n    return {a}\n"
    elif kind == 1:
        code = f"@pytest.fixture\ndef {name}():\n    yield {a}\n    {scribe.drive('one')}\n"
    elif kind == 2:
        a, x = "3", 3
        code = f"@pytest.fixture\ndef {name}():\n    yield 3\n"
    else:
        code = f"@pytest.fixture(autouse=True)\ndef {name}():\n    return {a}\n"
    stage.file.add(code)
    body = f"assert {name} == {x}\n{stage.scribe().statements(1, 1)}"
    stage.test(body, name)


def fixture_with_box(stage: Stage) -> None:
    stage.file.need("import pytest")
    name, box = stage.cast.new("box"), stage.cast.app_name(stage.file, "Box")
    stage.file.add(f"@pytest.fixture\ndef {name}():\n    return {box}([1])\n")
    scribe = stage.scribe()
    stage.test(
        f"assert {scribe.drive_of(f'{name}.put', '2')} == 2\n"
        f"assert {name}.size() == 2\nassert {scribe.drive_of(f'{name}.total')} == 3\n",
        name,
    )


def runner_as_fixture(stage: Stage) -> None:
    stage.file.need("import pytest")
    name = stage.cast.new("runner")
    run = stage.scribe().drive_of("function", "*args")
    code = f"@pytest.fixture\ndef {name}():\n    def run(function, *args):\n        return {run}\n\n    return run\n"
    stage.file.add(code)
    add = stage.cast.app_name(stage.file, "add")
    stage.test(f"assert {name}({add}, 1, 2) == 3\n", name)


# Helpers that drive


def _helper(stage: Stage, name: str, file: File, scribe: Scribe) -> None:
    """Write ``name(a, b=2)``, which returns ``a + b``."""
    rng = stage.rng
    drive = scribe.drive("add", "a, b")
    extra = scribe.statements(1, 1) if rng.random() < 0.4 else ""
    body = rng.choice(
        (
            f"return {drive}\n",
            f"value = {drive}\nreturn value\n",
            f"if a > 100:\n    return None\nreturn {drive}\n",
            f"def inner():\n    return {drive}\n\nreturn inner()\n",
            f"return [{drive} for _ in range(2)][1]\n",
            f'"""Add two numbers."""\n\n# carefully\nreturn {drive}\n',
            f"try:\n    return {drive}\nfinally:\n    pass\n",
            f"async def go():\n    return a + b\n\nreturn {scribe.drive_of('go')}\n",
        )
    )
    file.add(f"def {name}(a, b=2):\n{_in(extra + body)}")


def helpers(stage: Stage) -> None:
    """A helper, perhaps used by another, used by tests in several ways."""
    rng = stage.rng
    shared = rng.random() < 0.6
    file = _file(stage, home=shared)
    name = stage.cast.new("total")
    _helper(stage, name, file, stage.scribe(file))
    if rng.random() < 0.5:
        inner, name = name, stage.cast.new("outer")
        file.add(
            rng.choice(
                (
                    f"def {name}(a, b=2):\n    return {inner}(a, b)\n",
                    f"def {name}(a, b=2):\n    value = {inner}(a, b=b)\n    return value\n",
                    f"def {name}(a, b=2):\n    if a > 50:\n        return {name}(a - 1, b) + 1\n    return {inner}(a, b)\n",
                    f"{name} = {inner}\n",
                )
            )
        )
    files = stage.files if shared else [stage.file]
    for number in range(rng.choice((1, 2, 3))):
        target = files[number % len(files)]
        call = stage.cast.of_helpers(target, name) if shared else name
        other = Stage(stage.cast, rng, stage.runners, stage.current, [target])
        _use(other, call)


def _use(stage: Stage, call: str) -> None:
    """Write a test that calls ``call(a, b=2)``, which returns the sum."""
    rng = stage.rng

    def valued(_: Scribe) -> Valued:
        a = rng.randint(0, 9)
        return rng.choice(((f"{call}({a})", a + 2), (f"{call}({a}, b=3)", a + 3)))

    if rng.random() < 0.6:
        stage.test(stage.scribe(None, valued, valued).statements())
        return
    stage.test(_awkward_use(stage, call))


def _awkward_use(stage: Stage, call: str) -> str:
    stage.file.need("import pytest")
    return stage.rng.choice(
        (
            f"assert [{call}(n) for n in (1, 2)] == [3, 4]\n",
            f"assert sum({call}(n) for n in (1, 2)) == 7\n",
            f"assert list(map({call}, (1, 2))) == [3, 4]\n",
            f"assert sorted([2, 1], key={call}) == [1, 2]\n",
            f"again = {call}\nassert again(1) == 3\n",
            f"assert (lambda: {call}(1))() == 3\n",
            f"def inner(add={call}):\n    return add(1)\n\nassert inner() == 3\n",
            *unless(
                "default arguments",
                f"def inner(value={call}(1)):\n    return value\n\nassert inner() == 3\n",
            ),
            f"with pytest.raises(TypeError):\n    {call}()\n",
            f"pytest.raises(TypeError, {call}, 'a', 1)\n",
            f"pytest.raises(TypeError, lambda: {call}('a'))\n",
            f"calls = {{'add': {call}}}\nassert calls['add'](1) == 3\n",
            f"assert {call}(1) == 3, {call}(2)\n",
            f"assert f'{{{call}(1)}}' == '3'\n",
            f"from functools import partial\nassert partial({call}, 1)() == 3\n",
            f"gen = ({call}(n) for n in (1, 2))\nassert next(gen) == 3\n",
            f"class Inner:\n    value = {call}(1)\n\nassert Inner.value == 3\n",
            f"class Inner:\n    def get(self):\n        return {call}(1)\n\nassert Inner().get() == 3\n",
            f"assert {call}(*[1], **{{'b': 4}}) == 5\n",
            f"assert isinstance({call}(1), int) and not callable({call}(2))\n",
        )
    )


def helper_at_import(stage: Stage) -> None:
    name = stage.cast.new("total")
    file = stage.cast.helpers
    _helper(stage, name, file, stage.scribe(file))
    call, constant = (
        stage.cast.of_helpers(stage.file, name),
        stage.cast.new("AT_IMPORT"),
    )
    stage.file.add(f"{constant} = {call}(1)\n")
    stage.test(f"assert {constant} == 3\n")
    stage.test(f"assert {call}({constant}) == 5\n")


def helper_in_parametrize(stage: Stage) -> None:
    stage.file.need("import pytest")
    name = stage.cast.new("total")
    file = stage.cast.helpers
    _helper(stage, name, file, stage.scribe(file))
    call = stage.cast.of_helpers(stage.file, name)
    marks = stage.rng.choice(
        (
            f'@pytest.mark.parametrize("value", [{call}(1)], ids=["x"])\n',
            f'@pytest.mark.parametrize("value", [3], ids=lambda each: str({call}(1)))\n',
        )
    )
    stage.test(f"assert value == {call}(1)\n", "value", marks)
    stage.test(f"assert {call}(1) == 3\n")


def helper_class(stage: Stage) -> None:
    rng, shared = stage.rng, stage.rng.random() < 0.6
    file = _file(stage, home=shared)
    scribe, name = stage.scribe(file), stage.cast.new("Client")
    box = scribe.app("Box")
    file.add(
        text(
            """
            class $name:
                kind = "client"

                def __init__(self, *items):
                    self.box = $box(items)

                def put(self, item):
                    return $put

                def total(self):
                    # All of them.
                    return $total

                def both(self, item):
                    self.put(item)
                    return self.total()

                @property
                def size(self):
                    return self.box.size()

                @staticmethod
                def plus(a, b=2):
                    return $plus

                @classmethod
                def make(cls, *items):
                    return cls(*items)
            """,
            name=name,
            box=box,
            put=scribe.drive_of("self.box.put", "item"),
            total=scribe.drive_of("self.box.total"),
            plus=scribe.drive("add", "a, b"),
        )
    )
    owner = stage.cast.of_helpers(stage.file, name) if shared else name
    uses = [
        f"client = {owner}(1)\nassert client.put(2) == 2\nassert client.size == 2\n",
        f"client = {owner}.make(1, 2)\nassert client.both(3) == 6\n",
        f"assert {owner}.plus(1) == 3\n",
        f"assert {owner}(1, 2).total() == 3 and {owner}.kind\n",
        f"client = {owner}()\nfor n in (1, 2):\n    client.put(n)\nassert client.total() == 3\n",
        f"client = {owner}(2)\nassert [client.total() for _ in (1, 2)] == [2, 2]\n",
        f"put = {owner}().put\nassert put(1) == 1\n",
        f"assert {owner}().plus(2) == 4\n",
    ]
    for body in rng.sample(uses, rng.choice((1, 2, 3))):
        stage.test(body)
    if rng.random() < 0.3:
        child = stage.cast.new("Child")
        stage.file.add(
            f"class {child}({owner}):\n    def total(self):\n        return super().total() + 1\n"
        )
        stage.test(f"assert {child}(1).both(2) == 4\n")
    if rng.random() < 0.2:
        helper = stage.cast.new("made")
        stage.file.need("import pytest")
        stage.file.add(f"@pytest.fixture\ndef {helper}():\n    return {owner}(5)\n")
        stage.test(
            f"assert {helper}.put(1) == 2\nassert {helper}.total() == 6\n", helper
        )


def helper_kinds(stage: Stage) -> None:
    """Helpers that cannot be coroutines, beside tests that could be."""
    scribe, name = stage.scribe(), stage.cast.new("special")
    (a, x), kind = scribe.driven_number(0), stage.rng.randrange(7)
    if kind == 0:
        code, use = (
            f"def {name}():\n    for _ in range(2):\n        yield {a}\n",
            f"list({name}()) == [{x}, {x}]",
        )
    elif kind == 1:
        stage.file.need("import contextlib")
        code = f"@contextlib.contextmanager\ndef {name}():\n    yield {a}\n    {scribe.drive('one')}\n"
        stage.file.add(code)
        stage.test(
            f"with {name}() as value:\n    assert value == {x}\n    {scribe.drive('one')}\n"
        )
        return
    elif kind == 2:
        stage.file.need("import functools")
        code, use = (
            f"@functools.lru_cache(None)\ndef {name}():\n    return {a}\n",
            f"{name}() == {name}() == {x}",
        )
    elif kind == 3:
        code, use = (
            f"class {name.title()}:\n    @property\n    def value(self):\n        return {a}\n",
            f"{name.title()}().value == {x}",
        )
    elif kind == 4 and unless("dunder methods of the tests", "it"):
        code, use = (
            f"class {name.title()}:\n    def __len__(self):\n        return abs({a})\n",
            f"len({name.title()}()) == {abs(x)}",
        )
    elif kind == 5:
        code, use = (
            f"def {name}(runner={stage.cast.new('id') and 'None'}):\n    return {a}\n",
            f"{name}() == {x}",
        )
    else:
        code, use = (
            f"def {name}(n=2):\n    return {a} if not n else {name}(n - 1)\n",
            f"{name}() == {x}",
        )
    stage.file.add(code)
    stage.test(f"assert {use}\n")
    stage.test(f"assert {use}\n{stage.scribe().statements(1, 1)}")


def own_decorator(stage: Stage) -> None:
    """A decorator of the suite around sync tests that drive."""
    stage.file.need("import functools")
    name, kind = stage.cast.new("decorated"), stage.rng.randrange(3)
    if kind == 0:
        code = (
            f"def {name}(function):\n    function.marked = True\n    return function\n"
        )
    elif kind == 1:
        code = text(
            """
            def $name(function):
                @functools.wraps(function)
                def wrapper(*args, **kwargs):
                    return function(*args, **kwargs)

                return wrapper
            """,
            name=name,
        )
    else:
        code = text(
            """
            def $name(times):
                def decorate(function):
                    @functools.wraps(function)
                    def wrapper(*args, **kwargs):
                        for _ in range(times):
                            function(*args, **kwargs)

                    return wrapper

                return decorate
            """,
            name=name,
        )
    stage.file.add(code)
    above = f"@{name}(2)\n" if kind == 2 else f"@{name}\n"
    stage.test(stage.scribe().statements(1), above=above)


def runner_decorator(stage: Stage) -> None:
    rng, wraps = stage.rng, stage.rng.random() < 0.6
    file = _file(stage, home=rng.random() < 0.5)
    name = stage.cast.new("async_test")
    if wraps:
        file.need("import functools")
    drive = rng.choice(
        (
            f"return {file.asyncio('run')}(function(*args, **kwargs))",
            f"loop = {file.asyncio('new_event_loop')}()\ntry:\n    return loop.run_until_complete(function(*args, **kwargs))\nfinally:\n    loop.close()",
            f"coro = function(*args, **kwargs)\nloop = {file.asyncio('new_event_loop')}()\nreturn loop.run_until_complete(coro)",
        )[stage.current and 1 :]
    )
    wrapper = f"def wrapper(*args, **kwargs):\n{_in(drive)}\n\nreturn wrapper\n"
    if wraps:
        wrapper = f"@functools.wraps(function)\n{wrapper}"
    code = f"def {name}(function):\n{_in(wrapper)}"
    file.add(code)
    decorator = (
        stage.cast.of_helpers(stage.file, name) if file is stage.cast.helpers else name
    )
    add = stage.cast.app_name(stage.file, "add")
    marks, parameters = "", ""
    if wraps and rng.random() < 0.4:
        stage.file.need("import pytest")
        marks, parameters = '@pytest.mark.parametrize("n", [1, 2])\n', "n"
    test = stage.cast.new("test_decorated")
    stage.file.add(
        f"{marks}@{decorator}\nasync def {test}({parameters}):\n    assert await {add}(1) == 2\n"
    )
    if rng.random() < 0.3:
        stage.file.add(
            f"class Test{test.title()}:\n    @{decorator}\n    async def test_in_class(self):\n        # in a class\n        assert await {add}(1) == 2\n"
        )
    if rng.random() < 0.2 and wraps and not marks:
        stage.test(f"{test}()\n")


# Loops made in tests


def own_loop(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    new, install = scribe.asyncio("new_event_loop"), scribe.asyncio("set_event_loop")
    add = scribe.app("add")
    drive = f"assert loop.run_until_complete({add}(1)) == 2"
    bodies = [
        f"loop = {new}()\n{drive}\nloop.close()\n",
        f"loop = {new}()\ntry:\n    {drive}\nfinally:\n    loop.close()\n",
        f"loop = {new}()\ntry:\n    {drive}\n    {drive}\nexcept ValueError:\n    raise\nfinally:\n    loop.close()\n",
        f"loop = {new}()\nfor _ in range(2):\n    {drive}\nloop.run_until_complete(loop.shutdown_asyncgens())\nloop.close()\n",
        f"{new}().run_until_complete({add}(1))\n",
        f"loop = {new}()\nresult = loop.run_until_complete({add}(1))\nassert result == 2\n",
        f"one = {new}()\ntwo = {new}()\nassert one.run_until_complete({add}(1)) == 2\nassert two.run_until_complete({add}(2)) == 3\none.close()\ntwo.close()\n",
        f"loop = {new}()\n{drive}\nassert not loop.is_closed()\nloop.close()\n",
        f"loop = {new}()\nfuture = loop.create_future()\nloop.call_soon(future.set_result, 3)\nassert loop.run_until_complete(future) == 3\nloop.close()\n",
        f"loop = {new}()\ntask = loop.create_task({add}(1))\nassert loop.run_until_complete(task) == 2\nassert task.done()\nloop.close()\n",
        f"loop = {new}()\ntask = loop.create_task({add}(1))\nassert not task.done()\nassert loop.run_until_complete(task) == 2\nloop.close()\n",
        f"loop = {new}()\ntask = loop.create_task({add}(1))\n{drive}\nassert task.done()\nloop.close()\n",
        f"from contextlib import closing\nwith closing({new}()) as loop:\n    {drive}\n",
        f"loop = {new}()\nloop.call_soon(loop.stop)\nloop.run_forever()\n{drive}\nloop.close()\n",
        f"loop = {new}()\nseen = []\nloop.call_soon(seen.append, 1)\n{drive}\nassert seen == [1]\nloop.close()\n",
        f"loop = {new}()\nloop.set_debug(True)\n{drive}\nloop.close()\n",
        f"def run(coro):\n    return loop.run_until_complete(coro)\n\nloop = {new}()\nassert run({add}(1)) == 2\nloop.close()\n",
        f"loop = {new}()\nrun = loop.run_until_complete\nassert run({add}(1)) == 2\nloop.close()\n",
        f"loop = {new}()\nloop.run_until_complete({scribe.asyncio('sleep')}(0))\n{drive}\nloop.close()\n",
        f"loop = {new}()\nfound = loop.run_until_complete({scribe.asyncio('gather')}({add}(1), {add}(2), loop=None)) if False else loop.run_until_complete({add}(1))\nassert found == 2\nloop.close()\n",
    ]
    if not stage.current:
        bodies += [
            f"loop = {new}()\n{install}(loop)\n{drive}\nloop.close()\n{install}(None)\n",
            f"loop = {new}()\n{install}(loop)\ntry:\n    {drive}\nfinally:\n    {install}(None)\n    loop.close()\n",
            f"loop = {new}()\n{install}(loop)\nfound = loop.run_until_complete({scribe.asyncio('gather')}({add}(1), {add}(2)))\nassert found == [2, 3]\nloop.close()\n",
            *unless(
                "current or new loop",
                f"try:\n    loop = {scribe.asyncio('get_event_loop')}()\nexcept RuntimeError:\n    loop = {new}()\n    {install}(loop)\nif loop.is_closed():\n    loop = {new}()\n    {install}(loop)\n{drive}\n",
            ),
        ]
        if sys.version_info >= (3, 11):
            runner = scribe.asyncio("Runner")
            bodies += [
                f"with {runner}() as runner:\n    assert runner.run({add}(1)) == 2\n    assert runner.run({add}(2)) == 3\n",
                f"with {runner}() as runner:\n    loop = runner.get_loop()\n    assert runner.run({add}(1)) == 2\n    assert loop is not None\n",
            ]
    stage.test(rng.choice(bodies), stem="test_loop")


def loop_handed_on(stage: Stage) -> None:
    scribe, rng = stage.scribe(), stage.rng
    new = scribe.asyncio("new_event_loop")
    box, ticker, ready = scribe.app("Box"), scribe.app("Ticker"), scribe.app("ready")
    stage.test(
        rng.choice(
            (
                f"loop = {new}()\nbox = {box}([1], loop=loop)\nassert loop.run_until_complete(box.put(2)) == 2\nassert box.loop is loop\nloop.close()\n",
                f"loop = {new}()\nticker = {ticker}(loop)\nticker.start()\nloop.run_until_complete({scribe.app('add')}(1))\nassert loop.run_until_complete(ticker.stop()) >= 1\nloop.close()\n",
                f"loop = {new}()\nassert loop.run_until_complete({ready}(loop, 3)) == 3\nloop.close()\n",
                f"loop = {new}()\nbox = {box}(loop=loop)\nassert box.loop.run_until_complete(box.put(2)) == 1\nloop.close()\n",
                f"box = {box}(loop={new}())\nassert box.loop.run_until_complete(box.put(2)) == 1\nbox.loop.close()\n",
                f"loop = {new}()\nassert loop.run_until_complete({scribe.app('loop_of')}()) is loop\nloop.close()\n",
            )
        ),
        stem="test_handed",
    )


def module_loop(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    name = stage.cast.new("LOOP")
    new = scribe.asyncio("new_event_loop")
    stage.file.add(f"{name} = {new}()\n")
    box, mailbox = scribe.app("Box"), scribe.app("Mailbox")
    kind = rng.randrange(4)
    shared = stage.cast.new("mailbox")
    if kind == 0:
        stage.file.add(f"{shared} = {mailbox}()\n")
        stage.test(f"assert {name}.run_until_complete({shared}.send('a')) == 1\n")
        stage.test(f"assert {name}.run_until_complete({shared}.receive()) == 'a'\n")
    elif kind == 1:
        stage.test(
            f"box = {box}()\nassert {name}.run_until_complete(box.put('a')) == 1\n"
        )
        stage.test(scribe.statements(1))
        stage.test(
            f"box = {box}()\n{name}.run_until_complete(box.put('a'))\nassert box.size() == 1\n"
        )
    elif kind == 2:
        run = stage.cast.new("in_loop")
        stage.file.add(
            f"def {run}(coro):\n    return {name}.run_until_complete(coro)\n"
        )
        stage.test(f"assert {run}({box}([1, 2]).total()) == 3\n")
        stage.test(f"box = {box}([1], {name})\nassert {run}(box.total()) == 1\n")
    else:
        ticker = scribe.app("Ticker")
        stage.file.add(f"{shared} = {ticker}({name})\n")
        stage.test(
            f"{shared}.start()\n{name}.run_until_complete({scribe.app('one')}())\nassert {shared}.ticks\n"
        )
        stage.test(f"assert {name}.run_until_complete({shared}.stop()) > 0\n")
    if rng.random() < 0.2:
        stage.file.add(f"def teardown_module():\n    {name}.close()\n")


# What runs leave behind


_LEAVERS = (
    "start_quietly",
    *unless("call_soon", "soon"),
    *unless("done callbacks", "settle"),
)


def aftermath(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    name = rng.choice((*_LEAVERS, "start_quietly", "start_with_cleanup", "first_of"))
    drive = scribe.drive(name, "log")
    loop = scribe.asyncio("new_event_loop")
    own = (
        f"loop = {loop}()\nlog = []\nloop.run_until_complete({scribe.app(name)}(log))\n"
    )
    if name == "start_with_cleanup":
        bodies = [
            f"log = []\n{drive}\n",
            f"{own}assert log == []\nloop.close()\n",
            f"log = []\n{scribe.asyncio('run')}({scribe.app(name)}(log))\nassert log == ['closed']\n",
            f"log = []\n{scribe.asyncio('run')}({scribe.app(name)}(log))\nassert 'closed' in str(log)\n",
        ][: 2 if stage.current else None]
    elif name == "first_of":
        if stage.current:
            return plain(stage)  # only asyncio.run closes generators
        bodies = [
            f"log = []\nassert {scribe.asyncio('run')}({scribe.app(name)}(log)) == 0\n",
            *unless(
                "generators left open",
                f"log = []\n{scribe.asyncio('run')}({scribe.app(name)}(log))\nassert log == ['finished']\n",
            ),
        ][: 1 if stage.current else None]
    else:
        word = {"start_quietly": "began", "soon": "soon", "settle": "settled"}[name]
        wrapped = f"async def go():\n    await {scribe.app(name)}(log)\n\nlog = []\n"
        bodies = [
            f"log = []\n{drive}\nassert log == ['{word}']\n",
            f"log = []\nassert {drive} == 0\n",
            *unless(
                "turn within a statement",
                f"log = []\nassert {drive} == 0 and log == ['{word}']\n",
                f"log = []\nfound = [{drive}, list(log)]\nassert found == [0, ['{word}']]\n",
            ),
            f"{own}assert log == ['{word}']\nloop.close()\n",
            f"{wrapped}{scribe.drive_of('go')}\nassert log == ['{word}']\n",
            f"log = []\nfor _ in range(2):\n    {drive}\nassert len(log) == 2\n",
            f"log = []\nif {drive} == 0:\n    assert log == ['{word}']\n",
        ]
    stage.test(rng.choice(bodies), stem="test_after")


def aftermath_in_helper(stage: Stage) -> None:
    rng = stage.rng
    file = _file(stage, home=rng.random() < 0.5)
    name = rng.choice(_LEAVERS)
    word = {"start_quietly": "began", "soon": "soon", "settle": "settled"}[name]
    helper = stage.cast.new("begin")
    drive = stage.scribe(file).drive(name, "log")
    file.add(f"def {helper}():\n    log = []\n    {drive}\n    return log\n")
    call = (
        stage.cast.of_helpers(stage.file, helper)
        if file is stage.cast.helpers
        else helper
    )
    stage.test(f"assert {call}() == ['{word}']\n", stem="test_after")


def contexts(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    drive, var = scribe.drive("handle", "'r1'"), scribe.app("request_id")
    bodies = [
        f"assert {drive} == 'r1'\nassert {var}.get() == 'none'\n",
        f"assert {drive} == 'r1'\n",
        f"{drive}\nassert {scribe.app('current_request')}() == 'none'\n",
        f"assert {drive} == 'r1' and {var}.get() == 'none'\n",
        f"{var}.set('outer')\nassert {drive} == 'r1'\nassert {var}.get() == 'outer'\n{var}.set('none')\n",
        *unless(
            "functions that read a context",
            f"async def read():\n    return {var}.get()\n\n{drive}\nassert {scribe.drive_of('read')} == 'none'\n",
        ),
        f"async def go():\n    {var}.set('inner')\n\n{scribe.drive_of('go')}\nassert {var}.get() == 'none'\n",
        f"token = {var}.set('outer')\nassert {scribe.drive('one')} == 1\nassert {var}.get() == 'outer'\n{var}.reset(token)\n",
    ]
    stage.test(rng.choice(bodies), stem="test_context")


def context_between_tests(stage: Stage) -> None:
    """A variable set in one test is seen by the next: pytest's own context."""
    if not unless("context between tests", "it"):
        return plain(stage)
    scribe = stage.scribe()
    var = scribe.app("request_id")
    stage.test(
        f"{var}.set('kept')\nassert {scribe.drive('one')} == 1\n", stem="test_context"
    )
    stage.test(
        f"assert {var}.get() == 'kept'\n{var}.set('none')\n", stem="test_context"
    )


def interrupted(stage: Stage) -> None:
    stage.file.need("import pytest")
    scribe, rng = stage.scribe(), stage.rng
    cancelled = scribe.asyncio("CancelledError")
    left = scribe.drive("leave", "3")
    if not unless("exits from a task", "it"):
        if stage.current:
            return plain(stage)
        left = f"{scribe.asyncio('run')}({scribe.app('leave')}(3))"
    stage.test(
        rng.choice(
            (
                f"with pytest.raises(SystemExit):\n    {left}\n",
                f"with pytest.raises({cancelled}):\n    {scribe.drive('cancel')}\n{scribe.drive('one')}\n",
                f"try:\n    {left}\nexcept SystemExit as error:\n    assert error.code == 3\n",
            )
        ),
        stem="test_interrupted",
    )


# What must stay


_IMPLICIT = (
    "assert {}() == 2\n",
    "assert {}[1] == 3\n",
    "assert list({}) == [2]\n",
    "assert {} + 1 == 3\n",
    "assert 2 in {}\n",
    "value, = {}\nassert value == 2\n",
    "for value in {}:\n    assert value == 2\n",
    "service = {}\nassert service[0] == 2\n",
    "service = {}\nwith service:\n    assert service.value\n",
)


def under_test_starts_loop(stage: Stage) -> None:
    stage.file.need("import pytest")
    rng, scribe = stage.rng, stage.scribe()
    if stage.current:
        return plain(stage)
    service, get = scribe.app("Service"), scribe.app("get_service")
    bodies = [
        f"assert {scribe.app('compute')}(1) == 2\n",
        *unless(
            "functions returned by code under test",
            f"assert {scribe.app('compute_later')}(1)() == 2\n",
        ),
        f"assert {service}().refresh() == 2\n",
        f"assert {service}().latest == 2\n",
        f"with {service}() as service:\n    assert service.value == 2\n",
        f"assert {get}().latest == 2\n",
        f"with {get}() as service:\n    assert service.value == 2\n",
        f"assert list(map({scribe.app('compute')}, [1])) == [2]\n",
        f"assert {scribe.app('each_way')}({scribe.app('compute')}, 1) == 2\n",
        f"assert getattr({service}(), 'refresh')() == 2\n",
        *unless(
            "implicit calls",
            *(
                use.format(value)
                for use in _IMPLICIT
                for value in (f"{service}()", f"{get}()")
            ),
        ),
    ]
    code, drive = rng.choice(bodies), f"assert {scribe.drive('one')} == 1\n"
    kind = rng.randrange(4)
    if kind < 2:
        stage.test(rng.choice((code + drive, drive + code)), stem="test_inner")
    elif kind == 2:
        helper = stage.cast.new("check")
        stage.file.add(f"def {helper}():\n{_in(code)}")
        stage.test(f"{helper}()\n{drive}", stem="test_inner")
    else:
        name = stage.cast.new("service")
        stage.file.add(f"@pytest.fixture\ndef {name}():\n    return {service}()\n")
        use = rng.choice(
            (
                f"assert {name}.latest == 2\n",
                f"service = {name}\nassert service.latest == 2\n",
                *unless("implicit calls", *(use.format(name) for use in _IMPLICIT)),
                f"assert {name}.refresh() == 2\n",
            )
        )
        stage.test(f"{use}{drive}", name, stem="test_inner")


def asks_for_loop(stage: Stage) -> None:
    scribe, rng = stage.scribe(), stage.rng
    kind = scribe.app("kind_of_caller")
    drive = f"assert {scribe.drive('one')} == 1\n"
    running = scribe.asyncio("get_running_loop")
    stage.file.need("import pytest")
    stage.test(
        rng.choice(
            (
                f"assert {kind}() == 'sync'\n{drive}",
                f"{drive}assert {scribe.app('each_way')}(lambda _: {kind}(), 1) == 'sync'\n",
                f"with pytest.raises(RuntimeError):\n    {running}()\n{drive}",
                f"with pytest.raises(RuntimeError, match='no running event loop'):\n    {running}()\n{drive}",
            )
        ),
        stem="test_asks",
    )


def threads(stage: Stage) -> None:
    scribe, rng = stage.scribe(), stage.rng
    stage.file.need("import threading")
    run = scribe.asyncio("run")
    drive = f"assert {scribe.drive('one')} == 1\n"
    bodies = [
        f"assert {scribe.app('apart')}(1) == 2\n{drive}",
        f"found = []\nthread = threading.Thread(target=lambda: found.append({run}({scribe.app('add')}(2))))\nthread.start()\nthread.join()\nassert found == [3]\n{drive}",
        f"found = []\n\ndef work():\n    found.append({run}({scribe.app('add')}(2)))\n\nthread = threading.Thread(target=work)\nthread.start()\nthread.join()\nassert found == [3]\n{drive}",
        f"from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(1) as pool:\n    assert pool.submit({run}, {scribe.app('add')}(2)).result() == 3\n{drive}",
        f"loop = {scribe.asyncio('new_event_loop')}()\nthread = threading.Thread(target=loop.run_forever)\nthread.start()\nfuture = {scribe.asyncio('run_coroutine_threadsafe')}({scribe.app('add')}(2), loop)\nassert future.result() == 3\nloop.call_soon_threadsafe(loop.stop)\nthread.join()\nloop.close()\n{drive}",
    ]
    if stage.current:
        bodies = bodies[:1]
    stage.test(rng.choice(bodies), stem="test_threads")


def patched(stage: Stage) -> None:
    """Runners and helpers that tests replace."""
    stage.file.need("from unittest import mock")
    rng, scribe = stage.rng, stage.scribe()
    if stage.current:
        return plain(stage)
    shared = rng.random() < 0.5
    file = _file(stage, home=shared)
    name, outer = stage.cast.new("total"), stage.cast.new("outer")
    _helper(stage, name, file, stage.scribe(file))
    file.add(f"def {outer}(a):\n    return {name}(a)\n")
    owner = file.name
    call = stage.cast.of_helpers(stage.file, outer) if shared else outer
    drive = f"assert {scribe.drive('one')} == 1\n"
    bodies = [
        f"with mock.patch('{owner}.{name}', lambda a: 7):\n    assert {call}(1) == 7\n",
        f"with mock.patch('{owner}.{name}', return_value=7):\n    assert {call}(1) == 7\n",
        f"with mock.patch('{owner}.{name}') as fake:\n    fake.return_value = 7\n    assert {call}(1) == 7\n",
        f"import {owner} as owner\nwith mock.patch.object(owner, '{name}', lambda a: 7):\n    assert {call}(1) == 7\n",
        f"import sys\nwith mock.patch.object(sys.modules['{owner}'], '{name}', lambda a: 7):\n    assert {call}(1) == 7\n",
    ]
    stage.test(rng.choice(bodies) + drive, stem="test_patched")
    stage.test(f"assert {call}(1) == 3\n")


def monkeypatched(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    name, outer = stage.cast.new("total"), stage.cast.new("outer")
    file = stage.cast.helpers
    _helper(stage, name, file, stage.scribe(file))
    file.add(f"def {outer}(a):\n    return {name}(a)\n")
    call = stage.cast.of_helpers(stage.file, outer)
    bodies = [
        f"monkeypatch.setattr('{file.name}.{name}', lambda a: 7)\nassert {call}(1) == 7\n",
        f"import {file.name} as owner\nmonkeypatch.setattr(owner, '{name}', lambda a: 7)\nassert {call}(1) == 7\n",
        f"import {file.name} as owner\nmonkeypatch.setattr(owner, '{name}', lambda a: 7)\nassert owner.{outer}(1) == 7\n",
        f"import {file.name} as owner\nassert getattr(owner, '{name}')(1) == 3\n",
        *unless(
            "helpers named in strings",
            f"import {file.name} as owner\nassert vars(owner)['{name}'](1) == 3\n",
        ),
    ]
    stage.test(rng.choice(bodies), "monkeypatch", stem="test_patched")
    stage.test(f"assert {call}(1) == 3\n{scribe.statements(1, 1)}")


# Classes


def plain_class(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    name = stage.cast.new("Test").replace("_", "")
    lines = [f"class {name}:\n"]
    if rng.random() < 0.3:
        lines.append('    """Tests of one thing."""\n\n')
    lines.append("    start = 1\n")
    if rng.random() < 0.4:
        drive = scribe.drive("add", "1")
        lines.append(f"\n    def setup_method(self):\n        self.value = {drive}\n")
    else:
        lines.append("\n    def setup_method(self):\n        self.value = 2\n")
    helper = rng.random() < 0.6
    if helper:
        drive = scribe.drive("add", "a, b")
        lines.append(f"\n    def total(self, a, b=2):\n        return {drive}\n")
    for number in range(rng.choice((1, 2))):
        body = "assert self.value == 2\n"
        helpers = [lambda _: ("self.total(1)", 3)] * 2 if helper else []
        body += stage.scribe(None, *helpers).statements(1)
        mark = ""
        if rng.random() < 0.2:
            stage.file.need("import pytest")
            mark = '    @pytest.mark.parametrize("n", [1, 2])\n'
        parameters = "self, n" if mark else "self"
        lines.append(f"\n{mark}    def test_{number}({parameters}):\n{_in(_in(body))}")
    stage.file.add("".join(lines))
    _subclass(stage, name, helper)


def _subclass(stage: Stage, name: str, helper: bool) -> None:
    rng = stage.rng
    kind, child = rng.randrange(5), stage.cast.new("TestChild").replace("_", "")
    if kind == 0:
        stage.file.add(f"class {child}({name}):\n    start = 2\n")
    elif kind == 1:
        stage.file.add(
            f"class {child}({name}):\n    def test_0(self, *args, **kwargs):\n        assert self.start == 1\n"
        )
    elif kind == 2 and helper:
        stage.file.add(
            f"class {child}({name}):\n    def total(self, a, b=2):\n        return super().total(a, b)\n\n"
            f"    def test_more(self):\n        assert self.total(1) == 3\n"
        )
    elif kind == 3 and helper:
        stage.file.add(
            f"class {child}({name}):\n    def total(self, a, b=2):\n        return a + b\n\n"
            f"    def test_more(self):\n        assert self.total(1) == 3\n"
        )


def base_in_helpers(stage: Stage) -> None:
    rng, file = stage.rng, stage.cast.helpers
    scribe, name = stage.scribe(file), stage.cast.new("Base").replace("_", "")
    run = file.asyncio("run")
    drive = "asyncio.run" if "asyncio.run" in stage.runners else ""
    if drive:
        body = f"return {run}(coro)"
    else:
        body = f"loop = {file.asyncio('new_event_loop')}()\ntry:\n    return loop.run_until_complete(coro)\nfinally:\n    loop.close()"
    static = rng.random() < 0.3
    head = "@staticmethod\ndef run_it(coro)" if static else "def run_it(self, coro)"
    runner = f"{head}:\n{_in(body)}\n"
    total = f"return self.run_it({scribe.app('add')}(a, b))"
    file.add(
        f"class {name}:\n{_in(runner)}\n    def total(self, a, b=2):\n        {total}\n"
    )
    base = stage.cast.of_helpers(stage.file, name)
    child, double = (
        stage.cast.new("TestUser").replace("_", ""),
        stage.cast.app_name(stage.file, "double"),
    )
    stage.file.add(
        text(
            """
            class $child($base):
                def test_runner(self):
                    assert self.run_it($double(4)) == 8

                def test_total(self):
                    # through the base
                    assert self.total(1) == 3
                    assert [self.total(n) for n in (1, 2)] == [3, 4]
            """,
            child=child,
            base=base,
            double=double,
        )
    )
    if rng.random() < 0.3:
        stage.test(f"assert {child}().total(1) == 3\n")
    if rng.random() < 0.3:
        stage.test(f"{child}().test_total()\n")


def mixin(stage: Stage) -> None:
    file = stage.cast.helpers
    if not unless("inherited by another module", "it"):
        file = stage.file
    scribe, name = stage.scribe(file), stage.cast.new("Mixin").replace("_", "")
    drive = scribe.drive_of("self.fetch", "1")
    file.add(
        f"class {name}:\n    def test_fetch(self):\n        assert {drive} == self.expected\n\n"
        f"    def helper(self):\n        return {scribe.drive_of('self.fetch', '2')}\n"
    )
    base = name if file is stage.file else stage.cast.of_helpers(stage.file, name)
    for expected in (2, 3):
        child = stage.cast.new("TestMixed").replace("_", "")
        more = (
            ""
            if expected == 2
            else f"\n    def test_more(self):\n        assert self.helper() == {expected + 1}\n"
        )
        stage.file.add(
            f"class {child}({base}):\n    expected = {expected}\n\n    async def fetch(self, n):\n        return n + {expected - 1}\n{more}"
        )


def unittest_class(stage: Stage) -> None:
    stage.file.need("import unittest")
    scribe, name = stage.scribe(), stage.cast.new("Case").replace("_", "")
    a, x = scribe.driven_number(1)
    stage.file.add(
        f"class {name}(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual({a}, {x})\n"
        f"        self.assertRaises(ValueError, lambda: {scribe.drive(scribe.failing)})\n"
    )


# Scripts, and tests that call tests


def scripts(stage: Stage) -> None:
    rng, scribe = stage.rng, stage.scribe()
    test = stage.test(scribe.statements(1), stem="test_script")
    code = rng.choice(
        (
            f"{test}()\n",
            f"print({test}())\n",
            f"for _ in range(2):\n    {test}()\n",
            f"{scribe.asyncio('run')}({scribe.app('one')}())\n",
            *unless(
                "import in a script block",
                "import sys\n\nimport pytest\n\nsys.exit(pytest.main([__file__]))\n",
            ),
        )
    )
    stage.file.scripts.append(code)


def tests_call_tests(stage: Stage) -> None:
    rng = stage.rng
    test = stage.test(stage.scribe().statements(1), stem="test_called")
    stage.test(
        rng.choice(
            (
                f"{test}()\n",
                f"for test in ({test},):\n    test()\n",
                f"{test}()\n{stage.scribe().statements(1, 1)}",
                *unless("tests named in strings", f"globals()['{test}']()\n"),
                f"assert {test}() is None\n",
            )
        )
    )


def modern(stage: Stage) -> None:
    """Async tests that are there already, beside legacy ones."""
    if stage.current:
        return plain(stage)  # they leave no current loop behind
    stage.file.need("import pytest")
    scribe = stage.scribe()
    add, name = scribe.app("add"), stage.cast.new("test_modern")
    stage.file.add(
        f"@pytest.mark.asyncio\nasync def {name}():\n    assert await {add}(1) == 2\n"
    )
    if stage.rng.random() < 0.5:
        fixture = stage.cast.new("sent")
        stage.file.need("import pytest_asyncio")
        stage.file.add(
            f"@pytest_asyncio.fixture\nasync def {fixture}():\n    return await {add}(1)\n"
        )
        stage.test(f"assert {fixture} == 2\n", fixture)


def two_runs(stage: Stage) -> None:
    """Objects made in one run and used in another."""
    rng, scribe = stage.rng, stage.scribe()
    mailbox, box = scribe.app("Mailbox"), scribe.app("Box")
    bodies = [
        f"mailbox = {mailbox}()\nassert {scribe.drive_of('mailbox.send', '1')} == 1\nassert {scribe.drive_of('mailbox.receive')} == 1\n",
        f"box = {box}()\n{scribe.drive_of('box.put', '1')}\n{scribe.drive_of('box.put', '2')}\nassert {scribe.drive_of('box.total')} == 3\n",
        f"one = {scribe.drive('loop_of')}\ntwo = {scribe.drive('loop_of')}\nassert one is not None and two is not None\n",
        f"async def go():\n    async with {box}() as box:\n        assert box.open\n        return box\n\nassert not {scribe.drive_of('go')}.open\n",
        f"box = {box}()\n{scribe.drive_of('box.__aenter__')}\nassert box.open\n{scribe.drive_of('box.__aexit__', 'None')}\nassert not box.open\n",
    ]
    if not stage.current:
        run, loop_of = scribe.asyncio("run"), scribe.app("loop_of")
        bodies += [
            *unless(
                "runs that return their loop",
                f"assert {run}({loop_of}()) is not {run}({loop_of}())\n",
                f"one = {run}({loop_of}())\nassert one.is_closed()\n",
            )
        ]
    stage.test(rng.choice(bodies), stem="test_runs")


def counting_tasks(stage: Stage) -> None:
    scribe = stage.scribe()
    busy = scribe.app("busy")
    loop = f"loop = {scribe.asyncio('new_event_loop')}()\n"
    stage.test(
        f"{loop}assert loop.run_until_complete({busy}()) == 1\nloop.close()\n",
        stem="test_busy",
    )


SCENES: dict[str, Scene] = {
    each.__name__: each
    for each in (
        plain,
        one_line,
        returned,
        local_imports,
        parametrized,
        parametrized_with_functions,
        expected_to_fail,
        fixtures,
        fixture_with_box,
        runner_as_fixture,
        helpers,
        helper_at_import,
        helper_in_parametrize,
        helper_class,
        helper_kinds,
        own_decorator,
        runner_decorator,
        own_loop,
        loop_handed_on,
        module_loop,
        aftermath,
        aftermath_in_helper,
        contexts,
        context_between_tests,
        interrupted,
        under_test_starts_loop,
        asks_for_loop,
        threads,
        patched,
        monkeypatched,
        plain_class,
        base_in_helpers,
        mixin,
        unittest_class,
        scripts,
        tests_call_tests,
        modern,
        two_runs,
        counting_tasks,
    )
}
__all__ = ["FORMS", "SCENES", "Stage"]
