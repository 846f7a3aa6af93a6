"""Scenes about where and how tests, helpers and loops are defined."""

from __future__ import annotations

from tests.properties.scenes import SCENES, Scene, Stage, plain
from tests.properties.writing import text


def _drive(stage: Stage, given: str = "1") -> str:
    """Return a drive whose value is one more than what is given."""
    return stage.scribe().drive("add", given)


def _put_in_order(stage: Stage) -> None:
    """Let modules import each other in one direction alone."""
    stage.files.sort(key=stage.cast.tests.index)


def conditional_helper(stage: Stage) -> None:
    stage.file.need("import sys")
    name = stage.cast.new("total")
    drive, other = _drive(stage, "a"), _drive(stage, "a")
    stage.file.add(
        f"if sys.version_info >= (3, 8):\n\n    def {name}(a):\n        return {drive}\n\n"
        f"else:\n\n    def {name}(a):\n        return {other}\n"
    )
    stage.test(f"assert {name}(2) == 3\n")


def aliased_test(stage: Stage) -> None:
    name = stage.test(f"assert {_drive(stage)} == 2\n")
    alias = stage.cast.new("test_alias")
    stage.file.add(f"{alias} = {name}\n")


def imported_test(stage: Stage) -> None:
    if len(stage.files) < 2:
        return plain(stage)
    _put_in_order(stage)
    name = stage.test(f"assert {_drive(stage)} == 2\n", stem="test_shared")
    stage.files[1].need(f"from {stage.file.name} import {name}")
    return None


def class_of_other_tests(stage: Stage) -> None:
    if len(stage.files) < 2:
        return plain(stage)
    _put_in_order(stage)
    name = stage.cast.new("TestShared").replace("_", "")
    child = stage.cast.new("TestAgain").replace("_", "")
    stage.file.add(
        f"class {name}:\n    expected = 2\n\n    def test_it(self):\n        assert {_drive(stage)} == self.expected\n"
    )
    other = stage.files[1]
    other.need(f"from {stage.file.name} import {name}")
    other.add(f"class {child}({name}):\n    expected = 2\n")
    return None


def nested_class(stage: Stage) -> None:
    name = stage.cast.new("TestOuter").replace("_", "")
    one, two = _drive(stage), _drive(stage, "2")
    stage.file.add(
        text(
            """
            class $name:
                class TestInner:
                    def test_inner(self):
                        assert $one == 2

                    @staticmethod
                    def test_static():
                        assert $two == 3

                def test_outer(self):
                    assert $one == 2

                @classmethod
                def test_class(cls):
                    assert $two == 3
            """,
            name=name,
            one=one,
            two=two,
        )
    )


def calls_within_class(stage: Stage) -> None:
    name, child = (stage.cast.new(n).replace("_", "") for n in ("TestA", "TestB"))
    stage.file.add(
        text(
            """
            class $name:
                def test_first(self):
                    assert $one == 2

                def test_second(self):
                    self.test_first()


            class $child($name):
                def test_first(self):
                    super().test_first()
                    assert $two == 3
            """,
            name=name,
            child=child,
            one=_drive(stage),
            two=_drive(stage, "2"),
        )
    )


def redefined(stage: Stage) -> None:
    name = stage.cast.new("test_twice")
    stage.file.add(f"def {name}():\n    assert {_drive(stage)} == 99\n")
    stage.file.add(f"def {name}():  # noqa: F811\n    assert {_drive(stage)} == 2\n")


def star_import(stage: Stage) -> None:
    name, file = stage.cast.new("total"), stage.cast.helpers
    if "__all__" in "".join(file.parts):
        return plain(stage)
    file.add(f"def {name}(a):\n    return {stage.scribe(file).drive('add', 'a')}\n")
    stage.file.need(f"from {file.name} import *")
    stage.test(f"assert {name}(1) == 2\n")
    return None


