"""AW401: what is awaited on a path that is taken, and what is left."""

from __future__ import annotations

import pytest

from awaitify_codemods.plan import LEFT, REPORT
from tests.traps.support import check, result, run, texts

ONLY = {"rules": frozenset({"AW401"})}
IMPORTS = """
import pytest
from unittest.mock import AsyncMock, MagicMock, Mock, patch

import app

"""


def project(app: str, test: str, **more: str) -> dict[str, str]:
    """Return a project: a module, and tests that import it and the mocks."""
    head = "\n".join(line for line in IMPORTS.splitlines() if line)
    return {
        "app.py": app.strip("\n") + "\n",
        "test_it.py": head + "\n\n" + test.strip("\n") + "\n",
        **more,
    }


def edited(before: dict[str, str]) -> dict[str, str]:
    """Return the lines that are new, by path."""
    after = result(texts(before), run(texts(before), **ONLY))
    assert after["app.py"] == texts(before)["app.py"]
    found: dict[str, str] = {}
    for path, text in after.items():
        old = (texts(before)[path] or "").splitlines()
        new = [
            line.strip()
            for line in (text or "").splitlines()
            if line not in old and not line.startswith("from unittest.mock")
        ]
        if new:
            found[path] = "\n".join(new)
    return found


def told(before: dict[str, str]) -> list[tuple[str, str]]:
    """Return status and reason of what is said of a project that stays as it is."""
    migrated = run(texts(before), **ONLY)
    assert not migrated.results
    own = [each for each in migrated.plan.findings if each.rule == "AW401"]
    return [(each.status, each.reason) for each in own]


GET = """
async def load(client):
    return await client.get("/")
"""


def test_a_keyword_of_the_constructor():
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock(get=MagicMock(return_value=1))
    assert await app.load(client) == 1
"""
    line = "client = MagicMock(get=AsyncMock(return_value=1))"
    assert edited(project(GET, test)) == {"test_it.py": line}


def test_both_values_become_one_constructor():
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get.return_value = 1
    client.get.side_effect = None
    assert await app.load(client) == 1
"""
    line = "client.get = AsyncMock(return_value=1, side_effect=None)"
    assert edited(project(GET, test)) == {"test_it.py": line}


def test_the_result_of_what_nobody_configured_stays_a_magic_mock():
    app = """
async def load(client):
    return (await client.get("/")).json()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get.return_value.json.return_value = 1
    assert await app.load(client) == 1
"""
    line = "client.get = AsyncMock(return_value=MagicMock())"
    assert edited(project(app, test)) == {"test_it.py": line}


def test_a_set_up_and_a_class():
    app = """
class Service:
    def __init__(self, client):
        self._client = client

    async def load(self):
        return await self._client.get("/")
"""
    test = """
class TestService:
    def setup_method(self):
        self.client = MagicMock()
        self.service = app.Service(self.client)

    @pytest.mark.asyncio
    async def test_load(self):
        self.client.get.return_value = 1
        assert await self.service.load() == 1
"""
    line = "self.client.get = AsyncMock()"
    assert edited(project(app, test)) == {"test_it.py": line}


def test_what_a_patch_gives_a_class_of_tests():
    app = """
class Api:
    pass

async def load():
    return await Api().get()
"""
    test = """
@patch("app.Api")
class TestLoad:
    @pytest.mark.asyncio
    async def test_load(self, api):
        api.return_value.get = MagicMock(return_value=1)
        assert await app.load() == 1
"""
    line = "api.return_value.get = AsyncMock(return_value=1)"
    assert edited(project(app, test)) == {"test_it.py": line}


def test_a_patch_in_a_with_statement():
    app = """
import lib

async def load():
    return await lib.client.get()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    with patch("lib.client") as client:
        client.get.return_value = 1
        assert await app.load() == 1
"""
    line = "client.get = AsyncMock(return_value=1)"
    more = {"lib.py": "class Client:\n    pass\n\n\nclient = Client()\n"}
    assert edited(project(app, test, **more)) == {"test_it.py": line}


