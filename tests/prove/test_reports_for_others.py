"""Markdown and JUnit of a proof: what others make of it, whatever names there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from awaitify.config import Format
from awaitify.prove.outcome import TIMED_OUT
from awaitify.prove.proof import Comparison, Proof, RolledBack, Verdict
from awaitify.prove.report import render
from awaitify.report import excerpts
from tests.command import run
from tests.prove import proofs
from tests.prove.proofs import HOSTILE, one, suite


def markdown(proof: Proof) -> str:
    return render(proof, Format.MD).decode()


def tokens(text: str) -> list[Token]:
    found = MarkdownIt("commonmark").enable("table").parse(text)
    return [
        each
        for token in found
        for each in ([token] if token.children is None else [token, *token.children])
    ]


def headings(text: str) -> list[str]:
    found = MarkdownIt("commonmark").parse(text)
    return [
        after.content
        for token, after in pairwise(found)
        if token.type == "heading_open"
    ]


class TestMarkdown:
    def test_all_went_well(self, tmp_path: Path):
        text = markdown(proofs.proved(tmp_path))
        assert headings(text) == [
            "awaitify prove: proved",
            "Newly running",
            "Patterns",
            "Left, by reason",
            "To repeat it",
        ]
        assert "| passed | 2 | 3 |" in text
        assert "| AW101 await-run | 30 | 1 |" in text
        assert "| inner-loop | 2 |" in text
        assert "* Node ids: equal." in text
        assert "```\nawaitify prove --runs 3\n```" in text

    def test_what_is_worse_is_told_with_messages(self, tmp_path: Path):
        text = markdown(proofs.worse(tmp_path))
        assert headings(text) == [
            "awaitify prove: not proved",
            "The suite after: crashed with status 0",
            "Worse than before",
            "More complaints than before",
            "Rolled back, as tests regressed with it",
            "Otherwise than planned at first",
            "Flaky since, and not with the code as it was",
            "Flaky, with the code as it was",
            "Added",
            "Passed without showing what they seem to show",
        ]
        assert (
            "`t.py::test_1`: regressed: passed, then failed\n\n"
            "```\nassert 1 == 2\n  more\n```\n" in text
        )
        assert "`t.py::test_9`, for `t.py::test_9`\n\n```\nE  RuntimeError\n```" in text
        assert "by `t.py::test_1`, `u`" in text

    def test_hostile_names_mean_nothing(self, tmp_path: Path):
        # Refusal codes are ours; they alone stand between words.
        text = markdown(replace(proofs.hostile(tmp_path), left={"inner-loop": 2}))
        kinds = Counter(token.type for token in tokens(text))
        for kind in ("html_inline", "html_block", "link_open", "image", "em_open"):
            assert kind not in kinds
        # Whatever stands in a block is a message: none of them has ended its own.
        assert not [h for h in headings(text) if h == "heading"]
        assert kinds["hr"] == kinds["blockquote_open"] == kinds["code_block"] == 0
        assert all(char == "\n" or char.isprintable() for char in text if char != "\t")
        inline = [t.content for t in tokens(text) if t.type == "text"]
        assert not any("@somebody" in each for each in inline)

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_each_name_is_one_piece_of_code(self, tmp_path: Path, text: str):
        tests = {text: one(Verdict.NEWLY_RUNNING)}
        proof = replace(proofs.proved(tmp_path), comparison=Comparison(tests))
        [code] = [t for t in tokens(markdown(proof)) if t.type == "code_inline"]
        assert code.content.strip() == excerpts.name(text, 300).strip()

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_each_message_is_one_block(self, tmp_path: Path, text: str):
        back = RolledBack(("a",), "test", ("a",), text)
        proof = replace(proofs.proved(tmp_path), again=(), rolled_back=(back,))
        blocks = [t.content for t in tokens(markdown(proof)) if t.type == "fence"]
        shown = excerpts.block(text, 30, 2000)
        assert blocks == ([f"{shown}\n"] if text.strip() else [])

    def test_it_fits_into_a_comment_and_says_what_is_cut(self, tmp_path: Path):
        tests = {
            f"t.py::test_{n}": one(Verdict.LOST, message="m\n" * 99)
            for n in range(5000)
        }
        back = RolledBack(("a",) * 10, "file", ("b",) * 10, "x" * 9999)
        proof = replace(
            proofs.proved(tmp_path),
            comparison=Comparison(tests),
            rolled_back=(back,) * 500,
            again=("c" * 9999,) * 99,
        )
        text = markdown(proof)
        assert len(text.encode()) < 65_536
        assert "* 5000 tests compared: 5000 lost." in text
        assert " more\n" in text
        assert "more lines)" in text
        assert "and 7 more, for" in text

    def test_the_end_of_the_output_says_why(self, tmp_path: Path):
        output = "\n".join(f"line {n}" for n in range(1000))
        broken = replace(
            proofs.proved(tmp_path), before=(suite(TIMED_OUT, output=output),), after=()
        )
        text = markdown(broken)
        assert "line 999\n```" in text
        assert "(970 lines before that) ...\nline 970" in text


def junit(proof: Proof) -> ElementTree.Element:
    root = ElementTree.fromstring(render(proof, Format.JUNIT))
    [found] = root
    return found


def cases(proof: Proof) -> dict[str, str]:
    """Return what is said against each case, by its full name."""
    return {
        f"{case.get('classname')}|{case.get('name')}": next(
            (f"{each.tag}: {each.get('message')}" for each in case), "passed"
        )
        for case in junit(proof).iter("testcase")
    }


class TestJunit:
    def test_cases(self, tmp_path: Path):
        assert cases(proofs.proved(tmp_path)) == {
            "tests.test_a|test_a": "passed",
            "tests.test_a|test_b": "passed",
            "tests.test_a.TestC|test_c[x-1]": "passed",
            "tests.test_a|test_d": "skipped: failed before too: failed, then failed",
        }
        assert cases(proofs.worse(tmp_path)) == {
            "t|test_1": "failure: regressed: passed, then failed",
            "t|test_2": "failure: lost: passed, then skipped",
            "t|test_3": "failure: lost: passed, then not there",
            "t|test_4": "skipped: flaky: failed, then passed",
            "t|test_5": "skipped: flaky since: passed, then failed",
            "t|test_6": "passed",
            "collection|w.py": "failure: not collected any more",
            "complaints|task-destroyed: Queue.get": "failure: 0 before, 2 after",
            "suite|after 1": "error: crashed with status 0",
        }

    def test_totals_are_those_of_the_cases(self, tmp_path: Path):
        found = junit(proofs.worse(tmp_path))
        totals = ("tests", "failures", "errors", "skipped")
        assert [found.get(total) for total in totals] == ["9", "5", "1", "2"]

    def test_newly_running_and_failing_is_nothing_worse(self, tmp_path: Path):
        tests = {"a::b": one(Verdict.NEWLY_RUNNING, after="failed", message="no")}
        proof = replace(proofs.proved(tmp_path), comparison=Comparison(tests))
        said = "skipped: newly running: passed without running, then failed"
        assert cases(proof) == {"a|b": said}

    def test_it_is_xml_whatever_there_is(self, tmp_path: Path):
        proof = proofs.hostile(tmp_path)
        found = junit(proof)
        assert len(found.findall("testcase")) == (
            len(proof.comparison.tests) + 2 * len(HOSTILE) + 1
        )
        text = "".join(found.itertext())
        assert "]]>" in text
        assert "\\x00\\x1b[31mred\\x07" in text
        assert "<script>" in text

    def test_node_ids_have_names_of_their_own(self, tmp_path: Path):
        ids = ["a/b.py::T::t[x::y]", "a/b.py::T::t", "[o].py::t", "doc.rst", ""]
        tests = dict.fromkeys(ids, one())
        proof = replace(proofs.proved(tmp_path), comparison=Comparison(tests))
        found = cases(proof)
        assert len(found) == len(ids)
        assert {"a.b.T|t[x::y]", "a.b.T|t", "|[o].py::t", "|doc.rst"} <= found.keys()


@pytest.mark.parametrize("command", ["check", "fix", "diff"])
def test_other_commands_have_no_such_format(tmp_path: Path, command: str):
    done = run(tmp_path, command, "--format", "junit")
    assert done.returncode == 2
    assert "--format junit" in done.stderr
