"""Where a project declares what it needs: read, in whatever form it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from posixpath import dirname, join, normpath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from awaitify.discover import LOCKS
from awaitify.settings import ini_text, toml_text, versions
from awaitify.settings.text import NotEditable, Text

CONSTRAINTS = "it holds constraints"
"""Why a file is not edited that requires nothing itself."""
_FACTOR = re.compile(r"^[\w{},!.*-]+:\s+(?=\S)")
_INCLUDE = re.compile(r"^(?:-r|--requirement)[ =]?\s*(\S+)")
_LIMIT = re.compile(r"^(?:-c|--constraint)[ =]?\s*(\S+)")
_SECTION = re.compile(r"^\{\[([^\]]+)\](\w+)\}$")


class Kind(Enum):
    """The form of a declaration."""

    ARRAY = "a TOML array"
    TABLE = "a TOML table"
    OPTION = "an INI option"
    LINES = "a requirements file"
    SCRIPT = "code"


@dataclass(frozen=True)
class Entry:
    """One requirement."""

    name: str
    """In its canonical form."""
    text: str
    """As it is written, without quotes."""
    number: int
    """Which item of its array, or which line of its file, from 0."""
    admitted: SpecifierSet
    marker: str = ""
    key: str = ""
    """Its name as it is written, where it is a key of a table."""


@dataclass(frozen=True)
class Place:
    """A list of requirements in a file."""

    path: str
    kind: Kind
    where: tuple[str, ...]
    """Keys to the array or table, or section and option."""
    entries: tuple[Entry, ...]
    includes: frozenset[str] = frozenset()
    """The labels of other places that are installed with it."""
    is_runtime: bool = False
    """Whether users of the project get what it lists."""
    frozen: str = ""
    """Why it must not be edited, if so."""

    @property
    def label(self) -> str:
        """Return what other places call it."""
        return label(self.path, *self.where)

    def of(self, name: str) -> list[Entry]:
        """Return the entries for a distribution."""
        return [entry for entry in self.entries if entry.name == name]


@dataclass(frozen=True)
class Declared:
    """All that the files of a project declare."""

    places: tuple[Place, ...]
    pythons: Mapping[str, SpecifierSet]
    """Folder -> what the project there says about the Python that it needs."""
    locks: frozenset[str]


def label(path: str, *where: str) -> str:
    """Return a name for a place."""
    return ":".join((path, *where))


def folder(path: str) -> str:
    """Return the folder whose project a file declares something for."""
    above = dirname(path)
    # requirements/test.txt is about the project beside that folder.
    name = above.rpartition("/")[2].lower()
    return dirname(above) if re.search(r"^(require\w*|reqs?|deps?)$", name) else above


def read(files: Mapping[str, bytes]) -> Declared:
    """Return what files declare, by their names; one that is broken says nothing."""
    places: list[Place] = []
    pythons: dict[str, SpecifierSet] = {}
    for path, source in sorted(files.items()):
        name = path.rpartition("/")[2]
        if name in LOCKS:
            continue
        try:
            content = Text.of(source).content
            found, python = _read(path, name, content)
        except NotEditable:
            continue
        places += found
        admitted = versions.specifiers(python) if python else None
        if admitted is not None:
            pythons.setdefault(folder(path), admitted)
    locks = frozenset(path for path in files if path.rpartition("/")[2] in LOCKS)
    return Declared(tuple(places), pythons, locks)


def _read(path: str, name: str, content: str) -> tuple[list[Place], str]:
    if name == "pyproject.toml":
        document = toml_text.parse(content)
        return list(_of_pyproject(path, document)), _python(document)
    if name == "Pipfile":
        return list(_of_pipfile(path, toml_text.parse(content))), ""
    if name in ("tox.ini", "setup.cfg"):
        options = ini_text.options(content)
        python = [o.value for o in options if o.key == "python_requires"]
        return list(_of_ini(path, name, content, options)), "".join(python[:1])
    if name == "setup.py":
        return _of_script(path, content)
    if name.endswith((".txt", ".in", ".pip")):
        return [_of_lines(path, content)], ""
    return [], ""


def _python(document: Mapping[str, Any]) -> str:
    said = _at(document, ("project", "requires-python"))
    if isinstance(said, str):
        return said
    said = _at(document, ("tool", "poetry", "dependencies", "python"))
    return _poetry_specifier(said) if isinstance(said, str) else ""


def _of_pyproject(path: str, document: Mapping[str, Any]) -> Iterator[Place]:
    name = canonicalize_name(str(_at(document, ("project", "name")) or ""))
    yield from _arrays(path, document, ("project",), runtime={"dependencies"})
    extras = ("project", "optional-dependencies")
    yield from _arrays(path, document, extras, own=name)
    yield from _arrays(path, document, ("dependency-groups",))
    yield from _arrays(path, document, ("tool", "uv"), only={"dev-dependencies"})
    yield from _arrays(path, document, ("tool", "pdm", "dev-dependencies"))
    listed = {"dependencies", "extra-dependencies"}
    for env in _keys(document, ("tool", "hatch", "envs")):
        yield from _arrays(path, document, ("tool", "hatch", "envs", env), only=listed)
    yield from _arrays(path, document, ("tool", "tox", "env_run_base"), only={"deps"})
    for env in _keys(document, ("tool", "tox", "env")):
        yield from _arrays(path, document, ("tool", "tox", "env", env), only={"deps"})
    poetry = ("tool", "poetry")
    yield from _table(path, document, (*poetry, "dependencies"), runtime=True)
    yield from _table(path, document, (*poetry, "dev-dependencies"))
    for group in _keys(document, (*poetry, "group")):
        yield from _table(path, document, (*poetry, "group", group, "dependencies"))


def _of_pipfile(path: str, document: Mapping[str, Any]) -> Iterator[Place]:
    yield from _table(path, document, ("packages",))
    yield from _table(path, document, ("dev-packages",))


def _at(document: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _keys(document: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    found = _at(document, keys)
    return list(found) if isinstance(found, dict) else []


def _arrays(
    path: str,
    document: Mapping[str, Any],
    above: tuple[str, ...],
    *,
    only: set[str] | None = None,
    runtime: Iterable[str] = (),
    own: str = "",
) -> Iterator[Place]:
    """Yield the arrays of requirements in a table."""
    wanted = only or set(runtime)
    for key in _keys(document, above):
        items = _at(document, (*above, key))
        if not isinstance(items, list) or (wanted and key not in wanted):
            continue
        entries, includes = [], set()
        for number, item in enumerate(items):
            if isinstance(item, dict):
                group = item.get("include-group")
                includes.add(label(path, *above, str(group)))
                continue
            entry = _entry(str(item), number)
            if entry is not None and own and entry.name == own:
                extras = Requirement(entry.text).extras
                includes |= {label(path, *above, extra) for extra in extras}
            elif entry is not None:
                entries.append(entry)
        yield Place(
            path,
            Kind.ARRAY,
            (*above, key),
            tuple(entries),
            frozenset(includes),
            key in runtime,
        )


def _table(
    path: str,
    document: Mapping[str, Any],
    keys: tuple[str, ...],
    *,
    runtime: bool = False,
) -> Iterator[Place]:
    """Yield a table whose keys are distributions, as poetry and pipenv have it."""
    table = _at(document, keys)
    if not isinstance(table, dict):
        return
    entries = []
    for number, (key, value) in enumerate(table.items()):
        said = value.get("version", "*") if isinstance(value, dict) else value
        text = said if isinstance(said, str) else "*"
        admitted = versions.specifiers(_poetry_specifier(text))
        marker = str(value.get("markers", "")) if isinstance(value, dict) else ""
        if admitted is not None:
            name = canonicalize_name(key)
            entries.append(Entry(name, text, number, admitted, marker, key))
    yield Place(path, Kind.TABLE, keys, tuple(entries), is_runtime=runtime)


def _poetry_specifier(text: str) -> str:
    """Return what poetry's ``^`` and ``~`` mean, in the words of everybody else."""
    return ",".join(filter(None, map(_poetry_clause, text.split(","))))