def exported(stage: Stage) -> None:
    name, file = stage.cast.new("total"), stage.cast.helpers
    file.add(f"def {name}(a):\n    return {stage.scribe(file).drive('add', 'a')}\n")
    exporting = stage.rng.choice(
        (f'__all__ = ["{name}"]\n', f"again_{name} = {name}\n")
    )
    starred = any(f"from {file.name} import *" in each.imports for each in stage.files)
    if not starred and "__all__" not in "".join(file.parts):
        file.add(exporting)
    call = stage.cast.of_helpers(stage.file, name)
    stage.test(f"assert {call}(1) == 2\n")


def falls_back(stage: Stage) -> None:
    name, file = stage.cast.new("execute"), stage.cast.helpers
    if stage.current:
        return plain(stage)
    file.add(f"def {name}(coro):\n    return {file.asyncio('run')}(coro)\n")
    run = stage.file.asyncio("run")
    stage.file.add(
        f"try:\n    from {file.name} import {name}\nexcept ImportError:\n    {name} = {run}\n"
    )
    add = stage.cast.app_name(stage.file, "add")
    stage.test(f"assert {name}({add}(1)) == 2\n")
    return None


def runner_in_class(stage: Stage) -> None:
    name = stage.cast.new("TestRunner").replace("_", "")
    if stage.current:
        return plain(stage)
    add = stage.cast.app_name(stage.file, "add")
    stage.file.add(
        f"class {name}:\n    run = staticmethod({stage.file.asyncio('run')})\n\n"
        f"    def test_it(self):\n        assert self.run({add}(1)) == 2\n"
    )
    return None


def loop_on_self(stage: Stage) -> None:
    name = stage.cast.new("TestLoop").replace("_", "")
    scribe, rng = stage.scribe(), stage.rng
    new, box = scribe.asyncio("new_event_loop"), scribe.app("Box")
    setup = rng.choice(("setup_method(self)", "setup_method(self, method)"))
    extras = ["", f"self.box = {box}([1], loop=self.loop)\n"]
    if not stage.current:
        extras.append(f"{scribe.asyncio('set_event_loop')}(self.loop)\n")
    stage.file.add(
        text(
            """
            class $name:
                def $setup:
                    $made
                def teardown_method(self):
                    self.loop.close()

                def test_one(self):
                    assert self.loop.run_until_complete($add(1)) == 2

                def test_two(self):
                    box = $box()
                    self.loop.run_until_complete(box.put(1))
                    assert self.run(box.total()) == 1

                def run(self, coro):
                    return self.loop.run_until_complete(coro)
            """,
            name=name,
            setup=setup,
            made=f"self.loop = {new}()\n{rng.choice(extras)}",
            add=scribe.app("add"),
            box=box,
        )
    )


def loop_of_class(stage: Stage) -> None:
    name = stage.cast.new("TestShared").replace("_", "")
    new = stage.file.asyncio("new_event_loop")
    add = stage.cast.app_name(stage.file, "add")
    stage.file.add(
        f"class {name}:\n    loop = {new}()\n\n    def test_one(self):\n        assert self.loop.run_until_complete({add}(1)) == 2\n\n"
        f"    def test_two(self):\n        assert {name}.loop.run_until_complete({add}(2)) == 3\n"
    )


def lazy_loop(stage: Stage) -> None:
    name, get = stage.cast.new("_loop"), stage.cast.new("get_loop")
    new = stage.file.asyncio("new_event_loop")
    add = stage.cast.app_name(stage.file, "add")
    stage.file.add(
        f"{name} = None\n\n\ndef {get}():\n    global {name}\n    if {name} is None:\n        {name} = {new}()\n    return {name}\n"
    )
    stage.test(f"assert {get}().run_until_complete({add}(1)) == 2\n")
    stage.test(f"loop = {get}()\nassert loop.run_until_complete({add}(1)) == 2\n")


