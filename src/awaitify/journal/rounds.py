"""A run that is written more than once, and that one `undo` takes back as a whole.

What it changes is always said from the bytes before its first round. Before each
round the manifest is replaced by one that knows what was, what is and what will be:
there is no moment at which the files cannot be given back what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from awaitify import apply, interrupts
from awaitify.apply import Change
from awaitify.journal import JournalError, manifest, runs, standing, state, undo
from awaitify.journal.manifest import File
from awaitify.journal.runs import Occasion, Run
from awaitify.journal.standing import Seen, Verdict
from awaitify.journal.undo import Undone
from awaitify.journal.write import Written, account

_ALONE = "rounds"
"""The lock of the one process that may keep such a run open in a root."""


@contextmanager
def opened(root: Path, what: Occasion) -> Iterator[Rounds]:
    """Make ready for a run of several rounds; with no round there is no run.

    What was written stays, whatever ends this, and can be undone: without `finish`
    or `take_back` as a run that was interrupted.

    Args:
        root: where the files are.
        what: what the run is known by.

    Raises:
        JournalError: the journal cannot be kept, or another process is at it.
        KeyboardInterrupt: like all other errors of the journal it says how to take
            back what was written.

    """
    place = state.make(root)
    with state.lock(place, wait=False, name=_ALONE) as got, ExitStack() as held:
        if not got:
            raise JournalError(f"another proof is being made in {root}")
        made = Rounds(root, what, place, held)
        try:
            yield made
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(*error.args or [account(made.id)]) from error
        except JournalError as error:
            raise JournalError(f"{error}; {account(made.id)}") from error


@dataclass(eq=False)
class Rounds:
    """What was written so far."""

    root: Path
    what: Occasion
    _place: Path
    _held: ExitStack
    _run: Run | None = None
    _left: dict[str, str | None] = field(default_factory=dict)
    """The hash of each file as it was left; None for one that was removed."""

    @property
    def id(self) -> str | None:
        """Return what `undo` takes; None before the first round."""
        return self._run.id if self._run else None

    def write(self, changes: Sequence[Change]) -> Written:
        """Carry out all changes, or none, in place of those of the round before.

        Files that earlier rounds have changed, and this one does not, get back what
        they had before the first one.

        Args:
            changes: from the bytes before the first round.

        Raises:
            JournalError: the journal cannot be kept, or a file is not as it was left
                any more: a test has written it, or `undo` was called. Nothing was
                changed, and another round would not help.
            KeyboardInterrupt: nothing was changed, and it says what undoes the rest.

        """
        try:
            with state.lock(self._place), interrupts.deferred() as pause:
                return self._write(changes, pause)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(account(self.id)) from error

    def take_back(self) -> Undone:
        """Restore what the files were before the first round, as far as possible.

        It ends the run: no round may follow.
        """
        run = self._run
        if run is None:
            return Undone((), (), ())
        try:
            with state.lock(self._place), interrupts.deferred() as pause:
                return undo.undo(run, self.root, run.manifest.files, (), pause)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(account(run.id)) from error

    def finish(self) -> str | None:
        """Note that no round will follow; return the id of the run.

        It is None if nothing is changed any more.
        """
        run = self._run
        if run is None:
            return None
        # The files are what they are, and the journal knows: no reason to fail.
        with suppress(JournalError), state.lock(self._place), interrupts.deferred():
            looked = [(f, standing.look(self.root, f.path)) for f in run.manifest.files]
            files = [_as_it_is(file, seen) for file, seen in looked]
            changed = [file for file in files if file.after != file.before]
            if not changed:
                runs.mark_undone(run)
                return None
            runs.settle(run, changed)
        return run.id

    def _write(self, changes: Sequence[Change], pause: Callable[[], None]) -> Written:
        if self._run is not None and runs.is_over(self._run):
            raise JournalError(f"run {self._run.id} was taken back meanwhile")
        round_ = list(self._round(changes))
        steps = list(self._steps(round_))
        failures = list(apply.verify(steps, self.root))
        if failures or not steps:
            return Written(self.id, tuple(failures))
        try:
            self._record(round_)
        except OSError:
            # One of the files is gone.
            return Written(self.id, apply.verify(steps, self.root))
        done = False
        try:
            failures += apply.apply(steps, self.root, pause)
            done = not failures
        finally:
            self._note(steps)
            if not done:
                self._forget()
        return Written(self.id, tuple(failures))

    def _round(self, changes: Sequence[Change]) -> Iterator[Change]:
        """Yield what becomes of all files, from before the first round."""
        yield from changes
        if self._run is None:
            return
        named = {change.path for change in changes}
        for file in self._run.manifest.files:
            path = self.root / file.path
            if path in named:
                continue
            try:
                before = None if file.before is None else self._run.read_copy(file)
            except OSError as error:
                raise JournalError(f"{path}: {error.strerror or error}") from error
            yield Change(path, before, before, file.mode, file.beside)

    def _steps(self, round_: Sequence[Change]) -> Iterator[Change]:
        """Yield what leads there from what the files are now."""
        files = {f.path: f for f in self._run.manifest.files} if self._run else {}
        objections = []
        for change in round_:
            path = change.path.relative_to(self.root).as_posix()
            file = files.get(path)
            if file is None:
                yield change
                continue
            seen = standing.look(self.root, path)
            if why := _objection(file, change, seen, self._left[path]):
                objections.append(f"{change.path}: {why}")
            elif seen.source != change.after:
                if change.after is not None:
                    change.path.parent.mkdir(parents=True, exist_ok=True)
                yield Change(
                    change.path, seen.source, change.after, file.mode, file.beside
                )
        if objections:
            raise JournalError(f"not as they were left: {'; '.join(objections)}")

    def _record(self, round_: Sequence[Change]) -> None:
        if self._run is None:
            run = runs.begin(self._place, self.root, round_, self.what, rounds=1)
            self._held.enter_context(state.lock(run.directory, name=runs.HELD))
        else:
            run = runs.extend(self._run, self.root, round_)
        self._run = run
        for file in run.manifest.files:
            self._left.setdefault(file.path, file.before)

    def _note(self, steps: Sequence[Change]) -> None:
        """Note how the files were left, be it before or after a step."""
        for step in steps:
            path = step.path.relative_to(self.root).as_posix()
            seen = standing.look(self.root, path)
            if not seen.obstacle and seen.source in (step.before, step.after):
                self._left[path] = seen.digest

    def _forget(self) -> None:
        """Drop the run if its first round came to nothing."""
        run = self._run
        if run is None or run.manifest.rounds > 1:
            return
        verdicts = standing.verdicts(run, standing.looking(self.root)).values()
        if set(verdicts) == {Verdict.BEFORE}:
            self._held.close()
            runs.drop(run.directory)
            self._run = None
            self._left.clear()


def restore(root: Path) -> list[tuple[Run, Undone]]:
    """Take back, newest first, what a process that was killed has left open.

    Raises:
        JournalError: the journal cannot be used.
        KeyboardInterrupt: the next call restores the rest.

    """
    place = state.place(root)
    if not place.is_dir():
        return []
    done = []
    with state.lock(place), interrupts.deferred() as pause:
        found = [run for run in runs.unfinished(root) if run.is_open]
        for number, run in enumerate(found):
            verdicts = standing.verdicts(run, standing.looking(root)).values()
            # Where all that is not as before was changed since, nothing is to be done.
            if Verdict.AFTER in verdicts and not standing.is_held(run):
                files, later = run.manifest.files, found[:number]
                done.append((run, undo.undo(run, root, files, later, pause)))
    return done


def _as_it_is(file: File, seen: Seen) -> File:
    """Return a file's record when no round will follow."""
    if standing.judge(file, seen) is Verdict.CHANGED:
        return file
    return replace(file, after=seen.digest, earlier=())


def _objection(file: File, change: Change, seen: Seen, left: str | None) -> str:
    if seen.obstacle:
        return seen.obstacle
    before = None if change.before is None else manifest.digest(change.before)
    if before != file.before:
        return "not read as it was before the first round"
    if seen.digest == left:
        return ""
    if seen.digest == file.before:
        return "taken back since"
    return "removed since" if seen.source is None else "changed since"
