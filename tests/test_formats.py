"""Each format, read by whatever it is for; no name or message means anything in it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from awaitify.config import Format
from awaitify.project import Fault
from awaitify.prove import report as proofs_report
from awaitify.prove.proof import Proof
from awaitify.report import Refused, Report, job_summary, render
from awaitify_codemods import RuleFailure
from tests import reports
from tests.command import LEGACY, make, run
from tests.hostile import TEXTS, orders, workflow_commands
from tests.prove import proofs

FORMATS = [Format.SARIF, Format.GITHUB, Format.GITLAB, Format.JSONL, Format.JSON]
ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch):
    """Tests do not write into the summary of a job that runs them."""
    for name in ("GITHUB_WORKSPACE", job_summary.VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return reports.made(tmp_path.resolve())


def github(report: Report) -> list[str]:
    return render(report, Format.GITHUB).decode().splitlines()


def loaded(report: Report, form: Format) -> Any:
    return json.loads(render(report, form))


def sarif(report: Report) -> Any:
    [run] = loaded(report, Format.SARIF)["runs"]
    return run


class TestGitHub:
    def test_an_annotation_a_finding(self, report: Report):
        lines = github(report)
        assert (
            "::warning file=tests/test_shop.py,line=8,col=12,title=awaitify%3A AW101::"
            "asyncio.run() becomes an await [test_order]"
        ) in lines
        assert (
            "::notice file=tests/test_shop.py,line=12,col=12,title=awaitify%3A AW101 "
            "left (inner-loop)::nothing() starts a loop of its own [test_left]"
        ) in lines
        assert lines[-1] == "3 files would be changed, 1 would be removed."

    def test_paths_begin_where_github_has_checked_out(
        self, report: Report, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("GITHUB_WORKSPACE", str(report.root.parent))
        place = f"file={report.root.name}/tests/test_shop.py,"
        assert any(place in line for line in github(report))
        monkeypatch.setenv("GITHUB_WORKSPACE", str(report.root / "elsewhere"))
        assert any("file=tests/test_shop.py," in line for line in github(report))

    def test_what_github_would_drop_is_said(self, report: Report):
        finding = report.findings[1]
        many = tuple(replace(finding, line=n) for n in range(1, 36))
        lines = github(replace(report, findings=many))
        assert len(workflow_commands("\n".join(lines))) == 10
        expected = "35 warnings: GitHub shows 10 of a kind, so 25 have no annotation"
        assert expected in lines

    def test_what_went_wrong_comes_first(self, report: Report):
        broken = replace(
            report,
            faults=(Fault("u.py", 3, "no"),),
            failures=(RuleFailure("X1", "boom"),),
            bugs=(Refused("t.py", "compiles", "it does not", b""),),
        )
        assert github(broken)[:3] == [
            "::error file=u.py,line=3,title=awaitify%3A error::no",
            "::error title=awaitify%3A failed-rule::The rule X1 failed: boom",
            "::error file=t.py,title=awaitify%3A failed-check::The result failed a "
            "check, compiles: it does not",
        ]

    def test_what_is_done_needs_no_annotation(self, report: Report):
        assert not [line for line in github(report.as_written()) if "AW101::" in line]


class TestJobSummary:
    def test_it_is_appended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        summary = tmp_path / "summary.md"
        summary.write_text("# Of another\n")
        monkeypatch.setenv(job_summary.VARIABLE, str(summary))
        root = make(tmp_path / "p", test_a=LEGACY)
        done = run(root, "check", "--format", "github")
        assert (done.returncode, done.stderr) == (1, "")
        head, own = summary.read_text().split("\n\n", 1)
        assert head == "# Of another\n".strip()
        assert own.lstrip().startswith("## awaitify check: 1 site to migrate")
        run(root, "check", "--format", "text")
        assert summary.read_text().endswith(own)

    def test_it_keeps_within_the_limit(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        summary = tmp_path / "summary.md"
        summary.write_bytes(b"x" * 1_000_000)
        monkeypatch.setenv(job_summary.VARIABLE, str(summary))
        asked: list[int] = []

        def markdown(room: int) -> bytes:
            asked.append(room)
            return b"y" * room

        assert job_summary.append(markdown) is None
        assert summary.stat().st_size == 1024 * 1024
        said = job_summary.append(markdown)
        assert said is not None and "full" in said
        assert summary.stat().st_size == 1024 * 1024 and len(asked) == 1

    def test_one_that_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(job_summary.VARIABLE, str(tmp_path / "no" / "such"))
        root = make(tmp_path / "p", test_a=LEGACY)
        done = run(root, "check", "--format", "github")
        assert done.returncode == 1
        assert "note: the job summary cannot be written" in done.stderr


class TestGitLab:
    def test_entries(self, report: Report):
        entry = loaded(report, Format.GITLAB)[2]
        assert len(entry.pop("fingerprint")) == 32
        assert entry == {
            "description": "AW101 asyncio.run() becomes an await [test_order]",
            "check_name": "AW101",
            "severity": "minor",
            "location": {"path": "tests/test_shop.py", "lines": {"begin": 8}},
        }

    def test_fingerprints_are_stable_and_unique(self, report: Report):
        many = tuple(
            replace(finding, line=finding.line + n)
            for finding in report.findings
            for n in range(3)
        )
        moved = tuple(replace(finding, line=finding.line + 40) for finding in many)
        of, then = (
            [each["fingerprint"] for each in loaded(found, Format.GITLAB)]
            for found in (
                replace(report, findings=many),
                replace(report, findings=moved),
            )
        )
        assert of == then
        assert len(set(of)) == len(many)


class TestSarif:
    def test_results(self, report: Report):
        log = sarif(report)
        result = log["results"][2]
        assert result["ruleId"] == "AW101"
        assert log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "AW101"
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "tests/test_shop.py", "uriBaseId": "SRCROOT"},
            "region": {"startLine": 8, "startColumn": 12},
        }

    def test_what_went_wrong_is_about_the_run(self, report: Report):
        broken = replace(report, faults=(Fault("u.py", 3, "no"),))
        [invocation] = sarif(broken)["invocations"]
        assert not invocation["executionSuccessful"]
        [told] = invocation["toolExecutionNotifications"]
        assert told["message"]["text"] == "no"

    def test_what_is_suppressed(self, report: Report):
        kept = replace(report.findings[2], status="suppressed")
        both = replace(report, findings=(report.findings[1], kept))
        assert [each["suppressions"] for each in sarif(both)["results"]] == [
            [],
            [{"kind": "inSource"}],
        ]

    def test_names_are_bytes(self, report: Report):
        odd = replace(report.findings[1], path="caf\udce9 x/\u00e9#?.py")
        [result] = sarif(replace(report, findings=(odd,)))["results"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote_to_bytes(uri) == os.fsencode(odd.path)
        assert uri.isascii() and "#" not in uri and "?" not in uri

    def test_what_is_done_has_no_fix(self, report: Report):
        assert any("fixes" in each for each in sarif(report)["results"])
        done = sarif(report.as_written())["results"]
        assert not any("fixes" in each for each in done)


class TestJsonl:
    def test_all_of_json_line_by_line(self, report: Report):
        lines = [json.loads(line) for line in render(report, Format.JSONL).splitlines()]
        whole = loaded(report, Format.JSON)
        assert lines[0] == {
            "kind": "report",
            **{key: whole[key] for key in ("schema", "version", "command", "root")},
            "shard": None,
        }
        assert lines[-1] == {"kind": "summary", **whole["summary"]}
        told = [line for line in lines if line["kind"] == "finding"]
        for line in told:
            del line["kind"]
        assert told == whole["findings"]


@ALL
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.value)
def test_no_name_or_message_means_anything(tmp_path: Path, text: str, form: Format):
    found = reports.hostile(tmp_path.resolve(), [text])
    data = render(found, form).decode()
    assert not orders(data.replace("\n", ""))
    if form is Format.GITHUB:
        allowed = re.compile(r"::(error|warning|notice) (\w+=[^:,]*,?)+::")
        assert all(map(allowed.match, workflow_commands(data)))
        assert not re.search(r"\n\s*##\[", data)
    else:
        for line in data.splitlines() if form is Format.JSONL else [data]:
            json.loads(line)


@pytest.mark.parametrize(
    "form", [*FORMATS, Format.CONCISE, Format.TEXT], ids=lambda form: form.value
)
def test_no_name_or_message_of_a_proof_means_anything(tmp_path: Path, form: Format):
    root = tmp_path.resolve()
    found = reports.hostile(root, list(TEXTS.values()))
    data = proofs_report.render(proofs.hostile(root), form, found).decode()
    assert not orders(data.replace("\n", ""))
    if form is Format.GITHUB:
        allowed = re.compile(r"::(error|warning|notice) (\w+=[^:,]*,?)+::")
        assert all(map(allowed.match, workflow_commands(data)))
    if form in (Format.CONCISE, Format.TEXT):
        assert not workflow_commands(data)


def test_what_a_proof_says_beside_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    proof = proofs.worse(tmp_path.resolve())
    found = reports.made(tmp_path.resolve())
    lines = render_proof(proof, Format.CONCISE, found)
    assert "t.py: regressed passed, then failed: assert 1 == 2 [t.py::test_1]" in lines
    assert "tests/test_shop.py:12:12: AW101 left (inner-loop): " in "\n".join(lines)
    levels = [line.split(" ")[0] for line in render_proof(proof, Format.GITHUB, found)]
    assert levels.count("::error") == 7
    assert levels.count("::warning") == 2
    assert levels.count("::notice") == 2
    codes = [
        each["check_name"]
        for each in json.loads("".join(render_proof(proof, Format.GITLAB, found)))
    ]
    assert {"regressed", "lost", "rolled-back", "uncollected", "vacuous"} <= {*codes}


def render_proof(proof: Proof, form: Format, found: Report) -> list[str]:
    return proofs_report.render(proof, form, found).decode().splitlines()


@pytest.mark.parametrize("form", [Format.SARIF, Format.JSONL], ids=lambda f: f.value)
def test_a_proof_in_lines_and_as_results(tmp_path: Path, form: Format):
    proof = proofs.worse(tmp_path.resolve())
    data = proofs_report.render(proof, form)
    if form is Format.JSONL:
        kinds = [json.loads(line)["kind"] for line in data.splitlines()]
        assert (kinds[0], kinds[-1]) == ("report", "summary")
        assert {"test", "complaint", "vacuous", "repair", "rolled-back"} <= {*kinds}
    else:
        [log] = json.loads(data)["runs"]
        assert len(log["results"]) == 8
        assert not log["invocations"][0]["executionSuccessful"]
