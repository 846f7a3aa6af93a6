"""One entry, from wherever it has come to its end."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from awaitify.batch import blame, bounded, git, outcome, states, tied
from awaitify.batch.bounded import Limits
from awaitify.batch.entries import Entry
from awaitify.batch.git import GitError, Repository
from awaitify.batch.outcome import NoReport
from awaitify.batch.states import Phase, Place, State, Verdict
from awaitify.batch.templates import TemplateError, words
from awaitify.journal.state import VARIABLE

_USABLE = (0, 1, 3, 4)
"""Codes after which the tree is good: what could be done was done."""
_KNOWN = (2, 5, 123)
_FAILED = 3
_SAID = 2000
"""So much of what a command says is kept."""
_REPORT, _JOURNAL = "report.json", "journal"


class Failed(Exception):
    """An entry that comes to nothing; the others go on."""

    def __init__(self, message: str, code: int = _FAILED) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Bench:
    """What all entries share."""

    place: Place
    stop: threading.Event
    deadline: float | None = None
    """Of one entry: by when it has to be done."""
    _locks: defaultdict[str, threading.Lock] = field(
        default_factory=lambda: defaultdict(threading.Lock)
    )

    def limits(self, entry: Entry) -> Limits:
        """Return what a command of an entry may use still."""
        left = None
        if self.deadline is not None:
            left = max(0.0, self.deadline - time.monotonic())
        return Limits(left, entry.memory, self.stop)

    @contextmanager
    def alone(self, at: Repository) -> Iterator[None]:
        """Keep others from the list of a repository's work trees meanwhile."""
        with self._locks[at.common]:
            yield


def carry_out(entry: Entry, bench: Bench, *, again: bool = False) -> State:
    """Bring an entry to its end, and return how it is.

    Args:
        entry: one that is due, or has failed.
        bench: what all entries share.
        again: also the command that comes last, if it may have been run already.

    Raises:
        Stopped: the batch was asked to end; the entry can be taken up again.

    """
    place = bench.place
    started = time.monotonic()
    if entry.timeout is not None:
        bench = replace(bench, deadline=started + entry.timeout)
    state = replace(place.load(entry.name), verdict=Verdict.NONE, message="")
    try:
        if state.phase in (Phase.NEW, Phase.RUNNING):
            state = _migrate(entry, bench, _begin(entry, bench, state))
        if state.phase is Phase.COMMITTED:
            state = _publish(entry, bench, state)
        if state.phase is Phase.HANDING and not again:
            raise Failed("on-done was interrupted: nobody knows whether it is done")
        if state.phase in (Phase.PUBLISHED, Phase.HANDING):
            state = _hand_over(entry, bench, state)
    except (Failed, GitError, TemplateError, OSError) as error:
        code = error.code if isinstance(error, Failed) else _FAILED
        # As far as it has come, by what is noted.
        noted = place.load(entry.name)
        state = replace(
            noted, verdict=Verdict.FAILED, code=code, message=git.readable(str(error))
        )
    clean(entry, bench)
    seconds = time.monotonic() - started
    return place.save(replace(state, seconds=round(seconds, 3)))


def _begin(entry: Entry, bench: Bench, state: State) -> State:
    clean(entry, bench)
    begun = State(entry.name, Phase.RUNNING, state.attempt + 1, branch=entry.branch)
    return bench.place.save(begun)


def _migrate(entry: Entry, bench: Bench, state: State) -> State:
    """Migrate in a work tree of its own, and note the commit before it has a name."""
    at = _repository(entry, bench)
    git.check_author(at)
    git.check_branch(at, entry.branch)
    if git.head_of(at, entry.branch) is not None:
        raise Failed(f"the branch {entry.branch} exists already")
    state = replace(state, base=_base(entry, at))
    tree = _tree(entry, bench, at, state, state.base)
    code = _run(entry, bench, _folder(at, tree), tree.parent)
    report = (tree.parent / _REPORT).read_bytes()
    try:
        done = outcome.read(report, tree)
    except NoReport as error:
        raise Failed(str(error), 123) from error
    text = outcome.message(entry.message, entry.name, done.counts)
    made = git.commit(tree, text, done.files) if done.files else None
    states.put(bench.place.report(entry.name), report)
    state = replace(state, code=code, ran=code, counts=done.counts)
    if made is None:
        return replace(state, verdict=Verdict.UNCHANGED).to(Phase.OVER)
    patch = git.patch(at, state.base, made)
    states.put(bench.place.patch(entry.name), patch)
    head = blame.ignored(tree, made, entry.message) if entry.blame_ignore_revs else made
    state = replace(state, commit=made, head=head)
    return bench.place.save(state.to(Phase.COMMITTED))


