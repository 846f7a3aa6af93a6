"""The pytest plugins in an environment: their source is read, never imported."""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_OURS = "pytest_asyncio"


def plugins(site: Iterable[Path]) -> Mapping[str, bytes]:
    """Return the source of every plugin but pytest-asyncio, by the module's name."""
    found: dict[str, bytes] = {}
    for place in site:
        for file in sorted(place.glob("*.dist-info/entry_points.txt")):
            for module in _modules(file):
                if module.partition(".")[0] != _OURS:
                    _read(place, module, found)
    return found


def _modules(file: Path) -> Iterator[str]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    with suppress(OSError, ValueError, configparser.Error):
        text = file.read_text("utf-8")
        if "[pytest11]" in text:
            parser.read_string(text)
            for value in parser["pytest11"].values():
                yield value.partition(":")[0].strip()


def _read(place: Path, module: str, found: dict[str, bytes]) -> None:
    path = place.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        with suppress(OSError, ValueError):
            found.setdefault(module, candidate.read_bytes())
