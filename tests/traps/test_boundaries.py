"""P11, P15, semantics 0.10: what a run does besides awaiting, and who notices."""

import pytest

from tests.traps.support import check, left

APP = """
import asyncio
import contextvars

var = contextvars.ContextVar("var", default=0)
log = []

async def noop():
    pass

async def quick():
    log.append("quick")

async def starts():
    asyncio.create_task(quick())
    return 3

async def waits_for_it():
    task = asyncio.create_task(quick())
    await task

async def gathers():
    await asyncio.gather(quick(), asyncio.create_task(quick()))

async def groups():
    async with asyncio.TaskGroup() as group:
        group.create_task(quick())

async def background():
    try:
        await asyncio.sleep(10)
    finally:
        log.append("closed")

async def leaves():
    global task
    task = asyncio.create_task(background())

async def sets():
    var.set(1)

async def sets_and_resets():
    token = var.set(1)
    var.reset(token)

def read():
    return var.get()

async def numbers():
    try:
        yield 1
    finally:
        log.append("closed")

async def first():
    async for number in numbers():
        return number
"""


def legacy(body: str) -> dict[str, str]:
    """Return a project with one test."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    head = "import asyncio\n\nimport pytest\n\nimport app\n\n"
    return {"app.py": APP, "test_it.py": f"{head}def test_f():\n{lines}"}


def modern(body: str) -> dict[str, str]:
    """Return its test afterwards."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    imports = "import asyncio\n\n" if "asyncio" in body else ""
    head = f"{imports}import pytest\n\nimport app\n\n@pytest.mark.asyncio\n"
    return {"test_it.py": f"{head}async def test_f():\n{lines}"}


LOOP = "loop = asyncio.new_event_loop()\n"


def test_a_task_left_by_a_run_takes_a_turn():
    check(
        legacy('asyncio.run(app.starts())\nassert app.log == ["quick"]'),
        modern(
            'await app.starts()\nawait asyncio.sleep(0)\nassert app.log == ["quick"]'
        ),
    )


def test_a_task_left_on_a_loop_takes_a_task():
    check(
        legacy(
            f'{LOOP}loop.run_until_complete(app.starts())\nassert app.log == ["quick"]'
        ),
        modern('await asyncio.create_task(app.starts())\nassert app.log == ["quick"]'),
    )


@pytest.mark.parametrize("name", ["waits_for_it", "gathers", "groups", "noop"])
def test_a_task_that_is_waited_for_is_not_left(name):
    check(
        legacy(f"asyncio.run(app.{name}())\nassert app.log"),
        modern(f"await app.{name}()\nassert app.log"),
    )


@pytest.mark.parametrize(
    "body",
    [
        "for _ in range(2):\n    asyncio.run(app.starts())\nassert app.log",
        "if app.log == []: asyncio.run(app.starts())\nassert app.log",
        "with open(__file__): asyncio.run(app.starts())\nassert app.log",
    ],
)
def test_the_turn_stands_right_below_the_drive(body):
    indent = "    "
    head = body.partition(":")[0]
    after = (
        f"{head}:\n{indent}await app.starts()\n{indent}await asyncio.sleep(0)\n"
        "assert app.log"
    )
    check(legacy(body), modern(after))


@pytest.mark.parametrize(
    "statement",
    [
        "assert asyncio.run(app.starts()) == 3 and app.log",
        "assert [asyncio.run(app.starts()), *app.log] == [3, 'quick']",
        "print(asyncio.run(app.starts()), app.log)\nassert app.log",
        "for x in [asyncio.run(app.starts())]:\n    assert app.log",
        "with open(str(asyncio.run(app.starts()))):\n    assert app.log",
        "x = [(asyncio.run(app.starts()), len(app.log)) for _ in range(2)]\nassert x",
    ],
)
def test_what_the_same_statement_sees_of_a_task_left_stays(statement):
    assert left(legacy(statement)) == ["run-boundary"]


@pytest.mark.parametrize(
    "value", ["asyncio.run(app.starts())", "(asyncio.run(app.starts()), 1)"]
)
def test_a_task_left_by_a_helper_that_returns_takes_its_turn(value):
    files = legacy(f"def go():\n    return {value}\ngo()\nassert app.log == ['quick']")
    try:
        reasons = left(files)
    except AssertionError:
        after = value.replace("asyncio.run(app.starts())", "await app.starts()")
        check(
            files,
            modern(
                f"async def go():\n    result = {after}\n    await asyncio.sleep(0)\n"
                "    return result\nawait go()\nassert app.log == ['quick']"
            ),
        )
    else:
        assert reasons == ["run-boundary"]


@pytest.mark.parametrize(
    "question",
    [
        "assert app.task.cancelled()",
        "assert app.task.done()",
        'assert app.log == ["closed"]',
        "assert app.read() == 0",
    ],
)
def test_what_the_end_of_a_run_does_is_looked_at(question):
    assert left(legacy(f"asyncio.run(app.leaves())\n{question}")) == ["run-boundary"]


