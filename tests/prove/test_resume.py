"""A proof that was killed goes on where it was, and with the tree as it was."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from awaitify.prove import store
from tests.command import contents, run, start
from tests.prove import projects

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

_PROVE = ("prove", "--python", sys.executable, "-q")
# Notes each run of the suite; one of the result ends the proof once, if it is to.
_CONFTEST = """
    import os
    import signal
    from pathlib import Path

    _HERE = Path(__file__).parent
    _NOTES = _HERE.parent / "notes"


    def pytest_sessionstart():
        migrated = "await " in (_HERE / "tests/test_plain.py").read_text()
        with (_NOTES / "runs").open("a") as runs:
            runs.write("after\\n" if migrated else "before\\n")
        if migrated and (_NOTES / "kill").exists():
            (_NOTES / "kill").unlink()
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(0)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    [plain] = projects.PLAIN.values()
    files = {**projects.PLAIN, "tests/test_too.py": plain, "conftest.py": _CONFTEST}
    root = projects.make(tmp_path / "root", files)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/kill").touch()
    done = start(root, *_PROVE)
    assert done.returncode == -signal.SIGKILL
    assert noted(root) == ["before", "after"]
    assert "await " in (root / "tests/test_plain.py").read_text()
    return root


def noted(root: Path) -> list[str]:
    return (root.parent / "notes/runs").read_text().split()


def test_with_the_runs_that_it_remembers(killed: Path):
    done = start(killed, *_PROVE, "--resume", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "2 files restored" in done.stderr
    # The suite as it was is not run again.
    assert noted(killed) == ["before", "after", "after"]
    assert json.loads(done.stdout)["conclusion"] == "proved"
    states = json.loads(run(killed, "runs", "--format", "json").stdout)["runs"]
    assert [each["state"] for each in states] == ["done", "undone"]


@pytest.mark.slow
def test_without_it_nothing_begins_on_what_was_left_half_way(killed: Path):
    before = contents(killed)
    done = start(killed, *_PROVE)
    assert done.returncode == 2
    assert "was interrupted, and has changed files: take it back" in done.stderr
    assert contents(killed) == before
    assert noted(killed) == ["before", "after"]


@pytest.mark.slow
def test_with_other_arguments_nothing_is_remembered(killed: Path):
    done = start(killed, *_PROVE, "--resume", "--", "-v")
    assert done.returncode == 0, done.stderr
    assert noted(killed) == ["before", "after", "before", "after"]


@pytest.mark.slow
def test_nothing_is_remembered_of_a_proof_that_ended(killed: Path):
    assert start(killed, *_PROVE, "--resume").returncode == 0
    assert run(killed, "undo").returncode == 0
    assert start(killed, *_PROVE, "--resume").returncode == 0
    assert noted(killed)[3:] == ["before", "after"]


@pytest.mark.slow
def test_a_run_that_was_too_slow_is_not_remembered(tmp_path: Path):
    slow = "def test_slow():\n    __import__('time').sleep(3)\n"
    root = projects.make(tmp_path / "root", {**projects.PLAIN, "test_slow.py": slow})
    assert start(root, *_PROVE, "--timeout-suite", "1").returncode == 5
    assert start(root, *_PROVE, "--resume").returncode == 0


@pytest.mark.slow
def test_not_where_somebody_has_worked_since(killed: Path):
    path = killed / "tests/test_plain.py"
    path.write_bytes(b"# mine\n")
    done = start(killed, *_PROVE, "--resume")
    assert done.returncode == 3
    assert f"{path}: not restored: changed since" in done.stderr
    assert "1 file restored" in done.stderr
    assert contents(killed)["tests/test_plain.py"] == b"# mine\n"
    assert b"await " not in contents(killed)["tests/test_too.py"]
    # Who says so again goes on with what is there.
    assert start(killed, *_PROVE, "--resume").returncode == 0
    assert b"await " in contents(killed)["tests/test_too.py"]


@pytest.mark.slow
def test_what_it_has_found_is_kept(killed: Path, tmp_path: Path):
    done = start(killed, *_PROVE, "--resume", "--format", "json")
    said = json.loads(done.stdout)
    proof = store.at(killed).load(said["run"])
    assert proof.run == said["run"]
    assert [run.ended for run in proof.after] == ["finished"]
    evidence = tmp_path / "evidence.json"
    assert proof.evidence is not None
    evidence.write_bytes(proof.evidence.read_bytes())
    assert run(killed, "check", "--evidence", str(evidence)).returncode == 0
