"""Batches as people run them: real repositories, a process for each entry."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.batch.projects import (
    NOTHING,
    again,
    batch,
    commit,
    log,
    repository,
    statuses,
)
from tests.command import LEGACY, contents, environment, git

PYTHON = sys.executable


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWAITIFY_STATE_DIR", str(tmp_path / "state"))
    # For repositories that are cloned.
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.org")


def test_each_entry_gets_a_branch_a_patch_and_a_report(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    repository(tmp_path / "idle", NOTHING)
    text = '[batch]\njobs = 2\n[[entry]]\npath = "shop"\n[[entry]]\npath = "idle"\n'
    before = contents(shop)

    done = batch(tmp_path, text)

    assert done.returncode == 0, done.stderr
    assert "2 entries: 1 migrated, 1 unchanged." in done.stdout
    assert "1 site found: 1 migrated, 0 left." in done.stdout
    assert log(shop, "awaitify/shop") == ["Migrate the tests of shop to pytest-asyncio"]
    message = git(shop, "log", "-1", "--format=%B", "awaitify/shop")
    assert "1 site found: 1 migrated, 0 left." in message
    assert "Awaitify-Batch: shop" in message
    state = tmp_path / ".batch.batch"
    patch = (state / "patches/shop.patch").read_text()
    git(shop, "apply", "--check", "-", stdin=patch)
    report = json.loads((state / "reports/shop.json").read_bytes())
    assert report["summary"]["migrate"] == 1
    # Nothing but the branch is new: no work tree, nothing in the user's own tree.
    assert contents(shop) == before
    assert len(git(shop, "worktree", "list").splitlines()) == 1
    assert not git(tmp_path / "idle", "branch", "--list", "awaitify/*")
    assert os.listdir(state / "work") == []
    assert not (tmp_path / "state").exists()
    git(shop, "fsck", "--strict")


def test_what_is_done_is_not_done_again(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    text = '[[entry]]\npath = "shop"\n'
    batch(tmp_path, text)
    head = git(shop, "rev-parse", "awaitify/shop")
    first = again(tmp_path, "--format", "json", what="status").stdout
    for what in ("run", "retry", "run"):
        assert again(tmp_path, "--format", "json", what=what).stdout == first
    assert git(shop, "rev-parse", "awaitify/shop") == head


def test_a_failure_stays_in_its_entry_and_can_be_tried_again(tmp_path: Path):
    shop, gone = repository(tmp_path / "shop"), repository(tmp_path / "gone")
    git(gone, "branch", "awaitify/gone")
    text = '[[entry]]\npath = "shop"\n[[entry]]\npath = "gone"\n'
    done = batch(tmp_path, text)
    assert done.returncode == 3
    assert statuses(tmp_path) == {"shop": "migrated", "gone": "failed"}
    assert "the branch awaitify/gone exists already" in done.stdout
    git(gone, "branch", "-D", "awaitify/gone")
    done = again(tmp_path)
    assert "1 failed before" in done.stderr
    assert statuses(tmp_path)["gone"] == "failed"
    assert again(tmp_path, what="retry").returncode == 0
    assert len(log(shop, "awaitify/shop")) == len(log(gone, "awaitify/gone")) == 1


@pytest.mark.slow
def test_the_mechanical_commit_can_be_ignored_by_blame(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    (shop / ".git-blame-ignore-revs").write_bytes(b"# old")
    commit(shop)
    text = '[batch]\nblame-ignore-revs = true\n[[entry]]\npath = "shop"\n'
    assert batch(tmp_path, text).returncode == 0
    mechanical = git(shop, "rev-parse", "awaitify/shop~1").strip()
    git(shop, "checkout", "-q", "awaitify/shop")
    ignored = (shop / ".git-blame-ignore-revs").read_text()
    assert ignored.splitlines()[0] == "# old"
    assert ignored.splitlines()[-1] == mechanical
    git(shop, "blame", "--ignore-revs-file=.git-blame-ignore-revs", "test_x.py")
    # The patch is what was migrated, and nothing else.
    patch = (tmp_path / ".batch.batch/patches/shop.patch").read_text()
    assert "blame" not in patch


@pytest.mark.slow
def test_folders_of_a_dirty_monorepo(tmp_path: Path):
    mono = tmp_path / "mono"
    for name in ("one", "two"):
        (mono / "packages" / name).mkdir(parents=True)
        (mono / "packages" / name / "test_x.py").write_bytes(LEGACY.encode())
    commit(mono)
    (mono / "packages/one/test_x.py").write_bytes(b"# mine\n")
    (mono / "packages/one/new.py").write_bytes(b"# mine, too\n")
    before = contents(mono)
    text = '[[entry]]\nglob = "mono/packages/*"\nowner = "@core"\n'
    done = batch(tmp_path, text)
    assert done.returncode == 0, done.stdout
    names = ["mono-packages-one", "mono-packages-two"]
    assert statuses(tmp_path) == dict.fromkeys(names, "migrated")
    for name, folder in zip(names, ("one", "two"), strict=True):
        changed = git(mono, "diff", "--name-only", f"main..awaitify/{name}")
        assert changed.split() == [f"packages/{folder}/test_x.py"]
    assert contents(mono) == before


@pytest.mark.slow
def test_a_repository_by_url_at_a_revision(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    first = git(shop, "rev-parse", "HEAD").strip()
    (shop / "test_x.py").write_bytes(NOTHING.encode())
    commit(shop)
    text = (
        f'[[entry]]\nurl = "file://{shop}"\nref = "{first}"\nname = "old"\n'
        f'[[entry]]\nurl = "file://{shop}"\nref = "main"\nname = "new"\n'
    )
    done = batch(tmp_path, text)
    assert done.returncode == 0, done.stdout
    assert statuses(tmp_path) == {"old": "migrated", "new": "unchanged"}
    assert not git(shop, "branch", "--list", "awaitify/*")
    clone = tmp_path / ".batch.batch/clones/old"
    assert git(clone, "rev-parse", "awaitify/old~1").strip() == first


SAYS = """
import json, os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(json.dumps([os.getcwd(), *sys.argv[2:]]))
sys.exit(int(pathlib.Path(sys.argv[1] + ".code").read_text()))
"""


def test_the_command_that_comes_last_gets_words_and_no_shell(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    (tmp_path / "say.py").write_text(SAYS)
    told = tmp_path / "told"
    Path(f"{told}.code").write_text("1")
    command = f"{PYTHON} '{tmp_path}/say.py' '{told}' {{name}} --x={{owner}} {{commit}}"
    text = (
        f'[batch]\non-done = """{command} {{branch}} $(touch {tmp_path}/oops)"""\n'
        '[[entry]]\npath = "shop"\nowner = "-x; rm"\n'
    )
    done = batch(tmp_path, text)
    assert done.returncode == 3
    assert "on-done: code 1" in done.stdout
    commit = git(shop, "rev-parse", "awaitify/shop").strip()
    # It is the command alone that is tried again.
    Path(f"{told}.code").write_text("0")
    assert again(tmp_path, what="retry").returncode == 0
    assert git(shop, "rev-parse", "awaitify/shop").strip() == commit
    where, *words = json.loads(told.read_text())
    assert words[:4] == ["shop", "--x=-x; rm", commit, "awaitify/shop"]
    assert words[4:] == ["$(touch", f"{tmp_path}/oops)"]
    assert Path(where).name == "shop" and not (tmp_path / "oops").exists()
    told.unlink()
    again(tmp_path, what="retry")
    assert not told.exists()


@pytest.mark.slow
def test_time_is_up_for_all_that_an_entry_has_started(tmp_path: Path):
    repository(tmp_path / "shop")
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    flag = f"--format-command={PYTHON} {tmp_path}/slow.py"
    text = f'[[entry]]\npath = "shop"\ntimeout = 2\nflags = ["{flag}"]\n'
    done = batch(tmp_path, text)
    assert done.returncode == 3
    assert "used up its time: more than 2 s" in done.stdout
    assert statuses(tmp_path) == {"shop": "failed"}


@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path):
    repository(tmp_path / "shop")
    hog = "x = bytearray(300 << 20)\nimport time\ntime.sleep(20)\n"
    (tmp_path / "hog.py").write_text(hog)
    flag = f"--format-command={PYTHON} {tmp_path}/hog.py"
    text = f'[[entry]]\npath = "shop"\nmemory = "200 MiB"\nflags = ["{flag}"]\n'
    done = batch(tmp_path, text)
    assert done.returncode == 3
    assert "used up its memory" in done.stdout


@pytest.mark.slow
def test_a_canary_then_the_rest(tmp_path: Path):
    for name in ("a", "b", "c"):
        repository(tmp_path / name, NOTHING)
    text = "".join(f'[[entry]]\npath = "{name}"\n' for name in "abc")
    batch(tmp_path, text, "--limit", "1")
    assert sorted(statuses(tmp_path).values()) == ["pending", "pending", "unchanged"]
    again(tmp_path, "c")
    assert statuses(tmp_path)["b"] == "pending"
    again(tmp_path)
    assert set(statuses(tmp_path).values()) == {"unchanged"}


def test_a_project_cannot_stand_in_for_modules_or_run_hooks(tmp_path: Path):
    trap = "import pathlib\npathlib.Path(__file__ + '.ran').touch()\nraise SystemExit\n"
    shop = repository(tmp_path / "shop", typing=trap, typer=trap, sitecustomize=trap)
    for hook in ("post-checkout", "pre-commit", "post-commit", "reference-transaction"):
        path = shop / ".git/hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/{hook}.ran\n")
        path.chmod(0o755)
    done = batch(tmp_path, '[[entry]]\npath = "shop"\n')
    assert done.returncode == 0, done.stdout
    assert not list(tmp_path.rglob("*.ran"))


@pytest.mark.slow
def test_an_interrupt_ends_it_and_it_goes_on(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    marker = tmp_path / "begun"
    (tmp_path / "slow.py").write_text(
        f"import pathlib, sys, time\nbegun = pathlib.Path({str(marker)!r})\n"
        "again = begun.exists()\nbegun.touch()\ntime.sleep(0 if again else 60)\n"
        "sys.stdout.write(sys.stdin.read())\n"
    )
    flag = f"--format-command={PYTHON} {tmp_path}/slow.py"
    text = f'[[entry]]\npath = "shop"\nflags = ["{flag}"]\n'
    (tmp_path / "batch.toml").write_text(text)
    command = [PYTHON, "-m", "awaitify", "batch", "run", "batch.toml"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE
    )
    while not marker.exists() and process.poll() is None:
        time.sleep(0.05)
    assert statuses(tmp_path) == {"shop": "running"}
    done = again(tmp_path)
    assert done.returncode == 2 and "another run is under way" in done.stderr
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"interrupted\n")
    assert statuses(tmp_path) == {"shop": "interrupted"}
    assert again(tmp_path).returncode == 0
    assert len(log(shop, "awaitify/shop")) == 1
    assert len(git(shop, "worktree", "list").splitlines()) == 1


@pytest.mark.slow
def test_a_last_command_that_was_killed_is_not_run_again_unasked(tmp_path: Path):
    repository(tmp_path / "shop")
    (tmp_path / "count.py").write_text(
        f"open({str(tmp_path / 'told')!r}, 'a').write('x')\n"
    )
    command = f"{PYTHON} {tmp_path}/count.py"
    batch(tmp_path, f'[[entry]]\npath = "shop"\non-done = "{command}"\n')
    # As it is if the batch is killed within.
    path = tmp_path / ".batch.batch/entries/shop.json"
    state = json.loads(path.read_bytes())
    path.write_text(json.dumps({**state, "phase": "handing", "verdict": ""}))
    done = again(tmp_path)
    assert done.returncode == 3
    assert "on-done was interrupted" in done.stdout
    assert (tmp_path / "told").read_text() == "x"
    assert again(tmp_path, what="retry").returncode == 0
    assert (tmp_path / "told").read_text() == "xx"


@pytest.mark.slow
def test_a_url_that_changes_is_another_repository(tmp_path: Path):
    shop, other = repository(tmp_path / "shop"), repository(tmp_path / "other", NOTHING)
    text = f'[[entry]]\nname = "x"\nref = "nowhere"\nurl = "file://{shop}"\n'
    assert batch(tmp_path, text).returncode == 3
    text = f'[[entry]]\nname = "x"\nurl = "file://{other}"\n'
    assert batch(tmp_path, text, what="retry").returncode == 0
    assert statuses(tmp_path) == {"x": "unchanged"}


@pytest.mark.slow
def test_what_is_fetched_names_no_commands(tmp_path: Path):
    shop = repository(tmp_path / "shop")
    command = f"touch {tmp_path}/oops"
    with (shop / "pyproject.toml").open("a") as file:
        file.write(f'[tool.awaitify]\nformat-command = "{command}"\n')
    commit(shop)
    text = f'[[entry]]\nurl = "file://{shop}"\n'
    assert batch(tmp_path, text).returncode == 0
    assert not (tmp_path / "oops").exists()
    # The one of a folder of one's own is run, as by `fix`.
    text = '[[entry]]\npath = "shop"\nname = "own"\n'
    batch(tmp_path, text)
    assert (tmp_path / "oops").exists()


FLAKY = (
    LEGACY
    + """

def test_b():
    import os
    assert asyncio.run(f()) == 1
    assert "def test_b" in open(__file__).read().replace("async ", "")
    assert "async def test_b" not in open(__file__).read().replace('"async', "")
"""
)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["python", "command"])
def test_a_proof(tmp_path: Path, by: str):
    shop = repository(tmp_path / "shop", FLAKY)
    how = {"python": PYTHON, "command": f"{PYTHON} -m pytest"}[by]
    text = f'[[entry]]\npath = "shop"\nprove = true\n{by} = "{how}"\n'
    done = batch(tmp_path, text)
    assert done.returncode in (0, 4), done.stdout
    after = git(shop, "show", "awaitify/shop:test_x.py")
    assert "async def test_a" in after
    assert "async def test_b():" not in after
    report = json.loads((tmp_path / ".batch.batch/reports/shop.json").read_bytes())
    assert report["command"] == "prove"
    changed = git(shop, "diff", "--name-only", "main..awaitify/shop").split()
    assert "test_x.py" in changed and not any("cache" in path for path in changed)
    assert not (tmp_path / "state").exists()