def _poetry_clause(text: str) -> str:
    text = text.strip()
    if text in ("", "*"):
        return ""
    if text[:1] not in "^~" or text[:2] == "~=":
        return text if text[:1] in "<>=!~" else f"=={text}"
    parts = [int(part) for part in re.findall(r"\d+", text)[:3]]
    place = 0
    if text[0] == "^":
        place = next((n for n, part in enumerate(parts) if part), len(parts) - 1)
    elif len(parts) > 1:
        place = 1
    above = [*parts[:place], parts[place] + 1]
    return f">={text[1:].strip()},<{'.'.join(map(str, above))}"


def _of_ini(
    path: str, name: str, content: str, options: list[ini_text.Option]
) -> Iterator[Place]:
    for option in options:
        section = option.section
        is_runtime = option.key == "install_requires"
        if name == "tox.ini":
            if option.key != "deps" or not section.startswith("testenv"):
                continue
        elif section != "options.extras_require" and not (
            section == "options" and option.key in ("tests_require", "install_requires")
        ):
            continue
        lines = list(ini_text.value_lines(content, option))
        frozen = ""
        if (
            name == "setup.cfg"
            and option.stop == option.start + 1
            and ";" in str(lines)
        ):
            frozen = "its items are separated by semicolons"
        entries, includes = _listed(path, lines)
        where = (section, option.key)
        yield Place(path, Kind.OPTION, where, entries, includes, is_runtime, frozen)


