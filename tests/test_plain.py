"""Plain command lines are read as typer reads them; all others are left to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from awaitify import cli, plain
from tests.test_cli import LEGACY, environment, make

COMMAND = typer.main.get_command(cli.app)

PLAIN = [
    "",
    ".",
    "a b/c.py",
    "-",
    "-q",
    "--verbose -j 3",
    "--jobs=2 x",
    "--select AW1 --select=AW201,AW202 --ignore AW205",
    "--mode auto --format json --color never",
    "--python ../venv --output out.json --exit-zero",
    "--exclude *.py --exclude= --include a",
    "--format-command= .",
    "--no-cache --unsafe --strict",
    "--patch a=b",
    "--cache-dir ~/x",
]
OTHERS = [
    "--help",
    "-h",
    "--no-such",
    "--sel AW1",
    "-qv",
    "-j3",
    "-j=3",
    "--jobs 0",
    "--jobs x",
    "--jobs ²",
    "--jobs",
    "--mode fast",
    "--quiet=1",
    "--output --quiet",
    "-- a",
    "--plan -",
    "-x",
]


@pytest.mark.parametrize("line", PLAIN)
@pytest.mark.parametrize("name", ["check", "diff", "fix"])
def test_as_typer_reads_it(name: str, line: str):
    # COMMAND is of click, which old versions of typer do not bring along.
    command = COMMAND.commands[name]  # type: ignore[attr-defined]
    context = command.make_context(name, line.split())
    expected = context.params
    values = plain.read(line.split(), cli._GROUPS[name])
    assert values is not None
    assert values.keys() == expected.keys()
    for flag, value in values.items():
        # Typer makes no difference between none and no list.
        assert (value or None) == (expected[flag] or None), flag
        assert type(value) is type(expected[flag]) or not value


@pytest.mark.parametrize("line", OTHERS)
def test_left_to_typer(line: str):
    assert plain.read(line.split(), cli._GROUPS["check"]) is None


def test_pydantic_is_not_loaded(tmp_path: Path):
    suite = make(tmp_path, test_a=LEGACY)
    code = (
        "import sys; from awaitify.cli import main\n"
        "sys.argv = ['awaitify', 'check', '-q']\n"
        "try: main()\n"
        "finally: assert not {'pydantic', 'rich'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=suite, capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (1, b"")
