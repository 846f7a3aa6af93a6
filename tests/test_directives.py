"""Directives: what running a suite has taught a plan, and what follows from it."""

from __future__ import annotations

import pytest

from awaitify_codemods import Settings, migrate
from awaitify_codemods.directives import Directives
from awaitify_codemods.plan import LEFT
from tests.traps.support import MODULE, Project, check, result, run, sources, texts


def planned(before: Project, directives: Directives, **how: object) -> dict[str, str]:
    """Return the files after a migration that keeps to directives."""
    files = texts(before)
    found = result(files, run(files, directives=directives, **how))
    return {path: text or "" for path, text in found.items()}


def after(before: str, **directives: object) -> str:
    """Return a module after a migration that keeps to directives."""
    return planned(before, Directives(**directives))[MODULE]  # type: ignore[arg-type]


def told(before: Project, directives: Directives) -> list[str]:
    """Return what is left, and why."""
    found = run(texts(before), directives=directives).plan.findings
    return [
        f"{each.path}:{each.line} [{each.reason}] {each.message}"
        for each in found
        if each.status == LEFT
    ]


TWO = """\
import asyncio

from app import add


def test_one():
    assert asyncio.run(add(1, 1)) == 2


def test_two():
    assert asyncio.run(add(2, 2)) == 4
"""

# Pins


def test_a_pinned_function_stays_and_the_rest_does_not():
    text = after(TWO, pins={f"{MODULE}::test_one": "it failed"})
    assert "def test_one():\n    assert asyncio.run(add(1, 1)) == 2\n" in text
    assert "async def test_two():\n    assert await add(2, 2) == 4\n" in text
    assert "import asyncio\n" in text


def test_the_finding_of_a_pinned_site_says_why():
    pins = {f"{MODULE}::test_one": "it failed: assert 3 == 2"}
    assert told(TWO, Directives(pins=pins)) == [
        f"{MODULE}:7 [pinned] it failed: assert 3 == 2"
    ]


def test_names_that_nothing_has_are_passed_over():
    names = ["gone.py::test", f"{MODULE}::test_gone", f"{MODULE}::", "gone.py"]
    every = dict.fromkeys(names, "it failed")
    directives = Directives(
        every,
        every,
        dict.fromkeys(names, "task"),
        dict.fromkeys(names, "module"),
        frozenset(names),
        frozenset(names),
    )
    assert planned(TWO, directives) == planned(TWO, Directives())


def test_a_pinned_class_keeps_its_base():
    before = """\
        import asyncio
        import unittest

        from app import add


        class TestOne(unittest.TestCase):
            def setUp(self):
                self.one = asyncio.run(add(1, 0))

            def test(self):
                assert asyncio.run(add(self.one, 1)) == 2


        class TestTwo(unittest.TestCase):
            def test(self):
                assert asyncio.run(add(2, 2)) == 4
        """
    text = after(before, pins={f"{MODULE}::TestOne": "it failed"})
    old = texts(before)[MODULE] or ""
    assert old[old.index("class TestOne") : old.index("class TestTwo")] in text
    assert "class TestTwo(unittest.IsolatedAsyncioTestCase)" in text


def test_a_pinned_method_stays_in_a_class_that_changes():
    before = """\
        import asyncio
        import unittest

        from app import add


        class TestIt(unittest.TestCase):
            def test_one(self):
                assert asyncio.run(add(1, 1)) == 2

            def test_two(self):
                assert asyncio.run(add(2, 2)) == 4
        """
    text = after(before, pins={f"{MODULE}::TestIt::test_one": "it failed"})
    assert (
        "    def test_one(self):\n        assert asyncio.run(add(1, 1)) == 2\n" in text
    )
    assert "async def test_two(self):\n        assert await add(2, 2) == 4" in text


def test_both_definitions_of_a_pinned_name_stay():
    before = """\
        import asyncio
        import sys

        from app import add

        if sys.platform == "win32":
            def test_it():
                assert asyncio.run(add(1, 1)) == 2
        else:
            def test_it():
                assert asyncio.run(add(2, 2)) == 4
        """
    pins = {f"{MODULE}::test_it": "it failed"}
    assert after(before, pins=pins) == texts(before)[MODULE]


def test_a_pinned_test_drives_the_helper_that_others_await():
    before = """\
        import asyncio

        from app import add


        def total(*numbers):
            return asyncio.run(add(*numbers))


        def test_one():
            assert total(1, 1) == 2


        def test_two():
            assert total(2, 2) == 4
        """
    text = after(before, pins={f"{MODULE}::test_one": "it failed"})
    # Its lines are to stay, so the helper does.
    assert text == texts(before)[MODULE]


def test_what_a_pinned_helper_is_called_by_stays():
    before = """\
        import asyncio

        from app import add


        def prepare():
            asyncio.run(add(0, 0))
            return 1


        def test_one():
            assert prepare() == 1


        def test_two():
            assert asyncio.run(add(2, 2)) == 4
        """
    text = after(before, pins={f"{MODULE}::prepare": "test_one failed"})
    assert "def test_one():\n    assert prepare() == 1\n" in text
    assert "async def test_two" in text


