"""AW343: warning filters in configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.support import MARKED, settle

TOP = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
OURS = [
    "ignore::RuntimeWarning",
    "ignore:coroutine .* was never awaited:RuntimeWarning",
    "ignore:coroutine.*was never awaited",
    "ignore:coroutine 'go' was never awaited",
    "ignore:coroutine 'AsyncMockMixin._execute_mock_call' was never awaited",
    "ignore::pytest.PytestUnraisableExceptionWarning",
]
OTHERS = [
    "ignore",
    "ignore::Warning",
    "ignore::DeprecationWarning",
    "ignore:coroutine 'Connection._cancel' was never awaited:RuntimeWarning",
]
NONE = [
    "error",
    "error::RuntimeWarning",
    "default::RuntimeWarning",
    "ignore:numpy.ufunc size changed:RuntimeWarning",
    "ignore:old thing:DeprecationWarning",
    "ignore::UserWarning",
]
TEST = MARKED + "\n    async def go():\n        pass\n"


def files(item: str) -> dict[str, str]:
    return {
        "pytest.ini": f"{TOP}filterwarnings =\n    error\n    {item}\n",
        "test_a.py": TEST,
    }


@pytest.mark.parametrize("item", OURS)
def test_what_hides_our_coroutines(tmp_path: Path, item: str):
    done = settle(tmp_path, files(item))
    assert not done.changed
    (line,) = done.told("review")
    assert line.startswith(f"pytest.ini:5 AW343 the filter {item!r} hides ")
    done = settle(tmp_path, files(item), unsafe=True)
    assert done.text("pytest.ini") == f"{TOP}filterwarnings =\n    error\n"


@pytest.mark.parametrize("item", OTHERS)
def test_what_is_the_users_choice(tmp_path: Path, item: str):
    done = settle(tmp_path, files(item), unsafe=True)
    assert not done.changed
    assert len(done.told("report")) == 1


@pytest.mark.parametrize("item", NONE)
def test_what_hides_nothing(tmp_path: Path, item: str):
    done = settle(tmp_path, files(item), unsafe=True)
    assert not done.settlement.findings
    assert not done.changed


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "pyproject.toml",
            'filterwarnings = [\n  "error",  # all\n  "ignore::RuntimeWarning",  # hides\n]\n',
            'filterwarnings = [\n  "error",  # all\n]\n',
        ),
        (
            "pyproject.toml",
            'filterwarnings = "ignore::RuntimeWarning"\nx = 1\n',
            "x = 1\n",
        ),
        (
            "pyproject.toml",
            'filterwarnings = """\n  error\n  ignore::RuntimeWarning\n"""\n',
            'filterwarnings = """\n  error\n"""\n',
        ),
        ("tox.ini", "filterwarnings = ignore::RuntimeWarning\nx = 1\n", "x = 1\n"),
        (
            "setup.cfg",
            "filterwarnings = ignore::RuntimeWarning\n  # then\n  error\n",
            "filterwarnings =\n  # then\n  error\n",
        ),
    ],
)
def test_every_form(tmp_path: Path, name: str, before: str, after: str):
    heads = {"pyproject.toml": "[tool.pytest.ini_options]", "tox.ini": "[pytest]"}
    value = "function" if name != "pyproject.toml" else '"function"'
    top = f"{heads.get(name, '[tool:pytest]')}\nasyncio_default_fixture_loop_scope = {value}\n"
    done = settle(tmp_path, {name: top + before, "test_a.py": TEST}, unsafe=True)
    assert done.text(name) == top + after


@pytest.mark.parametrize("flag", ["-W ignore", "-p no:warnings", "--disable-warnings"])
def test_flags_are_told(tmp_path: Path, flag: str):
    ini = f"{TOP}addopts = -q {flag}\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": MARKED}, unsafe=True)
    assert not done.changed
    assert done.told("report")[0].startswith(f"pytest.ini:3 AW343 addopts have {flag}")


def test_a_suite_without_async_tests_is_none_of_our_business(tmp_path: Path):
    ini = "[pytest]\nfilterwarnings = ignore::RuntimeWarning\n"
    done = settle(tmp_path, {"pytest.ini": ini, "test_a.py": "def test(): pass"})
    assert not done.settlement.findings
