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
from awaitify_codemods.facts.words import as_key, as_word, stem


@dataclass(eq=False)
class Elsewhere:
    """Searches the files that mention a module; remembers which they are."""

    index: Index
    _importers: dict[Module, list[Module]] = field(default_factory=dict)
    _named: dict[Module, str] = field(default_factory=dict)
    _unread: dict[Module, str] = field(default_factory=dict)
    _texts: dict[tuple[str, Module], list[str]] = field(default_factory=dict)
    _replaced: dict[Module, frozenset[str]] = field(default_factory=dict)

    def importing(self, module: Module) -> Iterator[Module]:
        """Yield a module and those that mention it beside an import."""
        yield module
        if module not in self._importers:
            paths = self._find_importers(module)
            others = [self.index.module(path) for path in paths]
            self._importers[module] = [each for each in others if each]
        yield from self._importers[module]

    def unread(self, module: Module) -> str:
        """Return a file that imports a module and cannot be read; "" if none."""
        if module not in self._unread:
            paths = self._find_importers(module)
            broken = (path for path in paths if self.index.module(path) is None)
            self._unread[module] = next(broken, "")
        return self._unread[module]

    def _find_importers(self, module: Module) -> Iterator[str]:
        name = stem(module.path)
        words = self.index.words
        escaped = re.escape(as_key(name))
        word = as_word(name)
        mention = rb"(from|import)[^\n#]*%s|[\"'.]%s\." % (word, escaped)
        paths = words.files_with(name)
        if module.path.endswith("__init__.py"):
            # `from . import name` does not say the package's name.
            folder = module.path.rpartition("/")[0] + "/"
            mention += rb"|from\s+\.+\s+import"
            files = self.index.files
            paths = [*paths, *(path for path in files if path.startswith(folder))]
        for path in dict.fromkeys(paths):
            if path != module.path and re.search(mention, words.text(path)):
                yield path

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

    def imported_by_name(self, module: Module) -> str:
        """Return where a string names a module, to import it; "" if none does.

        A file that cannot be read and imports it may do anything with it.
        """
        if module not in self._named:
            named = self.unread(module) or self._search_strings(module)
            self._named[module] = named
        return self._named[module]

    def _search_strings(self, module: Module) -> str:
        home = stem(module.path)
        files = self.index.files
        mention = re.compile(rb"[\"'](\w+\.)*%s[\"']" % re.escape(as_key(home)))
        for path in self.index.words.files_with(home):
            other = self.index.module(path) if mention.search(files[path]) else None
            for constant in other.strings if other else ():
                if other and _is_imported(constant, other):
                    if self.index.locate(str(constant.value), path) == module.path:
                        return f"{path}:{constant.lineno}"
        return ""

    def is_named(self, name: str, module: Module) -> bool:
        """Whether ``__all__`` or a string like ``"tests.helpers.run"`` names it."""
        if self.imported_by_name(module):
            return True
        home = stem(module.path)
        return any(
            any(f"{home}.{name}" in text for text in self._texts_with(home, other))
            or any(
                names(constant, name, other)
                and self.index.may_have(str(constant.value))
                for constant in other.strings_naming(name)
            )
            or name in self._keywords(other)
            for other in self.importing(module)
        )

    def _texts_with(self, home: str, module: Module) -> list[str]:
        """Return the strings of a file that name something of a module."""
        key = (home, module)
        if key not in self._texts:
            texts = (str(each.value) for each in module.strings)
            self._texts[key] = [text for text in texts if f"{home}." in text]
        return self._texts[key]

    def _keywords(self, module: Module) -> frozenset[str]:
        """Return the names that a file replaces by keyword: ``patch.multiple(x=1)``."""
        if module not in self._replaced:
            self._replaced[module] = frozenset(
                keyword.arg
                for call in module.calls
                if call.keywords
                and spelled(call.func).rpartition(".")[2] in ("multiple", "dict")
                for keyword in call.keywords
                if keyword.arg
            )
        return self._replaced[module]


def _is_imported(node: ast.AST, module: Module) -> bool:
    """Whether a string is given to what imports modules, or to pytest's plugins."""
    for outer in module.enclosing(node):
        match outer:
            case ast.Call(func=func):
                return spelled(func).rpartition(".")[2] in _IMPORTERS
            case ast.Assign(targets=[ast.Name(id="pytest_plugins")]):
                return True
            case ast.stmt():
                return False
    return False


_IMPORTERS = frozenset("__import__ import_module importorskip run_module".split())