@pytest.mark.parametrize(
    ("app", "why"),
    [
        (
            """
import inspect

async def load(client):
    if inspect.iscoroutinefunction(client.get):
        return await client.get("/")
    return client.get("/")
""",
            [],
        ),
        (
            """
async def load(client):
    client.get("/first")
    return await client.get("/")
""",
            [(LEFT, "mixed-use")],
        ),
        (
            """
async def load(client, again=False):
    if again:
        return await client.get("/")
    return 1
""",
            [],
        ),
        (
            """
async def load(client):
    if len(client.names) > 3:
        return await client.get("/")
    return 1
""",
            [],
        ),
        (
            """
async def load(client):
    try:
        return await client.get("/")
    except Exception:
        return 1
""",
            [(REPORT, "")],
        ),
        (
            """
async def load(client):
    for name in client.names:
        await client.get(name)
    return 1
""",
            [],
        ),
    ],
    ids=[
        "asks what it is",
        "used both ways",
        "path not taken",
        "path not known",
        "error hidden",
        "loop over an empty mock",
    ],
)
def test_a_child_is_left_unless_the_await_is_certain(
    app: str, why: list[tuple[str, str]]
):
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get.return_value = 1
    assert await app.load(client) == 1
"""
    assert told(project(app, test)) == why


def test_an_await_after_an_expected_exception_is_no_evidence():
    app = """
import lib

async def load(client, name):
    lib.validate(name)
    return await client.get(name)
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock()
    with pytest.raises(ValueError):
        await app.load(client, "")
"""
    assert told(project(app, test)) == []


def test_a_side_effect_that_raises_is_no_evidence():
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(side_effect=OSError)
    with pytest.raises(OSError):
        await app.load(client)
"""
    assert told(project(GET, test)) == []


def test_what_gives_a_coroutine_works_as_it_is():
    test = """
async def answer(path):
    return 1


@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(side_effect=answer)
    assert await app.load(client) == 1
"""
    assert told(project(GET, test)) == []


def test_a_spec_makes_async_methods_by_itself():
    app = """
class Client:
    async def get(self, path):
        return path

async def load(client):
    return await client.get("/")
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock(spec=app.Client)
    client.get.return_value = 1
    assert await app.load(client) == 1
"""
    assert told(project(app, test)) == []


def test_the_children_of_an_awaited_mock_are_looked_at_too():
    app = """
async def load(client):
    await client("/")
    client.close()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    await app.load(client)
"""
    assert told(project(app, test)) == [(LEFT, "mixed-use")]


def test_a_fixture_is_judged_by_all_its_users():
    app = """
async def load(client):
    return await client.get("/")

def peek(client):
    return client.get("/").title()
"""
    test = """
@pytest.fixture
def client():
    made = MagicMock()
    made.get = MagicMock(return_value="a")
    return made


@pytest.mark.asyncio
async def test_load(client):
    assert await app.load(client) == "a"


def test_peek(client):
    assert app.peek(client) == "A"
"""
    assert told(project(app, test)) == [(LEFT, "mixed-use")]


def test_a_mock_without_a_name_gets_its_child_nowhere():
    test = """
@pytest.mark.asyncio
async def test_load():
    assert await app.load(MagicMock())
"""
    assert told(project(GET, test)) == [(LEFT, "no-await-evidence")]


def test_a_name_that_is_taken():
    test = """
class Holder:
    AsyncMock = None


@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(return_value=1)
    assert await app.load(client) == 1
"""
    line = "client.get = AsyncMock(return_value=1)"
    assert edited(project(GET, test)) == {"test_it.py": line}


def test_the_whole_of_a_small_file():
    before = {
        "app.py": GET,
        "test_it.py": """
            from unittest import mock

            import pytest

            from app import load


            @pytest.fixture
            def client():
                made = mock.MagicMock()
                yield made
                made.get.assert_called_once_with("/")


            @pytest.mark.asyncio
            async def test_load(client):
                client.get.return_value = 2  # a comment
                assert await load(client) == 2
        """,
    }
    after = """
        from unittest import mock

        import pytest

        from app import load


        @pytest.fixture
        def client():
            made = mock.MagicMock()
            made.get = mock.AsyncMock()
            yield made
            made.get.assert_called_once_with("/")


        @pytest.mark.asyncio
        async def test_load(client):
            client.get.return_value = 2  # a comment
            assert await load(client) == 2
    """
    check(before, {"test_it.py": after}, **ONLY)


def test_a_task_that_is_awaited_at_once_hides_nothing():
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(return_value=1)
    assert await asyncio.create_task(app.load(client)) == 1
"""
    line = "client.get = AsyncMock(return_value=1)"
    test = "import asyncio\n" + test
    assert edited(project(GET, test)) == {"test_it.py": line}


def test_a_task_that_runs_beside_the_test_may_hide_it():
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(return_value=1)
    task = asyncio.create_task(app.load(client))
    await asyncio.wait([task])
"""
    assert told(project(GET, "import asyncio\n" + test)) == [(REPORT, "")]


