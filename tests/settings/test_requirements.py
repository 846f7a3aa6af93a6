"""AW342: what the project has to require."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awaitify import configuring, project
from awaitify.settings import stage
from awaitify.settings.requirements import Requirements
from awaitify_codemods import Settings
from tests.settings.support import (
    CASE,
    MARKED,
    SYNC,
    Settled,
    install,
    settle,
    text,
    write,
)

NEW = "pytest-asyncio>=1.1"


def required(tmp_path: Path, name: str, content: str, **more: str) -> Settled:
    files = {"test_a.py": SYNC, name: content}
    return settle(
        tmp_path, {**files, **{k.replace("__", "/"): v for k, v in more.items()}}
    )


LINES = {
    "alone": ("pytest\n", f"pytest\n{NEW}\n"),
    "without a last line end": ("mock\npytest==8.4", f"mock\npytest==8.4\n{NEW}"),
    "spaces": ("pytest >= 8.4\n", "pytest >= 8.4\npytest-asyncio >= 1.1\n"),
    "extras": ("pytest[testing]>=8\n", f"pytest[testing]>=8\n{NEW}\n"),
    "a marker": (
        "pytest>=8 ; python_version >= '3.10'\n",
        f"pytest>=8 ; python_version >= '3.10'\n{NEW} ; python_version >= '3.10'\n",
    ),
    "a comment": ("pytest  # runs tests\nz\n", f"pytest  # runs tests\n{NEW}\nz\n"),
    "sorted": (
        "coverage\npytest\npytest-aiohttp\npytest-cov\n",
        f"coverage\npytest\npytest-aiohttp\n{NEW}\npytest-cov\n",
    ),
    "not sorted": ("zope\npytest\nmock\n", f"zope\npytest\n{NEW}\nmock\n"),
    "blocks": (
        "# runtime\na\nz\n\n# tests\nmock\npytest\nzope\n",
        f"# runtime\na\nz\n\n# tests\nmock\npytest\n{NEW}\nzope\n",
    ),
    "options": (
        "-i https://a.b/c\n-e .\npytest\n",
        f"-i https://a.b/c\n-e .\npytest\n{NEW}\n",
    ),
    "another case": ("PyTest\n", f"PyTest\n{NEW}\n"),
}


@pytest.mark.parametrize(("before", "after"), LINES.values(), ids=LINES)
def test_requirements_files(tmp_path: Path, before: str, after: str):
    done = required(tmp_path, "requirements.txt", before)
    assert done.text("requirements.txt") == after


@pytest.mark.parametrize(
    "name",
    [
        "requirements-dev.txt",
        "dev-requirements.in",
        "test_requirements.txt",
        "requirements/tests.txt",
        "reqs/tests.txt",
    ],
)
def test_names_of_requirements_files(tmp_path: Path, name: str):
    assert required(tmp_path, name, "pytest\n").text(name) == f"pytest\n{NEW}\n"


def test_windows_line_ends(tmp_path: Path):
    done = settle(tmp_path, {"test_a.py": SYNC, "requirements.txt": b"pytest\r\nz\r\n"})
    assert done.bytes("requirements.txt") == b"pytest\r\npytest-asyncio>=1.1\r\nz\r\n"


PYPROJECT = {
    "an extra": (
        '[project.optional-dependencies]\ntest = ["pytest>=8", "trio"]\n',
        f'[project.optional-dependencies]\ntest = ["pytest>=8", "{NEW}", "trio"]\n',
    ),
    "a group": (
        "[dependency-groups]\ndev = [\n  'mypy',\n  'pytest', # runs\n]\n",
        f"[dependency-groups]\ndev = [\n  'mypy',\n  'pytest', # runs\n  '{NEW}',\n]\n",
    ),
    "a quote within": (
        "[dependency-groups]\ndev = [\"pytest; python_version > '3'\"]\n",
        "[dependency-groups]\ndev = [\"pytest; python_version > '3'\", "
        f"\"{NEW}; python_version > '3'\"]\n",
    ),
    "poetry": (
        '[tool.poetry.group.dev.dependencies]\npytest = "^8.4"  # runs\nz = "*"\n',
        '[tool.poetry.group.dev.dependencies]\npytest = "^8.4"  # runs\n'
        'pytest-asyncio = ">=1.1"\nz = "*"\n',
    ),
    "old poetry": (
        '[tool.poetry.dev-dependencies]\npytest = {version = "*"}\n',
        '[tool.poetry.dev-dependencies]\npytest = {version = "*"}\n'
        'pytest-asyncio = ">=1.1"\n',
    ),
    "pdm": (
        '[tool.pdm.dev-dependencies]\ntest = ["pytest"]\n',
        f'[tool.pdm.dev-dependencies]\ntest = ["pytest", "{NEW}"]\n',
    ),
    "hatch": (
        '[tool.hatch.envs.default]\ndependencies = ["pytest"]\n',
        f'[tool.hatch.envs.default]\ndependencies = ["pytest", "{NEW}"]\n',
    ),
    "uv": (
        '[tool.uv]\ndev-dependencies = ["pytest"]\n',
        f'[tool.uv]\ndev-dependencies = ["pytest", "{NEW}"]\n',
    ),
    "tox": (
        '[tool.tox.env_run_base]\ndeps = ["pytest"]\n',
        f'[tool.tox.env_run_base]\ndeps = ["pytest", "{NEW}"]\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), PYPROJECT.values(), ids=PYPROJECT)
def test_pyproject(tmp_path: Path, before: str, after: str):
    done = required(tmp_path, "pyproject.toml", before)
    assert done.text("pyproject.toml") == after


def test_pipfile(tmp_path: Path):
    before = '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n'
    done = required(tmp_path, "Pipfile", before, **{"Pipfile.lock": "{}"})
    assert done.text("Pipfile") == before + 'pytest-asyncio = ">=1.1"\n'
    (line,) = done.told("report")
    assert line == "Pipfile.lock:1 AW342 lock again: pytest-asyncio is not in it yet"


INI = {
    "tox": (
        "tox.ini",
        "[testenv]\n# what\ndeps =\n    pytest\n    # more\n    mock\ncommands = pytest\n",
        f"[testenv]\n# what\ndeps =\n    pytest\n    {NEW}\n    # more\n    mock\ncommands = pytest\n",
    ),
    "one line": (
        "tox.ini",
        "[testenv]\ndeps = pytest\ncommands = pytest\n",
        f"[testenv]\ndeps = pytest\n    {NEW}\ncommands = pytest\n",
    ),
    "no space": (
        "tox.ini",
        "[testenv:py]\ndeps=pytest",
        f"[testenv:py]\ndeps=pytest\n    {NEW}",
    ),
    "factors": (
        "tox.ini",
        "[testenv]\ndeps =\n  py3{10,11}: pytest>=8\n  mock\n",
        f"[testenv]\ndeps =\n  py3{{10,11}}: pytest>=8\n  py3{{10,11}}: {NEW}\n  mock\n",
    ),
    "extras of setup.cfg": (
        "setup.cfg",
        "[options.extras_require]\ntest =\n  pytest\n  zope\n",
        f"[options.extras_require]\ntest =\n  pytest\n  {NEW}\n  zope\n",
    ),
}


@pytest.mark.parametrize(("name", "before", "after"), INI.values(), ids=INI)
def test_ini(tmp_path: Path, name: str, before: str, after: str):
    assert required(tmp_path, name, before).text(name) == after


# Where it is not added.


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"requirements.txt": "pytest\npytest_asyncio\n"}, id="there"),
        pytest.param({"requirements.txt": "pytest\nPyTest.AsyncIO>=1\n"}, id="spelled"),
        pytest.param(
            {
                "requirements.txt": "pytest\n",
                "tox.ini": "[testenv]\ndeps=pytest-asyncio\n",
            },
            id="elsewhere",
        ),
        pytest.param(
            {
                "tox.ini": "[testenv]\ndeps =\n  pytest\n  -r{toxinidir}/ci/all.txt\n",
                "ci/all.txt": "pytest\n",
                "requirements/x.txt": "pytest-asyncio\n",
            },
            id="beside",
        ),
        pytest.param(
            {"requirements.txt": "pytest\n", "test_b.py": MARKED}, id="used before"
        ),
        pytest.param(
            {"requirements.txt": "pytest\n", "test_a.py": CASE}, id="unittest"
        ),
        pytest.param(
            {"requirements.txt": "pytest\n", "test_a.py": "def test(): pass"},
            id="not migrated",
        ),
        pytest.param({"requirements.txt": "# pytest\nmypy\n"}, id="no pytest"),
        pytest.param({"docs/requirements.txt": "pytest\n"}, id="of something else"),
    ],
)
def test_it_is_not_added(tmp_path: Path, files: dict[str, str]):
    assert not settle(tmp_path, {"test_a.py": SYNC, **files}).changed


FROZEN = {
    "hashes": ("requirements.txt", "pytest==8.4 --hash=sha256:0\n", "pinned by hashes"),
    "hashes on more lines": (
        "requirements.txt",
        "pytest==8.4 \\\n    --hash=sha256:0\n",
        None,
    ),
    "compiled": (
        "requirements.txt",
        "# This file is autogenerated by pip-compile\npytest==8.4\n",
        "it is generated",
    ),
    "constraints": ("constraints.txt", "pytest==8.4\n", None),
    "twice": (
        "requirements.txt",
        "pytest<8; python_version < '3.9'\npytest>=8; python_version >= '3.9'\n",
        "pytest is here twice",
    ),
    "code": ("setup.py", "setup(tests_require=['pytest'])\n", "it is code"),
    "semicolons": (
        "setup.cfg",
        "[options.extras_require]\ntest = pytest; mock\n",
        None,
    ),
    "what users get": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = ["pytest"]\n',
        "no list is theirs alone",
    ),
    "poetry's own": (
        "pyproject.toml",
        '[tool.poetry.dependencies]\npytest = "*"\n',
        "no list is theirs alone",
    ),
}


@pytest.mark.parametrize(("name", "content", "why"), FROZEN.values(), ids=FROZEN)
def test_what_is_never_edited(tmp_path: Path, name: str, content: str, why: str | None):
    done = required(tmp_path, name, content)
    assert not done.changed
    if why:
        (line,) = done.told("report", "AW342")
        assert why in line


def test_the_source_of_a_compiled_file_is_edited(tmp_path: Path):
    files = {
        "test_a.py": SYNC,
        "requirements.in": "pytest\n",
        "requirements.txt": "# autogenerated\npytest==8.4\n",
    }
    done = settle(tmp_path, files)
    assert done.changed == {"requirements.in"}
    assert not done.told("report")


def test_what_includes_another_list_gets_it_from_there(tmp_path: Path):
    files = {
        "test_a.py": SYNC,
        "requirements-dev.txt": "-r requirements-test.txt\npytest\n",
        "requirements-test.txt": "pytest\n",
        "pyproject.toml": text(
            """
            [dependency-groups]
            test = ["pytest"]
            dev = ["pytest", {include-group = "test"}]
            """
        ),
        "tox.ini": "[testenv]\ndeps = pytest\n[testenv:b]\ndeps =\n  {[testenv]deps}\n  pytest\n",
    }
    done = settle(tmp_path, files)
    assert done.changed == {"requirements-test.txt", "pyproject.toml", "tox.ini"}
    assert done.text("pyproject.toml").count(NEW) == 1
    assert done.text("tox.ini").count(NEW) == 1


def test_each_package_requires_its_own(tmp_path: Path):
    files = {
        "a/test_a.py": SYNC,
        "a/requirements.txt": "pytest\n",
        "b/test_b.py": "def test(): pass",
        "b/requirements.txt": "pytest\n",
    }
    assert settle(tmp_path, files).changed == {"a/requirements.txt"}


# Which version.


@pytest.mark.parametrize(
    ("declared", "floor"),
    [
        ("requires-python = '>=3.10'", "1.1"),
        ("requires-python = '>=3.9,<4'", "1.1"),
        ("requires-python = '>=3.8'", "0.24"),
        ("requires-python = '>=3.7'", "0.21"),
    ],
)
def test_the_lowest_python_decides(tmp_path: Path, declared: str, floor: str):
    pyproject = f"[project]\n{declared}\n[dependency-groups]\ndev = ['pytest']\n"
    done = required(tmp_path, "pyproject.toml", pyproject)
    assert f"'pytest-asyncio>={floor}'" in done.text("pyproject.toml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.py", "setup(python_requires='>=3.8')\n"),
        ("setup.cfg", "[options]\npython_requires = >=3.8\n"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.8'\n"),
    ],
)
def test_where_the_lowest_python_is_said(tmp_path: Path, name: str, content: str):
    done = required(tmp_path, "requirements.txt", "pytest\n", **{name: content})
    assert done.text("requirements.txt") == "pytest\npytest-asyncio>=0.24\n"


def test_the_user_says_which_python(tmp_path: Path):
    files = {"test_a.py": SYNC, "requirements.txt": "pytest\n"}
    done = settle(tmp_path, files, python="3.8")
    assert done.text("requirements.txt") == "pytest\npytest-asyncio>=0.24\n"


def test_the_pytest_of_the_project_decides(tmp_path: Path):
    done = required(tmp_path, "requirements.txt", "pytest<8\n")
    assert done.text("requirements.txt") == "pytest<8\npytest-asyncio>=0.23\n"


def test_no_version_fits(tmp_path: Path):
    done = required(tmp_path, "requirements.txt", "pytest==6.2.5\n")
    assert not done.changed
    (line,) = done.told("report")
    assert "of which no release takes pytest==6.2.5" in line


def test_where_no_version_fits_none_is_named_that_does_not_exist(tmp_path: Path):
    files = {"setup.py": "setup(python_requires='>=3.5')\n"}
    done = required(tmp_path, "requirements.txt", "pytest\n", **files)
    (line,) = done.told("report")
    assert "need pytest-asyncio now, of which no release takes Python 3.5" in line


SHARED = """
    import asyncio

    LOOP = asyncio.new_event_loop()

    class Pool:
        async def get(self):
            return 1

    pool = Pool()

    def test_a():
        assert LOOP.run_until_complete(pool.get()) == 1

    def test_b():
        assert LOOP.run_until_complete(pool.get()) == 1
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest-asyncio>=0.21", "pytest-asyncio>=0.24"),
        ("pytest-asyncio >= 0.21.1, <2", "pytest-asyncio >= 0.24, <2"),
        ("pytest-asyncio", "pytest-asyncio"),
        ("pytest-asyncio>=1.0", "pytest-asyncio>=1.0"),
        ("pytest-asyncio<1", "pytest-asyncio<1"),
    ],
)
def test_a_floor_that_is_too_low_is_raised(tmp_path: Path, before: str, after: str):
    files = {"test_a.py": SHARED, "requirements.txt": f"pytest\n{before}\n"}
    done = settle(tmp_path, files)
    assert b"loop_scope" in (done.results["test_a.py"] or b"")
    assert done.text("requirements.txt") == f"pytest\n{after}\n"


