"""P11, P15 again, as suites have it: through fixtures, containers and nested code."""

import pytest

from tests.traps.support import cases, check, left

APP = """
import asyncio
import contextvars

log = []
var = contextvars.ContextVar("var", default=0)

async def f(x=1):
    return x

class Service:
    def __init__(self):
        self.items = []

    async def start(self):
        self.task = asyncio.create_task(self._go())

    async def _go(self):
        self.items.append(1)

async def forever():
    while True:
        log.append(1)
        await asyncio.sleep(0)

async def begin():
    global task
    task = asyncio.ensure_future(forever())

async def numbers():
    try:
        yield 1
        yield 2
    finally:
        log.append("closed")

async def first(generator):
    async for number in generator:
        return number

async def schedules():
    asyncio.get_running_loop().call_soon(log.append, 1)

async def in_executor():
    asyncio.get_running_loop().run_in_executor(None, log.append, 1)

async def name():
    return asyncio.current_task().get_name()

async def cancels():
    asyncio.current_task().cancel()

def bind(x):
    var.set(x)

async def handler():
    bind(5)
"""
HEAD = "import asyncio\n\nimport pytest\n\nimport app\n\n"


def project(body: str, parameters: str = "", before: str = "") -> dict[str, str]:
    """Return a project with one test."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {
        "app.py": APP,
        "test_it.py": f"{HEAD}{before}def test_f({parameters}):\n{lines}",
    }


def done(body: str, parameters: str = "", before: str = "") -> dict[str, str]:
    """Return its test afterwards."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"{HEAD}{before}@pytest.mark.asyncio\nasync def test_f({parameters}):\n"
    if "asyncio." not in (body + before):
        text = text.replace("import asyncio\n\n", "")
    return {"test_it.py": text + lines}


RUN = "asyncio.run({})"
TURN = "await {}\nawait asyncio.sleep(0)"
GIVEN = {
    "fixture": "@pytest.fixture\ndef service():\n    return app.Service()\n\n",
    "yielded": "@pytest.fixture\ndef service():\n    yield app.Service()\n\n",
    "in a dict": '@pytest.fixture\ndef service():\n    return {"x": app.Service()}["x"]'
    "\n\n",
    "made": "def make():\n    return app.Service()\n\n"
    "@pytest.fixture\ndef service():\n    return make()\n\n",
    "parametrized": '@pytest.mark.parametrize("service", [app.Service()])\n',
    "unknown": "",
}


@pytest.mark.parametrize(
    "before",
    cases(GIVEN),
)
def test_a_task_left_by_a_method_of_an_object_from_elsewhere(before):
    check(
        project(
            RUN.format("service.start()") + "\nassert service.items", "service", before
        ),
        done(
            TURN.format("service.start()") + "\nassert service.items", "service", before
        ),
    )


@pytest.mark.parametrize(
    "receiver",
    cases(
        {
            "a variable": "service = app.Service()\n{}\nassert service.items",
            "a list": "for service in [app.Service()]:\n    {}\n"
            "    assert service.items",
            "unpacked": "service, _ = app.Service(), 1\n{}\nassert service.items",
            "with": "with app.opened() as service:\n    {}\n    assert service.items",
        }
    ),
)
def test_a_task_left_by_a_method_of_an_object_of_the_test(receiver):
    indent = "    " if receiver.count("    {}") else ""
    turn = TURN.format("service.start()").replace("\n", f"\n{indent}")
    check(
        project(receiver.format(RUN.format("service.start()"))),
        done(receiver.format(turn)),
    )


def test_a_task_left_below_a_coroutine_of_the_test():
    go = "async def go():\n    await service.start()\n"
    check(
        project(f"{go}asyncio.run(go())\nassert service.items", "service"),
        done(
            f"{go}await go()\nawait asyncio.sleep(0)\nassert service.items", "service"
        ),
    )


LATER = {
    "another run": "asyncio.run(app.begin())\nn = len(app.log)\n"
    "asyncio.run(app.f())\nassert len(app.log) == n",
    "a run in the assertion": "asyncio.run(app.begin())\n"
    "assert asyncio.run(app.f()) == len(app.log)",
    "in a loop": "for _ in range(2):\n    asyncio.run(app.begin())\n"
    "assert len(app.log) == 2",
}


@pytest.mark.parametrize("body", cases(LATER))
def test_a_task_that_a_run_cancels_before_the_next_run_stays(body):
    assert set(left(project(body))) == {"run-boundary"}


GENERATORS = {
    "in a call": "asyncio.run(app.first(app.numbers()))\nassert app.log",
    "in a variable": "g = app.numbers()\nasyncio.run(app.first(g))\nassert app.log",
    "asked again": "g = app.numbers()\nasyncio.run(app.first(g))\n"
    "with pytest.raises(StopAsyncIteration):\n    asyncio.run(g.__anext__())",
}


@pytest.mark.parametrize(
    "body",
    cases(GENERATORS),
)
def test_a_generator_that_the_end_of_a_run_closes_stays(body):
    assert set(left(project(body))) == {"run-boundary"}


