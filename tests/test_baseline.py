"""What an earlier report knows is not told again, nor counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import LEFT, LEGACY, MODERN, make, run

MORE = "\n\ndef test_more():\n    assert asyncio.run(f()) == 2\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project, with a report beside it."""
    root = make(tmp_path / "p", test_a=LEGACY, test_b=LEFT)
    write(root)
    return root


def write(root: Path) -> None:
    """Write the report of a project beside it."""
    file = str(root.parent / "base.json")
    run(root, "check", "--format", "json", "--output", file)


def check(root: Path, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code, and the lines but the one about files and time."""
    file = str(root.parent / "base.json")
    done = run(root, "check", "--baseline", file, *arguments)
    assert not done.stderr, done.stderr
    lines = done.stdout.splitlines()
    return done.returncode, [each for each in lines if each and " s)." not in each]


NONE = "0 sites found: 0 can be migrated, 0 left."


def test_nothing_new(root: Path):
    expected = [NONE, "2 known from the baseline."]
    assert check(root) == (0, expected)
    assert check(root, "--strict") == (0, expected)
    assert check(root, "--format", "concise") == (0, expected)


def test_lines_that_moved_are_known(root: Path):
    for name in ("test_a.py", "test_b.py"):
        file = root / name
        file.write_text("# one line more\n" + file.read_text())
    assert check(root) == (0, [NONE, "2 known from the baseline."])


def test_something_new(root: Path):
    (root / "test_a.py").write_text(LEGACY + MORE)
    code, [found, *summary] = check(root)
    assert code == 1
    assert found.endswith("[test_more]")
    assert summary == [
        "1 site found: 1 can be migrated, 0 left.",
        "2 known from the baseline.",
    ]


def test_another_of_the_same_is_new(root: Path):
    (root / "test_a.py").write_text(LEGACY + "    assert asyncio.run(f()) == 1\n")
    assert check(root)[1][1:] == [
        "1 site found: 1 can be migrated, 0 left.",
        "2 known from the baseline.",
    ]


def test_another_reason_is_new(root: Path):
    file = root / "test_b.py"
    text = file.read_text().partition("def test_b")[0]
    file.write_text(text + "async def test_b():\n    asyncio.run(f())\n")
    code, lines = check(root, "--strict")
    assert code == 1
    assert "left (nested-drive)" in lines[0]
    assert lines[-1] == "1 known from the baseline, 1 of the baseline is gone."


def test_what_is_gone(root: Path):
    (root / "test_a.py").write_text(MODERN)
    (root / "test_b.py").unlink()
    expected = [NONE, "0 known from the baseline, 2 of the baseline are gone."]
    assert check(root) == (0, expected)


def test_files_that_were_not_chosen_are_not_gone(root: Path):
    assert check(root, "test_b.py") == (0, [NONE, "1 known from the baseline."])


def test_from_another_directory(root: Path):
    file = str(root.parent / "base.json")
    done = run(root.parent, "check", "p", "--baseline", file)
    assert done.stdout.endswith("2 known from the baseline.\n")


@pytest.mark.parametrize("above", [True, False])
def test_of_a_project_above_or_below(root: Path, above: bool):
    file = root.parent / "base.json"
    data = json.loads(file.read_text())
    data["root"] = str(root.parent.resolve() if above else (root / "sub").resolve())
    for finding in data["findings"] if above else ():
        finding["path"] = f"p/{finding['path']}"
    file.write_text(json.dumps(data))
    (root / "sub").mkdir()
    for name in () if above else ("test_a.py", "test_b.py"):
        (root / name).rename(root / "sub" / name)
    assert check(root)[1] == [NONE, "2 known from the baseline."]


def test_in_json(root: Path):
    (root / "test_b.py").unlink()
    _, lines = check(root, "--format", "json")
    data = json.loads("".join(lines))
    assert data["summary"]["baseline"] == {"found": 1, "gone": 1}
    assert data["summary"]["sites"] == 0 and data["findings"] == []


def test_what_is_suppressed_is_neither_known_nor_gone(root: Path):
    file = root / "test_a.py"
    file.write_text(LEGACY.replace(" == 1", " == 1  # awaitify: ignore"))
    write(root)
    _, lines = check(root)
    assert lines == [
        "1 site found: 0 can be migrated, 0 left, 1 suppressed.",
        "1 known from the baseline.",
    ]
    file.write_text(MODERN)
    assert check(root)[1] == [NONE, "1 known from the baseline."]


@pytest.mark.parametrize(
    "content, message",
    {
        "no JSON": "not a report: Expecting value",
        "[]": "not a report of `check --format json`",
        '{"schema": 1, "files": [], "units": []}': "not a report of `check",
        '{"schema": 3, "findings": []}': "schema 3, expected 2",
        '{"schema": 1, "findings": []}': "a report of None, not of check",
        '{"schema": 1, "findings": [{}], "command": "check", "root": "/"}': "KeyError",
        "[" * 100_000: "not a report",
    }.items(),
)
def test_a_file_that_is_something_else(root: Path, content, message):
    file = root.parent / "base.json"
    file.write_text(content)
    done = run(root, "check", "--baseline", str(file))
    assert done.returncode == 2
    assert f"--baseline: {file}: " in done.stderr and message in done.stderr


@pytest.mark.parametrize(
    "arguments, message",
    {
        ("--baseline", "nowhere.json"): "nowhere.json: No such file",
        ("--baseline", "-"): "--baseline needs the name of a file",
        ("--baseline", "b", "--format", "patch"): "--baseline would have no effect",
        ("--baseline", "b", "--plan", "-"): "--baseline would have no effect",
        ("--baseline", "b", "--output", "./b"): "--output would overwrite the baseline",
    }.items(),
)
def test_a_use_that_makes_no_sense(root: Path, arguments, message):
    done = run(root, "check", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_one_that_the_configuration_names_can_be_made_anew(root: Path):
    (root / "pyproject.toml").write_text('[tool.awaitify]\nbaseline = "b.json"\n')
    done = run(root, "check")
    assert done.returncode == 2 and "b.json: No such file" in done.stderr
    for _ in range(2):
        run(root, "check", "--format", "json", "--output", "b.json")
        assert run(root, "check").stdout.endswith("2 known from the baseline.\n")
    assert run(root, "diff").returncode == 1


def test_only_check_has_one(root: Path):
    assert run(root, "fix", "--baseline", "b").returncode == 2