REFUSED = """
class Refused(Exception):
    pass

Problem = Exception

def check(name):
    if name in open("names"):
        raise Refused

async def load(client):
    if not await client.get("/"):
        raise Refused

async def load_checked(client):
    check("/")
    return await load(client)
"""


def _expecting(expected: str, function: str) -> str:
    return f"""
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(return_value=0)
    with pytest.raises({expected}):
        await app.{function}(client)
"""


@pytest.mark.parametrize("expected", ["app.Refused", "(app.Refused, app.Refused)"])
def test_an_await_before_an_exception_of_the_projects_own(expected: str):
    """A TypeError would not be expected, and nothing comes before it."""
    after = edited(project(REFUSED, _expecting(expected, "load")))
    assert after == {"test_it.py": "client.get = AsyncMock(return_value=0)"}


@pytest.mark.parametrize(
    ("expected", "function"),
    [
        ("app.Refused", "load_checked"),
        ("app.Problem", "load"),
        ("(app.Refused, TypeError)", "load"),
        ("ValueError", "load"),
    ],
)
def test_an_await_that_something_expected_may_hide(expected: str, function: str):
    assert told(project(REFUSED, _expecting(expected, function))) == []


TASK = """
async def finish(worker):
    if worker.task and worker.task is not None:
        await worker.task
"""


def test_an_answer_that_is_only_asked_whether_it_is_there():
    """So is a coroutine."""
    test = """
@pytest.mark.asyncio
async def test_finish():
    worker = MagicMock()
    worker.task = MagicMock()()
    await app.finish(worker)
"""
    after = edited(project(TASK, test))
    assert after == {"test_it.py": "worker.task = AsyncMock()()"}


def test_an_answer_that_may_be_false():
    """A coroutine would be true."""
    test = """
@pytest.mark.asyncio
async def test_finish():
    worker = MagicMock()
    worker.task = MagicMock(return_value=str(open("answer")))()
    await app.finish(worker)
"""
    assert told(project(TASK, test)) == []


def test_a_method_by_the_name_of_a_text():
    app = """
async def load(client, names):
    if isinstance(names, str):
        names = [names]
    names = [name for name in names if name in ("get", "put")]
    return await getattr(client, "do_" + names[0])()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.do_get = MagicMock()
    client.do_put = MagicMock()
    await app.load(client, "get")
    await app.load(client, ["get"])
"""
    after = edited(project(app, test))
    assert after == {"test_it.py": "client.do_get = AsyncMock()"}


def test_a_text_is_no_awaitable():
    app = """
def encode(parts):
    text = ""
    for part in parts:
        text += str(part)
    return text

async def load(client):
    return await client.get()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(return_value=app.encode([1, "a"]).encode("utf-8"))
    assert await app.load(client) == b"1a"
"""
    after = edited(project(app, test))
    line = 'client.get = AsyncMock(return_value=app.encode([1, "a"]).encode("utf-8"))'
    assert after == {"test_it.py": line}


@pytest.mark.parametrize(
    ("effects", "made"), [("[1, OSError]", "AsyncMock"), ("[OSError, 1]", "")]
)
def test_side_effects_of_which_the_first_has_to_be_awaited(effects: str, made: str):
    test = f"""
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock(side_effect={effects})
    with pytest.raises(OSError):
        await app.load(client)
    await app.load(client)
"""
    test = test if not made else test.replace("pytest.raises(OSError)", "client.lock")
    line = f"client.get = {made}(side_effect={effects})"
    assert edited(project(GET, test)) == ({"test_it.py": line} if made else {})


@pytest.mark.parametrize("question", ["client.get()", "client.get() is not None"])
def test_an_answer_that_is_asked_for_twice(question: str):
    """The coroutine of the first call would never be awaited."""
    app = f"""
async def load(client):
    if {question}:
        return await client.get()
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock()
    await app.load(client)
"""
    assert told(project(app, test)) == [(LEFT, "mixed-use")]


@pytest.mark.parametrize("text", ["str(object=answer)", "str(answer)"])
def test_an_answer_that_is_written_down(text: str):
    """A coroutine would read differently."""
    app = f"""
async def load(client):
    answer = client.get()
    print({text})
    return await answer
"""
    test = """
@pytest.mark.asyncio
async def test_load():
    client = MagicMock()
    client.get = MagicMock()
    await app.load(client)
"""
    assert told(project(app, test)) == [(LEFT, "mixed-use")]
