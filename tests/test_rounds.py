"""A run of several rounds: all of it is undone at once, at any moment."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from awaitify import writing
from awaitify.apply import Change
from awaitify.journal import JournalError, rounds, runs, state, write
from awaitify.journal.rounds import Rounds
from awaitify.journal.runs import Occasion
from awaitify.journal.write import Written
from tests.test_cli import contents, environment, run
from tests.test_journal import listed, states

PROVE = Occasion("awaitify prove", "1", None)
BEFORE = {"pyproject.toml": b"", "a.py": b"a\n", "b.py": b"b\n", "c.py": b"c\n"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state.VARIABLE, str(tmp_path / "state"))
    place = tmp_path.resolve() / "root"
    place.mkdir()
    for name, source in BEFORE.items():
        (place / name).write_bytes(source)
    return place


@pytest.fixture
def proof(root: Path) -> Iterator[Rounds]:
    with rounds.opened(root, PROVE) as opened:
        yield opened


def put(proof: Rounds, **made: bytes | None) -> Written:
    """Write a round; names are those of modules."""
    files = {f"{name}.py": source for name, source in made.items()}
    return proof.write(
        [
            Change(proof.root / name, BEFORE.get(name), after)
            for name, after in files.items()
        ]
    )


def failed(written: Written) -> dict[str, str]:
    return {failure.path.name: failure.message for failure in written.failures}


def undo(root: Path) -> None:
    done = run(root, "undo", AWAITIFY_STATE_DIR=str(state.home()))
    assert done.returncode == 0, done.stderr


def test_each_round_replaces_the_one_before(root: Path, proof: Rounds):
    assert put(proof, a=b"1\n", b=None) == Written(proof.id)
    assert put(proof, b=b"2\n", c=b"2\n", new=b"2\n") == Written(proof.id)
    made = {"b.py": b"2\n", "c.py": b"2\n", "new.py": b"2\n"}
    assert contents(root) == {**BEFORE, **made}
    assert proof.finish() == proof.id
    [found] = runs.listed(root)
    assert isinstance(found, runs.Run)
    # What is as it was is none of its files in the end.
    assert [file.path for file in found.manifest.files] == ["b.py", "c.py", "new.py"]
    assert states(root) == ["done"]
    undo(root)
    assert contents(root) == BEFORE


def test_undo_between_rounds(root: Path, proof: Rounds):
    put(proof, a=b"1\n", b=None)
    put(proof, c=b"2\n")
    undo(root)
    assert contents(root) == BEFORE
    assert states(root) == ["undone"]


def test_no_round_follows_an_undo(root: Path, proof: Rounds):
    """Also where it had nothing to restore, and nothing looks different."""
    put(proof, a=b"1\n")
    put(proof)
    undo(root)
    with pytest.raises(JournalError, match="was taken back meanwhile"):
        put(proof, b=b"2\n")
    assert contents(root) == BEFORE


def test_some_of_it_was_undone_meanwhile(root: Path, proof: Rounds):
    put(proof, a=b"1\n", b=b"1\n")
    (root / "b.py").write_bytes(b"b\n")
    with pytest.raises(JournalError, match=r"b\.py: taken back since$"):
        put(proof, a=b"2\n", b=b"1\n")
    assert contents(root)["a.py"] == b"1\n"


def test_killed_between_manifest_and_files(root: Path, proof: Rounds):
    """The files are those of the round before; the manifest knows them still."""
    put(proof, a=b"1\n", b=b"1\n", c=None)
    [found] = runs.listed(root)
    assert isinstance(found, runs.Run)
    after = [
        Change(root / name, BEFORE[name], b"2\n") for name in ("a.py", "b.py", "c.py")
    ]
    runs.extend(found, root, after)
    assert states(root) == ["running"]
    undo(root)
    assert contents(root) == BEFORE


def test_what_a_test_has_written_is_not_overwritten(root: Path, proof: Rounds):
    put(proof, a=b"1\n", b=b"1\n")
    (root / "a.py").write_bytes(b"mine\n")
    (root / "c.py").write_bytes(b"mine, too\n")
    # Be it to change, or to get back what it had; a file that joins counts, too.
    for made in ({"a": b"2\n", "b": b"1\n"}, {"b": b"2\n"}, {}):
        with pytest.raises(JournalError, match=r"a\.py: changed since$"):
            put(proof, **made)
    made = {"a.py": b"mine\n", "b.py": b"1\n", "c.py": b"mine, too\n"}
    assert contents(root) == {**BEFORE, **made}
    undone = proof.take_back()
    assert undone.restored == ("b.py",)
    assert [each.message for each in undone.refused] == ["changed since"]
    assert contents(root) == {**BEFORE, "a.py": b"mine\n", "c.py": b"mine, too\n"}


def test_what_a_test_has_removed_stays_away(root: Path, proof: Rounds):
    put(proof, a=b"1\n")
    (root / "a.py").unlink()
    with pytest.raises(JournalError, match=r"a\.py: removed since$"):
        put(proof, a=b"2\n")
    (root / "a.py").mkdir()
    with pytest.raises(JournalError, match=r"something that is no file is in its"):
        put(proof, a=b"2\n")


def test_what_joins_later_is_not_overwritten(root: Path, proof: Rounds):
    """The plan can be made again without it, and the others go on."""
    put(proof, a=b"1\n")
    (root / "c.py").write_bytes(b"mine\n")
    said = {"c.py": "changed since it was read"}
    assert failed(put(proof, a=b"2\n", c=b"2\n")) == said
    assert contents(root) == {**BEFORE, "a.py": b"1\n", "c.py": b"mine\n"}
    assert not put(proof, a=b"2\n").failures


def test_round_that_cannot_be_recorded_leaves_nothing_behind(
    root: Path, proof: Rounds, monkeypatch: pytest.MonkeyPatch
):
    put(proof, a=b"1\n")
    before = contents(state.place(root))
    with monkeypatch.context() as patch, pytest.raises(JournalError, match="no room"):
        patch.setattr(os, "replace", _no_room)
        put(proof, a=b"2\n", b=b"2\n")
    assert contents(state.place(root)) == before
    assert contents(root) == {**BEFORE, "a.py": b"1\n"}


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no room")


def test_first_round_that_fails_is_no_run(root: Path, proof: Rounds):
    (root / "b.py").write_bytes(b"mine\n")
    assert failed(put(proof, a=b"1\n", b=b"1\n")) == {
        "b.py": "changed since it was read"
    }
    assert proof.id is None
    assert runs.listed(root) == []
    assert put(proof, a=b"1\n") == Written(proof.id)
    undone = proof.take_back()
    assert undone.restored == ("a.py",)


def test_second_round_that_fails_leaves_the_first(root: Path, proof: Rounds):
    put(proof, a=b"1\n")
    outside = Change(root / "gone/d.py", b"d", b"2\n")
    written = proof.write([Change(root / "a.py", b"a\n", b"2\n"), outside])
    assert failed(written) == {"d.py": "No such file or directory"}
    assert contents(root)["a.py"] == b"1\n"
    assert put(proof, a=b"3\n") == Written(proof.id)
    undo(root)
    assert contents(root) == BEFORE


def test_all_rolled_back_ends_as_undone(root: Path, proof: Rounds):
    put(proof, a=b"1\n", b=None)
    put(proof)
    assert contents(root) == BEFORE
    assert proof.finish() is None
    assert states(root) == ["undone"]


def test_modes_come_back(root: Path, proof: Rounds):
    (root / "a.py").chmod(0o750)
    put(proof, a=None)
    put(proof, a=b"2\n")
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o750


def test_directory_that_is_gone_is_made_again(root: Path, proof: Rounds):
    (root / "d").mkdir()
    (root / "d/a.py").write_bytes(b"a")
    assert not proof.write([Change(root / "d/a.py", b"a", None)]).failures
    (root / "d").rmdir()
    assert not put(proof).failures
    assert (root / "d/a.py").read_bytes() == b"a"


def test_copy_that_is_damaged(root: Path, proof: Rounds):
    put(proof, a=b"1\n")
    [copy] = state.place(root).glob("*/before/0")
    copy.write_bytes(b"torn")
    with pytest.raises(JournalError, match="its copy in the journal is damaged"):
        put(proof)
    assert contents(root)["a.py"] == b"1\n"


def test_an_error_says_how_to_take_it_back(root: Path):
    with pytest.raises(KeyboardInterrupt) as found, rounds.opened(root, PROVE) as proof:
        assert put(proof, a=b"1\n").run
        raise KeyboardInterrupt
    [message] = found.value.args
    assert message == f"what was changed is taken back by: awaitify undo {proof.id}"
    assert rounds.restore(root)
    with (
        pytest.raises(JournalError, match=r"^no room; nothing was changed$"),
        rounds.opened(root, PROVE),
    ):
        raise JournalError("no room")
    with (
        pytest.raises(KeyboardInterrupt, match="nothing was changed"),
        rounds.opened(root, PROVE),
    ):
        raise KeyboardInterrupt


class TestOthers:
    def test_only_one_at_a_time(self, root: Path, proof: Rounds):
        with (
            pytest.raises(JournalError, match="another proof"),
            rounds.opened(root, PROVE),
        ):
            pass

    def test_leave_what_goes_on(self, root: Path, proof: Rounds):
        put(proof, a=b"1\n")
        put(proof)
        # All files are as before: a run that was killed there would be forgotten.
        write.clean(root)
        assert states(root) == ["running"]
        assert rounds.restore(root) == []
        assert list(writing.reminders(root)) == []
        put(proof, a=b"2\n")
        write.clean(root)
        assert states(root) == ["running"]
        assert listed(root)[0]["rounds"] == 3

    def test_a_process_that_was_forked_keeps_no_lock(self, root: Path):
        code = """\
