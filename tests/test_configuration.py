"""Configuration files, through the real command."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from awaitify.config import keys
from tests.command import LEGACY, contents, git, make, run

README = Path(__file__).parent.parent / "README.md"
UNTIL = """\
import asyncio


async def f():
    return 1


def test_u():
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(f()) == 1
    loop.close()
"""


def write(root: Path, **files: str) -> Path:
    """Write files; in names, `__` is a slash and the suffix follows the last `_`."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = root / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return root


def ours(root: Path, text: str) -> Path:
    return write(root, pyproject_toml=f"[tool.awaitify]\n{dedent(text)}")


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return make(tmp_path / "legacy", test_a=LEGACY, test_u=UNTIL)


def changed(root: Path, *arguments: str) -> list[str]:
    """Return the files that `diff` would change."""
    done = run(root, "diff", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return sorted(re.findall(r"^diff --git a/(\S+)", done.stdout, re.MULTILINE))


class TestWhichFileDecides:
    def test_pyproject(self, legacy: Path):
        ours(legacy, 'ignore = ["await-run"]')
        assert changed(legacy) == ["test_u.py"]

    def test_our_own_file_wins(self, legacy: Path):
        ours(legacy, "this is = not read")
        write(legacy, awaitify_toml='ignore = ["AW102"]')
        assert changed(legacy) == ["test_a.py"]

    def test_our_own_file_is_the_top_where_nothing_else_is(self, tmp_path: Path):
        write(tmp_path, awaitify_toml='exclude = ["test_a.py"]')
        write(tmp_path, tests__test_a_py=LEGACY, tests__test_u_py=UNTIL)
        assert changed(tmp_path / "tests") == ["test_u.py"]

    def test_a_pyproject_without_our_table_does_not(self, legacy: Path):
        ours(legacy, 'ignore = ["AW102"]')
        make(legacy / "p", test_u=UNTIL)
        write(legacy, p__pyproject_toml='[project]\nname = "awaitify-tests"\n')
        assert changed(legacy) == ["test_a.py"]

    def test_an_empty_table_does(self, legacy: Path):
        ours(legacy, 'ignore = ["AW102"]')
        ours(make(legacy / "p", test_u=UNTIL), "")
        assert changed(legacy) == ["p/test_u.py", "test_a.py"]

    def test_nothing_is_inherited(self, legacy: Path):
        ours(legacy, 'ignore = ["AW102"]')
        ours(make(legacy / "p", test_a=LEGACY, test_u=UNTIL), 'ignore = ["AW101"]')
        assert changed(legacy) == ["p/test_u.py", "test_a.py"]

    def test_none_above_the_root(self, tmp_path: Path):
        ours(tmp_path, 'ignore = ["ALL"]')
        root = make(tmp_path / "repository", test_a=LEGACY)
        git(root, "init", "-q")
        assert changed(root) == ["test_a.py"]

    def test_verbose_says(self, legacy: Path):
        assert "configuration: none found\n" in run(legacy, "check", "-v").stderr
        ours(legacy, "")
        ours(make(legacy / "p", test_a=LEGACY), "")
        said = "configuration: pyproject.toml, p/pyproject.toml\n"
        assert said in run(legacy, "check", "-v").stderr
        (legacy / "p/setup.py").unlink()
        git(legacy, "init", "-q")
        said = "configuration: p/pyproject.toml\n"
        assert said in run(legacy / "p", "check", "-v").stderr


class TestRules:
    def test_select(self, legacy: Path):
        ours(legacy, 'select = ["AW101", "asyncio-mark"]')
        assert changed(legacy) == ["test_a.py"]

    def test_nothing_is_selected(self, legacy: Path):
        ours(legacy, "select = []")
        assert changed(legacy) == []

    def test_the_flag_replaces_what_the_file_says(self, legacy: Path):
        ours(legacy, 'select = ["AW102", "AW109", "AW110"]\nignore = ["AW101"]')
        assert changed(legacy) == ["test_u.py"]
        assert changed(legacy, "--select", "AW101,AW109") == ["test_a.py"]

    def test_extend_select_adds(self, legacy: Path):
        ours(legacy, 'select = ["AW109"]\nextend-select = ["AW101"]')
        assert changed(legacy) == ["test_a.py"]
        both = changed(legacy, "--extend-select", "AW102", "--extend-select", "AW110")
        assert both == ["test_a.py", "test_u.py"]

    def test_extend_select_takes_back_what_the_file_ignores(self, legacy: Path):
        ours(legacy, 'ignore = ["AW1"]')
        assert changed(legacy) == []
        assert changed(legacy, "--extend-select", "AW101,AW109") == ["test_a.py"]

    def test_ignore_adds_to_the_file(self, legacy: Path):
        ours(legacy, 'ignore = ["AW102"]')
        assert changed(legacy, "--ignore", "AW101") == []

    def test_per_file_ignores(self, legacy: Path):
        make(legacy / "p", test_a=LEGACY, test_b=LEGACY)
        ours(legacy, "[tool.awaitify.per-file-ignores]\n'/test_*.py' = ['await-run']")
        assert changed(legacy) == ["p/test_a.py", "p/test_b.py", "test_u.py"]
        ours(legacy / "p", 'per-file-ignores = {"/test_b.py" = ["ALL"]}')
        assert changed(legacy) == ["p/test_a.py", "test_u.py"]
        # Whatever the flags select: these files are exceptions.
        assert changed(legacy, "--select", "ALL") == ["p/test_a.py", "test_u.py"]
        done = run(legacy, "check", "p/test_b.py")
        assert "left (outside-selection): AW101 is not selected" in done.stdout


class TestFiles:
    def test_exclude_starts_at_the_file(self, legacy: Path):
        ours(make(legacy / "p/q", test_a=LEGACY, test_u=UNTIL), 'exclude = ["/*_a.py"]')
        assert changed(legacy) == ["p/q/test_u.py", "test_a.py", "test_u.py"]

    def test_the_flag_replaces_the_file_and_the_other_adds(self, legacy: Path):
        ours(legacy, 'exclude = ["test_a.py"]')
        assert changed(legacy) == ["test_u.py"]
        assert changed(legacy, "--exclude", "test_u.py") == ["test_a.py"]
        assert changed(legacy, "--extend-exclude", "test_u.py") == []

    def test_extend_exclude_of_the_file_stays(self, legacy: Path):
        ours(legacy, 'extend-exclude = ["test_a.py"]')
        assert changed(legacy, "--exclude", "nothing") == ["test_u.py"]

    def test_include(self, legacy: Path):
        ours(legacy, 'include = ["*_a.py"]')
        assert changed(legacy) == ["test_a.py"]
        assert changed(legacy, "--include", "*_u.py") == ["test_u.py"]

    def test_a_path_that_is_named_is_taken(self, legacy: Path):
        ours(legacy, 'exclude = ["*.py"]')
        assert changed(legacy) == []
        assert changed(legacy, "test_a.py") == ["test_a.py"]

    def test_what_is_excluded_is_read_and_its_callers_stay(self, legacy: Path):
        make(
            legacy / "tests",
            helpers="import asyncio\n\n\ndef make():\n"
            "    print()\n    return asyncio.run(asyncio.sleep(0, 1))\n",
            test_m="import asyncio\n\nfrom helpers import make\n\n\ndef test_m():\n"
            "    assert asyncio.run(asyncio.sleep(0, 1)) == make()\n",
        )
        (legacy / "tests/setup.py").unlink()
        assert changed(legacy) == [
            "test_a.py",
            "test_u.py",
            "tests/helpers.py",
            "tests/test_m.py",
        ]
        ours(legacy, 'exclude = ["helpers.py"]')
        assert changed(legacy) == ["test_a.py", "test_u.py"]
        done = run(legacy, "check")
        assert (
            "left (outside-selection): tests/helpers.py is not selected" in done.stdout
        )


class TestOneRun:
    def test_keys_act_as_the_flags_do(self, legacy: Path):
        ours(legacy, 'format = "concise"\ncolor = "always"\nexit-zero = true')
        done = run(legacy, "check")
        assert done.returncode == 0
        assert "\x1b[" in done.stdout
        assert "[test_a]" not in done.stdout

    def test_the_nearest_to_what_was_named_decides(self, legacy: Path):
        ours(make(legacy / "p", test_a=LEGACY), "exit-zero = true")
        assert run(legacy, "check").returncode == 1
        assert run(legacy, "check", "p").returncode == 0
        assert run(legacy, "check", "p/test_a.py", "test_u.py").returncode == 1

    def test_flags_win(self, legacy: Path):
        ours(legacy, 'format = "json"\nquiet = true\nexit-zero = true')
        done = run(legacy, "check", "--format", "text", "-v", "--strict")
        assert done.returncode == 1
        assert done.stdout.startswith("test_a.py:9:12: ")
        assert "root: " in done.stderr

    def test_diff_prints_a_patch_whatever_the_format(self, legacy: Path):
        ours(legacy, 'format = "json"')
        for command in (["diff"], ["fix", "--dry-run"]):
            assert run(legacy, *command).stdout.startswith("diff --git ")

    def test_places_start_at_the_file(self, legacy: Path):
        ours(legacy, 'python = ".venv"')
        make(legacy / "p", test_b=LEGACY)
        assert run(legacy, "check").returncode == 2
        (legacy / ".venv/lib/python3.12/site-packages").mkdir(parents=True)
        (legacy / ".venv/pyvenv.cfg").write_text("version = 3.12.1\n")
        said = run(legacy / "p", "check", "-v").stderr
        assert f"environment: {legacy / '.venv'}\n" in said

    def test_a_dirty_tree_by_default(self, legacy: Path):
        git(legacy, "init", "-q")
        git(legacy, "add", "-A")
        git(legacy, "commit", "-qm", "legacy")
        ours(legacy, "allow-dirty = true")
        (legacy / "test_u.py").write_text(UNTIL + "\n")
        assert run(legacy, "fix").returncode == 0
        assert "await f()" in (legacy / "test_a.py").read_text()


BROKEN = {
    'x = "": 2': "unknown key 'x'",
    'ignroe = ["AW1"]: 2': "unknown key 'ignroe'; did you mean ignore?",
    "\nextend_select = []: 3": "did you mean extend-select",
    'since = "main": 2': "'since' is for the command line, not for a file",
    'from-plan = "p": 2': "'from-plan' is for the command line",
    "strict = 1: 2": "strict must be true or false",
    "jobs = 0: 2": "jobs must be a whole number from 1",
    "jobs = true: 2": "jobs must be a whole number from 1",
    'select = "AW1": 2': "select must be a list of strings",
    "python = 3.12: 2": "python must be a string",
    'strict = true\nmode = "legacy": 3': "mode must be one of strict, auto, keep",
    'exclude = [\n  "a",\n]\nselect = [\n  "AW9"]: 6': "no rule 'AW9'",
    'ignore = ["awiat-run"]: 2': "did you mean await-run",
    '[tool.awaitify.per-file-ignores]\n"x" = ["AW9"]: 3': "no rule 'AW9'",
    '[tool.awaitify.per-file-ignores]\n"x" = "AW1": 2': "'x' must be a list of strings",
    "per-file-ignores = 3: 2": "per-file-ignores must be a table of lists of strings",
    'runners = ["a b"]: 2': "'a b' is no dotted name",
    'coroutines = ["a."]: 2': "'a.' is no dotted name",
    'exclude = ["!"]: 2': "'!' is no pattern",
    "x = : 2": "",
    "strict = true\nstrict = true: 3": 'Key "strict" already exists',
    "exclude = [\n: 2": "Unexpected end",
    "tool.awaitify.x = 1: 2": "unknown key 'tool'",
    "[[tool.awaitify.x]]: 2": "unknown key 'x'",
    "quiet = true\nverbose = true: 3": "quiet and verbose exclude each other",
}


class TestBroken:
    @pytest.mark.parametrize("given", BROKEN)
    def test_where_the_command_starts_nothing_is_done(self, legacy: Path, given: str):
        text, _, line = given.rpartition(": ")
        ours(legacy, text)
        before = contents(legacy)
        done = run(legacy, "fix")
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith(f"error: pyproject.toml:{line}: ")
        assert BROKEN[given] in done.stderr
        assert contents(legacy) == before

    def test_lines_of_a_file_of_our_own(self, legacy: Path):
        write(legacy, awaitify_toml="# select\nstrict = true\n\nselct = []\n")
        said = run(legacy, "check").stderr
        assert (
            said
            == "error: awaitify.toml:4: unknown key 'selct'; did you mean select?\n"
        )

    def test_a_table_that_is_none(self, legacy: Path):
        write(legacy, pyproject_toml="[tool]\nawaitify = 3\n")
        said = run(legacy, "check").stderr
        assert said == "error: pyproject.toml:2: tool.awaitify must be a table\n"

    def test_bytes_that_are_no_text(self, legacy: Path):
        (legacy / "awaitify.toml").write_bytes(b"\n# \xff\n")
        said = run(legacy, "check").stderr
        assert said == "error: awaitify.toml:2: not UTF-8\n"

    def test_further_down_its_files_are_left(self, legacy: Path):
        ours(make(legacy / "p", test_a=LEGACY), "\nignroe = []")
        before = contents(legacy / "p")
        done = run(legacy, "fix")
        assert done.returncode == 3
        assert "p/pyproject.toml:3: error: unknown key 'ignroe'" in done.stderr
        assert contents(legacy / "p") == before
        assert "await f()" in (legacy / "test_a.py").read_text()
        assert "1 file could not be processed." in done.stdout

    def test_where_it_decides_for_no_chosen_file_it_is_nobodys_business(
        self, legacy: Path
    ):
        ours(legacy / "data", "x = ")
        ours(make(legacy / "p", test_a=LEGACY), "x = 1")
        done = run(legacy, "check", "--exclude", "p", "test_a.py", "test_u.py")
        assert (done.returncode, done.stderr) == (1, "")
        write(legacy, data__pytest_ini="no section\n", data__tox_ini="[pytest]\nx\ny")
        assert run(legacy, "check", "test_a.py").stderr == ""

    def test_files_that_are_nothing_to_us(self, legacy: Path):
        write(legacy, pyproject_toml="[project\n")
        (legacy / "setup.cfg").write_bytes(b"[metadata]\nauthor = M\xfcller\n")
        assert run(legacy, "check").returncode == 1
        (legacy / "setup.cfg").write_bytes(b"[tool:pytest]\n\n# \xfc\n")
        said = run(legacy, "check").stderr
        assert said == "error: setup.cfg:3: not UTF-8\n"


class TestMonorepo:
    """Two packages with a configuration of their own, and what they share."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        root = tmp_path / "repository"
        shared = """\
            import asyncio


            def run(coroutine):
                return asyncio.run(coroutine)


            async def fetch():
                return 1


            def fetched():
                print()
                return asyncio.run(fetch())
        """
        through = """\
            from shared import fetch, run


            def test_through():
                assert run(fetch()) == 1
        """
        chain = """\
            from shared import fetched


            def test_chain():
                assert fetched() == 1
        """
        write(
            root,
            pytest_ini="[pytest]\npythonpath = common/testing\n",
            pyproject_toml="[tool.awaitify]\nexit-zero = true\n",
            common__testing__shared_py=shared,
            a__pyproject_toml='[tool.awaitify]\nmode = "auto"\nignore = ["AW102"]\n',
            a__tests__test_through_py=through,
            a__tests__test_chain_py=chain,
            a__tests__test_u_py=UNTIL,
            b__awaitify_toml='mode = "strict"\nselect = ["AW102", "AW109", "AW110"]\n',
            b__pyproject_toml='[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
            b__tests__test_through_py=through,
            b__tests__test_u_py=UNTIL,
        )
        git(root, "init", "-q")
        git(root, "config", "core.autocrlf", "false")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "legacy")
        return root

    def test_each_goes_by_its_own(self, repository: Path):
        done = run(repository, "fix")
        assert done.returncode == 0, done.stderr
        assert git(repository, "diff", "--name-only").split() == [
            "a/tests/test_chain.py",
            "a/tests/test_through.py",
            "b/tests/test_u.py",
            "common/testing/shared.py",
        ]
        a = (repository / "a/tests/test_through.py").read_text()
        assert "async def test_through():\n    assert await fetch() == 1" in a
        assert "pytest" not in a
        b = (repository / "b/tests/test_u.py").read_text()
        assert "@pytest.mark.asyncio\nasync def test_u():" in b
        # What b still uses stays, though a needs it no more.
        shared = (repository / "common/testing/shared.py").read_text()
        assert "def run(coroutine):" in shared
        assert "async def fetched():" in shared

    def test_from_within_it_is_the_same(self, repository: Path):
        assert changed(repository / "b") == ["b/tests/test_u.py"]
        assert changed(repository / "a", "tests/test_through.py") == [
            "a/tests/test_through.py"
        ]

    def test_the_mode_can_be_forced_for_all(self, repository: Path):
        patch = run(repository, "diff", "--mode", "strict").stdout
        assert patch.count("+@pytest.mark.asyncio") == 3
        patch = run(repository, "diff", "--mode", "auto").stdout
        assert "import pytest" not in patch
        assert "mark.asyncio" not in patch
        # As pytest itself is configured, whatever our files say.
        patch = run(repository, "diff", "--mode", "keep").stdout
        assert patch.count("+@pytest.mark.asyncio") == 2

    def test_a_chain_through_a_package_that_does_not_want_it_stays(
        self, repository: Path
    ):
        write(repository, common__awaitify_toml='ignore = ["async-helper"]')
        assert changed(repository) == ["a/tests/test_through.py", "b/tests/test_u.py"]
        done = run(repository, "check")
        assert "left (outside-selection): AW108 is not selected" in done.stdout


class TestKeys:
    def test_the_readme_has_all(self):
        text = README.read_text(encoding="utf-8")
        section = text[text.index("## Configuration") :].split("\n## ")[0]
        missing = [key for key in map(keys.spelled, keys.kinds()) if key not in section]
        assert not missing


class TestProve:
    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("prove = 3", "prove must be a table"),
            ("prove.comand = 'pytest'", "unknown key 'prove.comand'; did you mean"),
            ("prove.command = 3", "prove.command must be a string"),
            ("prove.runs = 0", "prove.runs must be a whole number from 1"),
            ("prove.timeout = 0", "prove.timeout must be a number of seconds above 0"),
        ],
    )
    def test_a_wrong_value_is_an_error(self, tmp_path: Path, line: str, message: str):
        root = make(tmp_path, test_a=LEGACY)
        (root / "awaitify.toml").write_text(f"{line}\n")
        done = run(root, "check")
        assert done.returncode == 2
        assert f"awaitify.toml:1: {message}" in done.stderr
