"""From options to what a command works on: files, and what is chosen for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import config, discover, plugins, project
from awaitify.config import Options, Tables, UsageError
from awaitify.config.admission import Admission
from awaitify.environment import NoInterpreter
from awaitify.project import Place, Project, ScatteredPaths
from awaitify.toml import ConfigError

if TYPE_CHECKING:
    from awaitify_codemods import Settings


@dataclass(frozen=True)
class Task:
    """What a command works on."""

    options: Options
    """What the flags say, and for the whole run what a file says beside them."""
    project: Project
    settings: Settings
    configurations: tuple[str, ...] = ()
    """The files that decide for what was named and what was chosen, from the root."""


def prepare(options: Options) -> Task:
    """Find, read and choose files, by flags and by configuration files.

    Raises:
        UsageError: what was named, or the configuration that decides there, cannot
            be used.

    """
    try:
        return _prepare(options)
    except NoInterpreter as error:
        flag = "--python" if "python" in options.given else "python"
        raise UsageError(f"{flag}: {error}") from error
    except ScatteredPaths as error:
        raise UsageError(str(error)) from error
    except ConfigError as error:
        path = os.path.relpath(error.path)
        raise UsageError(f"{path}:{error.line}: {error.message}") from error


def _prepare(options: Options) -> Task:
    known = _known()
    config.refuse_unknown_rules(options, known)
    place = project.locate(options.paths or (Path("."),))
    tables = Tables(place.root, known)
    first = tables.nearest(place.start)
    if isinstance(first, ConfigError):
        raise first
    options = config.settled(options, first)
    admission = Admission(options, tables, _base(place.root))

    def choose(tree: discover.Tree) -> frozenset[str]:
        return discover.choose(place.root, tree, place.named, admission)

    found = project.load(place, choose, options.python)
    return _task(options, place, tables, _without_undecided(found, tables))


def _task(options: Options, place: Place, tables: Tables, found: Project) -> Task:
    chosen = sorted(found.selected)
    modes = config.modes(options, tables, chosen, found.modes)
    return Task(
        options,
        replace(found, modes=modes),
        config.settings(options, tables, place.start, chosen, plugins.rules()),
        tuple(dict.fromkeys(_deciding(tables, place, chosen))),
    )


def _without_undecided(found: Project, tables: Tables) -> Project:
    """Return the project without the files whose configuration is broken."""
    broken = config.broken(tables, found.selected)
    faults = project.configuration_faults(found.root, broken.values())
    return replace(
        found,
        selected=found.selected - broken.keys(),
        faults=(*faults, *found.faults),
    )


def _deciding(tables: Tables, place: Place, chosen: list[str]) -> Iterator[str]:
    directories = [path.rpartition("/")[0] for path in chosen]
    for directory in (place.start, *directories):
        table = tables.nearest(directory)
        if not isinstance(table, ConfigError) and table.path:
            yield table.path.relative_to(place.root).as_posix()


def _known() -> dict[str, str]:
    from awaitify_codemods.codes import NAMES

    others = {rule.META.code: rule.META.name for rule in plugins.rules()}
    return {**NAMES, **others}


def _base(root: Path) -> str:
    """Return where flags' patterns start: the working directory, as for paths."""
    here = Path(os.path.realpath(os.curdir))
    if not here.is_relative_to(root) or here == root:
        return ""
    return here.relative_to(root).as_posix()
