"""Whatever names and messages hold, a summary shows it, and nothing else."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from awaitify.batch import shown
from awaitify.batch.entries import Mistake
from awaitify.batch.states import Counts, Phase, State, Verdict
from awaitify.batch.summary import Line, Summary
from awaitify.flags import Summarised
from tests import hostile


def summary(text: str) -> Summary:
    counts = Counts(3, 2, {"unresolved": 1}, 1)
    state = State(
        text, Phase.OVER, 1, Verdict.FAILED, 3, 0, text, text, "", "", "", counts, 1.5
    )
    good = State("good", Phase.OVER, 1, Verdict.MIGRATED, counts=counts, branch=text)
    lines = (Line(text, text, "failed", state), Line("good", "", "migrated", good))
    return Summary("batch.toml", lines, (Mistake(1, text, text),))


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {f"{name}={value}" for name, value in attrs}


def page(text: str) -> Page:
    found = Page()
    data = shown.render(summary(text), Summarised.HTML, quiet=False)
    found.feed(data.decode())
    return found


@pytest.mark.parametrize("trap", hostile.TEXTS)
def test_hostile_texts(trap: str):
    text = hostile.TEXTS[trap]
    for form in (Summarised.TEXT, Summarised.MD):
        told = shown.render(summary(text), form, quiet=False).decode()
        assert not hostile.orders(told.replace("\n", ""))
        assert not hostile.workflow_commands(told)
    told = shown.render(summary(text), Summarised.MD, quiet=False).decode()
    assert len({line.count(" | ") for line in told.splitlines() if line[:1] == "|"}) < 3
    for line in (
        shown.progress(summary(text).lines[0].state, 1, 2),
        *(shown.mistake(Path(__file__), each) for each in summary(text).mistakes),
    ):
        assert not hostile.orders(line) and "\n" not in line
    data = json.loads(shown.render(summary(text), Summarised.JSON, quiet=False))
    assert data["entries"][0]["message"] == text
    if text.strip():
        plain = page("x")
        assert page(text).tags == plain.tags
        assert page(text).attributes == plain.attributes


def test_the_numbers():
    told = shown.render(summary("x"), Summarised.TEXT, quiet=True).decode()
    assert told.splitlines() == [
        "2 entries: 1 failed, 1 migrated, 1 wrong in the file.",
        "6 sites found: 4 migrated, 2 left (unresolved 2).",
        "slowest: x 1.5 s",
    ]
    # What is wrong with the file counts for more than files that failed.
    assert summary("x").code == 2
