"""Runs that can be undone: what `fix`, `undo` and `runs` say and do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from awaitify.journal import runs, state
from tests.test_cli import (
    LEGACY,
    contents,
    environment,
    git,
    make,
    posix,
    run,
    start,
)

OTHER = LEGACY.replace("test_a", "test_b")
HELPER = """\
import asyncio


def drive(coroutine):
    return asyncio.run(coroutine)
"""
HELPED = """\
from helper import drive


async def f():
    return 1


def test_c():
    assert drive(f()) == 1
"""


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return make(tmp_path / "legacy", test_a=LEGACY, test_b=OTHER)


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        name: (source, stat.S_IMODE((root / name).stat().st_mode))
        for name, source in contents(root).items()
    }


def listed(root: Path) -> list[dict[str, object]]:
    done = run(root, "runs", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["runs"]
    assert isinstance(found, list)
    return found


def states(root: Path) -> list[object]:
    return [each["state"] for each in listed(root)]


def fix(root: Path, *arguments: str) -> str:
    """Fix, and return the id of the run."""
    done = run(root, "fix", *arguments)
    assert done.returncode == 0, done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("undo with: awaitify undo ")
    return last.split()[-1]


class TestUndo:
    def test_restores_bytes_and_modes(self, legacy: Path):
        (legacy / "test_a.py").chmod(0o755)
        crlf = b"\xef\xbb\xbf" + OTHER.replace("\n", "\r\n").encode()[:-2]
        (legacy / "test_b.py").write_bytes(crlf)
        before = tree(legacy)
        name = fix(legacy)
        assert tree(legacy) != before
        done = start(legacy, "undo")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"run {name}: 2 files restored\n"
        assert tree(legacy) == before
        assert states(legacy) == ["undone"]

    def test_makes_removed_files_and_directories_again(self, tmp_path: Path):
        root = make(tmp_path / "root")
        make(root / "tests", test_c=HELPED, helper=HELPER)
        (root / "tests/helper.py").chmod(0o640)
        before = tree(root)
        name = fix(root)
        assert "tests/helper.py" not in contents(root)
        (root / "tests/test_c.py").rename(root / "test_c.py")
        shutil.rmtree(root / "tests")
        done = run(root, "undo", name, "tests/helper.py")
        assert done.returncode == 0, done.stderr
        assert tree(root)["tests/helper.py"] == before["tests/helper.py"]

    def test_takes_runs_back_one_after_the_other(self, legacy: Path):
        before = contents(legacy)
        first = fix(legacy, "test_a.py")
        between = contents(legacy)
        second = fix(legacy)
        assert [each["id"] for each in listed(legacy)] == [second, first]
        assert run(legacy, "undo").returncode == 0
        assert contents(legacy) == between
        assert states(legacy) == ["undone", "done"]
        assert run(legacy, "undo").returncode == 0
        assert contents(legacy) == before
        done = run(legacy, "undo")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"error: nothing to undo in {legacy}\n"

    def test_leaves_what_changed_since(self, legacy: Path):
        before = contents(legacy)
        fix(legacy)
        (legacy / "test_a.py").write_bytes(b"mine\n")
        assert states(legacy) == ["changed since"]
        done = run(legacy, "undo")
        assert done.returncode == 3
        assert done.stderr == "test_a.py: not restored: changed since\n"
        assert done.stdout.endswith(": 1 file restored, 1 left\n")
        after = contents(legacy)
        assert after["test_a.py"] == b"mine\n"
        assert after["test_b.py"] == before["test_b.py"]
        assert states(legacy) == ["partly undone"]

    def test_names_the_run_that_changed_it_since(self, legacy: Path):
        before = contents(legacy)
        first = fix(legacy)
        (legacy / "test_a.py").write_bytes(LEGACY.encode() + b"# more\n")
        second = fix(legacy)
        done = run(legacy, "undo", first)
        assert done.returncode == 3
        assert (
            done.stderr == f"test_a.py: not restored: changed since, by run {second}\n"
        )
        assert contents(legacy)["test_b.py"] == before["test_b.py"]

    def test_what_was_removed_since_stays_away(self, legacy: Path):
        fix(legacy)
        (legacy / "test_a.py").unlink()
        done = run(legacy, "undo")
        assert done.returncode == 3
        assert done.stderr == "test_a.py: not restored: removed since\n"
        assert not (legacy / "test_a.py").exists()

    def test_of_some_files(self, legacy: Path):
        before = contents(legacy)
        name = fix(legacy)
        fixed = contents(legacy)
        done = run(legacy, "undo", name, "test_b.py")
        assert done.stdout == f"run {name}: 1 file restored\n"
        expected = {**before, "test_a.py": fixed["test_a.py"]}
        assert contents(legacy) == expected
        assert states(legacy) == ["partly undone"]
        done = run(legacy, "undo", ".")
        assert "1 file restored, 1 as before the run already" in done.stdout
        assert contents(legacy) == before

    def test_dry_run(self, legacy: Path):
        name = fix(legacy)
        after = contents(legacy)
        done = run(legacy, "undo", "--dry-run")
        assert done.stdout == f"run {name}: 2 files would be restored\n"
        assert contents(legacy) == after
        assert states(legacy) == ["done"]

    def test_quiet(self, legacy: Path):
        assert run(legacy, "fix", "-q").stderr.count("undo with") == 0
        done = run(legacy, "undo", "-q")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_by_name_from_above_and_below(self, tmp_path: Path):
        root = make(tmp_path / "up/legacy", test_a=LEGACY)
        (root / "below").mkdir()
        before = contents(root)
        for place in (tmp_path / "up", root / "below"):
            name = fix(root)
            done = run(place, "undo", name)
            assert done.returncode == 0, done.stderr
            assert contents(root) == before
        done = run(tmp_path / "up", "undo")
        assert done.returncode == 2
        assert f"there are some in {root}" in done.stderr

    def test_with_a_path_from_elsewhere(self, legacy: Path, tmp_path: Path):
        before = contents(legacy)
        fix(legacy)
        done = run(tmp_path, "undo", str(legacy))
        assert done.returncode == 0, done.stderr
        assert contents(legacy) == before

    @pytest.mark.parametrize("word", ["20200101-000000-1", "gone.py", "../legacy/x"])
    def test_what_is_not_there(self, legacy: Path, word: str):
        fix(legacy)
        after = contents(legacy)
        done = run(legacy, "undo", word)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert contents(legacy) == after

    @posix
    def test_link_is_not_followed(self, legacy: Path, tmp_path: Path):
        fix(legacy)
        after = contents(legacy)
        for name, target in (("test_a.py", "a.py"), ("test_b.py", "b.py")):
            (legacy / name).rename(tmp_path / target)
            (legacy / name).symlink_to(tmp_path / target)
        done = run(legacy, "undo", "test_b.py")
        assert done.returncode == 3
        assert done.stderr == "test_b.py: not restored: a link leads there now\n"
        assert (tmp_path / "b.py").read_bytes() == after["test_b.py"]
        assert (legacy / "test_b.py").is_symlink()

    def test_directory_in_its_place(self, legacy: Path):
        fix(legacy)
        (legacy / "test_a.py").unlink()
        (legacy / "test_a.py").mkdir()
        done = run(legacy, "undo")
        assert done.returncode == 3
        assert "test_a.py: not restored: something that is no file" in done.stderr

    def test_copy_that_is_damaged(self, legacy: Path):
        fix(legacy)
        after = contents(legacy)
        [found] = runs.listed(legacy)
        assert isinstance(found, runs.Run)
        (found.directory / "before/0").write_bytes(b"torn")
        done = run(legacy, "undo")
        assert done.returncode == 3
        assert "test_a.py: not restored: its copy in the journal is damaged" in (
            done.stderr
        )
        assert contents(legacy)["test_a.py"] == after["test_a.py"]

    def test_in_a_repository(self, legacy: Path):
        git(legacy, "init", "-q")
        git(legacy, "add", "-A")
        git(legacy, "commit", "-qm", "legacy")
        fix(legacy)
        assert git(legacy, "status", "--porcelain") == " M test_a.py\n M test_b.py\n"
        assert run(legacy, "undo").returncode == 0
        assert git(legacy, "status", "--porcelain") == ""
        [entry] = listed(legacy)
        assert entry["head"] == git(legacy, "rev-parse", "HEAD").strip()


class TestRuns:
    def test_table(self, legacy: Path):
        name = fix(legacy, "--strict")
        head, line = start(legacy, "runs").stdout.splitlines()
        assert head.split() == ["RUN", "WHEN", "STATE", "FILES", "COMMAND"]
        first, _, _, *rest = line.split()
        assert first == name
        assert rest == ["done", "2", "awaitify", "fix", "--strict"]

    def test_none(self, legacy: Path):
        done = run(legacy, "runs")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == f"note: nothing to undo in {legacy}\n"

    def test_that_write_nothing_are_none(self, legacy: Path):
        run(legacy, "check")
        run(legacy, "diff")
        run(legacy, "fix", "--dry-run")
        assert listed(legacy) == []
        fix(legacy)
        run(legacy, "fix")
        assert len(listed(legacy)) == 1

    def test_taken_back_by_other_means(self, legacy: Path):
        before = contents(legacy)
        fix(legacy)
        for name, source in before.items():
            (legacy / name).write_bytes(source)
        assert states(legacy) == ["undone"]

    def test_manifest_that_cannot_be_read(self, legacy: Path):
        fix(legacy, "test_a.py")
        name = fix(legacy)
        manifest = state.place(legacy) / name / "manifest.json"
        for text in (b"", b"[]", b'{"schema": 1}', b"\xff"):
            manifest.write_bytes(text)
            assert states(legacy) == ["unreadable", "done"]
            assert run(legacy, "runs").returncode == 0
            assert run(legacy, "undo", name).returncode == 2
        manifest.write_bytes(b'{"schema": 2, "version": "9.0"}')
        assert "written by awaitify 9.0" in run(legacy, "undo", name).stderr
        # The others are of use still.
        assert run(legacy, "undo").returncode == 0

    def test_the_newest_are_kept(self, legacy: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(runs, "KEPT", 3)
        for _ in range(runs.KEPT + 2):
            (legacy / "test_a.py").write_bytes(LEGACY.encode())
            last = fix(legacy, "--from-plan", _plan(legacy))
        found = listed(legacy)
        assert len(found) == runs.KEPT
        assert found[0]["id"] == last
        ids = [str(each["id"]) for each in found]
        assert ids == sorted(ids, key=lambda i: (i[:15], int(i[16:])), reverse=True)

    def test_at_the_same_time(self, tmp_path: Path):
        root = tmp_path / "root"
        parts = [make(root / f"p{n}", test_a=LEGACY) for n in range(3)]
        git(root, "init", "-q")
        before = contents(root)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "awaitify", "fix", "-q"],
                cwd=place,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for place in (*parts, root)
        ]
        for process in processes:
            _, said = process.communicate()
            # Who comes late finds files that are done, or that just change.
            assert process.returncode == 0 or b"changed since it was read" in said
        fixed = states(root)
        assert set(fixed) == {"done"}
        assert all(b"await f()" in contents(part)["test_a.py"] for part in parts)
        # Who lost a race with the same result stands in the journal, too: to undo one
        # of the two undoes both.
        undone = [run(root, "undo").returncode for _ in fixed]
        assert undone[0] == 0
        assert set(undone) <= {0, 2}
        assert contents(root) == before


def _plan(root: Path) -> str:
    plan = root.with_name("plan.json")
    if not plan.exists():
        assert run(root, "check", "test_a.py", "--plan", str(plan)).returncode == 1
    return str(plan)


class TestFailures:
    @posix
    @pytest.mark.parametrize("limit", [16, 300])
    def test_no_room_for_the_journal(self, legacy: Path, tmp_path: Path, limit: int):
        before = contents(legacy)
        done = _limited(legacy, limit, AWAITIFY_STATE_DIR=str(tmp_path / "state"))
        assert done.returncode == 3, done.stderr
        assert b"error: the journal cannot be kept in " in done.stderr
        assert str(tmp_path / "state").encode() in done.stderr
        assert contents(legacy) == before
        assert not list((tmp_path / "state").rglob("manifest.json"))

    @posix
    def test_no_room_for_a_file(self, legacy: Path, tmp_path: Path):
        grown = LEGACY + "# " + "x" * 20_000 + "\n"
        (legacy / "test_a.py").write_bytes(grown.encode())
        journal = tmp_path / "state"
        journal.mkdir()
        # What is longer than before does not fit any more: the other one is done.
        longer = len(grown) + 5
        done = _limited(legacy, longer, AWAITIFY_STATE_DIR=str(journal))
        assert done.returncode == 3, done.stderr
        assert b"test_a.py:1: error: File too large" in done.stderr
        assert contents(legacy)["test_a.py"] == grown.encode()
        assert b"await f()" in contents(legacy)["test_b.py"]
        assert not list(legacy.glob(".awaitify-*"))

    def test_state_directory_that_is_a_file(self, legacy: Path, tmp_path: Path):
        before = contents(legacy)
        (tmp_path / "file").touch()
        place = str(tmp_path / "file/state")
        done = start(legacy, "fix", AWAITIFY_STATE_DIR=place)
        assert (done.returncode, done.stdout) == (3, "")
        assert f"error: the journal cannot be kept in {place}" in done.stderr
        assert "AWAITIFY_STATE_DIR names another place" in done.stderr
        assert contents(legacy) == before

    def test_check_and_diff_need_no_state_directory(self, legacy: Path, tmp_path: Path):
        (tmp_path / "file").touch()
        for command in ("check", "diff", "runs"):
            place = str(tmp_path / "file/state")
            done = start(legacy, command, AWAITIFY_STATE_DIR=place)
            assert done.returncode == (0 if command == "runs" else 1), done.stderr

    @pytest.mark.parametrize("gone", [False, True])
    def test_file_that_changes_meanwhile(
        self, legacy: Path, tmp_path: Path, gone: bool
    ):
        plan = str(tmp_path / "plan")
        run(legacy, "check", "--plan", plan)
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "awaitify", "fix", "--from-plan", "-"],
            cwd=legacy,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr
        # Everything is read now, and it waits for the plan.
        assert process.stderr.readline().startswith(b"note: ")
        (legacy / "test_a.py").unlink()
        if not gone:
            (legacy / "test_a.py").write_bytes(b"mine\n")
        before = contents(legacy)
        _, said = process.communicate(Path(plan).read_bytes(), timeout=60)
        assert process.returncode == 3, said
        message = b"No such file or directory" if gone else b"changed since it was read"
        assert b"test_a.py:1: error: " + message in said
        assert contents(legacy) == before
        assert listed(legacy) == []

    @posix
    def test_links(self, legacy: Path, tmp_path: Path):
        other = make(tmp_path / "other", test_o=LEGACY)
        before = contents(legacy), contents(other)
        (legacy / "test_out.py").symlink_to(other / "test_o.py")
        (legacy / "test_in.py").symlink_to("test_b.py")
        (legacy / "out").symlink_to(other)
        done = run(legacy, "fix", "test_out.py")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"test_out.py is a link out of {legacy}: name " in done.stderr
        fix(legacy, "test_in.py")
        assert b"await f()" in contents(legacy)["test_b.py"]
        fix(legacy)
        assert (legacy / "test_in.py").is_symlink()
        assert (legacy / "test_out.py").is_symlink()
        assert run(legacy, "undo").returncode == run(legacy, "undo").returncode == 0
        (legacy / "out").unlink()
        (legacy / "test_in.py").unlink()
        (legacy / "test_out.py").unlink()
        assert (contents(legacy), contents(other)) == before

    @posix
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signals_before_anything_is_written(self, legacy: Path, number: int):
        before = contents(legacy)
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "awaitify", "fix", "--from-plan", "-"],
            cwd=legacy,
            env=environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        )
        assert process.stderr
        assert process.stderr.readline().startswith(b"note: ")
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        assert said == b"interrupted\n"
        assert contents(legacy) == before

    @posix
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_signals_while_files_are_written(self, tmp_path: Path, number: int):
        files = {f"test_{n}": LEGACY for n in range(40)}
        root = make(tmp_path / "root", **files)
        before = contents(root)
        plan = str(tmp_path / "plan")
        run(root, "check", "--plan", plan)
        process = subprocess.Popen(
            [sys.executable, "-m", "awaitify", "fix", "-q", "--from-plan", plan],
            cwd=root,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(number, signal.default_int_handler),
        )
        place = state.place(root)
        while process.poll() is None and not list(place.glob("*/manifest.json")):
            pass
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        if b"interrupted: nothing was changed\n" in said:
            assert contents(root) == before
            assert listed(root) == []
        else:
            # It came late.
            assert states(root) == ["done"]
            assert run(root, "undo").returncode == 0
            assert contents(root) == before

    @posix
    def test_reader_that_goes_away(self, legacy: Path):
        command = f"'{sys.executable}' -m awaitify fix | true"
        done = subprocess.run(
            command, shell=True, cwd=legacy, env=environment(), capture_output=True
        )
        assert b"undo with: awaitify undo " in done.stderr
        assert states(legacy) == ["done"]


class TestKilled:
    """What is left is what a run leaves that was killed after its first file."""

    @pytest.fixture
    def name(self, legacy: Path) -> str:
        name = fix(legacy)
        place = state.place(legacy) / name
        (place / "done").unlink()
        (legacy / "test_b.py").write_bytes(OTHER.encode())
        [found] = runs.listed(legacy)
        assert isinstance(found, runs.Run)
        for file in found.manifest.files:
            (legacy / file.beside).write_bytes(b"half of a fi")
        return name

    @pytest.mark.parametrize("command", ["check", "diff", "fix"])
    def test_the_next_command_tells(self, legacy: Path, name: str, command: str):
        done = run(legacy, command)
        note = (
            f"note: run {name} was interrupted when 1 of 2 files were changed; "
            f"to take it back: awaitify undo {name}\n"
        )
        assert note in done.stderr

    def test_the_next_fix_clears_the_litter_and_does_the_rest(
        self, legacy: Path, name: str
    ):
        second = fix(legacy)
        assert not list(legacy.glob(".awaitify-*"))
        assert [each["id"] for each in listed(legacy)] == [second, name]
        assert run(legacy, "undo").returncode == 0
        assert states(legacy) == ["undone", "interrupted"]
        assert run(legacy, "undo").returncode == 0
        assert contents(legacy)["test_a.py"] == LEGACY.encode()
        assert contents(legacy)["test_b.py"] == OTHER.encode()
        assert states(legacy) == ["undone", "undone"]

    def test_undo_restores_all(self, legacy: Path, name: str):
        assert states(legacy) == ["interrupted"]
        done = run(legacy, "undo")
        assert done.returncode == 0, done.stderr
        assert done.stdout == (
            f"run {name}: 1 file restored, 1 as before the run already\n"
        )
        assert sorted(contents(legacy)) == ["setup.py", "test_a.py", "test_b.py"]
        assert states(legacy) == ["undone"]
        assert "interrupted" not in run(legacy, "check").stderr

    def test_before_its_first_file(self, legacy: Path, name: str):
        (legacy / "test_a.py").write_bytes(LEGACY.encode())
        assert "interrupted" not in run(legacy, "check").stderr
        assert run(legacy, "fix", "--select", "AW205").returncode == 0
        assert listed(legacy) == []
        assert not list(legacy.glob(".awaitify-*"))

    def test_while_it_kept_its_journal(self, legacy: Path):
        place = state.make(legacy)
        (place / "20200101-000000-1/before").mkdir(parents=True)
        (place / "dropped-20190101-000000-1").mkdir()
        assert listed(legacy) == []
        assert run(legacy, "undo").returncode == 2
        fix(legacy)
        first, *others = sorted(path.name for path in place.iterdir())
        assert first.startswith("20") and first != "20200101-000000-1"
        assert others == ["lock", "reports", "root"]


def _limited(root: Path, size: int, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Fix in a process that can write no file longer than so many bytes."""
    import resource

    return subprocess.run(
        [sys.executable, "-m", "awaitify", "fix", "-j", "1"],
        cwd=root,
        env=environment(**more),
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


def test_where_the_journal_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(state.VARIABLE, "here")
    monkeypatch.chdir(tmp_path)
    assert state.home() == tmp_path / "here"
    monkeypatch.delenv(state.VARIABLE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if sys.platform == "linux":
        assert state.home() == tmp_path / "state/awaitify"
    (tmp_path / "a b").mkdir()
    (tmp_path / "c").symlink_to("a b") if os.name != "nt" else None
    place = state.place(tmp_path / "a b")
    assert place.name.startswith("a-b-")
    if os.name != "nt":
        assert state.place(tmp_path / "c") == place
