"""Stops writing and undoing at each step: ``python -m tests.kill.steps DIR [STRIDE]``.

A step is a system call that the interpreter tells its audit hooks of: opening,
renaming, removing, making directories, changing permissions. Each attempt is a
process of its own, forked from this one, that dies, or fails, at one step.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from awaitify import history
from awaitify.apply import Change
from awaitify.config import UsageError
from awaitify.journal import JournalError, rounds, runs, state, write
from awaitify.journal.runs import Occasion

_STEPS = ("os.", "open", "shutil.")
_NOT = ("os.listdir", "os.scandir", "os.putenv", "os.fork", "os.walk", "os.fwalk")
_BEFORE = {"a.py": b"old a\n", "d/b.py": b"old b\n", "d/e/c.py": b"", "d.py": b"x"}
_AFTER = {"a.py": b"new a\n" * 999, "d/b.py": None, "d/e/c.py": b"new c\n", "d.py": b""}
_MODES = {"a.py": 0o755, "d/b.py": 0o640, "d/e/c.py": 0o600, "d.py": 0o664}
# What rounds make of it, one after the other: files join, come back, go, are made.
_ROUNDS: list[dict[str, bytes | None]] = [
    {"a.py": b"first a\n" * 99, "d/b.py": None, "d/new.py": b"new\n"},
    {"a.py": b"second a\n", "d/e/c.py": b"second c\n"},
    {},
    {"a.py": None, "d/b.py": b"fourth b\n", "d.py": b"", "d/new.py": b"newer\n"},
    {"a.py": b"fifth a\n", "d/b.py": b"fourth b\n"},
]
Tree = dict[str, tuple[bytes, int]]
_UMASK = os.umask(0o022)
os.umask(_UMASK)


def main(directory: Path, stride: int) -> None:
    """Try each step, or one out of `stride`; raise if a file is torn or lost."""
    root = Path(os.path.realpath(directory)) / "root"
    os.environ[state.VARIABLE] = str(root.parent / "state")
    for name, attempt in (
        ("killed while it writes", _killed_while_writing),
        ("killed while it undoes", _killed_while_undoing),
        ("failed once", _failed_once),
        ("full from then on", _full_from_then_on),
        ("failed from then on", _failed_from_then_on),
        ("killed in rounds", _killed_in_rounds),
        ("killed while it takes rounds back", _killed_while_taking_back),
        ("failed once in rounds", _failed_once_in_rounds),
        ("full in rounds", _full_in_rounds),
    ):
        steps = itertools.count(0, stride)
        tried = sum(1 for _ in itertools.takewhile(partial(attempt, root), steps))
        print(f"{name}: at {tried} steps")


def _killed_while_writing(root: Path, step: int) -> bool:
    _fresh(root)
    killed = _in_a_process(lambda: _write(root), _kill, at=step) != 0
    _assert_whole(root)
    if not killed:
        assert _tree(root) == _wanted(_AFTER)
    _undo(root)
    assert _tree(root) == _wanted(_BEFORE)
    return killed


def _killed_while_undoing(root: Path, step: int) -> bool:
    _fresh(root)
    _write(root)
    killed = _in_a_process(lambda: _undo(root), _kill, at=step) != 0
    _assert_whole(root)
    _undo(root)
    assert _tree(root) == _wanted(_BEFORE)
    return killed


def _failed_once(root: Path, step: int) -> bool:
    """Something fails, and all that comes later does not."""
    _fresh(root)
    code = _in_a_process(lambda: _write(root), _fail, at=step)
    return _all_or_nothing(root, code)


def _full_from_then_on(root: Path, step: int) -> bool:
    """Nothing can be made or written to any more, as on a full disk."""
    _fresh(root)
    code = _in_a_process(
        lambda: _write(root), _fail, at=step, last=sys.maxsize, events=_needs_room
    )
    return _all_or_nothing(root, code)


def _failed_from_then_on(root: Path, step: int) -> bool:
    """Nothing works any more, as on a disk that was taken away."""
    _fresh(root)
    code = _in_a_process(lambda: _write(root), _fail, at=step, last=sys.maxsize)
    _assert_whole(root)
    _undo(root)
    assert _tree(root) == _wanted(_BEFORE)
    return code != _MET_NO_STEP


def _killed_in_rounds(root: Path, step: int) -> bool:
    _fresh(root)
    killed = _in_a_process(lambda: _prove(root), _kill, at=step) != 0
    _assert_whole(root)
    if not killed:
        assert _tree(root) == _after_round(len(_ROUNDS))
    _undo(root)
    assert _tree(root) == _wanted(_BEFORE)
    return killed


def _killed_while_taking_back(root: Path, step: int) -> bool:
    """Also what a kill has left is taken back, be that killed or not."""
    _fresh(root)
    _prove(root, finish=False)
    killed = _in_a_process(lambda: _restore(root), _kill, at=step) != 0
    _assert_whole(root)
    _restore(root)
    assert _tree(root) == _wanted(_BEFORE)
    return killed


def _failed_once_in_rounds(root: Path, step: int) -> bool:
    _fresh(root)
    code = _in_a_process(lambda: _prove(root), _fail, at=step)
    return _one_of_the_rounds(root, code)


def _full_in_rounds(root: Path, step: int) -> bool:
    _fresh(root)
    code = _in_a_process(
        lambda: _prove(root), _fail, at=step, last=sys.maxsize, events=_needs_room
    )
    return _one_of_the_rounds(root, code)


def _one_of_the_rounds(root: Path, code: int) -> bool:
    """Assert that an error has left what one round had made, as a whole."""
    assert code in (_ALL_WELL, _MET_NO_STEP) or code >= _FAILED_IN, code
    last = code - _FAILED_IN if code >= _FAILED_IN else len(_ROUNDS)
    assert _tree(root) == _after_round(last), (code, sorted(_tree(root)))
    _undo(root)
    assert _tree(root) == _wanted(_BEFORE)
    return code != _MET_NO_STEP


def _after_round(number: int) -> Tree:
    changed = _ROUNDS[number - 1] if number else {}
    return _wanted({**_BEFORE, **changed})


def _all_or_nothing(root: Path, code: int) -> bool:
    """Assert that an error has left all files old, or, where it came late, new."""
    assert code in (_ALL_WELL, _MET_NO_STEP, _REFUSED), code
    wanted = _BEFORE if code == _REFUSED else _AFTER
    assert _tree(root) == _wanted(wanted), (code, sorted(_tree(root)))
    assert len(runs.listed(root)) == (code != _REFUSED)
    return code != _MET_NO_STEP


_ALL_WELL, _MET_NO_STEP, _REFUSED = 10, 0, 11
_FAILED_IN = 20
"""And the number of the round that failed, from 0."""


def _write(root: Path) -> int:
    changes = [
        Change(root / name, before, _AFTER[name]) for name, before in _BEFORE.items()
    ]
    try:
        written = write.write(root, changes, Occasion("fix", "1", None))
    except JournalError:
        return _REFUSED
    return _REFUSED if written.failures else _ALL_WELL


def _prove(root: Path, *, finish: bool = True) -> int:
    number = 0
    try:
        with rounds.opened(root, Occasion("prove", "1", None)) as run:
            for number, made in enumerate(_ROUNDS):
                changes = [
                    Change(root / name, _BEFORE.get(name), after)
                    for name, after in sorted(made.items())
                ]
                if run.write(changes).failures:
                    return _FAILED_IN + number
            if finish:
                run.finish()
    except JournalError:
        return _FAILED_IN + number
    return _ALL_WELL


def _restore(root: Path) -> int:
    assert not any(undone.refused for _, undone in rounds.restore(root))
    return _ALL_WELL


def _undo(root: Path) -> int:
    os.chdir(root)
    try:
        assert history.undo([], quiet=True) == 0
    except UsageError:
        # Nothing to undo: then what is left is removed by the next `fix`.
        write.clean(root)
    return _ALL_WELL


def _is_step(event: str, _: tuple[Any, ...]) -> bool:
    return event.startswith(_STEPS) and event not in _NOT


def _needs_room(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    return event == "os.mkdir"


def _in_a_process(
    work: Callable[[], int],
    act: Callable[[], None],
    *,
    at: int,
    last: int | None = None,
    events: Callable[[str, tuple[Any, ...]], bool] = _is_step,
) -> int:
    """Return how a process ends that does some work and meets its end, or an error.

    Args:
        work: what it does.
        act: what happens before a step.
        at: which step, from 0.
        last: up to which it happens before each.
        events: what a step is.

    Returns:
        0 if there were not so many steps; otherwise what `work` returned, or less
        than 0 for a signal.

    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        steps = itertools.count()
        on = True

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if on and events(event, arguments) and at <= next(steps) <= (last or at):
                act()

        sys.addaudithook(hook)
        code = work()
        on = False
        code = code if next(steps) > at else _MET_NO_STEP
    finally:
        os._exit(code)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _fresh(root: Path) -> None:
    for directory in (root, root.parent / "state"):
        shutil.rmtree(directory, ignore_errors=True)
    for name, source in _BEFORE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(source)
        (root / name).chmod(_MODES[name])
    (root / "setup.py").touch()


def _tree(root: Path) -> Tree:
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(),
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in root.rglob("*")
        if path.is_file() and path.name != "setup.py"
    }


def _wanted(sources: dict[str, bytes | None]) -> Tree:
    return {
        name: (source, _MODES.get(name, 0o666 & ~_UMASK))
        for name, source in sources.items()
        if source is not None
    }


def _assert_whole(root: Path) -> None:
    found = _tree(root)
    contents = [_BEFORE, _AFTER, *_ROUNDS]
    for name in {name for each in contents for name in each}:
        known = {_BEFORE.get(name), *(each[name] for each in contents if name in each)}
        source, mode = found.get(name, (None, _MODES.get(name)))
        assert source in known, name
        assert name not in _MODES or mode == _MODES[name], name


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((sys.argv[2:] or ["1"])[0]))
