"""A reviewer whose answers are known, and a project to review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from awaitify.config import from_flags
from awaitify.flags import By
from awaitify.report.lines import Line
from awaitify.review import command
from awaitify.review.dialogue import Ended
from tests.command import git

FILES = {
    "app.py": "async def fetch():\n    return 1\n",
    "tests/test_one.py": """\
import asyncio

from app import fetch


def make():
    return asyncio.run(fetch())


def test_make():
    assert make() == 1


def test_twice():
    assert make() + make() == 2


def test_alone():
    assert asyncio.run(fetch()) == 1
""",
    "tests/test_two.py": """\
import asyncio

from app import fetch


def test_loop():
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(fetch()) == 1
    loop.close()


def test_run():
    assert asyncio.run(fetch()) == 1
""",
    "pytest.ini": "[pytest]\npythonpath = .\n",
}


@dataclass
class Scripted:
    """Answers what it was told to; notes what it was asked."""

    answers: list[str]
    said: list[str] = field(default_factory=list)

    def show(self, told: Iterable[Line]) -> None:
        self.said += ["".join(text for text, _ in line) for line in told]

    def ask(self, prompt: str) -> str:
        self.said.append(prompt)
        if not self.answers:
            raise Ended
        return self.answers.pop(0)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def project(root: Path, **more: str) -> Path:
    """Make a git repository of the files above and some others."""
    for name, text in {**FILES, **more}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def review(
    root: Path, *answers: str, by: By = By.TEST, again: bool = False, **flags: object
) -> tuple[int, Scripted]:
    """Review a project in this process; return the exit code and what was said."""
    talk = Scripted(list(answers))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        options = from_flags("review", {"no_cache": True, "jobs": 1, **flags})
        try:
            return command.review(options, by=by, again=again, talk=talk), talk
        except KeyboardInterrupt as end:
            # As `cli` does; pytest would take it for its own.
            talk.said += map(str, end.args)
            return 130, talk


def read(root: Path, name: str) -> str:
    return (root / name).read_bytes().decode()
