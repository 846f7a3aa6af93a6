"""`awaitify prove` on small projects: what it finds, what it leaves, what it says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import contents, run
from tests.prove import projects

_PYTHON = ("--python", sys.executable)


def prove(root: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the proof; return its exit code, and what it says as JSON."""
    done = run(root, "prove", *_PYTHON, "--format", "json", *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def verdicts(said: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in said["tests"]}


def left(said: dict[str, Any]) -> list[str]:
    return [what for each in said["rolled_back"] for what in each["what"]]


def passes(root: Path, *arguments: str) -> bool:
    """Whether the suite passes without us."""
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    return done.returncode == 0


def test_a_suite_that_stays_as_good_is_migrated(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.PLAIN)
    code, said = prove(root)
    assert code == 0
    assert verdicts(said) == {"tests/test_plain.py::test_plain": "same"}
    assert "await fetch()" in (root / "tests/test_plain.py").read_text()
    assert passes(root)


@pytest.mark.slow
def test_undo_takes_the_whole_proof_back(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.REFUSING)
    before = contents(root)
    prove(root)
    assert contents(root) != before
    done = run(root, "undo")
    assert done.returncode == 0, done.stderr
    assert contents(root) == before


@pytest.mark.slow
def test_a_loop_that_is_seen_in_the_first_run_is_no_regression(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.HIDDEN)
    code, said = prove(root)
    assert code == 0
    assert said["left"] == {"inner-loop": 1}
    assert not said["rolled_back"]
    assert (root / "tests/test_api.py").read_text().count("async def test_") == 2
    assert passes(root)


@pytest.mark.slow
def test_what_nobody_can_see_costs_the_test_that_meets_it_alone(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.REFUSING)
    code, said = prove(root)
    assert code == 4
    assert left(said) == ["tests/test_api.py::test_hidden"]
    assert "not inside a loop" in said["rolled_back"][0]["message"]
    text = (root / "tests/test_api.py").read_text()
    assert "assert asyncio.run(fetch()) == api.answer()" in text
    assert text.count("async def test_") == 2
    assert set(verdicts(said).values()) == {"same"}
    assert passes(root)


@pytest.mark.slow
def test_what_breaks_another_test_is_found_by_bisection(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.ORDERED)
    code, said = prove(root)
    assert code == 4
    assert left(said) == ["tests/test_one.py::test_registers"]
    [found] = said["rolled_back"]
    assert found["tests"] == [
        "tests/test_two.py::test_nothing_was_registered_inside_a_loop"
    ]
    assert "async def test_plain" in (root / "tests/test_one.py").read_text()
    assert "async def test_more" in (root / "tests/test_other.py").read_text()
    assert passes(root)


@pytest.mark.slow
def test_a_test_that_passed_without_running_is_told_of(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.NEVER_RAN)
    code, said = prove(root)
    assert code == 1
    found = verdicts(said)
    assert found["tests/test_case.py::TestNever::test_right"] == "newly_running"
    assert found["tests/test_case.py::TestNever::test_wrong"] == "newly_running"
    assert found["tests/test_case.py::TestNever::test_sync"] == "same"
    assert {each["kind"] for each in said["vacuous"]} == {"never-ran"}
    assert not said["rolled_back"]


@pytest.mark.slow
def test_a_test_that_hangs_is_left(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.HANGING)
    code, said = prove(root, "--timeout-suite", "10")
    assert code == 4
    assert left(said) == ["tests/test_gate.py::test_waits_for_ever_inside_a_loop"]
    assert "timed out" in said["rolled_back"][0]["message"]
    assert passes(root)


@pytest.mark.slow
def test_a_test_that_ends_the_interpreter_is_left(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.CRASHING)
    code, said = prove(root)
    assert code == 4
    assert left(said) == ["tests/test_gate.py::test_ends_the_interpreter_inside_a_loop"]
    assert "crashed" in said["rolled_back"][0]["message"]
    assert passes(root)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param(
            projects.WITHOUT_A_BASELINE,
            "while tests/test_gone.py::test_ends_the_",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"tests/conftest.py": "import nothing_like_it\n", **projects.PLAIN},
            "nothing",
            marks=pytest.mark.slow,
        ),
        ({"tests/helper.py": ""}, "no tests ran"),
    ],
)
def test_without_a_baseline_nothing_is_changed(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    root = projects.make(tmp_path, files)
    before = contents(root)
    done = run(root, "prove", *_PYTHON)
    assert done.returncode == 5
    assert message in done.stderr
    assert contents(root) == before


@pytest.mark.slow
def test_a_test_that_is_flaky_without_us_is_not_blamed(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.FLAKY)
    code, said = prove(root)
    assert code == 0
    found = verdicts(said)
    assert found["tests/test_flaky.py::test_every_second_time"] == "flaky"
    assert not said["rolled_back"]
    assert "await asyncio.sleep(0, 3)" in (root / "tests/test_flaky.py").read_text()


@pytest.mark.slow
def test_arguments_after_two_dashes_are_pytests(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.REFUSING)
    code, said = prove(root, "tests", "--", "-k", "plain")
    assert code == 0
    assert list(verdicts(said)) == ["tests/test_api.py::test_plain"]


@pytest.mark.slow
def test_a_dirty_tree_is_refused_before_anything_runs(tmp_path: Path) -> None:
    from tests.command import git

    root = projects.make(tmp_path, projects.PLAIN)
    git(root, "init", "-q")
    git(root, "add", "-A")
    done = run(root, "prove", *_PYTHON)
    assert done.returncode == 2
    assert "uncommitted changes" in done.stderr
    assert run(root, "prove", *_PYTHON, "--allow-dirty").returncode == 0


@pytest.mark.slow
def test_a_test_without_a_site_that_loses_its_loop_is_promoted(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.STRANDED)
    code, said = prove(root)
    assert code == 0
    assert [each["kind"] for each in said["repairs"]] == ["promote"]
    text = (root / "tests/test_second.py").read_text()
    assert "async def test_without_a_site" in text
    assert passes(root)


@pytest.mark.slow
def test_a_run_that_gave_a_last_turn_is_repaired(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.LATE)
    code, said = prove(root)
    assert code == 0
    [found] = said["repairs"]
    assert found["kind"] in ("turn", "task")
    assert "async def test_noted" in (root / "tests/test_pump.py").read_text()
    assert not said["rolled_back"]
    assert passes(root)


@pytest.mark.slow
def test_warnings_as_errors(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.REFUSING)
    strict = "\nfilterwarnings = ['error']\n"
    (root / "pyproject.toml").write_text(projects.CONFIGURATION + strict)
    code, said = prove(root)
    assert code == 4
    assert left(said) == ["tests/test_api.py::test_hidden"]
    assert passes(root)


@pytest.mark.slow
def test_with_several_processes(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.REFUSING)
    code, said = prove(root, "--", "-n", "2")
    assert code == 4
    assert left(said) == ["tests/test_api.py::test_hidden"]
    assert set(verdicts(said).values()) == {"same"}
    assert passes(root, "-n", "2")


@pytest.mark.slow
def test_the_last_of_several_runs_uses_all_processors(tmp_path: Path) -> None:
    root = projects.make(tmp_path, projects.PLAIN)
    code, said = prove(root, "--runs", "2")
    assert code == 0
    assert [len(said["suite"][side]) for side in ("before", "after")] == [2, 2]


@pytest.mark.slow
def test_nothing_is_installed_where_the_plugin_is_missing(tmp_path: Path) -> None:
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "pytest"], check=True)
    root = projects.make(tmp_path / "project", projects.PLAIN)
    before = contents(root)
    done = run(root, "prove", "--python", str(python))
    assert done.returncode == 2
    assert "the result needs pytest-asyncio" in done.stderr
    assert contents(root) == before


@pytest.mark.slow
def test_an_old_environment_before_and_a_new_one_after(tmp_path: Path) -> None:
    old = older_python()
    home = tmp_path / "environment"
    subprocess.run([old, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    packages = ("pytest<8", "pytest-asyncio==0.16.0")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    root = projects.make(tmp_path / "project", projects.PLAIN)
    code, said = prove(root, "--python-before", str(python))
    assert code == 0
    versions = [said["suite"][side][0]["versions"] for side in ("before", "after")]
    assert versions[0]["python"] != versions[1]["python"]
    assert verdicts(said) == {"tests/test_plain.py::test_plain": "same"}


def older_python() -> str:
    """Return an interpreter that is older than this one."""
    for minor in range(8, sys.version_info[1]):
        places = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        for found in (shutil.which(f"python3.{minor}"), *map(str, places)):
            check = [found, "-c", "import venv, ensurepip"]
            if found and not subprocess.run(check, capture_output=True).returncode:
                return found
    pytest.skip("no older Python is here")
