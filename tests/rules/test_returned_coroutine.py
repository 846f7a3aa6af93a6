"""AW404: what sync code returns and a test drops."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Settings, migrate
from awaitify_codemods.plan import REVIEW
from tests.rules.test_async_mock import project
from tests.traps.support import sources, texts

APP = """
def fire(send):
    return send("a")
"""
TEST = """
def test_fire():
    send = AsyncMock()
    app.fire(send)
    send.assert_called_once_with("a")
"""


def migrated(app: str, test: str, unsafe: bool):
    """Return what becomes of the tests, and what the rule says."""
    found = sources(texts(project(app, test)))
    choice = Choice(frozenset({"AW404"}), unsafe)
    made = migrate(found, Settings(choice))
    assert not made.bugs and not made.errors
    said = [each.status for each in made.plan.findings if each.rule == "AW404"]
    return (made.results.get("test_it.py") or b"").decode(), said


def test_it_takes_the_user_s_word():
    after, said = migrated(APP, TEST, unsafe=False)
    assert (after, said) == ("", [REVIEW])
    after, _ = migrated(APP, TEST, unsafe=True)
    assert "    send = MagicMock()\n" in after


@pytest.mark.parametrize(
    ("app", "test"),
    [
        (APP, TEST.replace("    app.fire(send)", "    send('a')")),
        (APP, TEST.replace("app.fire(send)", "app.fire(send).close()")),
        ("async def fire(send):\n    await send('a')\n", TEST),
        (APP, TEST.replace("app.fire(send)", "asyncio.run(app.fire(send))")),
    ],
    ids=["the test calls it", "closed", "a coroutine function", "run"],
)
def test_anything_else_stays(app: str, test: str):
    assert migrated(app, "import asyncio\n" + test, unsafe=True) == ("", [])
