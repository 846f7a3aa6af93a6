"""Shards: stable, disjoint, complete; together they are what one run is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from awaitify import project, shards, workflow
from awaitify.config import Options, UsageError
from awaitify.report import as_json, merging, reading
from tests.command import LEGACY, run

_HELPER = "import asyncio\n\n\ndef run(coroutine):\n    return asyncio.run(coroutine)\n"
_USER = """\
from {module} import run


async def f():
    return 1


def test_a():
    assert run(f()) == 1
"""
_LEFT = LEGACY.replace("assert asyncio", "assert not None\n    x = asyncio.run\n    x")


def _tree(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def _files() -> dict[str, str]:
    files = {"d/tests/broken_test.py": "import asyncio\nasyncio.run(\n"}
    for name in "abcdefgh":
        files[f"{name}/pyproject.toml"] = (
            "[tool.pytest.ini_options]\n[dependency-groups]\ndev = ['pytest']\n"
        )
        files[f"{name}/tests/test_{name}.py"] = LEGACY if name < "g" else _LEFT
    # These two belong together.
    files["a/tests/shared_helpers.py"] = _HELPER
    files["h/tests/test_more.py"] = _USER.format(module="shared_helpers")
    return files


@pytest.fixture(params=["small", "large"])
def root(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    if request.param == "large":
        monkeypatch.setattr(project, "_LARGE", 0)
    return _tree(tmp_path / "tree", _files())


def _by_file(patch: str) -> list[str]:
    return sorted(re.split(r"^(?=diff --git )", patch, flags=re.MULTILINE)[1:])


def test_the_patches_of_all_shards_are_that_of_one_run(root: Path) -> None:
    whole = _by_file(run(root, "diff", "--no-cache", "-q").stdout)
    parts = [
        _by_file(run(root, "diff", "--no-cache", "-q", "--shard", f"{n}/3").stdout)
        for n in (1, 2, 3)
    ]
    assert len(whole) >= 14
    assert max(map(len, parts)) < len(whole)
    assert sorted(each for part in parts for each in part) == whole
    [having] = [part for part in parts if any("a/tests/shared" in p for p in part)]
    assert any("h/tests/test_more" in each for each in having)


@pytest.mark.parametrize("command", ["check", "diff"])
def test_the_reports_of_shards_are_merged_to_that_of_one_run(
    root: Path, command: str
) -> None:
    asked = (command, "--no-cache", "--format", "json")
    whole = run(root, *asked).stdout
    parts = [
        (text, reading.load(run(root, *asked, "--shard", text).stdout.encode()))
        for text in ("1/2", "2/2")
    ]
    assert as_json.render(merging.merged(parts)).decode() == whole
    assert all(part.report.findings for _, part in parts)


def test_what_is_written_by_shards_is_what_one_run_writes(root: Path) -> None:
    state = {"XDG_STATE_HOME": str(root.parent / "state")}
    patch = run(root, "diff", "--no-cache", "-q").stdout
    expected = root.parent / "expected"
    subprocess.run(["cp", "-r", root, expected], check=True)
    subprocess.run(["git", "apply"], cwd=expected, input=patch.encode(), check=True)
    fix = ("fix", "--no-cache", "--allow-dirty", "-q", "--shard")
    # The second starts from what the first has written.
    for n in (2, 1):
        run(root, *fix, f"{n}/2", **state)
    for path in _files():
        made, wanted = root / path, expected / path
        assert made.exists() == wanted.exists(), path
        assert not made.exists() or made.read_text() == wanted.read_text(), path


def test_what_proofs_of_shards_may_edit_is_disjoint_and_complete(root: Path) -> None:
    options = Options(paths=(root,), quiet=True)
    whole = workflow.load(options).project
    parts = [workflow.load(replace(options, shard=f"{n}/3")).project for n in (1, 2, 3)]
    chosen = [path for part in parts for path in part.selected]
    assert sorted(chosen) == sorted(whole.selected)
    assert max(len(part.selected) for part in parts) < len(chosen)
    # All is read, by whomever.
    assert all(part.files.keys() == whole.files.keys() for part in parts)
    [having] = [part for part in parts if "a/tests/shared_helpers.py" in part.selected]
    assert "h/tests/test_more.py" in having.selected
    open_ = [part.documents.keys() - part.closed for part in parts]
    assert sorted(path for each in open_ for path in each) == sorted(whole.documents)


def test_a_part_is_the_same_on_any_machine() -> None:
    paths = [f"packages/p{n}/tests/test_x.py" for n in range(100)]
    first = [shards.parse("1/2").takes(path) for path in paths]
    second = [shards.parse("2/2").takes(path) for path in paths]
    assert all(one != other for one, other in zip(first, second, strict=True))
    assert 30 < sum(first) < 70
    assert shards.parse("1/3").takes("a/tests/test_a.py")


@pytest.mark.parametrize(
    "text",
    ["", "0/2", "3/2", "1", "1/0", "-1/2", "a/b", "1/2/3", "1/2 ", "01/2", "٣/٣"],
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        shards.parse(text)


def test_a_shard_of_standard_input_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "check", "-", "--shard", "1/2", stdin=b"")
    assert done.returncode == 2
    assert "--shard would have no effect" in done.stderr


def test_a_part_that_is_none_is_a_usage_error(root: Path) -> None:
    assert run(root, "check", "--shard", "3/2").returncode == 2
