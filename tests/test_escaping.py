"""Text of others is shown by terminals, logs and Markdown, and obeyed by none."""

from __future__ import annotations

import re

import pytest

from awaitify.report.escaping import (
    annotation,
    annotation_property,
    markdown,
    terminal,
    visible,
)
from tests.hostile import TEXTS, orders, workflow_commands

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


@pytest.mark.parametrize("text", ["", "test_a", "TestX::test_y[a-b]", "café λ 🎉", "%"])
def test_plain_text_stays(text: str):
    assert terminal(text) == visible(text) == text


@ALL
def test_a_terminal_obeys_nothing(text: str):
    shown = terminal(text)
    assert not orders(shown)
    assert "\n" not in shown
    assert not workflow_commands(shown)
    shown.encode()


@ALL
def test_what_is_shown_tells_the_text_apart(text: str):
    others = [terminal(other) for other in TEXTS.values() if other != text]
    assert terminal(text) not in others


def test_bytes_of_names_are_spelled():
    assert terminal("caf\udce9") == "caf\\xe9"
    assert terminal("a\x1b[2J\u202eb") == "a\\x1b[2J\\u202eb"


def decoded(text: str) -> str:
    """Return what GitHub's runner makes of a value."""
    marks = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("%(0D|0A|3A|2C|25)", lambda match: marks[match[0]], text)


@ALL
def test_an_annotation_is_one_order_and_no_other(text: str):
    line = (
        f"::error file={annotation_property(text)},title="
        f"{annotation_property(text)}::{annotation(text)}"
    )
    assert len(workflow_commands(line)) == 1
    assert "\n" not in line and "\r" not in line
    assert not orders(line)
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert [each.count("=") - text.count("=") for each in properties.split(",")] == [
        1,
        1,
    ]
    assert decoded(message) == visible(text)


@ALL
def test_markdown_means_nothing(text: str):
    shown = markdown(text)
    assert not orders(shown)
    assert "\n" not in shown
    assert "@" not in shown
    # Each of what means something has its backslash, or is a reference.
    rest = re.sub(r"\\[!-/:-@\[-`{-~]|&#\d+;", "", shown)
    assert not re.search(r"[\\`*_\[\]<>#|&~]", rest)
    assert not re.match(r"\s*([-+=]|\d+[.)])", shown)
