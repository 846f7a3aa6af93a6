"""Proofs, small and odd, for the tests of what is said of them."""

from __future__ import annotations

from pathlib import Path

from awaitify.prove.outcome import CRASHED, FINISHED, SuiteRun, TestResult
from awaitify.prove.proof import (
    Compared,
    Comparison,
    More,
    Proof,
    Repair,
    RolledBack,
    Round,
    Vacuous,
    Verdict,
)

HOSTILE = (
    "]]>",
    "```\nnot code\n```",
    "~~~~\n````",
    "\x00\x1b[31mred\x07",
    "a|b|c",
    "<script>alert(1)</script>",
    "&amp; &#0; \"'",
    "\ud800 alone, \udcff a byte",
    "\u202eback\u2069 \u2028 \u0085",
    "carriage\rreturn\r\nline\ttab",
    "\ufffe\uffff",
    "* list\n# heading\n| cell |",
    "`tick` ``two``",
    " ends in a tick `",
    "@somebody closes #1",
    "[x](javascript:alert(1)) ![](http://x)",
    "x" * 100_000,
    "line\n" * 10_000,
    "",
    "\n\n",
)


def one(
    verdict: Verdict = Verdict.SAME,
    before: str = "passed",
    after: str = "passed",
    message: str = "",
) -> Compared:
    return Compared(verdict, before, after, message, 0.25, 0.5)


def suite(ended: str = FINISHED, *, seconds: float = 2.0, output: str = "") -> SuiteRun:
    results = {"tests/test_a.py::test_a": TestResult("passed")}
    return SuiteRun(ended, 0, results, seconds=seconds, output=output)


def proved(root: Path) -> Proof:
    """Return one in which all went well."""
    return Proof(
        root=root,
        command=("python", "-m", "pytest"),
        before=(suite(seconds=12.0),),
        after=(suite(seconds=11.0), suite(seconds=9.0), suite(seconds=10.0)),
        comparison=Comparison(
            {
                "tests/test_a.py::test_a": one(),
                "tests/test_a.py::test_b": one(Verdict.FIXED, "error"),
                "tests/test_a.py::TestC::test_c[x-1]": one(Verdict.NEWLY_RUNNING),
                "tests/test_a.py::test_d": one(
                    Verdict.FAILED_BEFORE, "failed", "failed", "assert 0"
                ),
            }
        ),
        inventory={"AW101": (30, 1), "AW201": (10, 1)},
        left={"inner-loop": 2},
        changed=("tests/test_a.py",),
        run="20261121-063512-1",
        again=("awaitify prove --runs 3",),
        seconds=80.04,
    )


def worse(root: Path) -> Proof:
    """Return one in which everything is."""
    return Proof(
        root=root,
        command=("python", "-m", "pytest"),
        before=(suite(),),
        after=(suite(CRASHED),),
        comparison=Comparison(
            {
                "t.py::test_1": one(
                    Verdict.REGRESSED, after="failed", message="\nassert 1 == 2\n  more"
                ),
                "t.py::test_2": one(Verdict.LOST, after="skipped", message="no runner"),
                "t.py::test_3": one(Verdict.LOST, after=""),
                "t.py::test_4": one(Verdict.FLAKY, "failed"),
                "t.py::test_5": one(Verdict.FLAKY_SINCE, after="failed", message="!"),
                "t.py::test_6": one(Verdict.ADDED, before=""),
            },
            more=(More("task-destroyed", "Queue.get", 0, 2, ("t.py::test_1", "u")),),
            collection_before={"v.py": "SyntaxError"},
            collection_after={"v.py": "SyntaxError", "w.py": "ImportError: no x"},
        ),
        vacuous=(Vacuous("t.py::test_7", "never-ran", "nothing awaited it"),),
        rounds=(
            Round(1, "the first plan", 3, kept=True),
            Round(2, "task for t.py::test_1", 2, kept=False),
        ),
        repairs=(Repair("t.py::test_8", "task", ("t.py::test_8",)),),
        rolled_back=(
            RolledBack(("t.py::test_9",), "test", ("t.py::test_9",), "E  RuntimeError"),
        ),
        run="20261121-063512-1",
        given_up=True,
    )


def hostile(root: Path) -> Proof:
    """Return one of which every name and message is as bad as can be."""
    verdicts = list(Verdict)
    tests = {
        f"t.py::TestX::test_{n}[{text}]": one(
            verdicts[n % len(verdicts)], after="failed", message=text
        )
        for n, text in enumerate(HOSTILE * 3)
    }
    return Proof(
        root=root,
        command=HOSTILE,
        before=(suite(output=HOSTILE[3]),),
        after=(suite(CRASHED, output=HOSTILE[3]),),
        comparison=Comparison(
            tests,
            more=tuple(More(text, text, 0, 1, (text,)) for text in HOSTILE),
            collection_after=dict(zip(HOSTILE, HOSTILE, strict=True)),
        ),
        vacuous=tuple(Vacuous(text, text, text) for text in HOSTILE),
        rounds=tuple(Round(n, text, 1, True) for n, text in enumerate(HOSTILE)),
        repairs=tuple(Repair(text, text, (text,)) for text in HOSTILE),
        rolled_back=tuple(RolledBack((text,), text, (text,), text) for text in HOSTILE),
        inventory={"AW101": (2, 1)},
        left=dict.fromkeys(HOSTILE, 1),
        changed=HOSTILE,
        removed=HOSTILE,
        again=HOSTILE,
        evidence=Path("a\nb\x1b.json"),
    )
