"""Projects as they lie on disk: root, pytest's configuration, tests, interpreter."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from awaitify import environment, project
from awaitify.environment import NoInterpreter
from awaitify.project import Project
from awaitify.toml import ConfigError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.chdir(tmp_path)


def make(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return root


def load(root: Path, *named: str, **options: object) -> Project:
    place = project.locate([root / name for name in named or ("",)])
    return project.load(place, **options)


def git(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


class TestRoot:
    def test_top_of_the_git_tree(self, tmp_path: Path):
        make(git(tmp_path), {"pkg/pyproject.toml": "", "pkg/tests/test_a.py": ""})
        found = load(tmp_path / "pkg/tests")
        assert found.root == found.repository == tmp_path
        assert found.selected == {"pkg/tests/test_a.py"}

    def test_without_git_the_package_around(self, tmp_path: Path):
        make(tmp_path, {"p/setup.py": "", "p/tests/pytest.ini": "", "p/tests/a.py": ""})
        found = load(tmp_path / "p/tests")
        assert (found.root, found.repository) == (tmp_path / "p", None)

    def test_without_a_package_the_pytest_configuration(self, tmp_path: Path):
        make(tmp_path, {"p/pytest.ini": "", "p/tests/test_a.py": ""})
        assert load(tmp_path, "p/tests/test_a.py").root == tmp_path / "p"

    def test_what_git_ignores_is_a_project_of_its_own(self, tmp_path: Path):
        make(git(tmp_path), {".gitignore": "work/", "pyproject.toml": ""})
        make(tmp_path, {"work/p/setup.cfg": "", "work/p/test_a.py": ""})
        found = load(tmp_path / "work/p")
        assert (found.root, found.repository) == (tmp_path / "work/p", None)

    def test_several_paths(self, tmp_path: Path):
        make(tmp_path, {"setup.py": "", "a/test_a.py": "", "b/test_b.py": ""})
        found = load(tmp_path, "a", "b/test_b.py")
        assert found.root == tmp_path
        assert found.selected == {"a/test_a.py", "b/test_b.py"}


CONFIGURATIONS = {
    "pytest.toml": '[pytest]\nasyncio_mode = "auto"\npython_files = ["check_*.py"]\n',
    ".pytest.toml": '[pytest]\nasyncio_mode = "auto"\npython_files = ["check_*.py"]\n',
    "pytest.ini": "[pytest]\nasyncio_mode = auto\npython_files = check_*.py\n",
    ".pytest.ini": "[pytest]\nasyncio_mode=auto\npython_files = check_*.py\n",
    "pyproject.toml": """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        python_files = "check_*.py other.py"
    """,
    "tox.ini": """
        [tox]
        envlist = py3
        [pytest]
        asyncio_mode = auto
        python_files =
            check_*.py
            other.py
        filterwarnings = ignore:100%
    """,
    "setup.cfg": "[tool:pytest]\nasyncio_mode = auto\npython_files = check_*.py\n",
}


class TestConfiguration:
    @pytest.mark.parametrize("name", CONFIGURATIONS)
    def test_is_read(self, tmp_path: Path, name: str):
        make(tmp_path, {"setup.py": "", name: CONFIGURATIONS[name]})
        make(tmp_path, {"check_a.py": "", "test_a.py": ""})
        found = load(tmp_path)
        assert found.modes == {"": "auto"}
        assert found.tests == {"check_a.py"}
        assert not found.faults

    def test_native_toml(self, tmp_path: Path):
        text = '[tool.pytest]\nasyncio_mode = "auto"\n'
        make(tmp_path, {"pyproject.toml": text})
        assert load(tmp_path).modes == {"": "auto"}

    @pytest.mark.parametrize("winner", range(len(CONFIGURATIONS)))
    def test_order(self, tmp_path: Path, winner: int):
        names = list(CONFIGURATIONS)[winner:]
        make(tmp_path, {name: CONFIGURATIONS[name] for name in names})
        text = CONFIGURATIONS[names[0]].replace("auto", "strict")
        make(tmp_path, {names[0]: text, "setup.py": ""})
        assert load(tmp_path).modes == {"": "strict"}

    @pytest.mark.parametrize("name", ["pytest.ini", ".pytest.ini", "pytest.toml"])
    def test_empty_file_of_its_own_wins(self, tmp_path: Path, name: str):
        make(tmp_path, {name: "", "pyproject.toml": CONFIGURATIONS["pyproject.toml"]})
        assert load(tmp_path).modes == {"": "strict"}

    def test_shared_file_without_its_section_does_not(self, tmp_path: Path):
        make(tmp_path, {"pyproject.toml": "[tool.pytest-cov]\n", "tox.ini": "[tox]\n"})
        make(tmp_path, {"setup.cfg": CONFIGURATIONS["setup.cfg"]})
        assert load(tmp_path).modes == {"": "auto"}

    @pytest.mark.parametrize(
        "addopts",
        ["--asyncio-mode=auto -q", "-q --asyncio-mode auto", "-o asyncio_mode=auto"],
    )
    def test_mode_in_addopts(self, tmp_path: Path, addopts: str):
        make(tmp_path, {"pytest.ini": f"[pytest]\naddopts = {addopts}\n"})
        assert load(tmp_path).modes == {"": "auto"}

    @pytest.mark.parametrize(
        ("text", "scopes"),
        [
            ("asyncio_default_fixture_loop_scope = session\n", ("session", "")),
            (
                "asyncio_default_fixture_loop_scope = fixture-scope\n"
                "addopts = -o asyncio_default_test_loop_scope=module\n",
                ("", "module"),
            ),
        ],
    )
    def test_default_loop_scopes(self, tmp_path: Path, text: str, scopes: object):
        make(tmp_path, {"pytest.ini": f"[pytest]\n{text}"})
        assert load(tmp_path).loop_scopes == {"": scopes}

    def test_nearest_decides(self, tmp_path: Path):
        make(git(tmp_path), {"pytest.ini": "[pytest]\nasyncio_mode = auto\n"})
        make(tmp_path, {"a/pyproject.toml": "[tool.pytest.ini_options]\n"})
        make(tmp_path, {"b/pyproject.toml": "[project]\n", "b/test_b.py": ""})
        assert load(tmp_path).modes == {"": "auto", "a": "strict"}

    @pytest.mark.parametrize(
        ("name", "text", "line"),
        [
            ("pyproject.toml", "[tool.pytest]\nx = \n", 2),
            ("pytest.ini", "\nasyncio_mode = auto\n", 2),
            ("setup.cfg", "x\n[tool:pytest]\n", 1),
        ],
    )
    def test_broken_file_is_told(self, tmp_path: Path, name: str, text: str, line: int):
        files = {"setup.py": "", "test_a.py": "", "p/test_b.py": "", f"p/{name}": text}
        found = load(make(tmp_path, files))
        assert [(f.path, f.line) for f in found.faults] == [(f"p/{name}", line)]
        assert found.selected == {"setup.py", "test_a.py"}
        assert found.tests == {"test_a.py", "p/test_b.py"}
        assert not load(tmp_path, "test_a.py").faults
        with pytest.raises(ConfigError):
            load(tmp_path / "p")
        with pytest.raises(ConfigError):
            load(tmp_path, "p/test_b.py")


class TestTests:
    def test_pytest_defaults(self, tmp_path: Path):
        names = ["test_a.py", "b_test.py", "tests/conftest.py", "tests/util.py", "c.py"]
        make(tmp_path, dict.fromkeys(["setup.py", *names], ""))
        assert load(tmp_path).tests == {"test_a.py", "b_test.py", "tests/conftest.py"}

    def test_testpaths(self, tmp_path: Path):
        make(tmp_path, {"pytest.ini": "[pytest]\ntestpaths = tests */checks\n"})
        make(tmp_path, {"pkg/test_client.py": "", "tests/deep/test_a.py": ""})
        make(tmp_path, {"pkg/checks/test_b.py": "", "tests/util.py": ""})
        assert load(tmp_path).tests == {"tests/deep/test_a.py", "pkg/checks/test_b.py"}

    def test_named_directory_overrules_testpaths(self, tmp_path: Path):
        make(tmp_path, {"pytest.ini": "[pytest]\ntestpaths = tests\n"})
        make(tmp_path, {"slow/test_a.py": "", "tests/test_b.py": "", "c/test_c.py": ""})
        assert load(tmp_path, "slow").tests == {"slow/test_a.py", "tests/test_b.py"}

    def test_directories_that_pytest_does_not_enter(self, tmp_path: Path):
        make(tmp_path, {"build/test_a.py": "", "src/.x/test_b.py": "", "test_c.py": ""})
        make(tmp_path, {"setup.py": ""})
        assert load(tmp_path).tests == {"test_c.py"}
        assert load(tmp_path, "build").tests == {"build/test_a.py", "test_c.py"}

    def test_pattern_with_a_directory(self, tmp_path: Path):
        make(tmp_path, {"pytest.ini": "[pytest]\npython_files = tests/*.py\n"})
        make(tmp_path, {"tests/a.py": "", "pkg/tests/b.py": "", "test_c.py": ""})
        assert load(tmp_path).tests == {"tests/a.py", "pkg/tests/b.py"}

    def test_named_file_that_defines_tests(self, tmp_path: Path):
        make(tmp_path, {"setup.py": "", "checks.py": "def test_a(): ...\n"})
        make(tmp_path, {"methods.py": "class A:\n    async def test_a(self): ...\n"})
        make(tmp_path, {"util.py": "x = 1\n"})
        assert load(tmp_path).tests == set()
        named = ("checks.py", "methods.py", "util.py")
        assert load(tmp_path, *named).tests == {"checks.py", "methods.py"}


class TestImportRoots:
    def test_order(self, tmp_path: Path):
        make(tmp_path, {"pytest.ini": "[pytest]\npythonpath = helpers\n"})
        names = ["tests/unit/test_a.py", "src/p/m.py", "lib/q.py", "helpers/h.py"]
        make(tmp_path, dict.fromkeys(names, ""))
        expected = ("tests/unit", "helpers", "", "src", "lib")
        assert load(tmp_path).roots == expected

    def test_packages_put_their_parent_there(self, tmp_path: Path):
        names = ["a/tests/__init__.py", "a/tests/deep/__init__.py"]
        make(tmp_path, dict.fromkeys(["setup.py", *names], ""))
        make(tmp_path, {"a/tests/deep/test_a.py": ""})
        assert load(tmp_path).roots == ("a", "")

    def test_importlib_mode_inserts_nothing(self, tmp_path: Path):
        text = "[pytest]\naddopts = --import-mode=importlib\n"
        make(tmp_path, {"pytest.ini": text, "tests/test_a.py": ""})
        assert load(tmp_path).roots == ("",)

    def test_packages_of_a_monorepo(self, tmp_path: Path):
        make(git(tmp_path), {"a/pyproject.toml": "", "b/setup.cfg": ""})
        make(tmp_path, {"a/src/x.py": "", "b/y.py": "", "c/src/z.py": ""})
        assert load(tmp_path).roots == ("", "a", "b", "a/src")

    def test_everything_in_a_package(self, tmp_path: Path):
        make(tmp_path, {"setup.py": "", "__init__.py": "", "test_a.py": ""})
        assert load(tmp_path).roots == ("",)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("project") / ".venv"
    venv.create(home, symlinks=sys.platform != "win32")
    return home


def site(home: Path) -> Path:
    return next(iter([*home.glob("lib/python*/site-packages"), home / "Lib"]))


def interpreter(home: Path) -> Path:
    return next(iter([*home.glob("bin/python"), *home.glob("Scripts/python.exe")]))


class TestEnvironment:
    def test_upward(self, built: Path):
        deep = built.parent / "a/b"
        deep.mkdir(parents=True, exist_ok=True)
        assert environment.find(None, deep, {}).home == built

    def test_active_one_comes_first(self, built: Path, tmp_path: Path):
        active = {"VIRTUAL_ENV": str(built)}
        assert environment.find(None, tmp_path, active).home == built

    def test_stale_active_one_is_passed_over(self, built: Path, tmp_path: Path):
        active = {"VIRTUAL_ENV": str(tmp_path / "gone")}
        assert environment.find(None, built.parent, active).home == built

    def test_interpreter_or_directory(self, built: Path, tmp_path: Path):
        for named in (interpreter(built), built):
            found = environment.find(str(named), tmp_path, {})
            assert (found.home, found.site) == (built, (site(built).resolve(),))

    def test_interpreter_outside_of_any_venv(self, built: Path, tmp_path: Path):
        real = interpreter(built).resolve()
        found = environment.find(str(real), tmp_path, {})
        assert found.reader()("unittest.case")

    def test_nothing_there(self, tmp_path: Path):
        for named in (str(tmp_path / "python"), str(tmp_path), "no-such-python"):
            with pytest.raises(NoInterpreter):
                environment.find(named, tmp_path, {})

    def test_none_has_the_standard_library(self, tmp_path: Path):
        found = environment.find(None, tmp_path, {})
        if found.home is None:
            assert found.reader()("asyncio.events")
            assert found.reader()("pytest") is None

    def test_modules_are_read(self, built: Path):
        make(site(built), {"pkg/__init__.py": "a = 1", "pkg/sub/mod.py": "b = 2"})
        make(site(built), {"single.py": "c = 3"})
        source = environment.find(str(built), built).reader()
        assert source("pkg") == b"a = 1"
        assert source("pkg.sub.mod") == b"b = 2"
        assert source("single") == b"c = 3"
        assert source("unittest")
        assert source("pkg.none") is source("../secret") is source("") is None

    def test_nothing_is_run(self, built: Path):
        trap = "import pathlib; pathlib.Path(__file__ + '.ran').touch()\n"
        make(site(built), {"trap.py": trap, "trap.pth": trap, "sitecustomize.py": trap})
        assert environment.find(str(built), built).reader()("trap")
        assert not list(site(built).glob("*.ran"))

    def test_editable_installs(self, built: Path, tmp_path: Path):
        make(tmp_path, {"src/mine.py": "m = 1"})
        lines = f"# comment\nimport sys\n{tmp_path / 'src'}\n{tmp_path / 'gone'}\n"
        (site(built) / "mine.pth").write_text(lines, encoding="utf-8")
        found = environment.find(str(built), built)
        assert found.site[1:] == (tmp_path / "src",)
        assert found.reader()("mine") == b"m = 1"
        (site(built) / "mine.pth").unlink()

    def test_editable_install_of_the_project_is_an_import_root(
        self, built: Path, tmp_path: Path
    ):
        make(tmp_path, {"setup.py": "", "python/mine/__init__.py": ""})
        (site(built) / "x.pth").write_text(f"{tmp_path}/python\n", encoding="utf-8")
        assert load(tmp_path, python=str(built)).roots == ("", "python")
        (site(built) / "x.pth").unlink()

    @pytest.mark.parametrize("version", ["version = 3.9.1", "version_info = 3.9.1.f.0"])
    def test_standard_library_of_another_version(self, tmp_path: Path, version: str):
        base = make(tmp_path / "base", {"lib/python3.9/os.py": "", "bin/python3.9": ""})
        make(base, {"lib/python3.9/asyncio/__init__.py": "old = 1"})
        make(base, {"lib/python3.9/site-packages/system.py": "s = 1"})
        make(tmp_path, {"v/lib/python3.9/site-packages/a.py": ""})
        text = f"home = {base}/bin\n{version}\ninclude-system-site-packages = true\n"
        make(tmp_path, {"v/pyvenv.cfg": text})
        source = environment.find(str(tmp_path / "v"), tmp_path).reader()
        assert source("asyncio") == b"old = 1"
        assert source("system") == b"s = 1"
