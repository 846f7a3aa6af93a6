"""P36: tests that replace functions of asyncio for themselves."""

import pytest

from tests.traps.support import check, left, run

APP = """
import asyncio

async def fetch():
    await asyncio.sleep(1)
    return 1

log = []

async def quick():
    log.append("quick")

async def start():
    asyncio.create_task(quick())
"""

ONCE = [
    'monkeypatch.setattr(asyncio, "sleep", fake)',
    'monkeypatch.setattr(app.asyncio, "sleep", fake)',
    'monkeypatch.setattr("asyncio.sleep", fake)',
    'mocker.patch.object(asyncio, "sleep")',
    'mocker.patch.object(app.asyncio, "open_connection", fake)',
]


def project(patch: str, body: str, test: str = "def test_it") -> dict[str, str]:
    """Return a project with one test that patches something, and then does more."""
    text = f"import asyncio\n\nimport pytest\n\nimport app\n\n\n{test}(monkeypatch):\n"
    return {"app.py": APP, "test_it.py": f"{text}    {patch}\n    {body}\n"}


@pytest.mark.parametrize("patch", ONCE)
def test_what_no_loop_calls_may_be_replaced(patch):
    before = project(patch, "assert asyncio.run(app.fetch()) == 1")
    marked = "@pytest.mark.asyncio\nasync def test_it"
    after = project(patch, "assert await app.fetch() == 1", marked)
    if "(asyncio" not in patch:
        after["test_it.py"] = after["test_it.py"].removeprefix("import asyncio\n\n")
    check(before, after)


@pytest.mark.parametrize("patch", ONCE[:4])
def test_no_turn_is_given_where_sleep_is_replaced(patch):
    body = 'asyncio.run(app.start())\n    assert app.log == ["quick"]'
    turned = run(project("pass", body)).results["test_it.py"] or b""
    assert b"await asyncio.sleep(0)" in turned
    assert left(project(patch, body)) == ["runner-patched"]


@pytest.mark.parametrize(
    "patch",
    [
        'monkeypatch.setattr(asyncio, "wait_for", fake)',
        'monkeypatch.setattr(asyncio, "Runner", fake)',
        'monkeypatch.setattr(asyncio, "set_event_loop", fake)',
        'monkeypatch.setattr(asyncio.tasks, "gather", fake)',
        'monkeypatch.setattr(asyncio.get_event_loop(), "sleep", fake)',
        "monkeypatch.setattr(asyncio, name, fake)",
        "asyncio.sleep = fake",
    ],
)
def test_what_may_drive_is_not_replaced(patch):
    files = project(patch, "assert asyncio.run(app.fetch()) == 1")
    assert set(left(files)) == {"runner-patched"}
