"""Large trees: what is migrated apart, what has to stay together, and what is held."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from awaitify import engine, packed, packs, project
from awaitify.packs import Pack
from awaitify_codemods import Settings
from tests.command import LEGACY, run

_HELPER = """\
import asyncio


def run(coroutine):
    return asyncio.run(coroutine)
"""
_USER = """\
from {module} import run


async def f():
    return 1


def test_a():
    assert run(f()) == 1
"""

Tree = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Return what makes a git work tree that counts as a large one."""
    monkeypatch.setattr(project, "_LARGE", 0)

    def made(files: Mapping[str, str]) -> Path:
        root = tmp_path / "tree"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        subprocess.run(["git", "init", "-q", root], check=True)
        return root

    return made


def _divided(root: Path) -> list[Pack]:
    place = project.locate([root])
    return packs.divide(project.load(place, streamed=True))


def _own(root: Path) -> list[set[str]]:
    return [{path.partition("/")[0] for path in each.own} for each in _divided(root)]


def _package(name: str, tests: str, **more: str) -> dict[str, str]:
    return {
        f"{name}/pyproject.toml": "[tool.pytest.ini_options]\n",
        f"{name}/tests/test_{name}.py": tests,
        **{f"{name}/{path.replace('__', '/')}.py": text for path, text in more.items()},
    }


def test_packages_that_share_nothing_are_apart(tree: Tree) -> None:
    root = tree({**_package("a", LEGACY), **_package("b", LEGACY)})
    assert _own(root) == [{"a"}, {"b"}]


def test_a_name_that_both_have_is_each_ones_own(tree: Tree) -> None:
    user = _USER.format(module="helpers")
    root = tree(
        {
            **_package("a", user, tests__helpers=_HELPER),
            **_package("b", user, tests__helpers=_HELPER),
        }
    )
    assert _own(root) == [{"a"}, {"b"}]


def test_a_helper_of_other_tests_joins(tree: Tree) -> None:
    user = _USER.format(module="shared_helpers")
    root = tree(
        {**_package("a", LEGACY, tests__shared_helpers=_HELPER), **_package("b", user)}
    )
    assert _own(root) == [{"a", "b"}]


def test_what_is_never_edited_is_only_read(tree: Tree) -> None:
    user = _USER.format(module="lib.runner")
    files = {
        **_package("a", LEGACY, lib__runner=_HELPER, lib__other=""),
        **_package("b", user),
    }
    files["a/lib/__init__.py"] = "from lib.deep import x\n"
    files["a/lib/deep.py"] = "x = 1\n"
    first, second = _divided(tree(files))
    assert not first.read
    assert second.own == ("b/tests/test_b.py",)
    assert second.read == ("a/lib/__init__.py", "a/lib/deep.py", "a/lib/runner.py")


def test_a_library_that_hands_a_test_helper_on_joins(tree: Tree) -> None:
    user = _USER.format(module="lib")
    files = {
        **_package("a", LEGACY, tests__shared_helpers=_HELPER, lib__x=""),
        **_package("b", user),
        "a/lib/__init__.py": "from shared_helpers import run\n",
    }
    assert _own(tree(files)) == [{"a", "b"}]


@pytest.mark.parametrize(
    "text",
    [
        "pytest_plugins = ['shared_helpers']\n",
        "import importlib\nh = importlib.import_module('shared_helpers')\n",
        "from unittest.mock import patch\nx = patch('shared_helpers.run')\n",
        "from shared_helpers import (\n    # all of it)\n    run,\n)\n",
        "from \\\n  shared_helpers \\\n  import run\n",
        "import os, \\\n  shared_helpers\n",
        "if 1: import os; import shared_helpers as s\n",
        "def f():\n\timport shared_helpers.run\n",
    ],
)
def test_however_a_helper_is_named_it_joins(tree: Tree, text: str) -> None:
    files = {
        **_package("a", LEGACY, tests__shared_helpers=_HELPER),
        **_package("b", LEGACY, tests__conftest=text),
    }
    assert _own(tree(files)) == [{"a", "b"}]


def test_text_with_a_dot_names_no_module(tree: Tree) -> None:
    files = {
        **_package("a", LEGACY, tests__shared_helpers=_HELPER),
        **_package("b", f"NAME = 'shared_helpers.txt'\n{LEGACY}"),
    }
    assert _own(tree(files)) == [{"a"}, {"b"}]


