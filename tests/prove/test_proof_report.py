"""What is said of a proof, line by line, and whatever a suite calls its things."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awaitify.config import Format
from awaitify.prove.outcome import TIMED_OUT
from awaitify.prove.proof import Comparison, Proof
from awaitify.prove.report import Conclusion, conclusion, content, render
from tests.prove import proofs
from tests.prove.proofs import one, suite


def text(proof: Proof, **options: bool) -> list[str]:
    return render(proof, Format.TEXT, **options).decode().splitlines()


def data(proof: Proof) -> dict[str, Any]:
    found = json.loads(render(proof, Format.JSON))
    assert isinstance(found, dict)
    return found


def test_all_went_well(tmp_path: Path):
    assert text(proofs.proved(tmp_path)) == [
        "newly running: tests/test_a.py::TestC::test_c[x-1]: "
        "passed without running, then passed",
        "fixed: tests/test_a.py::test_b: error, then passed",
        "",
        "                              before  after",
        "passed                             2      3",
        "failed                             1      1",
        "error in set-up or tear-down       1      0",
        "error in collection                0      0",
        "",
        "4 tests compared: 1 same, 1 fixed, 1 newly running, 1 failed before too.",
        "Node ids: equal.",
        "40 sites found: 38 migrated, 2 left (inner-loop 2).",
        "The suite takes 12.0 s before, 10.0 s after; the result ran 3 times "
        "(80.0 s in all).",
        "Proved: what passed, passes.",
        "repeat with: awaitify prove --runs 3",
    ]


def test_quiet_is_the_summary(tmp_path: Path):
    first, *_, last = text(proofs.proved(tmp_path), quiet=True)
    assert first.startswith("4 tests compared")
    assert last == "Proved: what passed, passes."


def test_what_is_worse_comes_first(tmp_path: Path):
    lines = text(proofs.worse(tmp_path))
    assert lines[: lines.index("")] == [
        "suite: after: crashed with status 0",
        "regressed: t.py::test_1: passed, then failed: assert 1 == 2",
        "lost: t.py::test_2: passed, then skipped: no runner",
        "lost: t.py::test_3: passed, then not there",
        "flaky since: t.py::test_5: passed, then failed: !",
        "flaky: t.py::test_4: failed, then passed",
        "added: t.py::test_6: not there, then passed",
        "not collected: w.py: ImportError: no x",
        "task-destroyed: Queue.get: 0 before, 2 after, by t.py::test_1 and 1 more",
        "rolled back: t.py::test_9: E  RuntimeError",
        "vacuous: t.py::test_7: never-ran: nothing awaited it",
    ]
    assert "Node ids: not equal, 1 gone, 1 added." in lines
    assert "Not proved: something is worse than before." in lines
    more = text(proofs.worse(tmp_path), verbose=True)
    assert "round: 2: task for t.py::test_1: 2 regressed, not kept" in more
    assert "repaired: t.py::test_8: task, by t.py::test_8" in more


def test_long_lists_are_cut_and_say_so(tmp_path: Path):
    tests = {f"t.py::test_{n}": one(content.Verdict.FIXED) for n in range(25)}
    proof = replace(proofs.proved(tmp_path), comparison=Comparison(tests))
    lines = text(proof)
    assert sum(line.startswith("fixed: t.py") for line in lines) == 10
    assert "fixed: 15 more (-v lists them)" in lines
    assert sum(line.startswith("fixed: ") for line in text(proof, verbose=True)) == 25


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_names_stay_on_their_lines(tmp_path: Path, verbose: bool, colour: bool):
    proof = proofs.hostile(tmp_path)
    printed = render(proof, Format.TEXT, verbose=verbose, colour=colour).decode()
    lines = printed.split("\n")
    assert max(map(len, lines)) < 5000
    assert "\x1b[31mred" not in printed
    assert "\\x1b[31mred" in printed
    if not colour:
        assert all(char == "\n" or char.isprintable() for char in printed)


def test_colour_is_the_same_text(tmp_path: Path):
    for proof in (proofs.proved(tmp_path), proofs.worse(tmp_path)):
        painted = render(proof, Format.TEXT, colour=True).decode()
        assert "\x1b[" in painted
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted).splitlines() == text(proof)


class TestConclusion:
    def test_of_each_kind(self, tmp_path: Path):
        proof, worse = proofs.proved(tmp_path), proofs.worse(tmp_path)
        assert conclusion(proof) is Conclusion.PROVED
        rolled = replace(proof, rolled_back=worse.rolled_back)
        assert conclusion(rolled) is Conclusion.ROLLED_BACK
        assert conclusion(replace(proof, after=())) is Conclusion.NOTHING
        assert conclusion(worse) is Conclusion.REGRESSED

    @pytest.mark.parametrize("verdict", content.BAD)
    def test_one_test_is_enough(self, tmp_path: Path, verdict: content.Verdict):
        tests = {"a": one(), "b": one(verdict)}
        proof = replace(proofs.proved(tmp_path), comparison=Comparison(tests))
        assert conclusion(proof) is Conclusion.REGRESSED

    def test_so_is_a_complaint(self, tmp_path: Path):
        more = proofs.worse(tmp_path).comparison.more
        proof = replace(proofs.proved(tmp_path), comparison=Comparison(more=more))
        assert conclusion(proof) is Conclusion.REGRESSED

    def test_and_what_cannot_be_collected(self, tmp_path: Path):
        proof = proofs.proved(tmp_path)
        known = Comparison(collection_before={"a": "b"}, collection_after={"a": "c"})
        assert conclusion(replace(proof, comparison=known)) is Conclusion.PROVED
        new = Comparison(collection_after={"a": "c"})
        assert conclusion(replace(proof, comparison=new)) is Conclusion.REGRESSED

    def test_and_a_run_of_the_result_that_did_not_end(self, tmp_path: Path):
        proof = proofs.proved(tmp_path)
        late = replace(proof, after=(*proof.after, suite(TIMED_OUT)))
        assert conclusion(late) is Conclusion.REGRESSED

    def test_without_a_baseline_nothing_is_proved(self, tmp_path: Path):
        proof = replace(
            proofs.proved(tmp_path),
            before=(suite(TIMED_OUT, output="slow\n\x1b[31mmore"),),
            after=(),
        )
        assert conclusion(proof) is Conclusion.UNUSABLE
        lines = text(proof)
        assert lines[0] == "suite: before: timed-out with status 0"
        assert "  slow" in lines
        assert "  \\x1b[31mmore" in lines
        assert "Not proved: the suite cannot be run as it is." in lines


class TestJson:
    def test_keys(self, tmp_path: Path):
        found = data(proofs.worse(tmp_path))
        assert found["schema"] == 1
        assert sorted(found) == [
            "again",
            "collection",
            "command",
            "complaints",
            "conclusion",
            "evidence",
            "files",
            "inventory",
            "left",
            "repairs",
            "rolled_back",
            "root",
            "rounds",
            "run",
            "schema",
            "suite",
            "summary",
            "tests",
            "vacuous",
            "version",
        ]
        assert found["conclusion"] == "regressed"
        assert found["summary"]["verdicts"] == {
            "same": 0,
            "fixed": 0,
            "newly_running": 0,
            "regressed": 1,
            "lost": 2,
            "added": 1,
            "flaky": 1,
            "flaky_since": 1,
            "failed_before_too": 0,
        }
        assert found["summary"]["node_ids_equal"] is False
        assert found["tests"][0] == {
            "id": "t.py::test_1",
            "verdict": "regressed",
            "before": "passed",
            "after": "failed",
            "message": "\nassert 1 == 2\n  more",
            "seconds_before": 0.25,
            "seconds_after": 0.5,
        }

    def test_numbers(self, tmp_path: Path):
        found = data(proofs.proved(tmp_path))
        assert found["conclusion"] == "proved"
        assert found["summary"]["suite_seconds"] == {"before": 12.0, "after": 10.0}
        assert (found["summary"]["sites"], found["summary"]["sites_left"]) == (40, 2)
        assert found["inventory"]["AW101"] == {"before": 30, "after": 1}
        assert found["files"] == [{"path": "tests/test_a.py", "change": "changed"}]

    def test_hostile_names_are_kept_to_the_letter(self, tmp_path: Path):
        found = data(proofs.hostile(tmp_path))
        told = {each["message"] for each in found["tests"]}
        assert told == set(proofs.HOSTILE)
        assert found["again"] == list(proofs.HOSTILE)