import os, signal, sys, time
from pathlib import Path
from awaitify.apply import Change
from awaitify.journal import rounds
from awaitify.journal.runs import Occasion
root = Path(sys.argv[1])
with rounds.opened(root, Occasion("prove", "1", None)) as run:
    assert not run.write([Change(root / "a.py", b"a\\n", b"1\\n")]).failures
    if child := os.fork():
        print(child, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdout = None
    time.sleep(60)
"""
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(root)],
            env=environment(AWAITIFY_STATE_DIR=str(state.home())),
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        child = int(process.stdout.readline())
        process.wait()
        try:
            assert states(root) == ["interrupted"]
        finally:
            subprocess.run(["kill", str(child)], check=True)
            process.stdout.close()


class TestLeftOpen:
    @pytest.fixture
    def left(self, root: Path) -> str | None:
        with rounds.opened(root, PROVE) as proof:
            put(proof, a=b"1\n", b=b"1\n")
            put(proof, a=b"2\n", b=b"2\n")
            return proof.id

    def test_is_interrupted_even_if_all_is_written(self, root: Path, left: str):
        write.clean(root)
        assert states(root) == ["interrupted"]
        [line] = writing.reminders(root)
        assert line.endswith(f"to take it back: awaitify undo {left}")

    def test_is_restored(self, root: Path, left: str):
        [(found, undone)] = rounds.restore(root)
        assert found.id == left
        assert undone.restored == ("a.py", "b.py")
        assert contents(root) == BEFORE
        assert rounds.restore(root) == []
        assert states(root) == ["undone"]

    def test_is_restored_but_for_what_changed_since(self, root: Path, left: str):
        (root / "a.py").write_bytes(b"mine\n")
        [(_, undone)] = rounds.restore(root)
        assert [failure.path.name for failure in undone.refused] == ["a.py"]
        assert contents(root)["a.py"] == b"mine\n"
        # The others are; who tries again goes on with what is there.
        assert rounds.restore(root) == []


def test_manifests_of_earlier_versions_are_read(root: Path):
    written = write.write(root, [Change(root / "a.py", b"a\n", b"1\n")], PROVE)
    [found] = runs.listed(root)
    assert isinstance(found, runs.Run)
    data = {"schema": 1, **asdict(found.manifest)}
    del data["rounds"]
    for file in data["files"]:
        del file["earlier"]
    (found.directory / "manifest.json").write_text(json.dumps(data))
    assert runs.listed(root) == [found]
    assert found.id == written.run