def test_a_name_that_nothing_explains_joins(tree: Tree) -> None:
    # Some test puts the folder on the import path as it runs.
    files = {
        **_package("a", LEGACY, tests__deep__odd_helpers=_HELPER),
        **_package("b", _USER.format(module="odd_helpers")),
    }
    assert _own(tree(files)) == [{"a", "b"}]


def test_a_conftest_joins_what_is_below(tree: Tree) -> None:
    files = {**_package("a", LEGACY), **_package("b", LEGACY)}
    fixture = "import pytest\n\n\n@pytest.fixture\ndef loop():\n    return 1\n"
    root = tree({**files, "conftest.py": fixture})
    assert _own(root) == [{"a", "b", "conftest.py"}]
    (root / "conftest.py").write_text("# nothing\n")
    assert _own(root) == [{"a"}, {"b"}, {"conftest.py"}]


def test_who_may_run_beside_others_knows(tree: Tree) -> None:
    files = {**_package("a", LEGACY), **_package("b", LEGACY)}
    place = project.locate([tree(files)])
    whole = project.load(place, streamed=True)
    divided = packs.divide(whole)
    assert packs.shared(whole, divided) == {""}
    files["pytest.ini"] = "[pytest]\ntestpaths = a\n"
    whole = project.load(project.locate([tree(files)]), streamed=True)
    assert packs.shared(whole, divided) == frozenset()


_FILES = {
    **_package("a", _USER.format(module="helpers"), tests__helpers=_HELPER),
    **_package("b", LEGACY, broken="import asyncio\nasyncio.run(\n"),
    **_package("c", LEGACY),
}


def _alone(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(project, "_LARGE", 10**9)
        return run(root, "diff", "--no-cache", "-q", name).stdout


def test_packs_become_what_they_become_alone(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, temporary = tree(_FILES), tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    each = "".join(_alone(root, name, monkeypatch) for name in "abc")
    assert each.count("diff --git") >= 4
    done = run(root, "diff", "--no-cache", "-q")
    assert done.stdout == each
    assert done.returncode == 3
    assert "b/broken.py:2: error" in done.stderr
    assert not os.listdir(temporary)


def test_what_is_kept_of_packs_is_found_again(tree: Tree, tmp_path: Path) -> None:
    root, kept = tree(_FILES), str(tmp_path / "cache")
    first = run(root, "diff", "--cache-dir", kept, "-q")
    (root / "c/tests/test_c.py").write_text(LEGACY.replace("test_a", "test_b"))
    second = run(root, "diff", "--cache-dir", kept, "-q")
    assert "+async def test_b" in second.stdout
    assert "+async def test_b" not in first.stdout
    assert second.stdout == run(root, "diff", "--no-cache", "-q").stdout


def test_a_large_tree_is_written_and_undone(tree: Tree, tmp_path: Path) -> None:
    root = tree(_FILES)
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    patch = run(root, "diff", "--no-cache", "-q").stdout
    plan = str(tmp_path / "plan.json")
    assert run(root, "check", "-q", "--plan", plan, "--no-cache").returncode == 3
    replayed = run(root, "diff", "--from-plan", plan, "--no-cache", "-q")
    assert replayed.stdout == patch
    run(root, "fix", "--allow-dirty", "--no-cache", "-q", **state)
    assert b"await" in (root / "c/tests/test_c.py").read_bytes()
    assert run(root, "diff", "--no-cache", "-q").stdout == ""
    run(root, "undo", **state)
    assert {path: path.read_bytes() for path in root.rglob("*.py")} == before


def test_what_a_result_is_of_is_not_read_again(tree: Tree) -> None:
    # A file that somebody saves meanwhile is not taken for what was migrated.
    root = tree(_FILES)
    whole = project.load(project.locate([root]), streamed=True)
    found = engine.migrate(whole, Settings(), engine.Means())
    path = "c/tests/test_c.py"
    (root / path).write_text("saved = 1\n")
    assert found.before(path) == LEGACY.encode()
    assert b"await" in (found.results[path] or b"")


def test_a_pack_whose_process_dies_is_done_here(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(_FILES)
    expected = run(root, "diff", "--no-cache", "-q").stdout
    here, call = os.getpid(), packed.Work.__call__

    def dying(work: packed.Work, pack: Pack, *, alone: bool = True) -> packed.Part:
        if os.getpid() != here and pack.first.startswith("c/"):
            os._exit(1)
        return call(work, pack, alone=alone)

    monkeypatch.setattr(packed.Work, "__call__", dying)
    assert run(root, "diff", "--no-cache", "-q").stdout == expected