def loop_fixture(stage: Stage) -> None:
    stage.file.need("import pytest")
    name = stage.rng.choice(("loop", stage.cast.new("my_loop")))
    new = stage.file.asyncio("new_event_loop")
    add, box = (stage.cast.app_name(stage.file, n) for n in ("add", "Box"))
    scope = stage.rng.choice(("", '(scope="module")', "(autouse=True)"))
    stage.file.once(
        f"fixture {name}",
        lambda: (
            f"@pytest.fixture{scope}\ndef {name}():\n    loop = {new}()\n    yield loop\n    loop.close()\n"
        ),
    )
    stage.test(f"assert {name}.run_until_complete({add}(1)) == 2\n", name)
    stage.test(
        f"box = {box}(loop={name})\nassert {name}.run_until_complete(box.put(1)) == 1\n"
        f"assert {_drive(stage)} == 2\n",
        name,
    )


def loop_as_argument(stage: Stage) -> None:
    name, new = stage.cast.new("run_on"), stage.file.asyncio("new_event_loop")
    add = stage.cast.app_name(stage.file, "add")
    body = stage.rng.choice(
        (
            (f"def {name}(loop, coro):\n    return loop.run_until_complete(coro)\n", f"{name}(loop, {add}(1))"),
            (f"def {name}(loop, a):\n    return loop.run_until_complete({add}(a))\n", f"{name}(loop, 1)"),
            (f"def {name}(coro, loop=None):\n    loop = loop or {new}()\n    return loop.run_until_complete(coro)\n", f"{name}({add}(1))"),
        )
    )  # fmt: skip
    stage.file.add(body[0])
    stage.test(f"loop = {new}()\nassert {body[1]} == 2\nloop.close()\n")


def runner_as_default(stage: Stage) -> None:
    if stage.current:
        return plain(stage)
    name, run = stage.cast.new("total"), stage.file.asyncio("run")
    add = stage.cast.app_name(stage.file, "add")
    stage.file.add(f"def {name}(a, runner={run}):\n    return runner({add}(a))\n")
    stage.test(f"assert {name}(1) == 2\n")
    return None


def many_at_once(stage: Stage) -> None:
    scribe, rng = stage.scribe(), stage.rng
    add, new = scribe.app("add"), scribe.asyncio("new_event_loop")
    gather, wait_for = scribe.asyncio("gather"), scribe.asyncio("wait_for")
    bodies = [
        f"async def go():\n    return await {gather}({add}(1), {add}(2))\n\nassert {scribe.drive_of('go')} == [2, 3]\n",
        f"loop = {new}()\nassert loop.run_until_complete({wait_for}({add}(1), 5)) == 2\nloop.close()\n",
        f"loop = {new}()\ntasks = [loop.create_task({add}(n)) for n in (1, 2)]\nassert loop.run_until_complete({gather}(*tasks)) == [2, 3]\nloop.close()\n",
        f"loop = {new}()\ntasks = [loop.create_task({add}(n)) for n in (1, 2)]\nloop.run_until_complete({scribe.asyncio('wait')}(tasks))\nassert [t.result() for t in tasks] == [2, 3]\nloop.close()\n",
        f"coros = [{add}(n) for n in (1, 2)]\nfound = [{scribe.drive_of('_same', 'c')} for c in coros]\nassert found == [2, 3]\n",
        f"loop = {new}(); assert loop.run_until_complete({add}(1)) == 2; loop.close()\n",
        f"loop = {new}()\nassert loop.run_until_complete({add}(1)) == 2\nloop.close()\ndel loop\n",
        f"loop = {new}()\nstart = loop.time()\nassert loop.run_until_complete({add}(1)) == 2\nassert loop.time() >= start\nloop.close()\n",
        f"loop = {new}()\nlock = {scribe.asyncio('Lock')}()\nloop.run_until_complete(lock.acquire())\nassert lock.locked()\nlock.release()\nloop.close()\n",
        f"loop = {new}()\nasync def produce(queue):\n    await queue.put(1)\n\nqueue = {scribe.asyncio('Queue')}()\nloop.run_until_complete(produce(queue))\nassert loop.run_until_complete(queue.get()) == 1\nloop.close()\n",
    ]
    body = rng.choice(bodies)
    if "_same" in body:
        stage.file.once(
            "_same", lambda: "async def _same(coro):\n    return await coro\n"
        )
    if not stage.current:
        run = scribe.asyncio("run")
        bodies = [
            body,
            f"assert {run}(main={add}(1)) == 2\n",
            f"assert {run}({add}(1), debug=True) == 2\n",
            f"assert {run}({wait_for}({add}(1), timeout=5)) == 2\n",
            f"import contextlib\nwith contextlib.suppress(ValueError):\n    {run}({scribe.app('broken')}())\n    assert False\n",
            f"import contextlib\nwith contextlib.ExitStack() as stack:\n    stack.callback({run}, {add}(1))\n",
        ]
        body = rng.choice(bodies)
    stage.test(body, stem="test_many")


