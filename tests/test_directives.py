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


# Scopes


def test_a_test_gets_a_wider_loop():
    text = after(TWO, scopes={f"{MODULE}::test_one": "module"})
    assert '@pytest.mark.asyncio(loop_scope="module")\nasync def test_one' in text
    assert "@pytest.mark.asyncio\nasync def test_two" in text


def test_all_tests_of_a_module_get_one_mark():
    scopes = {f"{MODULE}::test_one": "session", f"{MODULE}::test_two": "session"}
    text = after(TWO, scopes=scopes)
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="session")' in text
    assert "\nasync def test_one" in text and "\nasync def test_two" in text


SHARED = """\
import asyncio

import pytest

from app import Client


@pytest.fixture
def client():
    client = Client()
    asyncio.get_event_loop().run_until_complete(client.open())
    return client


def test_one(client):
    assert asyncio.get_event_loop().run_until_complete(client.get()) == 1


def test_two(client):
    assert asyncio.get_event_loop().run_until_complete(client.get()) == 1


def test_three():
    assert asyncio.get_event_loop().run_until_complete(Client().get()) == 1
"""


def test_what_shares_a_loop_gets_a_wider_one_too():
    text = after(SHARED, scopes={f"{MODULE}::test_one": "module"})
    assert '@pytest_asyncio.fixture(loop_scope="module")\nasync def client' in text
    for name in ("test_one", "test_two"):
        assert f'(loop_scope="module")\nasync def {name}' in text
    assert "@pytest.mark.asyncio\nasync def test_three" in text


def test_no_scope_is_narrowed():
    before = SHARED.replace("@pytest.fixture\n", '@pytest.fixture(scope="module")\n')
    every = {f"{MODULE}::test_one": "function", f"{MODULE}::test_two": "class"}
    text = after(before, scopes=every)
    assert text == after(before)
    assert '(loop_scope="module")\nasync def test_two' in text


@pytest.mark.parametrize("scope", ["class", "package", "nonsense", ""])
def test_a_scope_that_there_is_not(scope):
    assert after(TWO, scopes={f"{MODULE}::test_one": scope}) == after(TWO)


def test_a_class_and_a_package():
    module = """\
import asyncio

from app import add


class TestOne:
    def test_one(self):
        assert asyncio.run(add(1, 1)) == 2


def test_two():
    assert asyncio.run(add(2, 2)) == 4
"""
    files = {"tests/__init__.py": "", "tests/test_it.py": module}
    scopes = {
        "tests/test_it.py::TestOne::test_one": "class",
        "tests/test_it.py::test_two": "package",
    }
    text = planned(files, Directives(scopes=scopes))["tests/test_it.py"]
    assert '(loop_scope="class")\n    async def test_one' in text
    assert '(loop_scope="package")\nasync def test_two' in text


def test_a_loop_is_not_widened_away_from_an_async_fixture():
    before = SHARED.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
    before = before.replace(
        "@pytest.fixture\ndef", "@pytest_asyncio.fixture\nasync def"
    )
    before = before.replace(
        "asyncio.get_event_loop().run_until_complete(client.open())",
        "await client.open()",
    )
    assert after(before, scopes={f"{MODULE}::test_one": "module"}) == after(before)
    assert "async def test_one(client)" in after(before)


def test_no_wider_loop_for_what_leaves_tasks():
    before = """\
        import asyncio

        from app import add


        async def later():
            await asyncio.sleep(60)


        async def start():
            asyncio.ensure_future(later())


        def test_one():
            asyncio.run(start())
        """
    assert "await start()" in after(before)
    assert after(before, scopes={f"{MODULE}::test_one": "module"}) == after(before)


def test_no_scope_in_unittest_classes():
    before = """\
        import asyncio
        import unittest

        from app import add


        class TestIt(unittest.TestCase):
            def test_one(self):
                assert asyncio.run(add(1, 1)) == 2
        """
    assert after(before, scopes={f"{MODULE}::TestIt::test_one": "class"}) == after(
        before
    )


def test_no_scope_where_the_plugin_has_none():
    directives = Directives(scopes={f"{MODULE}::test_one": "module"})
    found = planned(TWO, directives, lacking=["loop_scope"])
    assert found == planned(TWO, Directives(), lacking=["loop_scope"])
    assert "async def test_one" in found[MODULE]


# Promoted

PLAIN = """\
import asyncio

from app import Client, add


def test_one():
    assert Client().count == 0


def test_two():
    assert asyncio.run(add(2, 2)) == 4
"""


