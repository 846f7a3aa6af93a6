"""A run that would leave a task, if the test had not replaced what makes it."""

import pytest

from tests.traps.support import cases, check, left

APP = """
import asyncio

from background import spawn
import background

log = []

class Service:
    def start(self):
        self.task = asyncio.create_task(background.work())

    async def use(self):
        self.start()

async def by_name():
    spawn()

async def by_module():
    background.spawn()

async def by_import_of_its_own():
    from background import spawn
    spawn()
"""

BACKGROUND = """
import asyncio

log = []

async def work():
    try:
        await asyncio.sleep(9)
    finally:
        log.append(1)

def spawn():
    asyncio.create_task(work())
"""

TEST = """
{imports}
from unittest.mock import AsyncMock, MagicMock, patch

import pytest

import app
import background

{mark}{decorator}{define} test_f({parameters}):
{body}
    assert not background.log
"""


def project(replacing: str, callee: str, modern: bool = False) -> dict[str, str]:
    """Return a project whose test replaces something, and then drives."""
    parameters = "monkeypatch, mocker, new"
    drive = f"await {callee}()" if modern else f"asyncio.run({callee}())"
    decorator, block = "", f"    {replacing}\n    {drive}"
    if replacing.startswith("@"):
        decorator, block = f"{replacing}\n", f"    {drive}"
    elif replacing.startswith("with"):
        block = f"    {replacing}\n        {drive}"
    test = TEST.format(
        imports="" if modern else "import asyncio",
        mark="@pytest.mark.asyncio\n" if modern and not decorator else "",
        decorator=f"{decorator}@pytest.mark.asyncio\n"
        if modern and decorator
        else decorator,
        define="async def" if modern else "def",
        parameters=parameters,
        body=block,
    )
    return {"app.py": APP, "background.py": BACKGROUND, "test_it.py": test.lstrip()}


REPLACED = {
    "setattr, a method": (
        'monkeypatch.setattr(app.Service, "start", lambda self: None)',
        "app.Service().use",
    ),
    "setattr, an object": (
        'service = app.Service(); monkeypatch.setattr(service, "start", MagicMock())',
        "service.use",
    ),
    "an attribute of an object": (
        "service = app.Service(); service.start = lambda: None",
        "service.use",
    ),
    "patch, a name of a module": ('@patch("app.spawn")', "app.by_name"),
    "patch, where it is defined": ('@patch("background.spawn")', "app.by_module"),
    "patch, before an import": (
        'with patch("background.spawn"):',
        "app.by_import_of_its_own",
    ),
    "patch.object": ('with patch.object(app, "spawn"):', "app.by_name"),
    "mocker": ('mocker.patch("app.spawn", return_value=None)', "app.by_name"),
    "mocker.patch.object": ('mocker.patch.object(app, "spawn")', "app.by_name"),
    "setattr by name": ('monkeypatch.setattr("app.spawn", print)', "app.by_name"),
}


@pytest.mark.parametrize(("replacing", "callee"), cases(REPLACED))
def test_a_task_that_the_test_keeps_from_being_made(replacing, callee):
    after = project(replacing, callee, modern=True)
    check(project(replacing, callee), {"test_it.py": after["test_it.py"]})


KEPT = {
    "where it is defined, not where it is used": (
        '@patch("background.spawn")',
        "app.by_name",
    ),
    "a name of another module": ('@patch("app.spawn")', "app.by_module"),
    "a spy": (
        'mocker.patch("app.spawn", wraps=background.spawn)',
        "app.by_name",
    ),
    "a spy, written out": (
        'original = app.spawn; monkeypatch.setattr(app, "spawn", lambda: original())',
        "app.by_name",
    ),
    "a side effect": (
        'mocker.patch("app.spawn", side_effect=background.spawn)',
        "app.by_name",
    ),
    "an object among others": (
        "one = app.Service(); two = app.Service(); one.start = print",
        "two.use",
    ),
    "what is not known": ('monkeypatch.setattr(app, "spawn", new)', "app.by_name"),
    "undone": (
        'monkeypatch.setattr(app, "spawn", lambda: None); monkeypatch.undo()',
        "app.by_name",
    ),
    "later": (
        'asyncio.run(app.by_name()); monkeypatch.setattr(app, "spawn", lambda: None)',
        "app.by_name",
    ),
}


@pytest.mark.parametrize(("replacing", "callee"), cases(KEPT))
def test_a_task_that_is_made_all_the_same(replacing, callee):
    assert "run-boundary" in left(project(replacing, callee))