def test_a_floor_that_cannot_be_edited_is_told(tmp_path: Path):
    files = {"test_a.py": SHARED, "requirements.txt": "pytest\npytest-asyncio~=0.21\n"}
    done = settle(tmp_path, files)
    assert not done.changed
    (line,) = done.told("report")
    assert line.startswith("requirements.txt:2 AW342 what was written needs ")


def test_an_old_plugin_that_is_installed_does_not_lower_the_floor(tmp_path: Path):
    install(tmp_path, pytest_asyncio="0.21.1")
    done = required(tmp_path, "requirements.txt", "pytest\n")
    assert done.text("requirements.txt") == f"pytest\n{NEW}\n"


@pytest.mark.parametrize(
    ("constraint", "floor"),
    [("==0.23.8", "0.23"), ("<1", "0.26"), (">=0.20", "1.1"), ("==1.3.0", "1.1")],
)
def test_constraints_decide_on_the_floor(tmp_path: Path, constraint: str, floor: str):
    files = {
        "test_a.py": SYNC,
        "requirements.txt": "-c constraints.txt\npytest\n",
        "constraints.txt": f"pytest-asyncio{constraint}\n",
    }
    done = settle(tmp_path, files)
    expected = f"-c constraints.txt\npytest\npytest-asyncio>={floor}\n"
    assert done.text("requirements.txt") == expected
    assert done.changed == {"requirements.txt"}


