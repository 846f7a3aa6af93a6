"""Edits of INI files keep every other byte."""

from __future__ import annotations

import pytest

from awaitify.settings import ini_text
from awaitify.settings.text import NotEditable, Text, edited

HEADER = "[pytest]\n"


def option(content: str, key: str) -> ini_text.Option:
    return next(o for o in ini_text.options(content) if o.key == key)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mode = legacy\n", "mode = auto\n"),
        ("mode=legacy", "mode=auto"),
        ("mode : legacy\nx = legacy\n", "mode : auto\nx = legacy\n"),
        ("mode =\n    legacy\n", "mode =\n    auto\n"),
        ("mode   =   legacy   \n", "mode   =   auto   \n"),
        ("; mode = legacy\nmode = legacy\n", "; mode = legacy\nmode = auto\n"),
        ("mode =\n", "mode = auto\n"),
    ],
)
def test_a_value_is_replaced(before: str, after: str):
    content = HEADER + before
    found = option(content, "mode")
    assert ini_text.replace_value(content, found, "auto") == HEADER + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", "a = 1\nnew = x\n"),
        ("a=1", "a=1\nnew=x"),
        ("a: 1\n\n# about b\nb: 2\n", "a: 1\nnew: x\n\n# about b\nb: 2\n"),
        (
            "a =\n  1\n  # within\n  2\n\n[next]\nb = 2\n",
            "a =\n  1\n  # within\n  2\nnew = x\n\n[next]\nb = 2\n",
        ),
        ("a=\n  1\n# behind\nb = 2\n", "a=\n  1\nnew=x\n# behind\nb = 2\n"),
        ("a = 1  # note\n", "a = 1  # note\nnew = x\n"),
    ],
)
def test_an_option_is_added(before: str, after: str):
    new = ini_text.add_option(HEADER + before, "pytest", "new", "x", "a")
    assert new == HEADER + after


def test_a_first_option():
    new = ini_text.add_option("[pytest]\n\n[x]\ny = 1\n", "pytest", "new", "x", "")
    assert new == "[pytest]\nnew = x\n\n[x]\ny = 1\n"


def test_the_section_is_the_right_one():
    content = (
        "[tox]\nmode = legacy\n[pytest]\nmode = legacy\n[testenv]\nmode = legacy\n"
    )
    found = [o for o in ini_text.options(content) if o.section == "pytest"]
    new = ini_text.replace_value(content, found[0], "auto")
    assert new == content[:29] + content[29:].replace("legacy", "auto", 1)


def test_an_option_is_removed():
    content = "[pytest]\n# above\nold = 1\n  # within\n  2\n\nb = 2\n"
    new = ini_text.remove_option(content, option(content, "old"))
    assert new == "[pytest]\n# above\n\nb = 2\n"


@pytest.mark.parametrize(
    "content",
    [
        "[pytest]\na = 1\n[pytest]\nb = 2\n",
        "[pytest]\na = 1\na = 2\n",
        "a = 1\n",
    ],
)
def test_what_pytest_would_not_read_is_left(content: str):
    with pytest.raises(NotEditable):
        ini_text.options(content)


@pytest.mark.parametrize(
    "source",
    [
        b"[a]\r\nx = 1\r\n",
        b"\xef\xbb\xbf[a]\nx = 1\n",
        b"[a]\nx = 1",
        b"[a]\r\nx = 1\ny = 2\r\n",
        b"[a]\nx = \xc3\xa4\x0c\xe2\x80\xa8 1\n",
        b"",
    ],
)
def test_bytes_are_kept(source: bytes):
    assert edited(source, lambda content: content) == source


def test_new_lines_end_like_the_others():
    source = b"\xef\xbb\xbf[pytest]\r\na = 1\r\n"

    def edit(content: str) -> str:
        return ini_text.add_option(content, "pytest", "new", "x", "a")

    assert edited(source, edit) == source + b"new = x\r\n"


def test_what_is_not_utf8_is_left():
    with pytest.raises(NotEditable, match="UTF-8"):
        Text.of(b"[a]\nx = \xe4\n")