def _of_lines(path: str, content: str) -> Place:
    lines = [(number, line) for number, line in enumerate(content.split("\n"))]
    entries, includes = _listed(path, lines)
    frozen = ""
    if "--hash" in content or "--require-hashes" in content:
        frozen = "its requirements are pinned by hashes"
    elif re.search(r"(?im)^#.*(autogenerated|generated by|auto-generated)", content):
        frozen = "it is generated"
    elif re.search(r"(?i)constraint", path.rpartition("/")[2]):
        frozen = CONSTRAINTS
    elif re.search(r"\\\n", content):
        frozen = "its lines are continued"
    return Place(path, Kind.LINES, (), entries, includes, frozen=frozen)


def _listed(
    path: str, lines: Iterable[tuple[int, str]]
) -> tuple[tuple[Entry, ...], frozenset[str]]:
    entries, includes = [], set()
    for number, line in lines:
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        # Behind a requirement there may be options for it, such as hashes.
        text = re.sub(r"\s+(--[a-z].*|\\)$", "", _FACTOR.sub("", text))
        if found := _INCLUDE.match(text):
            target = found[1].replace("{toxinidir}/", "")
            includes.add(normpath(join(dirname(path), target)))
        elif found := _SECTION.match(text):
            includes.add(label(path, found[1], found[2]))
        elif text and not _LIMIT.match(text):
            entry = _entry(text, number)
            if entry is not None:
                entries.append(entry)
    return tuple(entries), frozenset(includes)


def _of_script(path: str, content: str) -> tuple[list[Place], str]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return [], ""
    python, entries = "", []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "python_requires":
            if isinstance(node.value, ast.Constant):
                python = str(node.value.value)
        elif isinstance(node, (ast.List, ast.Tuple)):
            for item in node.elts:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    entry = _entry(item.value, item.lineno - 1)
                    entries += [entry] if entry else []
    frozen = "it is code"
    return [Place(path, Kind.SCRIPT, (), tuple(entries), frozen=frozen)], python


def _entry(text: str, number: int) -> Entry | None:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    marker = str(found.marker or "")
    name = canonicalize_name(found.name)
    return Entry(name, text, number, found.specifier, marker)
