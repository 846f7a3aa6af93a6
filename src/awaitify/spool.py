"""What becomes of files, kept on disk until it is asked for, one file at a time."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from awaitify_codemods import FilePlan


@dataclass(frozen=True)
class Kept:
    """What becomes of one file, and the bytes that this is decided for."""

    plan: FilePlan
    before: bytes
    after: bytes | None
    """None for a file that goes."""


@dataclass(frozen=True)
class Place:
    """Where something is kept."""

    file: str
    start: int
    size: int


@dataclass(frozen=True)
class Spool:
    """A folder that only this user can read, for as long as a run takes.

    What is read from it is what this run has written: it is never a file of others.
    """

    folder: Path

    def keep(self, name: str, all_kept: Iterable[Kept]) -> dict[str, Place]:
        """Write some to a file of their own; return where each is, by its path."""
        places, start = {}, 0
        with open(self.folder / name, "wb") as file:
            for each in all_kept:
                data = zlib.compress(pickle.dumps(each), 1)
                places[each.plan.path] = Place(name, start, len(data))
                start += file.write(data)
        return places

    def read(self, place: Place) -> Kept:
        """Return what was kept."""
        with open(self.folder / place.file, "rb") as file:
            file.seek(place.start)
            kept = pickle.loads(zlib.decompress(file.read(place.size)))
        assert isinstance(kept, Kept)
        return kept


@dataclass(eq=False)
class Shelf:
    """All that is kept of a run; the folder goes when nobody has it any more."""

    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="awaitify-")
        self.spool = Spool(Path(folder))
        weakref.finalize(self, _remove, folder, os.getpid())


def _remove(folder: str, owner: int) -> None:
    # A process that was forked has the folder on loan.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(eq=False)
class Entries:
    """Some of what a shelf holds, in the order of paths."""

    shelf: Shelf
    places: Mapping[str, Place]

    def of(self, path: str) -> Kept:
        """Return what is kept of a file."""
        return self.shelf.spool.read(self.places[path])


def entries(shelf: Shelf, places: Mapping[str, Place]) -> Entries:
    """Return what is kept in some places."""
    return Entries(shelf, dict(sorted(places.items())))


@dataclass(eq=False)
class Plans(Sequence["FilePlan"]):
    """The plans of files, by path."""

    all: Entries

    def __len__(self) -> int:
        return len(self.all.places)

    def __iter__(self) -> Iterator[FilePlan]:
        return (self.all.of(path).plan for path in self.all.places)

    @overload
    def __getitem__(self, number: int) -> FilePlan: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[FilePlan]: ...
    def __getitem__(self, number: int | slice) -> FilePlan | Sequence[FilePlan]:
        paths = list(self.all.places)[number]
        if isinstance(paths, str):
            return self.all.of(paths).plan
        return [self.all.of(path).plan for path in paths]


@dataclass(eq=False)
class Results(Mapping[str, "bytes | None"]):
    """The new bytes of files that change, or those they had."""

    all: Entries
    were: bool = False
    """Whether they are the bytes from before."""

    def __len__(self) -> int:
        return len(self.all.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.all.places)

    def __contains__(self, path: object) -> bool:
        return path in self.all.places

    def __getitem__(self, path: str) -> bytes | None:
        kept = self.all.of(path)
        return kept.before if self.were else kept.after