def test_a_promoted_test_becomes_async():
    text = after(PLAIN, promoted=frozenset({f"{MODULE}::test_one"}))
    assert "@pytest.mark.asyncio\nasync def test_one" in text
    assert "    assert Client().count == 0\n" in text
    assert "async def test_one" not in after(PLAIN)


def test_a_promotion_is_told():
    directives = Directives(promoted=frozenset({f"{MODULE}::test_one"}))
    found = run(texts(PLAIN), directives=directives).plan
    first = found.findings[0]
    assert (first.line, first.rule) == (6, "AW109")
    assert first.message == "it failed where no loop runs"
    assert (f"{MODULE}::test_one",) in [each.functions for each in found.units]


def test_a_promoted_test_in_a_unittest_class():
    before = """\
        import unittest

        from app import Client


        class TestIt(unittest.TestCase):
            def setUp(self):
                self.client = Client()

            def test_one(self):
                assert self.client.count == 0
        """
    text = after(before, promoted=frozenset({f"{MODULE}::TestIt::test_one"}))
    assert "class TestIt(unittest.IsolatedAsyncioTestCase)" in text
    assert "async def test_one" in text
    # What it looks at may ask for a loop when it is made.
    assert "    def setUp(self)" in text


@pytest.mark.parametrize(
    ("decorator", "body"),
    [
        ("@wrapped\n", "assert 1"),
        ("", "yield 1"),
        ("", "main(lambda: asyncio.run(add(1, 2)))"),
        ("", "Thread(target=lambda: asyncio.run(add(1, 2))).start()"),
    ],
)
def test_what_cannot_be_async_is_not_promoted(decorator, body):
    before = (
        "import asyncio\nfrom threading import Thread\n\nfrom app import *\n\n\n"
        f"{decorator}def test_one():\n    {body}\n"
    )
    assert after(before, promoted=frozenset({f"{MODULE}::test_one"})) == before


def test_only_tests_are_promoted():
    before = "from app import make\n\n\ndef client():\n    return make()\n"
    assert after(before, promoted=frozenset({f"{MODULE}::client"})) == before


def test_a_promoted_test_that_is_async():
    text = after(PLAIN, promoted=frozenset({f"{MODULE}::test_one"}))
    check(
        text, text, directives=Directives(promoted=frozenset({f"{MODULE}::test_one"}))
    )


def test_a_pin_is_stronger_than_a_promotion():
    name = f"{MODULE}::test_one"
    text = after(PLAIN, promoted=frozenset({name}), pins={name: "it failed"})
    assert text == after(PLAIN)


# Anchored

KEEPER = "def _current_loop(_sync_loop):"


def test_what_is_anchored_gets_a_current_loop():
    text = after(PLAIN, anchored=frozenset({f"{MODULE}::test_one"}))
    assert KEEPER in text
    assert "\ndef test_one" in text
    assert KEEPER not in after(PLAIN)


def test_what_calls_something_anchored_gets_a_current_loop():
    files = {
        "tests/conftest.py": "",
        "tests/helpers.py": "from app import Client\n\n\n"
        "def make():\n    return Client()\n",
        "tests/test_one.py": "from helpers import make\n\n\n"
        "def test_one():\n    assert make().count == 0\n",
        "tests/test_two.py": TWO,
    }
    anchored = frozenset({"tests/helpers.py::make"})
    found = planned(files, Directives(anchored=anchored))
    assert KEEPER in found["tests/test_one.py"]
    assert "async def test_two" in found["tests/test_two.py"]


def test_an_anchor_that_cannot_be_is_no_obstacle():
    before = PLAIN.replace(
        "def test_one():\n    assert Client().count == 0\n",
        "def setup_module():\n    Client.shared = Client()\n",
    )
    text = after(before, anchored=frozenset({f"{MODULE}::setup_module"}))
    assert text == after(before)
    assert "async def test_two" in text


def test_what_becomes_async_is_not_anchored():
    text = after(PLAIN, anchored=frozenset({f"{MODULE}::test_two"}))
    assert text == after(PLAIN)


def test_nothing_is_anchored_where_nothing_becomes_async():
    before = "from app import Client\n\n\ndef test_one():\n    assert Client()\n"
    assert after(before, anchored=frozenset({f"{MODULE}::test_one"})) == before


def test_an_anchored_test_in_a_class_that_gets_another_base():
    before = """\
        import asyncio
        import unittest

        from app import Client, add


        class TestIt(unittest.TestCase):
            def test_one(self):
                assert Client().count == 0

            def test_two(self):
                assert asyncio.run(add(2, 2)) == 4
        """
    text = after(before, anchored=frozenset({f"{MODULE}::TestIt::test_one"}))
    assert text == after(before)