# What goes.


def gone(files: dict[str, str]) -> dict[str, str]:
    """Return documents after asynctest went from the only file that imported it."""
    originals = {name: content.encode() for name, content in files.items()}
    edits = Requirements(dict(originals), originals)
    edits.drop("asynctest", lambda path: True)
    return {name: content.decode() for name, content in edits.files.items()}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("requirements.txt", "a\nasynctest==0.13  # old\nb\n", "a\nb\n"),
        ("requirements.txt", "a\nasynctest", "a"),
        (
            "tox.ini",
            "[testenv]\ndeps =\n  asynctest\n  b\n",
            "[testenv]\ndeps =\n  b\n",
        ),
        ("tox.ini", "[testenv]\ndeps = asynctest\n", "[testenv]\ndeps =\n"),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = ["a", "asynctest; python_version < \'3.8\'"]\n',
            '[dependency-groups]\ndev = ["a"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dev-dependencies]\na = "*"\nasynctest = "^0.13" # old\n',
            '[tool.poetry.dev-dependencies]\na = "*"\n',
        ),
        ("requirements.txt", "asynctest==0.13 --hash=sha256:0\n", None),
        ("pyproject.toml", '[project]\ndependencies = ["asynctest"]\n', None),
    ],
)
def test_what_nothing_imports_goes(name: str, before: str, after: str | None):
    done = gone({name: before})
    assert done[name] == (before if after is None else after)