def _repository(entry: Entry, bench: Bench) -> Repository:
    if not entry.is_url:
        return git.repository(Path(entry.source))
    clone = bench.place.clone(entry.name)
    if (clone / ".git").is_dir() and git.origin(clone) == entry.source:
        words = ["-C", str(clone), "fetch", "-q", "--tags", "--force", "origin"]
        _fetch(entry, bench, words)
        return git.repository(clone)
    # Made beside its place: it is there as a whole, or not at all.
    new = clone.with_name(f".new-{entry.name}")
    for old in (new, clone):
        shutil.rmtree(old, ignore_errors=True)
    words = ["clone", "-q", "--no-checkout", "--no-hardlinks", "--"]
    _fetch(entry, bench, [*words, entry.source, str(new)])
    os.replace(new, clone)
    return git.repository(clone)


def _fetch(entry: Entry, bench: Bench, arguments: list[str]) -> None:
    limits = bench.limits(entry)
    folder = bench.place.directory
    done = bounded.run(git.command(*arguments), folder, git.environment(), limits)
    if done.over:
        raise Failed(f"git: used up its {done.over}")
    if done.status:
        raise Failed(f"git: {git.readable(done.said) or done.status}")


def _base(entry: Entry, at: Repository) -> str:
    wanted = entry.ref or "HEAD"
    names = [wanted]
    if entry.is_url:
        # What a clone has a branch of its own for is as old as the clone.
        names = [f"refs/remotes/origin/{wanted}", wanted]
    for name in names:
        if commit := git.commit_of(at, name):
            return commit
    raise Failed(f"git knows no revision {wanted!r} there")


def _tree(
    entry: Entry, bench: Bench, at: Repository, state: State, commit: str
) -> Path:
    tree = bench.place.attempt(state) / entry.name
    with bench.alone(at):
        git.add_tree(at, tree, commit)
    return tree


def _folder(at: Repository, tree: Path) -> Path:
    folder = tree / at.prefix
    if not folder.is_dir():
        raise Failed(f"{at.prefix} is not in that revision")
    if not folder.resolve().is_relative_to(tree.resolve()):
        raise Failed(f"{at.prefix} leads out of the repository")
    return folder


def _run(entry: Entry, bench: Bench, folder: Path, attempt: Path) -> int:
    """Run the command in a process of its own; return its exit code."""
    for path in entry.paths:
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise Failed(f"{path} leads out of the entry")
    limits = bench.limits(entry)
    done = bounded.run(
        [sys.executable, tied.__file__, str(os.getpid()), *_arguments(entry, attempt)],
        folder,
        _environment(attempt / _JOURNAL),
        limits,
    )
    if done.over:
        allowed = entry.timeout if done.over == "time" else entry.memory
        unit = "s" if done.over == "time" else "bytes"
        raise Failed(f"used up its {done.over}: more than {allowed:g} {unit}")
    if done.status in _USABLE and (attempt / _REPORT).is_file():
        return done.status
    how = f"signal {-done.status}" if done.status < 0 else f"code {done.status}"
    code = done.status if done.status in _KNOWN else _FAILED
    raise Failed(done.said.strip()[-_SAID:] or f"ended with {how}", code)


def _arguments(entry: Entry, attempt: Path) -> list[str]:
    words = ["prove" if entry.prove else "fix", "--format", "json", "--allow-dirty"]
    words += ["-q", f"--output={attempt / _REPORT}"]
    if not any(each.startswith(("-j", "--jobs")) for each in entry.flags):
        # As many processes as there are entries at a time, and no more.
        words.append("--jobs=1")
    if entry.is_url:
        # What was fetched says how it wants to be migrated, and runs nothing here.
        words.append("--no-commands")
    if entry.command is not None:
        words.append(f"--command={entry.command}")
    if python := entry.python or _environment_of(entry):
        words.append(f"--python={python}")
    # No path begins with a dash, and what follows `--` would be for pytest.
    return [*words, *entry.flags, *(f"./{path}" for path in entry.paths)]


