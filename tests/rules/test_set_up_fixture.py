"""AW302: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_taken, check_unchanged, reported

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import Client, f, note\n\n"
DONE = (
    "import pytest\nimport pytest_asyncio\n\nfrom app import Client, f, note\n\n"
    "class TestF:\n"
)
CLASS = "class TestF:\n"
SET_UP = "    def setup_method(self):\n        self.x = asyncio.run(f())\n\n"
FIXTURE = "    @pytest_asyncio.fixture(autouse=True)\n    async def _setup(self):\n"
TEST = "    def test_f(self):\n        assert asyncio.run(f()) == self.x\n"
MARKED = (
    "    @pytest.mark.asyncio\n    async def test_f(self):\n"
    "        assert await f() == self.x\n"
)

STAYS = {
    "it asks for the method": (
        CLASS + SET_UP.replace("(self)", "(self, method)").replace("f()", "f(method)"),
        "helper-escapes",
    ),
    "it may end early": (
        CLASS
        + SET_UP.replace("self.x", "if self.y:\n            return\n        self.x"),
        "run-boundary",
    ),
    "its name is taken": (
        CLASS + SET_UP + "    def _setup(self):\n        pass\n\n",
        "name-taken",
    ),
    "a fixture comes before": (
        CLASS
        + SET_UP
        + "    @pytest.fixture(autouse=True)\n    def _made(self):\n        note()\n\n",
        "super-order",
    ),
    "it calls that of a base": (
        f"class Base:\n{SET_UP}{CLASS.replace('F:', 'F(Base):')}"
        + SET_UP.replace("self.x", "super().setup_method()\n        self.x"),
        "super-order",
    ),
    "a base has the other half": (
        "class Base:\n    def teardown_method(self):\n        note()\n\n"
        + CLASS.replace("F:", "F(Base):")
        + SET_UP,
        "super-order",
    ),
    "somebody calls it": (
        CLASS + SET_UP + "    def again(self):\n        self.setup_method()\n\n",
        "helper-escapes",
    ),
    "it is a static method": (
        CLASS + "    @staticmethod\n" + SET_UP.replace("self.x", "x"),
        "injecting-decorator",
    ),
}


@pytest.mark.parametrize(("source", "reason"), STAYS.values(), ids=STAYS)
def test_a_set_up_that_a_fixture_cannot_replace(source, reason):
    test = "    def test_g(self):\n        assert f\n"
    assert reason in check_unchanged(HEAD + source + test)


def test_a_test_of_the_class_that_stays_and_drives():
    test = (
        "    def test_f(self):\n        loop = asyncio.get_event_loop()\n"
        "        loop.run_until_complete(f())\n        assert not loop.is_closed()\n"
    )
    assert set(check_unchanged(HEAD + CLASS + SET_UP + test)) == {
        "loop-asserted",
        "multi-loop",
    }


def test_one_half_that_drives_nothing_stays():
    sync = "    def teardown_method(self):\n        note()\n\n"
    check(
        HEAD + CLASS + SET_UP + sync + TEST,
        DONE + FIXTURE + "        self.x = await f()\n\n" + sync + MARKED,
    )


def test_a_tear_down_alone():
    sync = "    def setup_method(self):\n        self.x = 1\n\n"
    down = "    def teardown_method(self):\n        asyncio.run(f())  # down\n\n"
    check(
        HEAD + CLASS + sync + down + TEST,
        DONE + sync + FIXTURE + "        yield\n        await f()  # down\n\n" + MARKED,
    )


def test_both_halves_with_their_comments():
    down = (
        "    # the other half\n    def teardown_method(self, method):\n"
        "        # first\n        asyncio.run(f())\n        # last\n\n"
    )
    check(
        HEAD + CLASS + SET_UP + down + TEST,
        DONE + FIXTURE + "        self.x = await f()\n"
        "        # the other half\n        yield\n        # first\n"
        "        await f()\n        # last\n\n" + MARKED,
    )


def test_halves_that_stand_apart_and_the_wrong_way_round():
    down = "    def teardown_method(self):\n        asyncio.run(f())\n\n"
    check(
        HEAD + CLASS + down + TEST + "\n" + SET_UP.rstrip("\n") + "\n",
        DONE + MARKED + "\n" + FIXTURE + "        self.x = await f()\n        yield\n"
        "        await f()\n",
    )


def test_assertions_move_along():
    down = "    def teardown_method(self):\n        assert asyncio.run(f()) == 1\n\n"
    check(
        HEAD + CLASS + SET_UP + down + TEST,
        DONE + FIXTURE + "        self.x = await f()\n        yield\n"
        "        assert await f() == 1\n\n" + MARKED,
    )


def test_sync_tests_are_served_too():
    test = "    def test_g(self):\n        assert self.x\n"
    check(
        HEAD + CLASS + SET_UP + test,
        DONE + FIXTURE + "        self.x = await f()\n\n" + test,
    )


def test_subclasses_inherit_it():
    below = "\nclass TestG(TestF):\n    def test_g(self):\n        assert self.x\n"
    check(
        HEAD + CLASS + SET_UP + TEST + below,
        DONE + FIXTURE + "        self.x = await f()\n\n" + MARKED + below,
    )


def test_it_takes_the_drive_too():
    test = "    def test_g(self):\n        assert self.x\n"
    check_taken(HEAD + CLASS + SET_UP + test, "AW101", "AW302")


def test_every_site_is_reported():
    test = "    def test_g(self):\n        assert self.x\n"
    assert reported(HEAD + CLASS + SET_UP + test) == [
        "8:5 AW302 migrate",
        "9:18 AW101 migrate",
    ]
