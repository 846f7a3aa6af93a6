"""A run is told once more, in any format; so are shards, as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from awaitify.config import Format
from awaitify.journal import state
from awaitify.prove import report as of_proofs
from awaitify.prove import store as of_proofs_store
from awaitify.report import render, schema, store
from tests import reports
from tests.command import make, run
from tests.hostile import TEXTS
from tests.prove import proofs
from tests.test_cli import LEFT, LEGACY
from tests.test_merging import ODD, shards

FORMATS = [form.value for form in Format if form is not Format.JUNIT]
CHECKED = jsonschema.Draft202012Validator(schema.schema())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.VARIABLE, str(tmp_path / "state"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def root(tmp_path: Path, home: Path) -> Path:
    root = make(tmp_path / "p", test_a=LEGACY, test_b=LEFT, helper="import asyncio\n")
    (root / "test_caf\u00e9 x.py").write_bytes(ODD)
    return root


def output(root: Path, *arguments: str) -> str:
    done = run(root, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_format(root: Path, form: str, *arguments: str) -> bytes:
    """Return what is printed, which need not be text."""
    file = root.parent / "printed"
    assert not output(root, *arguments, "--format", form, "--output", str(file))
    return file.read_bytes()


def error(root: Path, *arguments: str) -> str:
    done = run(root, *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


class TestARun:
    def test_it_says_what_fix_said(self, root: Path):
        patches = root.parent / "one", root.parent / "two"
        run(root, "diff", "--output", str(patches[0]))
        told = output(root, "fix", "--format", "json")
        assert output(root, "report", "--format", "json") == told
        # What was done is known, though the files are not what they were.
        (root / "test_a.py").write_text("")
        output(root, "report", "--format", "patch", "--output", str(patches[1]))
        assert patches[0].read_bytes() == patches[1].read_bytes() != b""

    def test_by_its_name_and_from_elsewhere(self, root: Path):
        told = output(root, "fix", "--format", "json")
        [id] = [
            each["id"]
            for each in json.loads(output(root, "runs", "--format", "json"))["runs"]
        ]
        assert output(root, "report", id, "--format", "json") == told
        (root / "sub").mkdir()
        assert output(root / "sub", "report", id, "--format", "json") == told
        assert output(root.parent, "report", id, "--format", "json") == told

    def test_in_each_format(self, root: Path):
        run(root, "fix", "-q")
        for form in FORMATS:
            shown = in_format(root, form, "report")
            assert b"test_b.py" in shown or form == "patch", form

    def test_the_newest_of_many(self, root: Path):
        kept = store.at(root.resolve())
        for n in (9, 10):
            report = reports.made(root.resolve(), findings=reports.FINDINGS[: n - 8])
            kept.keep(f"20261121-063512-{n}", report)
        found = json.loads(output(root, "report", "--format", "json"))
        assert len(found["findings"]) == 2

    def test_the_oldest_go(self, root: Path):
        kept = store.at(root.resolve())
        for n in range(store.KEPT + 3):
            kept.keep(f"20261121-063512-{n}", reports.made(root.resolve(), (), ()))
        assert len(kept.kept()) == store.KEPT

    def test_where_there_is_none(self, root: Path):
        assert "no report of a run is kept of" in error(root, "report")
        said = error(root, "report", "20261121-063512-1")
        assert "no report of a run 20261121-063512-1" in said and "none is" in said
        run(root, "fix", "-q")
        [id] = store.at(root.resolve()).kept()
        assert f"kept are {id}" in error(root, "report", "20261121-063512-1")
        assert "one RUN at a time" in error(root, "report", id, id)
        assert "junit is for" in error(root, "report", "--format", "junit")

    @pytest.mark.parametrize("word", ["../../x", "", "\x1b[2J", "a\nb", "*"])
    def test_a_word_that_is_no_run(self, root: Path, word: str):
        run(root, "fix", "-q")
        said = error(root, "report", word)
        assert "\x1b" not in said

    def test_one_that_is_damaged(self, root: Path):
        run(root, "fix", "-q")
        kept = store.at(root.resolve())
        [id] = kept.kept()
        file = kept.directory / f"{id}.report"
        file.write_bytes(file.read_bytes()[:-1])
        assert "cannot be read: damaged" in error(root, "report")

    def test_a_run_whose_report_cannot_be_kept_is_done(self, root: Path, home: Path):
        place = state.make(root.resolve())
        (place / "reports").write_text("in its way")
        output(root, "fix", "-q")
        assert "async def test_a" in (root / "test_a.py").read_text()


class TestAProof:
    def test_what_it_found_and_what_was_left(self, root: Path, home: Path):
        real = root.resolve()
        id = "20261121-063512-1"
        state.make(real)
        of_proofs_store.at(real).keep(id, proofs.worse(real))
        alone = json.loads(output(root, "report", id, "--format", "gitlab"))
        store.at(real).keep(id, reports.made(real))
        more = json.loads(output(root, "report", id, "--format", "gitlab"))
        assert len(more) > len(alone) > 5
        for form in [*FORMATS, "junit"]:
            assert output(root, "report", "--format", form)

    def test_one_without_a_report_has_no_patch(self, root: Path, home: Path):
        real = root.resolve()
        of_proofs_store.at(real).keep("20261121-063512-1", proofs.proved(real))
        said = error(root, "report", "--format", "patch")
        assert "does not hold what became of each file" in said


class TestMerging:
    @pytest.fixture
    def files(self, root: Path) -> list[str]:
        whole = run(root, "diff", "--format", "json").stdout.encode()
        (root.parent / "whole").write_bytes(whole)
        names = []
        for n, part in enumerate(shards(whole, lambda path: 1 + ("b" in path), 2)):
            names.append(f"{root.parent}/{n}.json")
            Path(names[-1]).write_bytes(part)
        return names

    def test_the_bytes_of_one_run(self, root: Path, files: list[str]):
        told = output(root.parent, "report", "--merge", *files, "--format", "json")
        assert told == (root.parent / "whole").read_text()

    def test_in_each_format(self, root: Path, files: list[str]):
        for form in FORMATS:
            shown = in_format(root, form, "report", "--merge", *files)
            assert b"test_a.py" in shown, form

    def test_what_does_not_belong_together(self, root: Path, files: list[str]):
        assert "missing: shard 2/2" in error(root, "report", "--merge", files[0])
        assert "needs the files" in error(root, "report", "--merge")
        assert "No such file" in error(root, "report", "--merge", "nowhere")
        assert "is a directory" in error(root, "report", "--merge", ".").lower()
        (root.parent / "x").write_text("{}")
        assert "not a report" in error(root, "report", "--merge", "../x")


class TestSchema:
    def test_it_is_one(self, root: Path):
        told = json.loads(output(root, "schema"))
        jsonschema.Draft202012Validator.check_schema(told)
        assert told == schema.schema()

    @pytest.mark.parametrize("command", ["check", "diff", "fix"])
    def test_of_what_is_printed(self, root: Path, command: str):
        found = json.loads(run(root, command, "--format", "json").stdout)
        CHECKED.validate(found)
        assert strict(found)

    def test_of_a_baseline(self, root: Path):
        base = str(root.parent / "base.json")
        run(root, "check", "--format", "json", "--output", base)
        done = run(root, "check", "--format", "json", "--baseline", base)
        CHECKED.validate(json.loads(done.stdout))

    def test_of_a_proof(self, tmp_path: Path):
        made = proofs.proved, proofs.worse, proofs.hostile
        for proof in (each(tmp_path) for each in made):
            found = json.loads(of_proofs.render(proof, Format.JSON))
            CHECKED.validate(found)
            assert strict(found)

    def test_of_odd_names(self, tmp_path: Path):
        bad = [text for trap, text in TEXTS.items()]
        found = json.loads(render(reports.hostile(tmp_path, bad), Format.JSON))
        for each in found["findings"]:
            each["status"] = "left"
        CHECKED.validate(found)

    @pytest.mark.parametrize(
        "spoil",
        [
            {"schema": 1},
            {"command": "prove"},
            {"findings": [{}]},
            {"findings": None},
            {"shard": "0/1"},
            {"files": [{"path": "a", "change": "changed", "diff": ""}]},
        ],
    )
    def test_it_can_fail(self, root: Path, spoil: dict[str, Any]):
        found = json.loads(run(root, "check", "--format", "json").stdout)
        assert not CHECKED.is_valid({**found, **spoil})


def strict(found: Any) -> bool:
    """Say whether the schema knows every key of a report."""
    closed = json.loads(json.dumps(schema.schema()))

    def close(part: Any) -> None:
        for each in part.values() if isinstance(part, dict) else part:
            if isinstance(each, (dict, list)):
                close(each)
        if isinstance(part, dict) and "required" in part:
            part["additionalProperties"] = False

    close(closed)
    return jsonschema.Draft202012Validator(closed).is_valid(found)
