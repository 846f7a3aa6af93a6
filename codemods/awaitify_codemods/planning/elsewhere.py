"""Where other files import a name, use it, or say it in a string."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope, spelled
from awaitify_codemods.facts.references import names
from awaitify_codemods.facts.values import File
from awaitify_codemods.facts.words import stem


@dataclass(eq=False)
class Elsewhere:
    """Searches the files that mention a module; remembers which they are."""

    index: Index
    _importers: dict[Module, list[Module]] = field(default_factory=dict)

    def importing(self, module: Module) -> Iterator[Module]:
        """Yield a module and those that mention it beside an import."""
        yield module
        if module not in self._importers:
            self._importers[module] = list(self._find_importers(module))
        yield from self._importers[module]

    def _find_importers(self, module: Module) -> Iterator[Module]:
        name = stem(module.path)
        escaped = re.escape(name.encode())
        mention = rb"(from|import)[^\n#]*\b%s\b|[\"'.]%s\." % (escaped, escaped)
        paths = self.index.words.files_with(name)
        if module.path.endswith("__init__.py"):
            # `from . import name` does not say the package's name.
            folder = module.path.rpartition("/")[0] + "/"
            mention += rb"|from\s+\.+\s+import"
            files = self.index.files
            paths = [*paths, *(path for path in files if path.startswith(folder))]
        for path in dict.fromkeys(paths):
            if path != module.path and re.search(mention, self.index.files[path]):
                other = self.index.module(path)
                if other:
                    yield other

    def uses(self, name: str, module: Module) -> Iterator[tuple[Module, ast.AST]]:
        """Yield the mentions of a name of a module in other files."""
        for other in self.importing(module):
            if other is module:
                continue
            for scope, local, _ in self.imports_of(name, module, other):
                yield from ((other, use) for use in other.references(scope, local))
            for use in other.uses.get(name, ()):
                if isinstance(use, ast.Attribute):
                    owner = self.index.value(use.value, other)
                    if owner == {File(module)}:
                        yield other, use
                elif other.stars and other.at[use].find(name) is None:
                    yield other, use

    def imports_of(
        self, name: str, module: Module, other: Module
    ) -> Iterator[tuple[Scope, str, ast.ImportFrom]]:
        """Yield where another module imports a name from this one."""
        for statement in other.imports:
            if not isinstance(statement, ast.ImportFrom):
                continue
            for alias in statement.names:
                if alias.name != name:
                    continue
                source = self.index.source_of(statement, other)
                if source == module.path:
                    yield other.at[statement], alias.asname or name, statement

    def is_named(self, name: str, module: Module) -> bool:
        """Whether ``__all__`` or a string like ``"tests.helpers.run"`` names it."""
        home = stem(module.path)
        for other in self.importing(module):
            for constant in other.strings:
                text = str(constant.value)
                if f"{home}.{name}" in text:
                    return True
                if names(constant, name, other) and self.index.may_have(text):
                    return True
            for call in other.calls:
                callee = spelled(call.func).rpartition(".")[2]
                if callee in ("multiple", "dict") and name in _keywords(call):
                    return True
        return False


def _keywords(call: ast.Call) -> list[str]:
    return [each.arg for each in call.keywords if each.arg]
