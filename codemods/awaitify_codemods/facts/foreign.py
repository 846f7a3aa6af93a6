"""What is installed beside a project: its interpreter's modules, read as text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.reading import read

Search = Callable[[bytes], object]
"""Whether bytes mention something."""

# Never looked for in the project, nor judged as code under test: what the rules
# know by name.
KNOWN = frozenset(
    "abc aiohttp aiounittest anyio asgiref asyncio asynctest builtins concurrent "
    "contextlib contextvars functools hypothesis inspect mock multiprocessing pytest "
    "pytest_asyncio random sys threading time tornado trio twisted typing "
    "unittest uvloop nest_asyncio".split()
)
# Nothing of the standard library starts a loop in the caller's thread but what is
# known by name; what freezegun does with asyncio's clock is no loop.
_CLOSED = KNOWN | sys.stdlib_module_names | {"freezegun"}


@dataclass(eq=False)
class Foreign:
    """Reads modules on demand, and remembers their facts.

    Args:
        source: dotted module name -> its bytes; None where it is not found.
        within: name of a top-level package -> the names of all its modules.

    """

    source: Callable[[str], bytes | None] = lambda name: None
    within: Callable[[str], Iterable[str]] = lambda package: ()
    _modules: dict[str, Module | None] = field(default_factory=dict)
    _mentioning: dict[tuple[str, Search], tuple[str, ...]] = field(default_factory=dict)

    def module(self, name: str) -> Module | None:
        """Return the facts of a module; None if it cannot be read."""
        if name not in self._modules:
            source = self.source(name)
            self._modules[name] = None
            if source is not None:
                with suppress(SyntaxError):
                    self._modules[name] = read(f"<{name}>", source)
        return self._modules[name]

    def absolute(self, importer: str, level: int, name: str) -> str:
        """Return the module that ``from ...name`` means in a foreign module."""
        up = level - 1 if self.source(f"{importer}.__init__") is not None else level
        parts = importer.split(".")
        return ".".join([*parts[: len(parts) - up], *filter(None, [name])])

    def mentioning(self, package: str, search: Search) -> tuple[str, ...]:
        """Return the modules of a package whose source a search of bytes finds."""
        key = (package, search)
        if key not in self._mentioning:
            sources = ((name, self.source(name)) for name in self.within(package))
            self._mentioning[key] = tuple(
                name for name, source in sources if source and search(source)
            )
        return self._mentioning[key]


def is_followed(name: str) -> bool:
    """Whether what a dotted name means is looked up in its package's source."""
    return name.partition(".")[0] not in _CLOSED


def foreign_name(module: Module) -> str:
    """Return the dotted name of a foreign module; "" for a file of the project."""
    return module.path[1:-1] if module.path.startswith("<") else ""
