"""The action: its steps, run by bash as GitHub runs them, in real repositories."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import LEGACY, environment, git, make

ACTION = Path(__file__).parent.parent / "action.yml"
DATA = yaml.safe_load(ACTION.read_bytes())
STEPS: list[dict[str, Any]] = DATA["runs"]["steps"]


@dataclass(frozen=True)
class Ended:
    code: int
    log: str
    outputs: dict[str, str]
    summary: str


def step(name: str) -> dict[str, Any]:
    [found] = (each for each in STEPS if each["name"] == name)
    return found


def carry_out(name: str, root: Path, temporary: Path, **inputs: str) -> Ended:
    """Run one step as the runner does."""
    temporary.mkdir(exist_ok=True)
    files = {n: temporary / n for n in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_bytes(b"")
    script = temporary / "script.sh"
    script.write_text(step(name)["run"])
    values = {n.replace("_", "-"): value for n, value in inputs.items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=root,
        env=environment(
            **{n: str(file) for n, file in files.items()},
            **{n: filled(v, values) for n, v in step(name)["env"].items()},
            RUNNER_TEMP=str(temporary),
            GITHUB_ACTION_PATH=str(ACTION.parent),
            GITHUB_ACTIONS="true",
            CI="true",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = files["GITHUB_OUTPUT"].read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    summary = files["GITHUB_STEP_SUMMARY"].read_text()
    return Ended(done.returncode, done.stdout, outputs, summary)


def filled(text: str, inputs: dict[str, str]) -> str:
    """Evaluate the expressions that the action uses."""

    def value(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(".")
        if kind == "inputs":
            return inputs.get(name, str(DATA["inputs"][name]["default"]))
        return {
            "steps.python.outputs.python-path": sys.executable,
            "steps.run.outputs.exit-code": inputs.get("exit-code", ""),
        }[match[1]]

    return re.sub(r"\$\{\{ (.*?) \}\}", value, text)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Return the folder of a runner on which the command is installed."""
    shim = tmp_path / "runner temp/awaitify/venv/bin/awaitify"
    shim.parent.mkdir(parents=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awaitify "$@"\n')
    shim.chmod(0o755)
    return tmp_path / "runner temp"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make(tmp_path / "a project", test_a=LEGACY, **{"test_;b": LEGACY})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_no_input_is_part_of_a_script() -> None:
    for each in STEPS:
        assert "${{" not in each.get("run", ""), each["name"]
    known = set(DATA["inputs"])
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text()))
    assert used == known


def test_what_the_readme_says_is_there() -> None:
    text = (ACTION.parent / "README.md").read_text().partition("<!-- action -->\n")[2]
    [job] = yaml.safe_load(text.split("```")[1].removeprefix("yaml"))["jobs"].values()
    assert job["steps"][-1]["with"].keys() <= DATA["inputs"].keys()


def test_every_flag_that_it_uses_is_there() -> None:
    from typer.testing import CliRunner

    from awaitify.cli import app

    script = step("Run awaitify")["run"]
    told = CliRunner().invoke(app, ["check", "--help"], env={"COLUMNS": "200"}).output
    for flag in set(re.findall(r"--[a-z][a-z-]+", script)):
        assert flag in told, flag


@pytest.mark.slow
def test_findings_are_annotated_and_the_result_is_kept(
    root: Path, temporary: Path
) -> None:
    done = carry_out("Run awaitify", root, temporary)
    assert done.code == 0 and done.outputs["exit-code"] == "1", done.log
    assert "file=test_a.py,line=9" in done.log
    assert "AW101" in done.summary
    git(root, "apply", "--check", done.outputs["patch"])
    sarif = json.loads(Path(done.outputs["sarif"]).read_bytes())
    assert sarif["version"] == "2.1.0" and sarif["runs"][0]["results"]
    end = carry_out("Say how it ended", root, temporary, exit_code="1")
    assert end.code == 1
    assert carry_out("Say how it ended", root, temporary).code == 123


@pytest.mark.slow
def test_a_pull_request_without_new_sites_passes(root: Path, temporary: Path) -> None:
    git(root, "checkout", "-qb", "topic")
    with (root / "test_a.py").open("a") as file:
        file.write("\n\n# touched\n")
    git(root, "commit", "-qam", "second")
    since = {"since": "main", "changed_lines": "true"}
    done = carry_out("Run awaitify", root, temporary, **since)
    assert done.outputs["exit-code"] == "0", done.log
    (root / "test_c.py").write_text(LEGACY)
    done = carry_out("Run awaitify", root, temporary, **since)
    assert done.outputs["exit-code"] == "1", done.log
    assert "test_c.py" in done.log and "test_a.py" not in done.log


@pytest.mark.slow
def test_inputs_are_words_and_nothing_else(root: Path, temporary: Path) -> None:
    before = {path.name for path in root.iterdir()}
    orders = '$(touch pwned) `touch pwned` "; touch pwned; " --output=pwned'
    for given in (
        {"command": orders},
        {"paths": f"test_;b.py\n{orders}\n--output=pwned\n"},
        {"since": "--output=pwned"},
        {"baseline": orders},
        {"args": f"--select={orders}"},
    ):
        done = carry_out("Run awaitify", root, temporary, **given)
        assert done.outputs.get("exit-code") in ("2", "3", None), done.log
        assert "exit-code" in done.outputs or done.code == 2
        assert {path.name for path in root.iterdir()} == before, given
    done = carry_out("Install awaitify", root, temporary, version=orders)
    assert done.code == 2 and "no version" in done.log
    assert {path.name for path in root.iterdir()} == before


@pytest.mark.slow
def test_it_installs_what_it_comes_with(root: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "empty temp"
    # What a pull request brings along is never imported.
    for name in ("pip.py", "venv.py", "awaitify.py", "sitecustomize.py"):
        (root / name).write_text("raise SystemExit('imported')\n")
    done = carry_out("Install awaitify", root, temporary)
    assert done.code == 0, done.log
    done = carry_out("Run awaitify", root, temporary, paths="test_a.py")
    assert done.outputs["exit-code"] == "1", done.log
    assert json.loads(Path(done.outputs["sarif"]).read_bytes())["runs"]


@pytest.mark.slow
def test_a_proof_is_annotated(root: Path, temporary: Path) -> None:
    (root / "test_;b.py").unlink()
    git(root, "commit", "-qam", "one test")
    arguments = f"--python={sys.executable}"
    done = carry_out("Run awaitify", root, temporary, command="prove", args=arguments)
    assert done.outputs["exit-code"] == "0", done.log
    assert "async def test_a" in (root / "test_a.py").read_text()
    assert done.summary
    assert json.loads(Path(done.outputs["sarif"]).read_bytes())["runs"]