def _environment_of(entry: Entry) -> str | None:
    """Return the environment beside the source, which a work tree does not have."""
    if entry.is_url or entry.command is not None:
        return None
    for folder in (Path(entry.source), *Path(entry.source).parents):
        for name in (".venv", "venv"):
            if (folder / name / "pyvenv.cfg").is_file():
                return str(folder / name)
        if (folder / ".git").exists():
            break
    return None


def _environment(journal: Path) -> dict[str, str]:
    # Where the command runs, what is relative would be in the work tree.
    kept = git.plain_environment()
    paths = [path for path in kept.get("PYTHONPATH", "").split(os.pathsep) if path]
    if paths:
        kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    # What could be undone is in git; the journal goes with the work tree.
    return {**kept, VARIABLE: str(journal)}


def _publish(entry: Entry, bench: Bench, state: State) -> State:
    """Make the branch: from here on the entry is done, whatever happens."""
    at = git.repository(_source(entry, bench))
    if git.head_of(at, state.branch) is None:
        if git.commit_of(at, state.head) is None:
            bench.place.save(state.to(Phase.RUNNING))
            raise Failed("the commit is gone before it had its branch")
        try:
            git.publish(at, state.branch, state.head)
        except GitError:
            # An orphan of a batch that was killed may have been at it.
            if git.head_of(at, state.branch) is None:
                raise
    if git.head_of(at, state.branch) != state.head:
        bench.place.save(state.to(Phase.RUNNING))
        raise Failed(f"the branch {state.branch} was made by somebody else")
    return bench.place.save(state.to(Phase.PUBLISHED))


def _source(entry: Entry, bench: Bench) -> Path:
    return bench.place.clone(entry.name) if entry.is_url else Path(entry.source)


def _hand_over(entry: Entry, bench: Bench, state: State) -> State:
    """Run the command that comes last, if there is one."""
    over = replace(state, verdict=Verdict.MIGRATED, code=state.ran).to(Phase.OVER)
    if not entry.on_done:
        return over
    tree, folder = _on_branch(entry, bench, state)
    command = words(entry.on_done, _values(entry, bench.place, state, folder))
    # Never looked for in the work tree.
    program = shutil.which(command[0])
    if program is None:
        raise Failed(f"on-done: there is no {command[0]}", 2)
    bench.place.save(state.to(Phase.HANDING))
    limits = bench.limits(entry)
    line = [os.path.abspath(program), *command[1:]]
    done = bounded.run(line, tree, git.plain_environment(), limits)
    if done.status or done.over:
        said = done.said.strip()[-_SAID:]
        how = f"used up its {done.over}" if done.over else f"code {done.status}"
        raise Failed(f"on-done: {how}{f': {said}' if said else ''}")
    return over


def _on_branch(entry: Entry, bench: Bench, state: State) -> tuple[Path, Path]:
    """Return a work tree that is on the entry's branch, and the entry's folder."""
    at = git.repository(_source(entry, bench))
    head = git.head_of(at, state.branch)
    if head is None:
        raise Failed(f"the branch {state.branch} is gone")
    tree = bench.place.attempt(state) / entry.name
    if not (tree / ".git").exists():
        tree = _tree(entry, bench, at, state, head)
    git.attach(tree, state.branch)
    return tree, _folder(at, tree)


def _values(entry: Entry, place: Place, state: State, folder: Path) -> dict[str, str]:
    return {
        "name": entry.name,
        "branch": state.branch,
        "path": str(folder),
        "owner": entry.owner,
        "patch": str(place.patch(entry.name)),
        "report": str(place.report(entry.name)),
        "commit": state.commit,
    }


def clean(entry: Entry, bench: Bench) -> None:
    """Remove the work trees of all attempts."""
    for attempt in bench.place.attempts(entry.name):
        source = _source(entry, bench)
        states.drop(attempt)
        try:
            at = git.repository(source)
            with bench.alone(at):
                git.remove_tree(at, attempt / entry.name)
        except GitError:
            continue
