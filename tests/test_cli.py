"""The command as scripts and people use it: real files, real repositories.

It runs in this process, where a process of its own would add nothing but time.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from awaitify.refusals import REFUSALS, explanation
from tests.command import (
    LEGACY,
    PATH,
    contents,
    environment,
    git,
    make,
    run,
    start,
)

LEFT = """\
import asyncio


async def f():
    return 1


def test_b(benchmark):
    benchmark(lambda: asyncio.run(f()))
"""
MODERN = "def test_c():\n    assert 1\n"

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return make(tmp_path / "legacy", test_a=LEGACY)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    return make(tmp_path / "left", test_b=LEFT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = make(tmp_path / "repository", test_a=LEGACY, test_c=MODERN)
    git(root, "init", "-q")
    git(root, "config", "core.autocrlf", "false")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "legacy")
    return root


class TestCheck:
    def test_lists_and_exits_with_1(self, legacy: Path):
        before = contents(legacy)
        done = start(legacy, "check")
        assert done.returncode == 1, done.stderr
        first, *_ = done.stdout.splitlines()
        assert re.fullmatch(r"test_a\.py:9:12: AW1\d\d .+ \[test_a\]", first)
        assert "1 site found: 1 can be migrated, 0 left." in done.stdout
        assert re.search(r"1 file would be changed \(\d+\.\d s\)\.", done.stdout)
        assert contents(legacy) == before

    def test_nothing_to_do(self, tmp_path: Path):
        done = run(make(tmp_path, test_c=MODERN), "check")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("0 sites found")

    def test_refusals_alone_are_no_work(self, left: Path):
        done = run(left, "check")
        assert done.returncode == 0, done.stderr
        first, *_ = done.stdout.splitlines()
        assert re.match(r"test_b\.py:9:\d+: AW1\d\d left \([\w-]+\): .+", first)

    def test_strict_refusals_are(self, left: Path):
        assert run(left, "check", "--strict").returncode == 1

    def test_no_files(self, tmp_path: Path):
        done = run(tmp_path, "check")
        assert done.returncode == 0
        assert done.stderr == "note: no Python files were chosen\n"

    def test_verbose_tells_what_it_goes_by(self, legacy: Path):
        stderr = run(legacy, "check", "-v").stderr
        assert f"root: {legacy}\n" in stderr
        assert "files: 2 read, 2 chosen, 1 collected by pytest" in stderr

    def test_exit_zero(self, legacy: Path):
        assert run(legacy, "check", "--exit-zero").returncode == 0

    def test_paths_are_shown_as_typed_here(self, repository: Path):
        (repository / "deep").mkdir()
        (repository / "test_a.py").rename(repository / "deep/test_a.py")
        assert run(repository, "check").stdout.startswith("deep/test_a.py:9")
        assert run(repository / "deep", "check").stdout.startswith("test_a.py:9")

    def test_quiet_is_the_summary_alone(self, legacy: Path):
        done = run(legacy, "check", "-q")
        assert done.stdout.startswith("1 site found")

    def test_concise(self, legacy: Path):
        line, summary = run(legacy, "check", "--format", "concise").stdout.splitlines()
        assert re.match(r"test_a\.py:9:12: AW1\d\d ", line)
        assert "[test_a]" not in line
        assert summary == "1 site found: 1 can be migrated, 0 left."

    def test_json(self, legacy: Path):
        done = run(legacy, "check", "--format", "json")
        data = json.loads(done.stdout)
        assert data["schema"] == 2
        assert data["root"] == legacy.as_posix()
        assert data["files"] == [{"path": "test_a.py", "change": "changed"}]
        [finding] = data["findings"]
        assert (finding["path"], finding["line"], finding["column"]) == (
            "test_a.py",
            9,
            12,
        )
        assert data["summary"]["migrate"] == 1
        assert data["errors"] == data["bugs"] == []

    def test_format_patch_is_what_diff_prints(self, legacy: Path):
        patch = run(legacy, "check", "--format", "patch").stdout
        assert patch == run(legacy, "diff").stdout != ""

    def test_output_and_patch(self, legacy: Path, tmp_path: Path):
        files = ("--output", str(tmp_path / "o"), "--patch", str(tmp_path / "p"))
        done = run(legacy, "check", *files)
        assert (done.returncode, done.stdout) == (1, "")
        assert "1 site found" in (tmp_path / "o").read_text(encoding="utf-8")
        patch = (tmp_path / "p").read_text(encoding="utf-8")
        assert patch == run(legacy, "diff").stdout

    def test_chosen_files(self, legacy: Path):
        assert run(legacy, "check", "--exclude", "test_a.py").returncode == 0
        assert run(legacy, "check", "--include", "tests/").returncode == 0
        assert run(legacy, "check", "--include", "test_*.py").returncode == 1
        assert run(legacy, "check", "test_a.py", "--exclude", "*.py").returncode == 1

    def test_chosen_rules(self, legacy: Path):
        assert run(legacy, "check", "--select", "AW1").returncode == 1
        assert run(legacy, "check", "--select", "aw101,AW109").returncode == 1
        names = "await-run,asyncio-mark"
        assert run(legacy, "check", "--select", names).returncode == 1
        done = run(legacy, "check", "--ignore", "AW101")
        assert (done.returncode, done.stderr) == (0, "")

    def test_rules_that_are_not_chosen_are_named(self, legacy: Path):
        done = run(legacy, "check", "--select", "AW101")
        assert done.returncode == 0
        assert "left (outside-selection): AW109 is not selected" in done.stdout

    def test_files_that_are_not_chosen_are_named(self, legacy: Path):
        make(
            legacy / "tests",
            helper=LEGACY.replace("test_a", "make").replace("assert", "return 2 >"),
            test_d="import asyncio\n\nfrom helper import make\n\n\n"
            "def test_d():\n    assert make() and asyncio.run(asyncio.sleep(0, 1))\n",
        )
        (legacy / "tests" / "setup.py").unlink()
        done = run(legacy, "check", "tests/test_d.py")
        message = "left (outside-selection): tests/helper.py is not selected"
        assert message in done.stdout

    def test_a_typing_error_gets_a_hint(self, legacy: Path):
        for word in ("AW1001", "awit-run"):
            said = run(legacy, "check", "--select", word).stderr
            assert f"no rule '{word}'; did you mean " in said

    def test_paths_of_several_trees(self, repository: Path, legacy: Path):
        done = run(repository, "check", ".", str(legacy))
        assert (done.returncode, done.stdout) == (2, "")
        assert "not of one git work tree" in done.stderr


class TestDiff:
    def test_stdout_is_the_patch_alone(self, repository: Path):
        done = start(repository, "diff")
        assert done.returncode == 1
        assert done.stdout.startswith("diff --git a/test_a.py b/test_a.py\n--- a/")
        assert "1 site found" in done.stderr
        before = contents(repository)
        git(repository, "apply", "--check", "-", stdin=done.stdout)
        assert contents(repository) == before

    def test_is_what_fix_does(self, repository: Path):
        git(repository, "apply", "-", stdin=run(repository, "diff").stdout)
        patched = contents(repository)
        git(repository, "checkout", "-q", ".")
        assert run(repository, "fix").returncode == 0
        assert contents(repository) == patched

    def test_dry_run_is_the_same(self, repository: Path):
        dry, diff = run(repository, "fix", "--dry-run"), run(repository, "diff")
        assert (dry.returncode, dry.stdout) == (diff.returncode, diff.stdout)
        assert git(repository, "status", "--porcelain") == ""

    def test_paths_start_at_the_top_of_the_repository(self, repository: Path):
        (repository / "deep").mkdir()
        git(repository, "mv", "test_a.py", "deep/test_a.py")
        done = run(repository / "deep", "diff", "test_a.py")
        assert "--- a/deep/test_a.py\n" in done.stdout

    def test_without_git_they_start_here(self, legacy: Path):
        (legacy / "deep").mkdir()
        (legacy / "test_a.py").rename(legacy / "deep/test_a.py")
        assert "--- a/deep/test_a.py\n" in run(legacy, "diff").stdout
        assert "--- a/test_a.py\n" in run(legacy / "deep", "diff").stdout

    def test_nothing_to_do(self, left: Path):
        done = run(left, "diff")
        assert (done.returncode, done.stdout) == (0, "")

    def test_quiet(self, legacy: Path):
        assert run(legacy, "diff", "-q").stderr == ""

    def test_carriage_returns_survive(self, repository: Path):
        crlf = LEGACY.replace("\n", "\r\n")
        (repository / "test_a.py").write_bytes(crlf.encode())
        git(repository, "apply", "-", stdin=run(repository, "diff").stdout)
        after = (repository / "test_a.py").read_bytes()
        assert after.count(b"\r\n") == after.count(b"\n") > 8

    @posix
    def test_reader_that_goes_away(self, legacy: Path):
        command = f"'{sys.executable}' -m awaitify diff | true"
        done = subprocess.run(
            command, shell=True, cwd=legacy, env=environment(), capture_output=True
        )
        assert b"Traceback" not in done.stderr
        assert b"internal error" not in done.stderr


class TestFix:
    def test_writes_and_is_done(self, repository: Path):
        done = start(repository, "fix")
        assert done.returncode == 0, done.stderr
        assert "1 site found: 1 migrated, 0 left." in done.stdout
        assert "AW1" not in done.stdout
        assert git(repository, "status", "--porcelain") == " M test_a.py\n"
        assert b"await f()" in (repository / "test_a.py").read_bytes()
        assert run(repository, "check").returncode == 0

    def test_tells_what_was_left(self, left: Path):
        done = run(left, "fix")
        assert done.returncode == 0
        assert " left (" in done.stdout
        assert run(left, "fix", "--strict").returncode == 1

    def test_verbose_tells_what_was_done(self, legacy: Path):
        assert "test_a.py:9:12: AW1" in run(legacy, "fix", "-v").stdout

    def test_refuses_a_dirty_tree(self, repository: Path):
        (repository / "test_c.py").write_bytes(b"def test_c(): assert 2\n")
        before = contents(repository)
        done = run(repository, "fix")
        assert (done.returncode, done.stdout) == (2, "")
        assert "uncommitted changes (test_c.py)" in done.stderr
        assert contents(repository) == before
        assert run(repository, "fix", "--allow-dirty").returncode == 0
        assert contents(repository) != before

    def test_staged_and_renamed_files_are_dirty(self, repository: Path):
        git(repository, "mv", "test_c.py", "test_d.py")
        done = run(repository, "fix")
        assert (done.returncode, done.stdout) == (2, "")
        assert "(test_d.py)" in done.stderr

    def test_untracked_files_do_not_count(self, repository: Path):
        (repository / "test_d.py").write_bytes(LEGACY.encode())
        done = run(repository, "fix")
        assert done.returncode == 0
        assert "not under version control: test_d.py\n" in done.stderr

    def test_without_git_it_says_so(self, legacy: Path):
        done = run(legacy, "fix")
        assert done.returncode == 0
        assert "no git work tree here" in done.stderr
        assert b"await f()" in (legacy / "test_a.py").read_bytes()

    def test_files_that_do_not_parse_do_not_stop_the_others(self, repository: Path):
        (repository / "test_d.py").write_bytes(LEGACY.encode() + b"def test_x(:\n")
        done = run(repository, "fix")
        assert done.returncode == 3
        assert re.search(r"^test_d\.py:10: error: .+", done.stderr, re.MULTILINE)
        assert b"await f()" in (repository / "test_a.py").read_bytes()

    @pytest.mark.skipif(
        not hasattr(os, "getuid") or os.getuid() == 0, reason="root writes everywhere"
    )
    def test_files_that_cannot_be_written_do_not_stop_the_others(
        self, repository: Path
    ):
        make(repository, test_d=LEGACY.replace("test_a", "test_d"))
        (repository / "test_d.py").chmod(0o444)
        done = run(repository, "fix")
        assert done.returncode == 3
        assert "test_d.py:1: error: not writable" in done.stderr
        assert b"await f()" in (repository / "test_a.py").read_bytes()

    def test_several_processes_do_the_same(self, tmp_path: Path):
        body = LEGACY + "\n\n# " + "x" * 80_000 + "\n"
        files = {f"test_{n}": body for n in range(4)}
        one, two = make(tmp_path / "one", **files), make(tmp_path / "two", **files)
        assert start(one, "fix", "--jobs", "1").returncode == 0
        assert start(two, "fix", "--jobs", "2").returncode == 0
        assert contents(one) == contents(two) != {}


class TestPlan:
    def test_round_trip(self, legacy: Path, tmp_path: Path):
        plan = str(tmp_path / "plan.json")
        patch = run(legacy, "diff", "--plan", plan).stdout
        assert json.loads(Path(plan).read_bytes())["schema"] == 1
        done = run(legacy, "diff", "--from-plan", plan)
        assert (done.returncode, done.stdout) == (1, patch)
        assert run(legacy, "fix", "--from-plan", plan).returncode == 0
        assert b"await f()" in (legacy / "test_a.py").read_bytes()

    def test_on_standard_output_and_input(self, legacy: Path):
        done = run(legacy, "check", "--plan", "-")
        assert json.loads(done.stdout)["files"][0]["path"] == "test_a.py"
        stdin = done.stdout.encode()
        assert run(legacy, "fix", "--from-plan", "-", stdin=stdin).returncode == 0

    def test_for_other_bytes(self, legacy: Path, tmp_path: Path):
        plan = str(tmp_path / "plan.json")
        run(legacy, "check", "--plan", plan)
        (legacy / "test_a.py").write_bytes(LEGACY.encode() + b"\n")
        before = contents(legacy)
        done = run(legacy, "fix", "--from-plan", plan)
        assert done.returncode == 2
        assert "test_a.py" in done.stderr
        assert contents(legacy) == before

    @pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"schema": 99}', b"\xff"])
    def test_that_is_none(self, legacy: Path, text: bytes):
        done = run(legacy, "check", "--from-plan", "-", stdin=text)
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith("error: --from-plan: ")


NONSENSE = [
    "check gone.py",
    "check - .",
    "check - --since HEAD",
    "check - --exclude x",
    "check - --stdin-filename .",
    "check --stdin-filename test_a.py",
    "check --stdin-filename test_a.py test_a.py",
    "check --files-from - .",
    "check --files-from - -",
    "check --files-from gone",
    "check --files-from .",
    "check --since HEAD",
    "check --since=",
    "check --exclude !",
    "check --extend-select AW999",
    "check --from-plan p --since HEAD",
    "check --from-plan p --files-from q",
    "check --from-plan - -",
    "check --from-plan p --extend-exclude x",
    "fix - --allow-dirty",
    "fix - --format json",
    "check -q -v",
    "check --strict --exit-zero",
    "check --allow-dirty",
    "check --format junit",
    "check --format json --color always",
    "check --output -",
    "check --output same --patch same",
    "check --plan - --format json",
    "check --jobs 0",
    "check --mode legacy",
    "check --python gone",
    "check --from-plan p --select AW1",
    "check --from-plan p --unsafe",
    "check --from-plan p --mode auto",
    "check --from-plan p --plan q",
    "check --from-plan p .",
    "check --from-plan gone",
    "check --select AW999",
    "check --select nothing-of-ours",
    "check --select AW101 --ignore AW101",
    "check --output no/such/file",
    "check --plan .",
    "diff --format junit",
    "diff --plan -",
    "fix --exit-zero",
    "fix --dry-run --allow-dirty",
    "fix --dry-run --format junit",
    "fix --plan -",
    "explain AW999",
    "explain",
    "check --select=",
    "nothing",
]


@pytest.mark.parametrize("line", NONSENSE)
def test_usage_errors(legacy: Path, line: str):
    before = contents(legacy)
    done = run(legacy, *line.split())
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert contents(legacy) == before


class TestColours:
    def test_none_through_a_pipe(self, legacy: Path):
        assert "\x1b" not in run(legacy, "check").stdout

    @pytest.mark.parametrize("command", ["check", "diff"])
    def test_always(self, legacy: Path, command: str):
        assert "\x1b[" in run(legacy, command, "--color", "always").stdout

    def test_brackets_are_no_markup(self, tmp_path: Path):
        make(tmp_path, **{"test_[bold]": LEGACY})
        plain = run(tmp_path, "check").stdout
        coloured = run(tmp_path, "check", "--color", "always").stdout
        assert "test_[bold].py:9" in plain
        stripped = re.sub(r"\x1b\[[\d;]*m", "", coloured)
        assert stripped.splitlines()[0] == plain.splitlines()[0]

    @posix
    @pytest.mark.parametrize(
        ("more", "expected"), [({}, True), ({"NO_COLOR": "1"}, False)]
    )
    def test_terminal(self, legacy: Path, more: dict[str, str], expected: bool):
        ours, theirs = os.openpty()
        subprocess.run(
            [sys.executable, "-m", "awaitify", "check"],
            cwd=legacy,
            env=environment(TERM="xterm", **more),
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        output = os.read(ours, 10_000)
        os.close(ours)
        assert b"1 site found" in output
        assert (b"\x1b" in output) is expected


class TestFailures:
    def test_a_configuration_that_is_broken(self, legacy: Path):
        (legacy / "pyproject.toml").write_bytes(b"[tool.pytest\n")
        done = run(legacy, "check")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: pyproject.toml:1: ")

    def test_a_configuration_further_down_that_is_broken(self, legacy: Path):
        make(legacy / "below", test_d=LEGACY)
        (legacy / "below/pytest.ini").write_bytes(b"pytest\n")
        done = run(legacy, "check")
        assert done.returncode == 3
        assert done.stderr.startswith("below/pytest.ini:1: error: ")
        assert "1 site found" in done.stdout
        assert "1 file could not be processed." in done.stdout

    def test_an_encoding_that_does_not_exist(self, legacy: Path):
        text = "# -*- coding: nope -*-\n" + LEGACY
        (legacy / "test_d.py").write_bytes(text.encode())
        done = run(legacy, "check")
        assert done.returncode == 3
        assert "test_d.py:1: error: unknown encoding: nope\n" in done.stderr
        assert "1 site found" in done.stdout

    @posix
    def test_what_only_has_the_name_of_a_file_is_passed_over(self, legacy: Path):
        (legacy / "test_d.py").mkdir()
        # The lock of an editor.
        (legacy / ".#test_e.py").symlink_to("somebody@host.1234")
        (legacy / "above").symlink_to("..")
        os.mkfifo(legacy / "test_f.py")
        done = run(legacy, "check")
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.startswith("test_a.py:9:12: ")

    def test_internal_error(self, legacy: Path, tmp_path: Path):
        broken = tmp_path / "broken/awaitify_codemods"
        broken.mkdir(parents=True)
        (broken / "__init__.py").write_bytes(b"raise RuntimeError('boom')\n")
        path = os.pathsep.join([str(broken.parent), PATH])
        done = start(legacy, "check", PYTHONPATH=path)
        assert (done.returncode, done.stdout) == (123, "")
        assert "internal error: RuntimeError: boom" in done.stderr
        assert "open an issue" in done.stderr
        assert "Traceback" not in done.stderr
        assert "Traceback" in start(legacy, "check", "-v", PYTHONPATH=path).stderr

    @posix
    def test_interrupt(self, legacy: Path):
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "awaitify", "fix", "--from-plan", "-"],
            cwd=legacy,
            env=environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Shells make what they start in the background ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdin
        assert process.stderr
        # Its first words say that it has begun; then it waits for the plan.
        assert process.stderr.readline().startswith(b"note: ")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 130
        assert b"Traceback" not in stderr
        assert contents(legacy)["test_a.py"] == LEGACY.encode()


class TestTexts:
    def test_version(self, tmp_path: Path):
        done = start(tmp_path, "--version")
        assert done.returncode == 0
        assert re.fullmatch(r"awaitify \S+\n", done.stdout)

    @pytest.mark.parametrize("line", ["--help", "check --help", "--version"])
    def test_help_is_light(self, tmp_path: Path, line: str):
        code = (
            "import sys, atexit\n"
            "heavy = {'libcst', 'rich', 'pathspec', 'tomlkit', 'awaitify_codemods'}\n"
            "tell = lambda: print(heavy & set(sys.modules), file=sys.stderr)\n"
            "atexit.register(tell)\n"
            f"sys.argv = ['awaitify', *{line.split()!r}]\n"
            "from awaitify.cli import main\n"
            "main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0
        assert done.stderr == "set()\n"

    def test_libcst_is_not_imported_where_nothing_is_to_do(self, left: Path):
        code = (
            "import sys, atexit\n"
            "atexit.register(lambda: print('libcst' in sys.modules, file=sys.stderr))\n"
            "sys.argv = ['awaitify', 'check', '-q']\n"
            "from awaitify.cli import main\n"
            "main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=left,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "False\n")

    def test_rules(self, tmp_path: Path):
        done = run(tmp_path, "rules")
        assert done.returncode == 0
        assert re.search(r"^  AW101 +\S", done.stdout, re.MULTILINE)
        for entry in REFUSALS:
            assert f"\n  {entry.code} " in done.stdout

    def test_explain_a_rule(self, tmp_path: Path):
        done = run(tmp_path, "explain", "AW101")
        assert done.returncode == 0
        assert done.stdout.startswith("## AW101 ")
        assert "```diff" in done.stdout

    def test_explain_a_refusal(self, tmp_path: Path):
        done = run(tmp_path, "explain", "inner-loop")
        assert done.returncode == 0
        entry = explanation("inner-loop")
        assert entry
        assert entry.meaning in done.stdout
        assert entry.hint in done.stdout
