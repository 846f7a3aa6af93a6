"""The pattern cases: legacy projects, migrated by the real command and run."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from awaitify.cli import app
from tests import command
from tests.suite_runs import Run, run_pytest

_FOLDER = Path(__file__).parent / "cases"
_CASES = sorted(path.name for path in _FOLDER.iterdir() if (path / "case.md").exists())

# Tests that passed without running, and fail now that they run.
_REVEALED = {
    "P20_async_test_in_plain_testcase": {"test_case.py::Hole::test_never_runs"},
}
# Cases that the pytest-asyncio of today cannot run before, or only with warnings.
_REPAIRED = {
    "P30_policies_and_uvloop",
    "P19_explicit_loop_arguments",
    "P21_asynctest_aiounittest",
    "P28_event_loop_override",
    # What aiohttp makes before setUpAsync, it makes in it since version 3.8.
    "P25_aiohttp_test_utils",
    "P31_marker_and_fixture_spelling",
    "P32_async_fixture_decorator",
    "P34_configuration",
    "P34_requirements",
    "P42_coroutine_wrapped_mocks",
    "P43_asynctest_mocks",
    # Their mocks are of the wrong class.
    "P44_magicmock_awaited_attribute",
    "P45_constructor_injected_mock",
    "P46_patch_targets",
    "P47_mock_fixtures_and_factories",
    "P51_asyncmock_for_sync",
    "P52_consumption_contexts",
    "P53_pytest_mock",
    # It blocks the loop in which it waits.
    "P56_sleeps_and_polling",
    # asyncio.coroutine is gone since Python 3.11.
    "P58_generator_coroutines",
    # httpx takes no app since version 0.28.
    "P59_httpx_asyncclient_app",
}
_FLAGS = {
    "P35_configured_filters": ["--unsafe"],
    "P35_warning_filters": ["--unsafe"],
    "P40_handmade_function_mocks": ["--unsafe"],
    "P41_magicmock_subclass": ["--unsafe"],
    "P56_sleeps_and_polling": ["--unsafe"],
    "P57_background_tasks": ["--unsafe"],
    "P55_timeouts": ["--timeout", "5"],
    "P61_missing_awaits": ["--unsafe"],
    "P60_websockets": ["--unsafe"],
}
_PLUGINS = {
    "P37_anyio_suites": ["-p", "anyio.pytest_plugin"],
    "P53_pytest_mock": ["-p", "pytest_mock"],
}
_NEEDS_PYTHON = {"P12_other_runners": (3, 11)}
_NEEDS_MODULE = {
    "P23_django_asgiref": "asgiref",
    "P24_tornado": "tornado",
    "P25_aiohttp_test_utils": "aiohttp",
    "P53_pytest_mock": "pytest_mock",
    "P59_httpx_asyncclient_app": "starlette",
}

_ARGUMENTS = [
    "-q",
    *("-p", "no:cacheprovider"),
    # Other plugins of our environment would double the time of each run.
    *("--disable-plugin-autoload", "-p", "pytest_asyncio.plugin"),
]
_STRICT = [
    *("-W", "error::RuntimeWarning"),
    *("-W", "error::pytest.PytestWarning"),
    *("-W", "error::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True)
class Played:
    """A case after the command ran over it."""

    result: Path
    fix: subprocess.CompletedProcess[str]
    before: Run
    after: Run


def _parameters(names: list[str]) -> list[object]:
    return [
        pytest.param(
            name,
            marks=[
                pytest.mark.skipif(
                    sys.version_info < _NEEDS_PYTHON.get(name, (3,)),
                    reason="the case needs a newer Python",
                ),
                pytest.mark.skipif(
                    find_spec(_NEEDS_MODULE.get(name, "pytest")) is None,
                    reason=f"{_NEEDS_MODULE.get(name)} is not installed",
                ),
            ],
        )
        for name in names
    ]


def _play(case: str, folder: Path) -> Played:
    before, result = folder / "before", folder / "result"
    arguments = [*_ARGUMENTS, *_PLUGINS.get(case, [])]
    shutil.copytree(_FOLDER / case / "before", before)
    shutil.copytree(before, result)
    fix = _fix(result, _FLAGS.get(case, []))
    return Played(
        result=result,
        fix=fix,
        # Tests that do not run lose coroutines: that is what the warnings are about.
        before=run_pytest(
            before,
            arguments if case in _REVEALED else [*arguments, *_STRICT],
            folder / "before.json",
        ),
        after=run_pytest(result, [*arguments, *_STRICT], folder / "after.json"),
    )


def _fix(project: Path, flags: list[str]) -> subprocess.CompletedProcess[str]:
    # In this process: two of pytest's for each case take long enough.
    state = str(project.parent / "state")
    more = {"AWAITIFY_STATE_DIR": state, "NO_COLOR": "1"}
    return command.run(project, "fix", ".", "--allow-dirty", *flags, **more)


@pytest.mark.parametrize("case", _parameters(_CASES))
def test_a_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In one test: with several processes each case is played once."""
    played = _play(case, tmp_path)
    _check_that_the_tests_pass_before(played, case)
    _check_that_every_test_keeps_its_outcome(played, case)
    assert _texts(played.result) == _texts(_FOLDER / case / "after")
    monkeypatch.chdir(played.result)
    _check_that_nothing_is_left_to_do(case)


def _check_that_the_tests_pass_before(played: Played, case: str):
    passed = set(played.before.tests.values()) == {"passed"}
    assert passed == (case not in _REPAIRED), played.before.log


def _check_that_every_test_keeps_its_outcome(played: Played, case: str):
    assert played.fix.returncode == 0, played.fix.stderr
    expected = dict(played.before.tests)
    if case in _REPAIRED:
        # What could not be collected has no id.
        expected = dict.fromkeys(played.after.tests, "passed")
        assert expected, played.after.log
    expected |= dict.fromkeys(_REVEALED.get(case, ()), "failed")
    assert played.after.tests == expected, played.after.log


def _check_that_nothing_is_left_to_do(case: str):
    check = CliRunner().invoke(app, ["check", ".", *_FLAGS.get(case, [])])
    assert check.exit_code == 0, check.output


def test_each_case_is_named_in_a_table_only_if_it_exists():
    tables = (
        _NEEDS_PYTHON,
        _NEEDS_MODULE,
        _REPAIRED,
        _REVEALED,
        _FLAGS,
        _PLUGINS,
    )
    named = {name for table in tables for name in table}
    assert named <= set(_CASES)


def _texts(project: Path) -> dict[str, str]:
    """Return each file's content in a form that is equal if the meaning is."""
    return {
        file.relative_to(project).as_posix(): _text(file)
        for file in project.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _text(file: Path) -> str:
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return source
    tree = ast.parse(source)
    # The order of imports is left to whoever sorts them.
    is_import = (ast.Import, ast.ImportFrom)
    imports = [node for node in tree.body if isinstance(node, is_import)]
    others = [node for node in tree.body if not isinstance(node, is_import)]
    return "\n".join([*sorted(map(ast.unparse, imports)), *map(ast.unparse, others)])