IDLE = {
    "passes": "try:\n        await asyncio.sleep(9)\n    except {error}:\n        pass",
    "returns": "try:\n        await asyncio.sleep(9)\n    except {error}:\n"
    "        return\n    log.append(1)",
    "leaves its loop": "while True:\n        try:\n            await asyncio.sleep(9)\n"
    "        except {error}:\n            break",
    "raises again": "try:\n        await asyncio.sleep(9)\n    except {error}:\n"
    "        raise",
    "errors only": "try:\n        await asyncio.sleep(9)\n    except Exception:\n"
    "        log.append(1)",
    "nothing": "await asyncio.sleep(9)",
}
ACTS = {
    "goes on": "try:\n        await asyncio.sleep(9)\n    except {error}:\n        pass"
    "\n    log.append(1)",
    "logs": "try:\n        await asyncio.sleep(9)\n    except {error}:\n"
    "        log.append(1)",
    "any of several": "try:\n        await asyncio.sleep(9)\n    except ERRORS:\n"
    "        log.append(1)",
    "in what it waits for": "await background()",
}
ERRORS = [
    "asyncio.CancelledError",
    "(OSError, asyncio.CancelledError)",
    "BaseException",
]


def cancelled(task: str) -> dict[str, str]:
    """Return a project whose test leaves a task to the end of a run."""
    body = "    asyncio.create_task(job())\n"
    app = f"{APP}\nasync def job():\n    {task}\n\nasync def spawns():\n{body}"
    return legacy("asyncio.run(app.spawns())\nassert app.log == []") | {"app.py": app}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("task", IDLE.values(), ids=IDLE)
def test_a_task_that_does_nothing_when_it_is_cancelled(task, error):
    check(
        cancelled(task.format(error=error)),
        modern("await app.spawns()\nassert app.log == []"),
    )


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("task", ACTS.values(), ids=ACTS)
def test_a_task_that_does_something_when_it_is_cancelled(task, error):
    assert left(cancelled(task.format(error=error))) == ["run-boundary"]


def test_what_nobody_looks_at_does_not_matter():
    check(legacy("asyncio.run(app.leaves())"), modern("await app.leaves()"))


def test_an_asynchronous_generator_that_a_run_closes():
    body = 'assert asyncio.run(app.first()) == 1\nassert app.log == ["closed"]'
    assert left(legacy(body)) == ["run-boundary"]


@pytest.mark.parametrize("question", ["app.read() == 0", "app.var.get() == 0"])
@pytest.mark.parametrize("drive", ["asyncio.run", "loop.run_until_complete"])
def test_a_context_variable_that_is_read_later_takes_a_task(question, drive):
    loop = LOOP if "loop" in drive else ""
    check(
        legacy(f"{loop}{drive}(app.sets())\nassert {question}"),
        modern(f"await asyncio.create_task(app.sets())\nassert {question}"),
    )


def test_a_context_variable_that_a_later_run_reads_takes_a_task():
    check(
        legacy(
            "asyncio.run(app.sets())\nasync def check():\n"
            "    assert app.read() == 0\nasyncio.run(check())"
        ),
        modern(
            "await asyncio.create_task(app.sets())\nasync def check():\n"
            "    assert app.read() == 0\nawait check()"
        ),
    )


def test_a_context_variable_that_is_reset_is_not_left():
    check(
        legacy("asyncio.run(app.sets_and_resets())\nassert app.read() == 0"),
        modern("await app.sets_and_resets()\nassert app.read() == 0"),
    )


SCHEDULED = {
    "create_task": "task = loop.create_task(app.quick())",
    "ensure_future": "task = asyncio.ensure_future(app.quick(), loop=loop)",
    "call_soon": "loop.call_soon(app.log.append, 'quick')",
}


@pytest.mark.parametrize("schedule", SCHEDULED.values(), ids=SCHEDULED)
def test_what_was_scheduled_before_a_drive_has_its_turn(schedule):
    kept = "" if "create_task" in schedule else "loop = asyncio.get_running_loop()\n"
    after = schedule.replace("loop.create_task", "asyncio.create_task")
    check(
        legacy(
            f"{LOOP}{schedule}\nloop.run_until_complete(app.noop())\n"
            "assert app.log == ['quick']"
        ),
        modern(
            f"{kept}{after}\nawait asyncio.create_task(app.noop())\n"
            "assert app.log == ['quick']"
        ),
    )


def test_draining_takes_as_many_turns_as_before():
    check(
        legacy(
            f"{LOOP}task = loop.create_task(app.quick())\n"
            "loop.run_until_complete(asyncio.sleep(0))\n"
            "assert app.log == ['quick']"
        ),
        modern(
            "task = asyncio.create_task(app.quick())\n"
            "await asyncio.create_task(asyncio.sleep(0))\n"
            "assert app.log == ['quick']"
        ),
    )


LAST = {
    "nothing follows": "    loop.run_until_complete(app.starts())\n",
    "what is raised": "    with pytest.raises(ValueError):\n"
    "        loop.run_until_complete(app.starts())\n",
}


@pytest.mark.parametrize("body", LAST.values(), ids=LAST)
def test_nobody_sees_what_the_last_statement_of_a_test_leaves(body):
    before = "import asyncio\n\nimport pytest\n\nimport app\n\ndef test_f():\n"
    after = "import pytest\n\nimport app\n\n@pytest.mark.asyncio\nasync def test_f():\n"
    found = body.replace("loop.run_until_complete(app.starts())", "await app.starts()")
    check(
        {
            "app.py": APP,
            "test_it.py": f"{before}    loop = asyncio.new_event_loop()\n{body}",
        },
        {"test_it.py": after + found},
    )
