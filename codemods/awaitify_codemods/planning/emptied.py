"""Files of which nothing is left, and that nothing misses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.words import as_key, stem
from awaitify_codemods.planning.elsewhere import Elsewhere


@dataclass(frozen=True, eq=False)
class Emptied:
    """Finds the files that go.

    Args:
        gone: the parts that are removed.
        dropped: import statements, and which of their names are dropped.

    """

    index: Index
    elsewhere: Elsewhere
    gone: set[ast.AST]
    dropped: Mapping[ast.AST, set[int]]

    def among(self, modules: Iterable[Module]) -> set[str]:
        """Return the paths of the modules that go as a whole."""
        return {module.path for module in modules if self._goes(module)}

    def _goes(self, module: Module) -> bool:
        if not any(node in self.gone for node in module.tree.body):
            return False
        if not self._may_go(module) or self.elsewhere.unread(module):
            return False
        return all(self._is_husk(node) for node in module.tree.body) and all(
            other is module or not self._still_imports(module, other)
            for other in self.elsewhere.importing(module)
        )

    def _is_husk(self, node: ast.stmt) -> bool:
        return (
            node in self.gone
            or (
                isinstance(node, (ast.Import, ast.ImportFrom))
                and len(self.dropped.get(node, ())) == len(node.names)
            )
            or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        )

    def _may_go(self, module: Module) -> bool:
        """Whether a file has no meaning by being there, and no string names it."""
        folder, _, file = module.path.rpartition("/")
        if file == "__init__.py":
            return False
        files = self.index.files
        if file == "conftest.py":
            # It may be there to put its folder on the import path.
            return any(
                path.rpartition("/")[0] == folder and _is_test_file(path)
                for path in files
            )
        home = stem(module.path)
        named = re.compile(rb"[\"'](\w+\.)*%s[\"']" % re.escape(as_key(home)))
        return not any(
            named.search(files[path]) for path in self.index.words.files_with(home)
        )

    def _still_imports(self, module: Module, other: Module) -> bool:
        for statement in other.imports:
            dropped = self.dropped.get(statement, set())
            for number, alias in enumerate(statement.names):
                if number in dropped:
                    continue
                if self.index.imports_file(statement, alias, other, module.path):
                    return True
        return False


def _is_test_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")