def test_work_in_an_executor_is_waited_for_at_the_end_of_a_run():
    body = "asyncio.run(app.in_executor())\nassert app.log == [1]"
    assert set(left(project(body))) == {"run-boundary"}


CALLBACKS = {
    "run": ("asyncio.run(app.schedules())\nassert app.log", TURN),
    "complete": (
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(app.schedules())\nassert app.log",
        "await asyncio.create_task({})",
    ),
}


@pytest.mark.parametrize(("body", "form"), cases(CALLBACKS))
def test_a_callback_that_is_left_has_its_turn(body, form):
    check(project(body), done(form.format("app.schedules()") + "\nassert app.log"))


TASKS = {
    "names": "assert asyncio.run(app.name()) != asyncio.run(app.name())",
    "cancels itself": "with pytest.raises(asyncio.CancelledError):\n"
    "    asyncio.run(app.cancels())",
}


@pytest.mark.parametrize(
    "body",
    cases(TASKS),
)
def test_a_test_about_the_task_of_its_run_stays_or_takes_one(body):
    awaited = body
    for name in ("name", "cancels"):
        awaited = awaited.replace(
            f"asyncio.run(app.{name}())", f"await asyncio.create_task(app.{name}())"
        )
    check(project(body), done(awaited))


NO_COROUTINES = {
    "a number": "5",
    "none": "None",
    "a future": "asyncio.Future()",
    "a gather": "asyncio.gather(app.f())",
    "a function": "app.f",
}


@pytest.mark.parametrize(
    "driven",
    cases(NO_COROUTINES),
)
def test_an_expected_error_about_what_is_driven_stays(driven):
    body = f"with pytest.raises(ValueError):\n    asyncio.run({driven})"
    assert left(project(body))


def test_a_context_variable_that_sync_code_sets_inside_a_run():
    check(
        project("asyncio.run(app.handler())\nassert app.var.get() == 0"),
        done("await asyncio.create_task(app.handler())\nassert app.var.get() == 0"),
    )


AROUND = {
    "set": "app.var.set(3)\nasyncio.run(app.f())",
    "through code": "app.bind(3)\nasyncio.run(app.f())",
    "reset later": "token = app.var.set(3)\nasyncio.run(app.f())\npytest.token = token",
}


@pytest.mark.parametrize(
    "body",
    cases(AROUND),
)
def test_a_context_variable_that_a_test_sets_for_its_fixtures_stays(body):
    fixture = (
        "@pytest.fixture(autouse=True)\ndef clean():\n    yield\n"
        "    assert app.var.get() == 3\n\n"
    )
    assert left(project(body, "", fixture)) == ["run-boundary"]


SAFE = {
    "try": (
        "try:\n    x = asyncio.run(app.f())\nexcept RuntimeError:\n    x = 2\n"
        "else:\n    x += 1\nfinally:\n    asyncio.run(app.f(x))\nassert x == 2"
    ),
    "while": (
        "n = 0\nwhile (n := asyncio.run(app.f(n + 1))) < 3:\n    pass\n"
        "else:\n    n = -n\nassert n == -3"
    ),
    "for else": (
        "for n in range(3):\n    if asyncio.run(app.f(n)) == 2:\n        break\n"
        "else:\n    pytest.fail('none')"
    ),
    "with": (
        'with open("x") as one, open(asyncio.run(app.f())) as two:\n'
        "    one.write(asyncio.run(app.f(two)))"
    ),
    "raises": (
        "with pytest.raises(ZeroDivisionError) as info:\n    asyncio.run(app.f()) / 0\n"
        "assert info.type is ZeroDivisionError"
    ),
    "warns": ("with pytest.warns(UserWarning):\n    asyncio.run(app.f())"),
    "monkeypatch": (
        'monkeypatch.setattr(app, "f", app.handler)\nasyncio.run(app.f())\n'
        "monkeypatch.undo()"
    ),
    "capsys": 'asyncio.run(app.f())\nassert capsys.readouterr().out == ""',
    "caplog": "with caplog.at_level(10):\n    asyncio.run(app.f())\n"
    "assert not caplog.records",
    "tmp_path": 'asyncio.run(app.f(tmp_path / "x"))\nassert list(tmp_path.iterdir())',
    "match": (
        "match asyncio.run(app.f()):\n    case 1 if asyncio.run(app.f()):\n"
        "        pass\n    case other:\n        assert not other"
    ),
    "global": "global RESULT\nRESULT = asyncio.run(app.f())\nassert RESULT",
    "delete": "x = {asyncio.run(app.f()): 1}\ndel x[asyncio.run(app.f())]",
    "unpacking": "a, *b = [asyncio.run(app.f(n)) for n in range(3)]\nassert a, b",
}


@pytest.mark.parametrize("body", SAFE.values(), ids=SAFE)
def test_control_flow_around_drives_stays(body):
    parameters = ", ".join(
        name for name in ("monkeypatch", "capsys", "caplog", "tmp_path") if name in body
    )
    after = body
    for argument in ("", "x", "n", "n + 1", "two", 'tmp_path / "x"'):
        after = after.replace(
            f"asyncio.run(app.f({argument}))", f"await app.f({argument})"
        )
    check(project(body, parameters), done(after, parameters))
