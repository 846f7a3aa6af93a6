"""How far each entry has come: a file for each, replaced as a whole."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path

from awaitify.apply import flush
from awaitify.batch.entries import Batch
from awaitify.config import UsageError
from awaitify.journal import JournalError, state

_SCHEMA = 1
_TRIES, _OFTEN = 5, 0.1


class Phase(str, Enum):
    """What is known to be behind an entry."""

    NEW = "new"
    RUNNING = "running"
    """Its branch does not exist; whatever else there is, is thrown away."""
    COMMITTED = "committed"
    """All is ready, and the branch is to be made, if it is not there yet."""
    PUBLISHED = "published"
    """The branch is there, and the command that comes last is due."""
    HANDING = "handing"
    """That command was started; how it ended is not known."""
    OVER = "over"


class Verdict(str, Enum):
    """What came of an entry, once it is over or has failed in some phase."""

    NONE = ""
    MIGRATED = "migrated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class Counts:
    """What a report says in numbers."""

    sites: int = 0
    migrated: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    changed: int = 0
    removed: int = 0
    rolled_back: int = 0


@dataclass(frozen=True)
class State:
    """How far an entry has come."""

    name: str
    phase: Phase = Phase.NEW
    attempt: int = 0
    verdict: Verdict = Verdict.NONE
    code: int = 0
    """Of `awaitify`, or what a failure stands for."""
    ran: int = 0
    """Of `awaitify`, whatever failed later."""
    message: str = ""
    branch: str = ""
    base: str = ""
    head: str = ""
    """What the branch is made with."""
    commit: str = ""
    """The one that migrates."""
    counts: Counts = Counts()
    seconds: float = 0.0

    def to(self, phase: Phase) -> State:
        """Return the same entry, farther on."""
        return replace(self, phase=phase)

    @property
    def has_failed(self) -> bool:
        """Say whether it comes to nothing, unless it is tried again."""
        return self.verdict is Verdict.FAILED

    @property
    def is_due(self) -> bool:
        """Say whether there is something to do that was not tried in vain."""
        return self.phase is not Phase.OVER and not self.has_failed


@dataclass(frozen=True)
class Place:
    """Where all that a batch remembers is."""

    directory: Path
    patches: Path
    reports: Path

    def load(self, name: str) -> State:
        """Return how far an entry has come.

        Raises:
            UsageError: that was damaged, by somebody else.

        """
        path = self._entry(name)
        try:
            data = json.loads(path.read_bytes())
            values = {key: data[key] for key in State.__dataclass_fields__}
            values["phase"] = Phase(values["phase"])
            values["verdict"] = Verdict(values["verdict"])
            return State(**{**values, "counts": Counts(**values["counts"])})
        except FileNotFoundError:
            return State(name)
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{path}: damaged, or of another version of awaitify"
            raise UsageError(message) from error

    def save(self, state: State) -> State:
        """Remember how far an entry has come, and return it."""
        data = {"schema": _SCHEMA, **asdict(state)}
        put(self._entry(state.name), json.dumps(data, indent=1).encode())
        return state

    def clone(self, name: str) -> Path:
        """Return where the clone of an entry is."""
        return self.directory / "clones" / name

    def attempt(self, state: State) -> Path:
        """Return the folder of an attempt."""
        return self.directory / "work" / f"{state.name}.{state.attempt}"

    def attempts(self, name: str) -> list[Path]:
        """Return the folders of all attempts that were not cleaned away."""
        work = self.directory / "work"
        names = os.listdir(work) if work.is_dir() else []
        # No pattern: a name may have brackets.
        mine = (each.rpartition(".") for each in sorted(names))
        return [work / "".join(m) for m in mine if m[0] == name and m[2].isdigit()]

    def patch(self, name: str) -> Path:
        """Return where the patch of an entry goes."""
        return self.patches / f"{name}.patch"

    def report(self, name: str) -> Path:
        """Return where the report of an entry goes."""
        return self.reports / f"{name}.json"

    def _entry(self, name: str) -> Path:
        return self.directory / "entries" / f"{name}.json"


def place_of(batch: Batch, chosen: Path | None) -> Place:
    """Return where a batch remembers; nothing need exist."""
    # Hidden: what collects tests, or searches, passes it over.
    beside = batch.file.parent / f".{batch.file.stem}.batch"
    directory = (chosen or beside).absolute()
    patches = batch.patches or directory / "patches"
    return Place(directory, patches, batch.reports or directory / "reports")


@contextmanager
def opened(place: Place, file: Path) -> Iterator[None]:
    """Make ready for a run; there is one at a time.

    Raises:
        UsageError: there is one, or it cannot be made ready.

    """
    try:
        for name in ("entries", "clones", "work"):
            (place.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        place.patches.mkdir(parents=True, exist_ok=True)
        place.reports.mkdir(parents=True, exist_ok=True)
        if not (ignored := place.directory / ".gitignore").exists():
            put(ignored, b"*\n")
    except OSError as error:
        raise UsageError(f"{place.directory}: {error.strerror or error}") from error
    try:
        with ExitStack() as held:
            if not _locked(place, held):
                raise UsageError(f"another run is under way in {place.directory}")
            _claim(place, file)
            yield
    except JournalError as error:
        raise UsageError(str(error)) from error


def _locked(place: Place, held: ExitStack) -> bool:
    for _ in range(_TRIES):
        if held.enter_context(state.lock(place.directory, wait=False)):
            return True
        held.close()
        # Whoever only looks whether there is a run has it for a moment.
        time.sleep(_OFTEN)
    return False


def is_running(place: Place) -> bool:
    """Say whether a run is under way."""
    if not (place.directory / "lock").exists():
        return False
    try:
        with state.lock(place.directory, wait=False) as got:
            return not got
    except JournalError:
        return False


def _claim(place: Place, file: Path) -> None:
    """Refuse what another file has left there: its entries may have our names."""
    mark = place.directory / "of"
    real = os.path.realpath(file)
    if mark.exists() and os.fsdecode(mark.read_bytes()) != real:
        other = os.fsdecode(mark.read_bytes())
        raise UsageError(f"{place.directory} is of {other}: --state names another")
    if not mark.exists():
        put(mark, os.fsencode(real))


def put(path: Path, data: bytes) -> None:
    """Put a file in its place, as a whole."""
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with open(new, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        with suppress(OSError):
            new.unlink()
    flush(path.parent)


def drop(path: Path) -> None:
    """Remove a folder as far as possible: an orphan may still be at work there."""
    shutil.rmtree(path, ignore_errors=True)