def patched_with_decorator(stage: Stage) -> None:
    stage.file.need("from unittest import mock")
    app = stage.cast.app.name
    stage.cast.app_name(stage.file, "add")
    stage.file.need(f"import {app}")
    name = stage.cast.new("test_mocked")
    drive = stage.scribe().drive_of(f"{app}.add", "1")
    decorator = stage.rng.choice(
        (
            f'@mock.patch("{app}.add", return_value=7)\n',
            f'@mock.patch.object({app}, "add", return_value=7)\n',
        )
    )
    stage.file.add(
        f"{decorator}def {name}(fake):\n    assert {drive} == 7\n    fake.assert_called_once_with(1)\n"
    )


def finalizers(stage: Stage) -> None:
    stage.file.need("import pytest")
    name, closed = stage.cast.new("opened"), stage.cast.new("closed")
    drive = _drive(stage)
    stage.file.add(
        f"{closed} = []\n\n\n@pytest.fixture\ndef {name}(request):\n    request.addfinalizer(lambda: {closed}.append({drive}))\n    return 1\n"
    )
    stage.test(f"assert {name} == 1\nassert {_drive(stage)} == 2\n", name)


def objects_that_drive(stage: Stage) -> None:
    """Classes of the tests whose special methods drive."""
    name, rng = stage.cast.new("Opened").replace("_", ""), stage.rng
    drive, other = _drive(stage), _drive(stage)
    code, use = rng.choice(
        (
            (f"    def __init__(self):\n        self.value = {drive}\n", f"assert {name}().value == 2\n"),
            (f"    def __enter__(self):\n        return {drive}\n\n    def __exit__(self, *error):\n        {other}\n", f"with {name}() as value:\n    assert value == 2\n"),
            (f"    def __iter__(self):\n        yield {drive}\n", f"assert list({name}()) == [2]\n"),
            (f"    def __next__(self):\n        return {drive}\n", f"assert next({name}()) == 2\n"),
            (f"    def __getattr__(self, name):\n        return {drive}\n", f"assert {name}().anything == 2\n"),
            (f"    def __eq__(self, other):\n        return {drive} == other\n", f"assert {name}() == 2\n"),
            (f"    def __call__(self):\n        return {drive}\n", f"made = {name}()\nassert made() == 2\n"),
        )
    )  # fmt: skip
    stage.file.add(f"class {name}:\n{code}")
    stage.test(f"{use}assert {_drive(stage)} == 2\n", stem="test_object")
    if rng.random() < 0.4:
        stage.file.need("import pytest")
        fixture = stage.cast.new("made")
        stage.file.add(f"@pytest.fixture\ndef {fixture}():\n    return {name}()\n")
        used = use.replace(f"{name}()", fixture)
        stage.test(f"{used}assert {_drive(stage)} == 2\n", fixture, stem="test_object")


