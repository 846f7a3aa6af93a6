"""What `awaitify batch` does, from arguments to an exit code."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from awaitify import shards
from awaitify.batch import reading, shown, states, summary, work
from awaitify.batch.bounded import Stopped
from awaitify.batch.entries import Batch, Entry
from awaitify.batch.states import State
from awaitify.config import UsageError, unknown
from awaitify.flags import Summarised
from awaitify.terminal import say
from awaitify.toml import ConfigError
from awaitify.workflow import save

_OFTEN = 0.2


@dataclass(frozen=True)
class Wanted:
    """What the command line says."""

    file: Path
    names: Sequence[str] = ()
    state: Path | None = None
    limit: int | None = None
    jobs: int | None = None
    shard: str | None = None
    format: Summarised = Summarised.TEXT
    output: Path | None = None
    quiet: bool = False


def run(wanted: Wanted) -> int:
    """Do what is to be done still; what has failed stays so."""
    return _work(wanted, again=False)


def retry(wanted: Wanted) -> int:
    """Do what is to be done still, and again what has failed."""
    return _work(wanted, again=True)


def status(wanted: Wanted) -> int:
    """Say how far all entries have come."""
    batch, chosen = _read(wanted)
    place = states.place_of(batch, wanted.state)
    found = {entry.name: place.load(entry.name) for entry in chosen}
    return _show(batch, found, wanted, running=states.is_running(place))


def _work(wanted: Wanted, *, again: bool) -> int:
    batch, chosen = _read(wanted)
    if wanted.output is not None and not wanted.output.parent.is_dir():
        raise UsageError(f"{wanted.output} cannot be written")
    place = states.place_of(batch, wanted.state)
    with states.opened(place, batch.file):
        found = {entry.name: place.load(entry.name) for entry in chosen}
        due = [
            entry
            for entry in chosen
            if found[entry.name].is_due or (again and found[entry.name].has_failed)
        ][: wanted.limit]
        bench = work.Bench(place, threading.Event())

        def one(entry: Entry) -> State:
            return work.carry_out(entry, bench, again=again)

        def tell(state: State) -> None:
            if not wanted.quiet:
                say(shown.progress(state, len(done) + 1, len(due)))

        done: dict[str, State] = {}
        jobs = wanted.jobs or batch.jobs or os.cpu_count() or 1
        try:
            _spread(due, one, bench.stop, jobs, done, tell)
        finally:
            for entry in batch.entries:
                # An orphan of a batch that was killed may have come back to it.
                if place.attempts(entry.name) and entry.name not in done:
                    if place.load(entry.name).verdict is not states.Verdict.NONE:
                        work.clean(entry, bench)
        found.update(done)
    if not again and not wanted.quiet:
        if failed := sum(found[name].has_failed for name in found.keys() - done):
            say(f"note: {failed} failed before: `awaitify batch retry` tries again")
    return _show(batch, found, wanted, running=False)


def _spread(
    due: Sequence[Entry],
    one: Callable[[Entry], State],
    stop: threading.Event,
    jobs: int,
    done: dict[str, State],
    tell: Callable[[State], None],
) -> None:
    """Carry out entries, some at a time; an interrupt ends all of them first."""
    waiting = iter(due)
    with ThreadPoolExecutor(jobs) as pool:
        open_: set[Future[State]] = set()
        try:
            while True:
                while len(open_) < jobs and (entry := next(waiting, None)) is not None:
                    open_.add(pool.submit(one, entry))
                if not open_:
                    return
                # A lock would keep Python from hearing signals on some systems.
                ready, open_ = wait(open_, _OFTEN, FIRST_COMPLETED)
                for each in ready:
                    state = each.result()
                    tell(state)
                    done[state.name] = state
        except Stopped as error:
            raise KeyboardInterrupt from error
        finally:
            # Of no effect where all has come to its end.
            stop.set()


def _read(wanted: Wanted) -> tuple[Batch, list[Entry]]:
    try:
        batch = reading.read(wanted.file.absolute())
    except ConfigError as error:
        raise UsageError(f"{wanted.file}:{error.line}: {error.message}") from error
    for mistake in batch.mistakes:
        say(shown.mistake(wanted.file, mistake))
    known = {entry.name: entry for entry in batch.entries}
    wrong = {mistake.name for mistake in batch.mistakes}
    for name in wanted.names:
        if name not in known and name not in wrong:
            raise UsageError(unknown("entry", name, known))
    chosen = [known[n] for n in dict.fromkeys(wanted.names) if n in known]
    return batch, _sharded(chosen if wanted.names else batch.entries, wanted.shard)


def _sharded(entries: Iterable[Entry], shard: str | None) -> list[Entry]:
    """Return the entries of a shard: by name alone, whatever others there are."""
    if shard is None:
        return list(entries)
    wanted = shards.parse(shard)
    return [each for each in entries if wanted.takes(each.name)]


def _show(
    batch: Batch, found: Mapping[str, State], wanted: Wanted, *, running: bool
) -> int:
    told = summary.of(batch, found, running=running)
    save(wanted.output, shown.render(told, wanted.format, quiet=wanted.quiet))
    return told.code
