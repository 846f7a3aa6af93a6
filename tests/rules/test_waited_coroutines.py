"""AW533: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged

HEAD = """\
import asyncio

import pytest

from app import client, start


async def load(n):
    await asyncio.sleep(n)


async def loads():
    yield 1


def task():
    return asyncio.ensure_future(load(1))


class Client:
    async def get(self):
        await load(1)


"""


def in_test(*body: str, definition: str = "async def", mark: bool = True) -> str:
    """Return a module with one test."""
    lines = "".join(f"    {line}\n" for line in body)
    marker = "@pytest.mark.asyncio\n" if mark else ""
    return f"{HEAD}{marker}{definition} test_it(given):\n{lines}"


@pytest.mark.parametrize(
    "waited",
    [
        "given",
        "[given, start(1)]",
        "[task(), asyncio.ensure_future(load(1))]",
        "[asyncio.create_task(load(1))]",
        "[asyncio.get_running_loop().run_in_executor(None, print)]",
        "[asyncio.gather(load(1))]",
        "[each for each in given]",
        "[*given]",
        "[loads()]",
        "[client.get()]",
        "map(load, given)",
    ],
)
def test_what_is_no_coroutine_or_may_be_none(waited):
    assert check_unchanged(in_test(f"await asyncio.wait({waited})")) == []


@pytest.mark.parametrize(
    "body",
    [
        ["jobs = [load(1)]", "await load(0)", "await asyncio.wait(jobs)"],
        ["jobs = [load(1)]", "print(jobs)", "await asyncio.wait(jobs)"],
        ["jobs = [load(1)]", "jobs = [load(2)]", "await asyncio.wait(jobs)"],
        ["jobs = [load(1)]", "for _ in '12':", "    await asyncio.wait(jobs)"],
        ["await asyncio.wait_for(load(1), 1)", "await asyncio.wait([])"],
        ["given.wait([load(1)])"],
    ],
)
def test_lists_that_others_may_see(body):
    assert check_unchanged(in_test(*body)) == []


def test_a_failure_that_is_expected():
    body = ["with pytest.raises(TypeError):", "    await asyncio.wait([load(1)])"]
    assert check_unchanged(in_test(*body)) == ["unknown-value"]


def test_a_warning_that_is_expected():
    body = ["with pytest.deprecated_call():", "    await asyncio.wait([load(1)])"]
    assert check_unchanged(in_test(*body)) == ["unknown-value"]


def test_a_branch_for_old_versions():
    body = [
        "if sys.version_info >= (3, 11):",
        "    await asyncio.wait([asyncio.create_task(load(1))])",
        "else:",
        "    await asyncio.wait([load(1)])",
    ]
    assert check_unchanged(in_test(*body)) == ["unknown-value"]


def test_no_loop_runs_there():
    source = in_test("return asyncio.wait([load(1)])", definition="def", mark=False)
    assert check_unchanged(source.replace("test_it", "make")) == ["outside-coroutine"]


@pytest.mark.parametrize(
    "before, after",
    [
        (
            ["done, _ = await asyncio.wait([load(1), Client().get()], timeout=1)"],
            [
                "done, _ = await asyncio.wait([asyncio.create_task(load(1)), "
                "asyncio.create_task(Client().get())], timeout=1)"
            ],
        ),
        (
            ["await asyncio.wait({load(n) for n in given})"],
            ["await asyncio.wait({asyncio.create_task(load(n)) for n in given})"],
        ),
        (
            ["await asyncio.wait(load(n) for n in given)"],
            ["await asyncio.wait(asyncio.create_task(load(n)) for n in given)"],
        ),
        (
            ["jobs = [load(n) for n in given]", "await asyncio.wait(jobs)"],
            [
                "jobs = [asyncio.create_task(load(n)) for n in given]",
                "await asyncio.wait(jobs)",
            ],
        ),
        (
            ["await asyncio.wait((asyncio.sleep(0), given, task()))"],
            [
                "await asyncio.wait((asyncio.create_task(asyncio.sleep(0)), "
                "given, task()))"
            ],
        ),
    ],
)
def test_tasks_of_coroutines(before, after):
    check(in_test(*before), in_test(*after))


def test_generator_coroutines():
    check(
        """
        import asyncio

        import pytest

        @asyncio.coroutine
        def load(n):
            yield from asyncio.sleep(n)

        def test_it():
            loop = asyncio.new_event_loop()

            @asyncio.coroutine
            def go():
                done, _ = yield from asyncio.wait([load(1), load(2)])
                return len(done)

            assert loop.run_until_complete(go()) == 2
        """,
        """
        import asyncio

        import pytest

        async def load(n):
            await asyncio.sleep(n)

        @pytest.mark.asyncio
        async def test_it():
            async def go():
                done, _ = await asyncio.wait([asyncio.create_task(load(1)), asyncio.create_task(load(2))])
                return len(done)

            assert await go() == 2
        """,  # noqa: E501
    )