def test_it_stays_while_anything_mentions_it(tmp_path: Path):
    files = {
        "test_a.py": SYNC,
        "test_b.py": "import aiounittest\n",
        "requirements.txt": "pytest\npytest-asyncio\naiounittest\n",
    }
    assert not settle(tmp_path, files).changed


@pytest.mark.parametrize("other", ["", "# aiounittest\n"])
def test_it_goes_with_its_last_use(tmp_path: Path, other: str):
    requirements = "aiounittest\npytest\n"
    before = "import aiounittest\n"
    files = {"test_a.py": before, "test_b.py": other, "requirements.txt": requirements}
    write(tmp_path, files)
    given = configuring.given(project.load(project.locate([tmp_path])), Settings())
    done = stage.settle(replace(given, results={"test_a.py": b"import unittest\n"}))
    expected = {} if other else {"requirements.txt": b"pytest\n"}
    assert done.after == expected


def test_what_code_requires_is_told(tmp_path: Path):
    setup = "setup(tests_require=['aiounittest'])\n"
    write(tmp_path, {"test_a.py": "import aiounittest\n", "setup.py": setup})
    given = configuring.given(project.load(project.locate([tmp_path])), Settings())
    done = stage.settle(replace(given, results={"test_a.py": b"import unittest\n"}))
    assert not done.after
    (found,) = done.findings
    assert found.message == "nothing imports aiounittest any more; it is code"
