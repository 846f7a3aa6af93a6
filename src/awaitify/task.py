"""From options to what a command works on: files, and what is chosen for each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import config, discover, evidence, named, plugins, project, repository
from awaitify.config import Options, Tables, UsageError
from awaitify.config.admission import Admission
from awaitify.environment import NoInterpreter
from awaitify.named import Named
from awaitify.project import Choose, Fault, Place, Project, ScatteredPaths
from awaitify.repository import NoRevision
from awaitify.toml import ConfigError

if TYPE_CHECKING:
    from awaitify.settings.given import Wanted
    from awaitify_codemods import Settings


@dataclass(frozen=True)
class Task:
    """What a command works on."""

    options: Options
    """What the flags say, and for the whole run what a file says beside them."""
    project: Project
    settings: Settings
    wanted: Wanted
    """What the result is to work with, as far as somebody says so."""
    configurations: tuple[str, ...] = ()
    """The files that decide for what was named and what was chosen, from the root."""
    stream: str | None = None
    """The file that standard input is, by its path in the project."""


def prepare(options: Options, *, streamed: bool = False) -> Task:
    """Find, read and choose files, by flags and by configuration files.

    Args:
        options: what the flags say.
        streamed: whether the files of a large project may be read later, and more
            than once.

    Raises:
        UsageError: what was named, or the configuration that decides there, cannot
            be used.

    """
    try:
        return _prepare(options, streamed=streamed)
    except NoInterpreter as error:
        flag = "--python" if "python" in options.given else "python"
        raise UsageError(f"{flag}: {error}") from error
    except NoRevision as error:
        raise UsageError(f"--since: {error}") from error
    except ScatteredPaths as error:
        raise UsageError(str(error)) from error
    except ConfigError as error:
        path = os.path.relpath(error.path)
        raise UsageError(f"{path}:{error.line}: {error.message}") from error


def _prepare(options: Options, *, streamed: bool) -> Task:
    known = _known()
    config.refuse_unknown_rules(options, known)
    wanted = named.read(options)
    place = project.locate(wanted.paths or (Path(os.curdir),))
    if not wanted.paths:
        place = replace(place, named=())
    tables = Tables(place.root, known)
    first = tables.nearest(place.start)
    if isinstance(first, ConfigError):
        raise first
    options = config.settled(options, first)
    found = _load(options, place, tables, wanted, streamed=streamed)
    found = _without_undecided(found, tables, is_stream=wanted.source is not None)
    task = _task(options, place, tables, found)
    if wanted.source is not None:
        [stream] = place.named if options.stdin_filename else found.files
        return replace(task, stream=stream)
    return task


def _load(
    options: Options, place: Place, tables: Tables, wanted: Named, *, streamed: bool
) -> Project:
    if wanted.source is not None and options.stdin_filename is None:
        return project.alone(place, wanted.source, options.python)
    if wanted.source is not None:
        [name] = place.named
        given = {name: wanted.source}
        return project.load(place, lambda tree: frozenset(given), options.python, given)
    choose = _choosing(options, place, tables)
    admission = Admission(options, tables, _base(place.root), is_of_code=False)
    found = project.load(
        place, choose, options.python, admits=admission, streamed=streamed
    )
    return replace(found, faults=(*_unusable(wanted, place.root), *found.faults))


def _choosing(options: Options, place: Place, tables: Tables) -> Choose:
    admission = Admission(options, tables, _base(place.root))
    changed: frozenset[str] | None = None
    if options.since is not None:
        if place.repository is None:
            raise UsageError("--since needs a git work tree")
        if not options.changed_lines:
            changed = repository.changed_since(place.repository, options.since)

    def choose(tree: discover.Tree) -> frozenset[str]:
        chosen = discover.choose(place.root, tree, place.named, admission)
        return chosen if changed is None else chosen & changed

    return choose


def _unusable(wanted: Named, root: Path) -> Iterator[Fault]:
    """Yield what was named and is neither a file nor a directory."""
    for path in (*wanted.missing, *wanted.paths):
        real = os.path.join(os.path.realpath(path.parent), path.name)
        shown = Path(os.path.relpath(real, root)).as_posix()
        if not path.exists():
            message = "a link to nothing" if path.is_symlink() else "does not exist"
            yield Fault(shown, 1, message)
        elif not path.is_dir() and not path.is_file():
            yield Fault(shown, 1, "neither a file nor a directory")


def _task(options: Options, place: Place, tables: Tables, found: Project) -> Task:
    chosen = sorted(found.selected)
    modes = config.modes(options, tables, chosen, found.modes)
    return Task(
        options,
        replace(found, modes=modes),
        _settings(options, place, tables, found),
        config.wanted(options, tables.nearest(place.start)),
        tuple(dict.fromkeys(_deciding(tables, place, chosen))),
    )


def _settings(
    options: Options, place: Place, tables: Tables, found: Project
) -> Settings:
    """Return what is chosen for the files, and by the same rules for documents."""
    from awaitify import settings

    def of(paths: Iterable[str]) -> Settings:
        return config.settings(
            options, tables, place.start, sorted(paths), plugins.rules()
        )

    # Names that the configuration of a document lists are about other files.
    chosen, documents = of(found.selected), of(found.documents.keys() - found.closed)
    files = {**documents.files, **chosen.files}
    seen = evidence.load(options.evidence) if options.evidence else None
    return replace(chosen, files=files, elsewhere=settings.NAMES, evidence=seen)


def _without_undecided(found: Project, tables: Tables, *, is_stream: bool) -> Project:
    """Return the project without the files whose configuration is broken.

    Documents stay, but may not be edited; nor may any where a stream is the file.
    """
    documents = found.documents.keys()
    closed = documents if is_stream else config.broken(tables, documents).keys()
    broken = config.broken(tables, found.selected)
    faults = project.configuration_faults(found.root, broken.values())
    return replace(
        found,
        selected=found.selected - broken.keys(),
        closed=found.closed | closed,
        faults=(*faults, *found.faults),
    )


def _deciding(tables: Tables, place: Place, chosen: list[str]) -> Iterator[str]:
    directories = [path.rpartition("/")[0] for path in chosen]
    for directory in (place.start, *directories):
        table = tables.nearest(directory)
        if not isinstance(table, ConfigError) and table.path:
            yield table.path.relative_to(place.root).as_posix()


def _known() -> dict[str, str]:
    from awaitify import settings
    from awaitify_codemods.codes import NAMES

    others = {rule.META.code: rule.META.name for rule in plugins.rules()}
    return {**NAMES, **settings.NAMES, **others}


def _base(root: Path) -> str:
    """Return where flags' patterns start: the working directory, as for paths."""
    here = Path(os.path.realpath(os.curdir))
    if not here.is_relative_to(root) or here == root:
        return ""
    return here.relative_to(root).as_posix()
