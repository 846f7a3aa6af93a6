"""The user's formatter: its layout, and nothing but its layout."""

from __future__ import annotations

import ast
import shlex
import sys
from pathlib import Path

import pytest

from awaitify import cache
from awaitify_codemods.finishing import is_same_code
from tests.test_cli import LEFT, LEGACY, MODERN, contents, make, run

QUOTING = """\
import sys
text = sys.stdin.read().replace("def test_a():", "def test_a( ) :")
print("# Formatted: " + ",".join(sys.argv[1:]))
sys.stdout.write(text)
"""
FAILING = 'import sys\nprint("no such style", file=sys.stderr)\nsys.exit(2)\n'
CHANGING = "import sys\nprint(sys.stdin.read().replace('== 1', '== 2'))\n"
TEARING = "import sys\nprint(sys.stdin.read()[:-10] + ')')\n"
SILENT = "import sys\nsys.stdin.read()\n"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return make(tmp_path / "a suite", test_a=LEGACY, test_b=LEFT, test_c=MODERN)


def command(root: Path, script: str, *arguments: str) -> str:
    file = root.parent / "a formatter.py"
    file.write_text(script)
    return shlex.join([sys.executable, str(file), *arguments])


def test_fix_writes_what_the_formatter_returns(suite: Path):
    before = contents(suite)
    call = command(suite, QUOTING, "{path}", "-")
    shown = run(suite, "diff", "--format-command", call)
    assert shown.returncode == 1, shown.stderr
    done = run(suite, "fix", "--format-command", call)
    assert done.returncode == 0, done.stderr
    after = contents(suite)
    path = suite.resolve() / "test_a.py"
    assert after["test_a.py"].decode().startswith(f"# Formatted: {path},-\n")
    assert b"async def test_a( ) :" in after["test_a.py"]
    assert {name for name in after if after[name] != before[name]} == {"test_a.py"}
    added = {line[1:] for line in shown.stdout.splitlines() if line[:1] == "+"}
    assert {"async def test_a( ) :", f"# Formatted: {path},-"} <= added
    assert run(suite, "diff", "--format-command", call).stdout == ""


def test_ruff(suite: Path):
    call = shlex.join([sys.executable, "-m", "ruff", "format", "--isolated", "-"])
    (suite / "test_a.py").write_text(LEGACY.replace("f()) == 1", "f())==(  1)"))
    done = run(suite, "fix", "--format-command", call)
    assert done.returncode == 0, done.stderr
    assert b"    assert await f() == (1)\n" in contents(suite)["test_a.py"]


@pytest.mark.parametrize(
    "script, complaint",
    [
        (FAILING, "the format command failed with exit code 2: no such style"),
        (CHANGING, "what the format command returned is not the same code"),
        (TEARING, "what the format command returned is not the same code"),
        (SILENT, "what the format command returned is not the same code"),
    ],
    ids=["fails", "changes the code", "is no Python", "returns nothing"],
)
def test_without_a_layout_all_else_is_done(suite: Path, script: str, complaint: str):
    plain = run(suite, "diff").stdout
    call = command(suite, script)
    shown = run(suite, "diff", "--format-command", call)
    assert shown.returncode == 3
    assert f"test_a.py:1: error: {complaint}" in shown.stderr
    assert shown.stdout == plain
    assert run(suite, "fix", "--format-command", call).returncode == 3
    assert b"await f()" in contents(suite)["test_a.py"]


@pytest.mark.parametrize(
    "call, complaint",
    [
        ("no-such-formatter -", "no-such-formatter is not there to be run"),
        ("./bin/no-such -", "./bin/no-such is not there to be run"),
        ("'open", "No closing quotation"),
        (" ", "names no command"),
    ],
)
def test_a_command_that_is_none(suite: Path, call: str, complaint: str):
    before = contents(suite)
    done = run(suite, "fix", "--format-command", call)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert contents(suite) == before


def test_configuration(suite: Path):
    call = command(suite, QUOTING).replace("\\", "\\\\")
    (suite / "awaitify.toml").write_text(f'format-command = "{call}"\n')
    assert run(suite, "fix").returncode == 0
    assert contents(suite)["test_a.py"].startswith(b"# Formatted: ")


def test_a_plan_is_carried_out_in_the_same_layout(suite: Path):
    call = command(suite, QUOTING)
    assert run(suite, "check", "--plan", "plan.json").returncode == 1
    shown = run(suite, "diff", "--from-plan", "plan.json", "--format-command", call)
    assert shown.stdout == run(suite, "diff", "--format-command", call).stdout != ""


def test_another_layout_is_noticed(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "store"))
    call = command(suite, QUOTING)
    plain = run(suite, "diff").stdout
    first = run(suite, "diff", "--format-command", call).stdout
    assert run(suite, "diff", "--format-command", call).stdout == first != plain
    # Its version or its settings have changed: nothing else tells.
    command(suite, QUOTING.replace("Formatted", "Set"))
    second = run(suite, "diff", "--format-command", call).stdout
    assert "+# Set: " in second
    assert run(suite, "diff").stdout == plain


SAME = [
    ("x = 'a'\n", 'x = "a"\n'),
    ("x = u'a'\n", 'x = "a"\n'),
    ("x = 'a' 'b'\n", 'x = "ab"\n'),
    ("x = (1)\n", "x = 1\n"),
    ("def f():\n  'a \n\tb'  \n".replace("'", "'''"), 'def f():\n    """a\n    b"""\n'),
]
OTHER = [
    ("x = 'a'\n", "x = 'a '\n"),
    ("x = 1\n", "x = 2\n"),
    ("x = 1\n", ""),
    ("x = 1\n", "x = \n"),
    ("def f(a, b): pass\n", "def f(b, a): pass\n"),
    ("x = '''a \nb'''\n", "x = '''a\nb'''\n"),
]


@pytest.mark.parametrize("before, after", SAME)
def test_layout(before: str, after: str):
    ast.parse(before)
    assert is_same_code(before.encode(), after.encode())


@pytest.mark.parametrize("before, after", OTHER)
def test_more_than_layout(before: str, after: str):
    assert not is_same_code(before.encode(), after.encode())