def test_rules_that_stand_apart_keep_to_pins():
    before = """\
        import time

        import pytest


        @pytest.mark.asyncio(scope="module")
        async def test_one():
            pass


        @pytest.mark.asyncio(scope="module")
        async def test_two():
            pass
        """
    text = after(before, pins={f"{MODULE}::test_one": "it failed"})
    assert '(scope="module")\nasync def test_one' in text
    assert '(loop_scope="module")\nasync def test_two' in text


def test_generator_coroutines_keep_to_pins():
    before = """\
        import asyncio

        from app import add


        @asyncio.coroutine
        def one():
            return (yield from add(1, 1))


        def test_one():
            assert asyncio.get_event_loop().run_until_complete(one()) == 2


        def test_two():
            assert asyncio.get_event_loop().run_until_complete(add(1, 1)) == 2
        """
    text = after(before, pins={f"{MODULE}::one": "it failed"})
    assert "@asyncio.coroutine\ndef one():\n    return (yield from add(1, 1))\n" in text


# Files


@pytest.mark.parametrize("field", ["pins", "files"])
def test_a_file_stays(field):
    files = {"test_one.py": TWO, "test_two.py": TWO}
    directives = Directives(**{field: {"test_one.py": "it could not be collected"}})
    text = planned(files, directives)
    assert text["test_one.py"] == TWO
    assert text["test_two.py"] != TWO
    assert told(files, directives) == [
        f"test_one.py:{line} [pinned] it could not be collected" for line in (7, 11)
    ]


def test_a_helper_file_stays_and_so_do_those_that_need_it():
    files = {
        "tests/helpers.py": "import asyncio\n\n\ndef run(it):\n"
        "    return asyncio.run(it)\n\n\ndef start(app):\n"
        "    run(app.start())\n    return app\n",
        "tests/test_one.py": "from app import App\nfrom helpers import start\n\n\n"
        "def test():\n    assert start(App()).started\n",
        "tests/test_two.py": "from app import App\nfrom helpers import run\n\n\n"
        "def test():\n    assert run(App().get()) == 1\n",
    }
    text = planned(files, Directives(files={"tests/helpers.py": "test_one.py failed"}))
    assert text["tests/helpers.py"] == files["tests/helpers.py"]
    assert text["tests/test_one.py"] == files["tests/test_one.py"]
    assert "await App().get() == 1" in text["tests/test_two.py"]


# Forms

COMPLETE = """\
import asyncio

from app import Client, add


def test_one():
    loop = asyncio.get_event_loop()
    client = Client()
    loop.run_until_complete(client.open())
    assert loop.run_until_complete(client.get()) == 1
"""


def test_a_form_is_written_where_the_boundary_has_another():
    text = after(COMPLETE, forms={f"{MODULE}::test_one": "task"})
    assert "    await asyncio.ensure_future(client.open())\n" in text
    assert "assert await asyncio.ensure_future(client.get()) == 1\n" in text


def test_what_cannot_be_written_in_a_form_is_written_as_it_was():
    text = after(COMPLETE, forms={f"{MODULE}::test_one": "turn"})
    assert "    await client.open()\n    await asyncio.sleep(0)\n" in text
    assert "    assert await client.get() == 1\n" in text


@pytest.mark.parametrize("form", ["promote", "", "leave"])
def test_a_form_that_there_is_not(form):
    assert after(COMPLETE, forms={f"{MODULE}::test_one": form}) == after(COMPLETE)


def test_no_form_where_asyncio_is_replaced():
    before = """\
        import asyncio
        from unittest import mock

        from app import add


        def test_one():
            with mock.patch("asyncio.ensure_future"), mock.patch("asyncio.sleep"):
                asyncio.run(add(1, 2))
        """
    for form in ("task", "turn"):
        text = after(before, forms={f"{MODULE}::test_one": form})
        assert "        await add(1, 2)\n" in text
        assert text == after(before)


def test_plain_in_place_of_a_task():
    before = """\
        import asyncio

        from app import add

        seen = []


        async def later():
            seen.append(1)


        async def start():
            asyncio.ensure_future(later())


        def test_one():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(start())
            assert loop.run_until_complete(add(1, 2)) == 3
        """
    text = after(before, forms={f"{MODULE}::test_one": "plain"})
    assert "    await start()\n    assert await add(1, 2) == 3\n" in text


def test_a_form_does_not_overrule_a_refusal():
    before = """\
        import asyncio

        from app import connect


        def test_one():
            task = asyncio.run(connect())
            assert task.done()
        """
    text = texts(before)[MODULE]
    assert after(before) == text
    assert after(before, forms={f"{MODULE}::test_one": "plain"}) == text


def test_forms_of_a_finished_test_say_nothing():
    before = """\
        import pytest

        from app import add


        @pytest.mark.asyncio
        async def test_one():
            assert await add(1, 2) == 3
        """
    files = texts(before)
    forms = {f"{MODULE}::test_one": "task"}
    settings = Settings(directives=Directives(forms=forms))
    assert not migrate(sources(files), settings).results
    check(before, before, directives=Directives(forms=forms))