def factories(stage: Stage) -> None:
    """Helpers that return functions that drive, or take functions to drive."""
    name, rng = stage.cast.new("make"), stage.rng
    drive = _drive(stage, "a")
    add = stage.cast.app_name(stage.file, "add")
    code, use = rng.choice(
        (
            (f"def {name}():\n    def inner(a):\n        return {drive}\n\n    return inner\n", f"assert {name}()(1) == 2\n"),
            (f"def {name}():\n    return lambda a: {drive}\n", f"assert {name}()(1) == 2\n"),
            (f"def {name}(function):\n    value = {stage.scribe().drive_of('function', '1')}\n    return value\n", f"assert {name}({add}) == 2\n"),
            (f"def {name}(*args, **kwargs):\n    return {stage.scribe().drive_of(add, '*args, **kwargs')}\n", f"assert {name}(1, b=2) == 3\n"),
            (f"{name} = lambda a: {drive}  # noqa: E731\n", f"assert {name}(1) == 2\n"),
            (f"def {name}(a):\n    yield {drive}\n", f"assert next({name}(1)) == 2\n"),
            (f"def {name}(check):\n    assert check(1) == 2\n", f"{name}(lambda a: {drive})\n"),
            (f"def {name}(check, a=1):\n    assert check(a) == 2\n", f"def check(a):\n    return {drive}\n\n{name}(check)\n"),
        )
    )  # fmt: skip
    stage.file.add(code)
    stage.test(f"{use}assert {_drive(stage)} == 2\n", stem="test_made")


def marked_module(stage: Stage) -> None:
    """A module with marks of its own, and a docstring."""
    stage.file.need("import pytest")
    marks = stage.rng.choice(
        (
            'pytestmark = pytest.mark.filterwarnings("default")\n',
            'pytestmark = [pytest.mark.filterwarnings("default")]\n',
        )
    )
    if not any("pytestmark" in each for each in stage.file.constants):
        stage.file.constants.append(marks)
    stage.test(f"assert {_drive(stage)} == 2\n")
    add, loop = stage.cast.app_name(stage.file, "add"), stage.cast.new("LOOP")
    stage.file.add(f"{loop} = {stage.file.asyncio('new_event_loop')}()\n")
    stage.test(f"assert {loop}.run_until_complete({add}(1)) == 2\n")


def typed(stage: Stage) -> None:
    stage.file.need("from typing import Any")
    name = stage.cast.new("total")
    stage.file.add(
        f'def {name}(a: "int", *, b: int = 1) -> "int":\n    return {_drive(stage, "a, b")}\n'
    )
    test = stage.cast.new("test_typed")
    stage.file.add(
        f"def {test}(tmp_path: Any) -> None:\n    found: dict[str, int] = {{}}\n    found['x'] = {name}(1, b=2)\n    assert found == {{'x': 3}}\n"
    )


def capturing(stage: Stage) -> None:
    drive = _drive(stage)
    stage.test(f"print({drive})\nassert capsys.readouterr().out == '2\\n'\n", "capsys")
    stage.test(
        f"monkeypatch.setenv('NAME', str({drive}))\nimport os\nassert os.environ['NAME'] == '2'\n",
        "monkeypatch",
    )


def conftest(stage: Stage) -> None:
    """Fixtures and helpers in a conftest file."""
    name, cast = stage.cast.new("shared"), stage.cast
    app = cast.app.name
    cast.app_name(stage.file, "add")
    kind = stage.rng.randrange(3)
    if stage.current:
        return plain(stage)
    head = f"@pytest.fixture\ndef {name}():\n"
    bodies = (
        f"    return asyncio.run({app}.add(1))\n",
        f"    def run(a):\n        return asyncio.run({app}.add(a))\n\n    return run\n",
        f"    yield asyncio.run({app}.add(1))\n    asyncio.run({app}.add(1))\n",
    )
    cast.conftest.append(head + bodies[kind])
    use = f"{name}(1)" if kind == 1 else name
    stage.test(f"assert {use} == 2\nassert {_drive(stage)} == 2\n", name)
    return None


MORE: tuple[Scene, ...] = (
    conditional_helper,
    aliased_test,
    imported_test,
    class_of_other_tests,
    nested_class,
    calls_within_class,
    redefined,
    star_import,
    exported,
    falls_back,
    runner_in_class,
    loop_on_self,
    loop_of_class,
    lazy_loop,
    loop_fixture,
    loop_as_argument,
    runner_as_default,
    many_at_once,
    patched_with_decorator,
    finalizers,
    objects_that_drive,
    factories,
    marked_module,
    typed,
    capturing,
    conftest,
)
ALL: dict[str, Scene] = {**SCENES, **{each.__name__: each for each in MORE}}
