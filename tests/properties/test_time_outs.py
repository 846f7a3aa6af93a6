"""Time-outs well above the time that a test takes change nothing that it sees."""

from __future__ import annotations

import sys
from pathlib import Path
from random import SystemRandom

import pytest

from awaitify_codemods import Bound, Choice, Settings, Sources, migrate
from tests.properties import waiting
from tests.properties.waiting import APP
from tests.suite_runs import run_pytest

_ARGUMENTS = (
    *("-q", "--tb=short", "-p", "no:cacheprovider", "--disable-plugin-autoload"),
    *("-p", "pytest_asyncio.plugin", "-W", "error::RuntimeWarning"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
_COUNT = 60
_BOUNDS = (Bound(30.0), Bound(30.0, every=True), Bound(30.0, "timeout"))


def faults(folder: Path, seed: int, bound: Bound) -> str:
    """Give random tests time-outs; return what became of those that are lost."""
    files = {"app.py": APP, "test_waits.py": waiting.tests(seed, _COUNT)}
    sources = Sources(
        {path: text.encode() for path, text in files.items()},
        frozenset(files),
        frozenset({"test_waits.py"}),
        pythons={"": sys.version_info[:2]},
    )
    settings = Settings(Choice(bound=bound))
    migration = migrate(sources, settings)
    assert not migration.bugs, [f"{b.check}: {b.message}" for b in migration.bugs]
    after = migration.results["test_waits.py"]
    assert after is not None
    assert after.count(b"timeout=30" if bound.style == "wait_for" else b"t(30)") > 9
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "test_waits.py").write_bytes(after)
    run = run_pytest(folder, _ARGUMENTS, folder / "run.json")
    assert len(run.tests) == _COUNT, run.log
    return "" if {*run.tests.values()} == {"passed"} else f"seed {seed}\n{run.log}"


@pytest.mark.parametrize("bound", _BOUNDS[1:2], ids=["every"])
def test_what_passed_passes(tmp_path: Path, bound: Bound):
    assert not faults(tmp_path, 1, bound)


@pytest.mark.slow
@pytest.mark.parametrize("bound", _BOUNDS, ids=["some", "every", "body"])
@pytest.mark.parametrize("seed", range(1, 12))
def test_what_passed_passes_in_known_tests(tmp_path: Path, seed: int, bound: Bound):
    assert not faults(tmp_path, seed, bound)


@pytest.mark.hunt
@pytest.mark.parametrize("bound", _BOUNDS, ids=["some", "every", "body"])
@pytest.mark.parametrize("number", range(20))
def test_what_passed_passes_in_many_tests(tmp_path: Path, number: int, bound: Bound):
    assert not faults(tmp_path, SystemRandom().randrange(10**9), bound)
