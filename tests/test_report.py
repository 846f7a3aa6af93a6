"""What people read of a run, line by line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from awaitify.config import Format
from awaitify.patch import unified
from awaitify.project import Fault
from awaitify.report import Refused, Report, render
from awaitify_codemods import Finding


def finding(line: int, status: str, reason: str = "", test: str = "test_a") -> Finding:
    return Finding("t.py", line, 5, "AW101", status, "some words", reason, test)


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    return Report(
        command="check",
        root=tmp_path.resolve(),
        findings=(
            finding(1, "migrate"),
            finding(2, "left", "inner-loop"),
            finding(3, "left", "inner-loop", ""),
            finding(4, "left", "benchmark"),
            finding(5, "newly-running"),
            finding(6, "report"),
        ),
        faults=(Fault("u.py", 3, "no"),),
        bugs=(),
        failures=(),
        changed=("t.py",),
        removed=("v.py", "w.py"),
        patch=b"",
        seconds=1.26,
    )


def text(report: Report, **options: bool) -> list[str]:
    return render(report, Format.TEXT, **options).decode().splitlines()


def test_before(report: Report):
    assert text(report) == [
        "t.py:1:5: AW101 some words [test_a]",
        "t.py:2:5: AW101 left (inner-loop): some words [test_a]",
        "t.py:3:5: AW101 left (inner-loop): some words",
        "t.py:4:5: AW101 left (benchmark): some words [test_a]",
        "t.py:5:5: AW101 newly running: some words [test_a]",
        "t.py:6:5: AW101 report: some words [test_a]",
        "",
        "6 sites found: 2 can be migrated, 3 left (inner-loop 2, benchmark 1), "
        "1 to look at.",
        "1 test would run for the first time.",
        "1 file would be changed, 2 would be removed (1.3 s).",
        "1 file could not be processed.",
    ]


def test_after(report: Report):
    lines = text(report.as_written())
    assert "t.py:1:5: AW101 some words [test_a]" not in lines
    assert "t.py:5:5: AW101 newly running: some words [test_a]" in lines
    assert "1 test runs now for the first time." in lines
    assert "1 file changed, 2 removed (1.3 s)." in lines
    assert text(report.as_written(), verbose=True)[:6] == text(report)[:6]


def test_quiet(report: Report):
    assert text(report, quiet=True) == text(report)[7:]


def test_concise(report: Report):
    lines = render(report, Format.CONCISE).decode().splitlines()
    assert lines[0] == "t.py:1:5: AW101 some words"
    assert lines[6:] == ["6 sites found: 2 can be migrated, 3 left, 1 to look at."]


def test_work_that_remains(report: Report):
    assert report.work
    assert not report.as_written().work
    assert not replace(report, changed=(), removed=()).work
    assert replace(report, changed=()).work


def test_paths_outside_of_the_working_directory_are_whole(
    report: Report, monkeypatch: pytest.MonkeyPatch
):
    (report.root / "sub").mkdir()
    monkeypatch.chdir(report.root / "sub")
    assert report.shown("t.py") == str(report.root / "t.py")
    assert report.shown("sub/t.py") == "t.py"


def test_bugs_of_ours(report: Report):
    diff = unified("t.py", b"a\n", b"b(\n")
    bug = Refused("t.py", "compiles", "it does not", diff)
    broken = replace(report, bugs=(bug,))
    expected = "1 file failed a check of the result: left as it was."
    assert text(broken)[-1] == expected
    [told] = json.loads(render(broken, Format.JSON))["bugs"]
    assert told["check"] == "compiles"
    assert told["diff"].endswith("@@ -1 +1 @@\n-a\n+b(\n")


def test_names_that_are_not_utf8(report: Report):
    odd = replace(report, findings=(replace(finding(1, "migrate"), path="\udce9.py"),))
    # Some terminals obey single bytes above 127.
    assert render(odd, Format.TEXT).startswith(b"\\xe9.py:1:5: ")
    data = json.loads(render(odd, Format.JSON))
    assert data["findings"][0]["path"] == "\udce9.py"
