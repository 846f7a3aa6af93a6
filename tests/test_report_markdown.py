"""Markdown of a run: what others make of it, whatever names there are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from awaitify.patch import unified
from awaitify.project import Fault
from awaitify.report import Refused, Report, as_markdown
from awaitify_codemods import Finding
from tests import reports
from tests.command import LEGACY, make, run
from tests.hostile import TEXTS
from tests.prove import proofs

HOSTILE = {**TEXTS, **{str(n): text for n, text in enumerate(proofs.HOSTILE)}}


def markdown(report: Report, room: int = as_markdown.ROOM) -> str:
    return as_markdown.render(report, room).decode()


def tokens(text: str) -> list[Token]:
    found = MarkdownIt("commonmark").enable("table").parse(text)
    return [
        each
        for token in found
        for each in ([token] if token.children is None else [token, *token.children])
    ]


def headings(text: str) -> list[str]:
    return re.findall("^#{2,3} (.*)$", text, re.MULTILINE)


def blocks(text: str) -> list[str]:
    return [token.content for token in tokens(text) if token.type == "fence"]


def test_all_of_it(tmp_path: Path):
    text = markdown(reports.made(tmp_path))
    assert headings(text) == [
        "awaitify check: 4 sites to migrate",
        "By rule",
        "Left, by reason",
        "Run for the first time",
        "To look at",
        "Diff",
    ]
    assert "* 6 sites found: 4 can be migrated, 1 left, 1 to look at." in text
    assert "| AW101 await-run | 1 | 1 | 0 |" in text
    assert "| inner-loop | 1 | " in text
    assert "* `tests/test_shop.py:15`, `test_passed_in_vain`: AW109 nothing" in text
    assert "<summary>Each site that is left</summary>\n\n* `tests/test_shop.py" in text
    assert "<code>tests/hooks.py</code> (+1 \N{MINUS SIGN}0, made)</summary>" in text
    config, helpers, hooks, tests = blocks(text)
    assert config == "@@ -1 +1,2 @@\n [pytest]\n+asyncio_mode = strict\n"
    assert helpers == "@@ -1,2 +0,0 @@\n-def run(f):\n-    return f\n"
    assert hooks == "@@ -0,0 +1 @@\n+HOOK = 1\n"
    assert "\n+async def test_order():\n" in tests
    assert "For want of room" not in text


def test_what_was_written_is_said_to_be_done(tmp_path: Path):
    text = markdown(reports.made(tmp_path).as_written())
    assert headings(text)[0] == "awaitify check: 4 sites migrated"
    assert "4 files" not in text and "3 files changed, 1 removed." in text


def test_nothing_to_do(tmp_path: Path):
    text = markdown(reports.made(tmp_path, (), ()))
    assert headings(text) == ["awaitify check: nothing to do"]


def test_what_went_wrong_is_told(tmp_path: Path):
    diff = unified("t.py", b"a\n", b"b(\n")
    report = replace(
        reports.made(tmp_path, (), ()),
        faults=(Fault("a.py", 3, "no"),),
        bugs=(Refused("t.py", "compiles", "it does not", diff),),
    )
    text = markdown(report)
    assert "### Not done" in text
    assert "* `a.py:3`: no\n" in text
    assert blocks(text) == ["diff --git a/t.py b/t.py\n--- a/t.py\n+++ b/t.py\n"
                            "@@ -1 +1 @@\n-a\n+b(\n"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_message_or_line_means_anything(tmp_path: Path, text: str):
    told = markdown(reports.hostile(tmp_path, [text]), 1_000_000)
    found = tokens(told)
    kinds = {token.type for token in found}
    # What is made of it: nothing that only the text could have asked for.
    assert not kinds & {"link_open", "image", "html_inline", "em_open", "strong_open"}
    titles = {"Not done", "By rule", "Left, by reason", "Diff"}
    assert (
        titles
        <= set(headings(told))
        <= {
            *titles,
            *as_markdown._STATUSES.values(),
            "awaitify check: 2 sites to migrate",
        }
    )
    for token in found:
        if token.type == "html_block":
            assert re.fullmatch(
                r"<details><summary>.*</summary>\n|</details>\n?", token.content
            )
            assert "<" not in re.sub("</?(details|summary|code)>", "", token.content)


def test_no_user_is_told_of_a_decorator(tmp_path: Path):
    found = Finding("t.py", 1, 1, "AW109", "report", "@pytest.mark stays")
    text = markdown(reports.made(tmp_path, (), (found,)))
    assert "@pytest" not in text


@pytest.mark.parametrize("room", [3000, 10_000, 60_000])
def test_it_fits_and_says_what_is_cut(tmp_path: Path, room: int):
    files = [
        (f"tests/test_{n}.py", reports.BEFORE * 40, reports.AFTER * 40)
        for n in range(30)
    ]
    findings = [
        replace(each, path=path) for path, _, _ in files for each in reports.FINDINGS
    ]
    text = markdown(reports.made(tmp_path, files, findings), room)
    assert len(text.encode()) <= room
    assert "| AW101 await-run | 30 | 30 | 0 |" in text
    assert re.search(r"For want of room .*\d+ more files is not shown", text)
    assert text.count("<details>") == text.count("</details>")


def test_a_long_diff_is_cut(tmp_path: Path):
    files = [("t.py", b"a\n" * 50_000, b"b\n" * 50_000)]
    text = markdown(reports.made(tmp_path, files, ()))
    assert "more lines)" in text
    assert "the diff of 1 file is cut" in text
    assert len(text.encode()) <= as_markdown.ROOM


def test_names_and_code_that_are_no_text(tmp_path: Path):
    texts = [text for text in HOSTILE.values() if len(text) < 1000]
    text = markdown(reports.hostile(tmp_path, texts))
    assert len(text.encode()) <= as_markdown.ROOM
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)


def test_the_command_prints_it(tmp_path: Path):
    make(tmp_path, test_a=LEGACY)
    for command in ("check", "diff"):
        done = run(tmp_path, command, "--format", "md")
        assert done.returncode == 1
        assert headings(done.stdout)[0] == f"awaitify {command}: 1 site to migrate"
        assert "+    assert await f() == 1" in blocks(done.stdout)[0]
    done = run(tmp_path, "fix", "--format", "md")
    assert headings(done.stdout)[0] == "awaitify fix: 1 site migrated"
    assert "+    assert await f() == 1" in blocks(done.stdout)[0]


def test_a_stored_report_has_hunks_alone(tmp_path: Path):
    report = reports.made(tmp_path)
    stored = tuple(
        replace(each, before=each.before and b"", after=each.after and b"")
        for each in report.changes
    )
    config, helpers, hooks, tests = blocks(markdown(replace(report, changes=stored)))
    assert config == "@@ -1,0 +2,1 @@\n+asyncio_mode = strict\n"
    assert helpers == "@@ -1,2 +0,0 @@\n-def run(f):\n-    return f\n"
    assert hooks == "@@ -0,0 +1,1 @@\n+HOOK = 1\n"
    assert "\n-    assert asyncio.run(shop" in tests
