"""Killed between any two steps, a batch is taken up where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awaitify.batch import git as asked
from awaitify.batch import states, work
from tests.batch.projects import again, log, repository, statuses
from tests.command import git


class Killed(BaseException):
    """Nothing handles it, as nothing handles SIGKILL."""


def _before_saving(phase: str) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        save = states.Place.save

        def killed(self: states.Place, state: states.State) -> states.State:
            if state.phase.value == phase:
                raise Killed
            return save(self, state)

        monkeypatch.setattr(states.Place, "save", killed)

    return patch


def _at(module: Any, name: str, *, after: bool) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(module, name)

        def killed(*arguments: Any, **more: Any) -> None:
            if after:
                real(*arguments, **more)
            raise Killed

        monkeypatch.setattr(module, name, killed)

    return patch


MOMENTS = {
    "before anything": _before_saving("running"),
    "with a work tree": _at(work, "_run", after=False),
    "migrated": _at(work, "_run", after=True),
    "half of its commits": _at(asked, "commit", after=True),
    "committed": _before_saving("committed"),
    "noted": _at(asked, "publish", after=False),
    "published": _at(asked, "publish", after=True),
    "published and noted": _at(work, "_hand_over", after=False),
    "cleaned": _before_saving("over"),
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str):
    shop = repository(tmp_path / "shop")
    entry = '[[entry]]\npath = "shop"\nblame-ignore-revs = true\n'
    (tmp_path / "batch.toml").write_text(entry)
    with monkeypatch.context() as patch:
        MOMENTS[moment](patch)
        with pytest.raises(Killed):
            again(tmp_path)
    if moment != "before anything":
        assert statuses(tmp_path) == {"shop": "interrupted"}
    done = again(tmp_path, "--format", "json")
    assert done.returncode == 0, done.stdout
    (told,) = json.loads(done.stdout)["entries"]
    assert told["status"] == "migrated"
    assert len(log(shop, "awaitify/shop")) == 2
    moves = (shop / ".git/logs/refs/heads/awaitify/shop").read_text().splitlines()
    assert len(moves) == 1
    assert git(shop, "rev-parse", "awaitify/shop").strip() == told["head"]
    assert git(shop, "rev-parse", "awaitify/shop~1").strip() == told["commit"]
    patch_ = (tmp_path / ".batch.batch/patches/shop.patch").read_text()
    git(shop, "apply", "--check", "-", stdin=patch_)
    assert len(git(shop, "worktree", "list").splitlines()) == 1
    assert not list((tmp_path / ".batch.batch/work").iterdir())
