"""Flags and files together: options for the run, and what is chosen for each file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitify.config import keys
from awaitify.config.options import Mode, Options, UsageError
from awaitify.config.selectors import Selectors, fitting, misfit, rules
from awaitify.config.tables import Table, Tables
from awaitify.toml import ConfigError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from awaitify_codemods import Bound, Choice, Rule, Settings


def settled(options: Options, table: Table) -> Options:
    """Return the options of a run, with what a file says where no flag does."""
    mute = {*options.given, *keys.PER_FILE}
    for pair in keys.EXCLUSIVE:
        # What the command line says of one makes void what a file says of the other.
        if options.given.intersection(pair):
            mute.update(pair)
    names = vars(options).keys() - mute
    values = {**table.values, **table.values.get("prove", {})}
    said = {name: value for name, value in values.items() if name in names}
    return replace(options, **said)


def settings(
    options: Options,
    tables: Tables,
    start: str,
    files: Iterable[str],
    others: Sequence[type[Rule]],
) -> Settings:
    """Return what is chosen for some files.

    Args:
        options: what the flags say.
        tables: the configuration files.
        start: the directory that was named.
        files: those that may be edited; what decides for each is sound.
        others: the rules beside our own.

    """
    from awaitify_codemods import Settings

    choices = _Choices(options, tables.known)
    first = _sound(tables.nearest(start))
    default = choices.of(first, "")
    decided = {path: _sound(tables.deciding(path)) for path in files}
    own = {path: choices.of(table, path) for path, table in decided.items()}
    used = [first, *decided.values()]
    return Settings(
        default,
        {path: choice for path, choice in own.items() if choice != default},
        _names("runners", used),
        _names("coroutines", used),
        others=tuple(others),
    )


def _names(key: str, tables: Iterable[Table]) -> frozenset[str]:
    return frozenset(name for table in tables for name in table.values.get(key, ()))


def modes(
    options: Options, tables: Tables, files: Iterable[str], found: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the asyncio mode of each directory, up to the next one below.

    Args:
        options: what the flags say.
        tables: the configuration files.
        files: those that may be edited.
        found: the modes by pytest's own configuration.

    """
    if "mode" in options.given:
        return found if options.mode is Mode.KEEP else {"": options.mode.value}
    decided = {_sound(tables.deciding(path)).directory for path in files}
    return {
        directory: _mode(directory, tables, found) for directory in {*found, *decided}
    }


def _mode(directory: str, tables: Tables, found: Mapping[str, str]) -> str:
    table = tables.nearest(directory)
    if isinstance(table, Table):
        mode: Mode = table.values.get("mode", Mode.KEEP)
        if mode is not Mode.KEEP:
            return str(mode.value)
    while directory not in found:
        directory = directory.rpartition("/")[0]
    return found[directory]


def broken(tables: Tables, files: Iterable[str]) -> Mapping[str, ConfigError]:
    """Return the files whose configuration cannot be used, each with the reason."""
    decided = ((path, tables.deciding(path)) for path in files)
    return {path: error for path, error in decided if isinstance(error, ConfigError)}


class _Choices:
    """The choices that tables make, each made once; a directory has one at most."""

    def __init__(self, options: Options, known: Mapping[str, str]) -> None:
        self._options = options
        self._known = known
        self._made: dict[tuple[str, frozenset[str]], Choice] = {}
        self._ignores: dict[str, list[tuple[GitIgnoreSpec, frozenset[str]]]] = {}

    def of(self, table: Table, path: str) -> Choice:
        ignored = self._ignored(table, path)
        key = (table.directory, ignored)
        if key not in self._made:
            self._made[key] = self._make(table, ignored)
        return self._made[key]

    def _make(self, table: Table, ignored: frozenset[str]) -> Choice:
        from awaitify_codemods import Choice

        chosen = rules([_of_table(table), _of_flags(self._options)], self._known)
        if ignored:
            chosen = (frozenset(self._known) if chosen is None else chosen) - ignored
        unsafe = self._options.unsafe or table.values.get("unsafe", False)
        return Choice(chosen, unsafe, self._bound(table))

    def _bound(self, table: Table) -> Bound | None:
        """Return the time-out that flags or a file ask for; flags decide."""
        from awaitify_codemods import Bound

        said = {
            name: getattr(self._options, name)
            if name in self._options.given
            else table.values.get(name, getattr(self._options, name))
            for name in ("timeout", "timeout_all", "timeout_style")
        }
        if said["timeout"] is None:
            for name in ("timeout_all", "timeout_style"):
                if name in self._options.given:
                    flag = f"--{keys.spelled(name)}"
                    raise UsageError(f"{flag} would have no effect without --timeout")
            return None
        style, every = said["timeout_style"].value, said["timeout_all"]
        calls = table.values.get("timeout_calls", ())
        return Bound(said["timeout"], style, every, calls)

    def _ignored(self, table: Table, path: str) -> frozenset[str]:
        if not path or not table.values.get("per_file_ignores"):
            return frozenset()
        if table.directory not in self._ignores:
            self._ignores[table.directory] = list(self._compiled(table))
        name = path.removeprefix(f"{table.directory}/" if table.directory else "")
        fit = (
            codes
            for spec, codes in self._ignores[table.directory]
            if spec.match_file(name)
        )
        return frozenset().union(*fit)

    def _compiled(self, table: Table) -> Iterator[tuple[GitIgnoreSpec, frozenset[str]]]:
        from pathspec import GitIgnoreSpec

        for pattern, words in table.values["per_file_ignores"].items():
            yield GitIgnoreSpec.from_lines([pattern]), fitting(words, self._known)


def refuse_unknown_rules(options: Options, known: Mapping[str, str]) -> None:
    """Check what the flags say of rules.

    Raises:
        UsageError: a word fits no rule, or together they leave none.

    """
    words = (*options.select, *options.extend_select, *options.ignore)
    if complaint := misfit(words, known):
        raise UsageError(complaint)
    if rules([_of_flags(options)], known) == frozenset():
        raise UsageError("--select and --ignore leave no rule")


def _of_flags(options: Options) -> Selectors:
    return Selectors(options.select or None, options.extend_select, options.ignore)


def _of_table(table: Table) -> Selectors:
    names = ("select", "extend_select", "ignore")
    return Selectors(**{n: table.values[n] for n in names if n in table.values})


def _sound(table: Table | ConfigError) -> Table:
    if isinstance(table, ConfigError):
        raise table
    return table
