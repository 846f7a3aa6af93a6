"""Where a Python interpreter finds its modules: read, never run or imported."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VERSION = re.compile(r"python(\d)\.(\d+)t?")


class NoInterpreter(Exception):
    """``--python`` names nothing that could be an interpreter."""


@dataclass(frozen=True)
class Environment:
    """The directories that an interpreter searches, in its order."""

    home: Path | None
    """The virtual environment or installation; None if none was found."""
    stdlib: Path | None
    site: tuple[Path, ...] = ()
    """site-packages, each followed by the directories its .pth files name."""

    @property
    def version(self) -> tuple[int, int] | None:
        """The version of the interpreter, by the names of its directories."""
        for place in (*self.site, *filter(None, [self.stdlib])):
            for name in (place.name, place.parent.name):
                if found := _VERSION.fullmatch(name):
                    return int(found[1]), int(found[2])
        return None

    def reader(self) -> Callable[[str], bytes | None]:
        """Return a cached function from a dotted module name to its source."""
        places = [place for place in (self.stdlib, *self.site) if place]

        @cache
        def source(dotted: str) -> bytes | None:
            parts = dotted.split(".")
            if not all(part.isidentifier() for part in parts):
                return None
            for place in places:
                path = place.joinpath(*parts)
                for candidate in (path / "__init__.py", path.with_suffix(".py")):
                    try:
                        return candidate.read_bytes()
                    except OSError:
                        continue
            return None

        return source

    def lister(self) -> Callable[[str], tuple[str, ...]]:
        """Return a cached function from a top-level package to its modules' names."""

        @cache
        def within(package: str) -> tuple[str, ...]:
            for place in self.site:
                if (place / f"{package}.py").is_file():
                    return (package,)
                folder = place / package
                if folder.is_dir():
                    return tuple(sorted(_dotted(folder)))
            return ()

        return within


def installed(site: Iterable[Path]) -> list[tuple[str, int]]:
    """Return what tells one state of site-packages from another.

    It is the distributions, each with the time of its installation, in nanoseconds.
    """
    found = []
    for place in site:
        with suppress(OSError), os.scandir(place) as entries:
            found += [
                (entry.name, entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name.endswith(".dist-info")
            ]
    return sorted(found)


def _dotted(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find(
    python: str | None, start: Path, environ: Mapping[str, str] = os.environ
) -> Environment:
    """Return the environment of the project at `start`.

    Args:
        python: what ``--python`` says: an interpreter, its name, or a virtual
            environment.
        start: where to look for ``.venv`` or ``venv``, and upward from there.
        environ: the process's environment, for ``VIRTUAL_ENV``.

    Raises:
        NoInterpreter: `python` was given and is none.

    """
    if python is not None:
        found = _named(python)
        if found is None:
            raise NoInterpreter(f"{python} is neither an interpreter nor a venv")
        return found
    places = [
        directory / name
        for directory in (start, *start.parents)
        for name in (".venv", "venv")
    ]
    if active := environ.get("VIRTUAL_ENV"):
        places.insert(0, Path(active))
    for place in places:
        if found := _virtual(place):
            return found
    # Without an environment the standard library is still worth reading.
    return Environment(None, Path(sysconfig.get_path("stdlib")))


def _named(python: str) -> Environment | None:
    path = Path(python).expanduser()
    if not path.exists():
        which = shutil.which(python)
        if which is None:
            return None
        path = Path(which)
    path = path.absolute()
    if path.is_dir():
        return _virtual(path)
    # Not resolved: in a virtual environment the interpreter is a link.
    for home in (path.parent.parent, path.parent):
        if (home / "pyvenv.cfg").is_file() and (found := _virtual(home)):
            return found
    return _installed(path.resolve())


def _virtual(home: Path) -> Environment | None:
    site = _site_packages(home, "")
    if not site:
        return None
    settings = _settings(home / "pyvenv.cfg")
    version = settings.get("version") or settings.get("version_info") or ""
    stdlib = None
    if base := settings.get("home"):
        base_home = _prefix(Path(base))
        stdlib = _stdlib(base_home, version) or _stdlib(
            _prefix(Path(base).resolve()), version
        )
        if settings.get("include-system-site-packages", "").lower() == "true":
            site += _site_packages(base_home, version)
    stdlib = stdlib or Path(sysconfig.get_path("stdlib"))
    return Environment(home, stdlib, tuple(_with_links(site)))


def _installed(interpreter: Path) -> Environment | None:
    if not interpreter.is_file():
        return None
    home = _prefix(interpreter.parent)
    version = interpreter.name.removesuffix(".exe").removeprefix("python")
    stdlib = _stdlib(home, version)
    if stdlib is None:
        return None
    site = _site_packages(home, stdlib.name.removeprefix("python"))
    return Environment(home, stdlib, tuple(_with_links(site)))


def _prefix(directory: Path) -> Path:
    """Return the installation whose interpreter lies in `directory`."""
    return directory.parent if directory.name in ("bin", "Scripts") else directory


def _stdlib(home: Path, version: str) -> Path | None:
    short = ".".join(version.split(".")[:2])
    names = [f"lib/python{short}", f"lib/python{short}t", f"lib64/python{short}", "Lib"]
    found = [home / name for name in names] if "." in short else []
    found += [*sorted(home.glob("lib/python3.*"), reverse=True), home / "Lib"]
    return next((place for place in found if (place / "os.py").is_file()), None)


def _site_packages(home: Path, version: str) -> list[Path]:
    short = ".".join(version.split(".")[:2]) if "." in version else "3*"
    patterns = [
        f"lib/python{short}/site-packages",
        f"lib64/python{short}/site-packages",
        "Lib/site-packages",
    ]
    if version:
        # Debian keeps the packages of its own interpreter elsewhere.
        patterns += [
            f"local/lib/python{short}/dist-packages",
            "lib/python3/dist-packages",
        ]
    found: dict[Path, None] = {}
    for pattern in patterns:
        for place in sorted(home.glob(pattern)):
            # lib64 is usually a link to lib.
            found.setdefault(place.resolve())
    return list(found)


def _settings(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _with_links(site: list[Path]) -> Iterator[Path]:
    for place in site:
        yield place
        for file in sorted(place.glob("*.pth")):
            yield from _linked(file)


def _linked(file: Path) -> Iterator[Path]:
    try:
        lines = file.read_text("utf-8-sig", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        # What starts with "import" is code, and nothing is run here.
        if not line.strip() or line.startswith(("#", "import ", "import\t")):
            continue
        target = file.parent / line.strip()
        if target.is_dir():
            yield Path(os.path.realpath(target))
