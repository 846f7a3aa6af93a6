"""Real suites, migrated and run: no test is lost, no assertion changes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import pytest

from awaitify.refusals import REFUSALS
from tests.corpus import measure, mocked, suites
from tests.corpus.never_awaited import never_awaited
from tests.corpus.prepare import prepare
from tests.corpus.recall import recall
from tests.corpus.score import Score, fresh_copy, lost_twice, run_tool, score
from tests.corpus.strict import strict

pytestmark = pytest.mark.slow

_SITES_LEFT = {"aiocron": 0, "loguru": 20, "tenacity": 0, "otel-aiopg": 0, "mock": 5}
_UNCHANGED = ["nest_asyncio"]
_CHANGED = [
    *_SITES_LEFT,
    "python-engineio",
    "otel-asyncio",
    "contextlib2",
    "aiosqlite",
    "aioresponses",
]

Scored = Callable[[str], Score]


@pytest.fixture(scope="session")
def scored() -> Scored:
    """Return a function that migrates and runs a suite once."""
    manifest = suites.load()
    return cache(lambda key: score(manifest[key]))


@pytest.mark.parametrize("key", [*_SITES_LEFT, *_UNCHANGED])
def test_no_test_is_lost(scored: Scored, key: str):
    row = scored(key).row()
    print(json.dumps(row))
    assert row["rc"] == 0, scored(key).log
    assert lost_twice(suites.load()[key], scored(key)) == [], scored(key).run_after.log
    assert (row["missing"], row["added"]) == ([], [])


@pytest.mark.parametrize("key", _SITES_LEFT)
def test_no_assertion_changes(scored: Scored, key: str):
    assert scored(key).assertions_changed == []


@pytest.mark.parametrize("key", [*_SITES_LEFT, *_UNCHANGED])
def test_what_is_green_with_warnings_as_errors_stays_so(scored: Scored, key: str):
    found = strict(suites.load()[key], scored(key))
    print(json.dumps(found.row()))
    assert found.before.tests, found.before.log
    assert found.turned_red == [], found.after.log


@pytest.mark.parametrize("key", _SITES_LEFT)
def test_no_coroutine_is_forgotten(scored: Scored, key: str):
    before, after = scored(key).row()["never_awaited"]
    assert after <= before


@pytest.mark.parametrize("key, most", _SITES_LEFT.items())
def test_few_sites_are_left(scored: Scored, key: str, most: int):
    assert measure.legacy(scored(key).text_after.sites) <= most, scored(key).log


@pytest.mark.parametrize("key", _UNCHANGED)
def test_what_must_stay_is_not_touched(scored: Scored, key: str):
    assert scored(key).changed == ()


@pytest.mark.parametrize("key", _SITES_LEFT)
def test_a_second_check_finds_nothing_to_do(scored: Scored, key: str):
    assert scored(key).code == 0
    where, _ = prepare(suites.load()[key])
    command = [sys.executable, "-m", "awaitify", "check", "."]
    done = run_tool(command, where, where.folder / "migrated")
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("key", [*_SITES_LEFT, *_UNCHANGED])
def test_every_site_that_is_left_has_a_reason(scored: Scored, key: str):
    suite = suites.load()[key]
    where, _ = prepare(suite)
    work = where.folder / "migrated"
    assert scored(key).code == 0
    command = [sys.executable, "-m", "awaitify", "check", "--format", "json", "."]
    findings = json.loads(run_tool(command, where, work).stdout)["findings"]
    assert {each["status"] for each in findings} <= {"left", "report"}
    reasons = {
        (each["path"], each["line"]): each["reason"]
        for each in findings
        if each["status"] == "left"
    }
    trees = measure.parse(work, suites.test_paths(suite, work))
    left = set(measure.places(trees, measure.runners(trees)))
    assert left <= reasons.keys(), left - reasons.keys()
    assert set(reasons.values()) <= {entry.code for entry in REFUSALS}


@pytest.mark.parametrize("key", _SITES_LEFT)
def test_every_reason_can_be_explained(scored: Scored, key: str):
    where, _ = prepare(suites.load()[key])
    tool = [sys.executable, "-m", "awaitify"]
    check = [*tool, "check", "--format", "json", "."]
    assert scored(key).code == 0
    said = run_tool(check, where, where.folder / "migrated").stdout
    found = json.loads(said)["findings"]
    for code in {each["reason"] for each in found if each["status"] == "left"}:
        done = run_tool([*tool, "explain", code], where, where.folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"## {code}".encode())


@pytest.mark.parametrize("key", _CHANGED)
def test_the_patch_applies(key: str):
    where, _ = prepare(suites.load()[key])
    work = fresh_copy(where, "patched")
    diff = run_tool([sys.executable, "-m", "awaitify", "diff", "."], where, work)
    assert diff.stdout.startswith(b"--- a/") or b"\n--- a/" in diff.stdout, diff.stderr
    subprocess.run(["git", "apply", "--check"], cwd=work, input=diff.stdout, check=True)


@pytest.mark.parametrize("key", ["loguru", "otel-aiopg"])
def test_mocks_that_are_right_stay(key: str):
    where, _ = prepare(suites.load()[key])
    assert mocked.proposals(mocked.read(where.source, where.python)) == []


def test_mocks_that_are_made_wrong_are_found():
    root, python = mocked.suite("python-engineio")
    found = recall("python-engineio", mocked.read(root, python))
    print(json.dumps(found.row()))
    assert found.wrong == []
    assert found.share >= 0.6


@pytest.mark.parametrize("key", ["loguru", "otel-aiopg", "mock"])
def test_no_mock_is_forgotten(key: str):
    found = never_awaited(suites.load()[key])
    print(json.dumps(found.row()))
    assert found.wrong == []
