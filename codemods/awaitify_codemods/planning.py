"""From decisions to a plan: what falls out of use goes, names that are needed come.

Imports, runner helpers, aliases, module loops and emptied files are never decided
on their own; they follow from what the decisions take and give, and are derived
anew whenever the colouring changes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.lifecycle import is_life_cycle
from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module, Scope, spelled
from awaitify_codemods.facts.references import names
from awaitify_codemods.facts.values import (
    Anonymous,
    External,
    File,
    Function,
    Loop,
    Member,
    Partial,
    Value,
)
from awaitify_codemods.facts.words import stem
from awaitify_codemods.plan import Argument, Edit, FilePlan, digest
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work


@dataclass(eq=False)
class Planner:
    """Completes the decisions of the rules, and keys them by kind and ordinal."""

    work: Work
    decisions: list[tuple[str, Decision]]
    """With the code of the rule that made each."""
    gone: set[ast.AST] = field(default_factory=set)
    needed: set[tuple[Scope, str]] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    _dropped: dict[ast.AST, set[int]] = field(default_factory=dict)
    _importers: dict[Module, list[Module]] = field(default_factory=dict)

    def plan(self) -> tuple[FilePlan, ...]:
        """Return the edits of every file that changes."""
        for _, decision in self.decisions:
            self.gone |= set(decision.removes)
            self.needed |= set(decision.uses)
        pending = [
            (decision.module, node)
            for _, decision in self.decisions
            for node in decision.removes
        ]
        while pending:
            module, node = pending.pop()
            for scope, name, home in self._names_in(node, module):
                pending += self._retire(scope, name, home)
        self._delete_emptied()
        return tuple(self._files())

    # What falls out of use

    def _names_in(
        self, root: ast.AST, module: Module
    ) -> Iterator[tuple[Scope, str, Module]]:
        """Yield the bindings that a removed part mentions, also in other modules."""
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and node in module.at:
                owner = module.at[node].find(node.id)
                if owner is not None:
                    yield owner, node.id, module
                    yield from self._imported_from(owner, node.id, module)
            if isinstance(node, ast.Attribute):
                for value in self.work.index.value(node.value, module):
                    if isinstance(value, File):
                        yield value.module.scope, node.attr, value.module
            if isinstance(node, (ast.Name, ast.Attribute)) and node in module.at:
                for value in self.work.index.value(node, module):
                    yield from self._home(value)

    def _imported_from(
        self, scope: Scope, name: str, module: Module
    ) -> Iterator[tuple[Scope, str, Module]]:
        """Yield what an imported name is called where it comes from."""
        for binding in scope.names.get(name, ()):
            if isinstance(binding.node, ast.ImportFrom):
                path = self.work.index.source_of(binding.node, module)
                source = self.work.index.module(path) if path else None
                if source:
                    yield source.scope, binding.target[2], source

    def _home(self, value: Value) -> Iterator[tuple[Scope, str, Module]]:
        if isinstance(value, (Function, Anonymous)):
            name = self.work.references.name(value)
            yield value.module.at[value.node], name, value.module
        elif isinstance(value, Member) and isinstance(value.of, Loop):
            loop = value.of
            parent = loop.module.parents[loop.node]
            if isinstance(parent, ast.Assign) and isinstance(
                parent.targets[0], ast.Name
            ):
                yield loop.module.at[loop.node], parent.targets[0].id, loop.module

    def _retire(
        self, scope: Scope, name: str, module: Module
    ) -> list[tuple[Module, ast.AST]]:
        """Remove what bound a name, if nothing mentions the name any more."""
        bindings = scope.names.get(name, [])
        if not bindings or (scope, name) in self.needed:
            return []
        if any(each.kind == "import" for each in bindings):
            return self._retire_import(scope, name, bindings, module)
        statements = [self._statement(each, module) for each in bindings]
        if any(each is None or each in self.gone for each in statements):
            return []
        if not self._is_unused(scope, name, module):
            return []
        found = [each for each in statements if each is not None]
        found += self._life_of(scope, name, module)
        for statement in dict.fromkeys(found):
            self.gone.add(statement)
            decision = Decision(module, statement, "remove", {}, (statement,))
            self.decisions.append(("AW105", decision))
        self._drop_imports_elsewhere(scope, name, module)
        return [(module, each) for each in dict.fromkeys(found)]

    def _statement(self, binding: Binding, module: Module) -> ast.stmt | None:
        """Return the statement of a runner helper, an alias of one, or a loop."""
        node = binding.node
        if isinstance(node, FUNCTIONS):
            return node if node in self.work.sites.helpers else None
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return None
        values = self.work.index.value(node.value, module)
        if not values or not isinstance(node.targets[0], ast.Name):
            return None
        retirable = all(isinstance(each, Loop) for each in values) or (
            isinstance(node.value, (ast.Attribute, ast.Name, ast.Lambda, ast.Call))
            and all(
                isinstance(each, (External, Function, Anonymous, Member, Partial))
                for each in values
            )
            and self.work.runners.of(values) is not None
        )
        return node if retirable else None

    def _life_of(self, scope: Scope, name: str, module: Module) -> list[ast.stmt]:
        """Return the life-cycle statements of a module's loop."""
        return [
            statement
            for use in module.references(scope, name)
            if not self._is_gone(use, module)
            and is_life_cycle(
                statement := module.statement(use), module, self.work.index
            )
        ]

    def _is_unused(self, scope: Scope, name: str, module: Module) -> bool:
        for use in module.references(scope, name):
            if self._is_gone(use, module):
                continue
            statement = module.statement(use)
            at_top = module.parents.get(statement) is module.tree
            if not (at_top and is_life_cycle(statement, module, self.work.index)):
                return False
        if scope.kind == "class":
            return self._is_unused_method(scope, name, module)
        if scope.kind != "module":
            return True
        return not self._is_named(name, module) and self._is_unused_elsewhere(
            name, module
        )

    def _is_unused_elsewhere(self, name: str, module: Module) -> bool:
        """Whether no other module uses a name, or hands it on to one that does."""
        if not all(
            self._is_gone(use, home) for home, use in self._uses_elsewhere(name, module)
        ):
            return False
        return all(
            self._is_dead_import(owner, local, other)
            for other in self._importing(module)
            if other is not module
            for owner, local, _ in self._imports_of(name, module, other)
        )

    def _is_dead_import(self, scope: Scope, name: str, module: Module) -> bool:
        """Whether nothing uses what an import binds, here or elsewhere."""
        bindings = scope.names.get(name, [])
        if len(bindings) != 1 or (scope, name) in self.needed:
            return False
        statement = bindings[0].node
        if isinstance(module.parents[statement], (ast.Try, ast.If)):
            return False
        if not all(self._is_gone(u, module) for u in module.references(scope, name)):
            return False
        if _is_annotated_with(name, module):
            return False
        return scope.kind != "module" or (
            not self._is_named(name, module) and self._is_unused_elsewhere(name, module)
        )

    def _is_unused_method(self, scope: Scope, name: str, module: Module) -> bool:
        for binding in scope.names[name]:
            if isinstance(binding.node, FUNCTIONS):
                function = Function(module, binding.node)
                if self.work.references.named_in_strings(function):
                    return False
                for reference in self.work.references.to(function):
                    if not self._is_gone(reference.node, reference.module):
                        return False
        return True

    def _is_gone(self, node: ast.AST, module: Module) -> bool:
        return node in self.gone or any(
            each in self.gone for each in module.enclosing(node)
        )

    def _is_named(self, name: str, module: Module) -> bool:
        """Whether ``__all__`` or a string like ``"tests.helpers.run"`` names it."""
        home = stem(module.path)
        for other in self._importing(module):
            for constant in other.strings:
                text = str(constant.value)
                if f"{home}.{name}" in text or names(constant, name, other):
                    return True
            for call in other.calls:
                callee = spelled(call.func).rpartition(".")[2]
                if callee in ("multiple", "dict") and name in _keywords(call):
                    return True
        return False

    def _importing(self, module: Module) -> Iterator[Module]:
        """Yield a module and those that mention it beside an import."""
        yield module
        if module not in self._importers:
            self._importers[module] = list(self._find_importers(module))
        yield from self._importers[module]

    def _find_importers(self, module: Module) -> Iterator[Module]:
        name = stem(module.path)
        escaped = re.escape(name.encode())
        mention = rb"(from|import)[^\n#]*\b%s\b|[\"'.]%s\." % (escaped, escaped)
        paths = self.work.index.words.files_with(name)
        if module.path.endswith("__init__.py"):
            # `from . import name` does not say the package's name.
            folder = module.path.rpartition("/")[0] + "/"
            mention += rb"|from\s+\.+\s+import"
            files = self.work.index.files
            paths = [*paths, *(path for path in files if path.startswith(folder))]
        for path in dict.fromkeys(paths):
            if path != module.path and re.search(mention, self.work.index.files[path]):
                other = self.work.index.module(path)
                if other:
                    yield other

    def _uses_elsewhere(
        self, name: str, module: Module
    ) -> Iterator[tuple[Module, ast.AST]]:
        for other in self._importing(module):
            if other is module:
                continue
            for scope, local, _ in self._imports_of(name, module, other):
                yield from ((other, use) for use in other.references(scope, local))
            for use in other.uses.get(name, ()):
                if isinstance(use, ast.Attribute):
                    owner = self.work.index.value(use.value, other)
                    if owner == {File(module)}:
                        yield other, use
                elif other.stars and other.at[use].find(name) is None:
                    yield other, use

    def _imports_of(
        self, name: str, module: Module, other: Module
    ) -> Iterator[tuple[Scope, str, ast.ImportFrom]]:
        """Yield where another module imports a name from this one."""
        for statement in other.imports:
            if not isinstance(statement, ast.ImportFrom):
                continue
            for alias in statement.names:
                if alias.name != name:
                    continue
                source = self.work.index.source_of(statement, other)
                if source == module.path:
                    yield other.at[statement], alias.asname or name, statement

    def _drop_imports_elsewhere(self, scope: Scope, name: str, module: Module) -> None:
        """Drop the imports of what is removed, even where nothing used them."""
        if scope.kind != "module":
            return
        for other in self._importing(module):
            if other is not module:
                for owner, local, _ in self._imports_of(name, module, other):
                    self._drop(owner.names[local][0], local)
                    self._drop_imports_elsewhere(owner, local, other)

    # Imports

    def _retire_import(
        self, scope: Scope, name: str, bindings: list[Binding], module: Module
    ) -> list[tuple[Module, ast.AST]]:
        # What nothing used here is there for others.
        if module.references(scope, name) and self._is_dead_import(scope, name, module):
            self._drop(bindings[0], name)
            self._drop_imports_elsewhere(scope, name, module)
        return []

    def _drop(self, binding: Binding, name: str) -> None:
        statement = binding.node
        assert isinstance(statement, (ast.Import, ast.ImportFrom))
        for number, alias in enumerate(statement.names):
            if (alias.asname or alias.name.partition(".")[0]) == name:
                self._dropped.setdefault(statement, set()).add(number)

    # Files

    def _delete_emptied(self) -> None:
        for module in {decision.module for _, decision in self.decisions}:
            if not any(node in self.gone for node in module.tree.body):
                continue
            if not self._may_go(module):
                continue
            if all(self._is_husk(node) for node in module.tree.body) and all(
                other is module or not self._still_imports(module, other)
                for other in self._importing(module)
            ):
                self.deleted.add(module.path)

    def _is_husk(self, node: ast.stmt) -> bool:
        return (
            node in self.gone
            or (
                isinstance(node, (ast.Import, ast.ImportFrom))
                and len(self._dropped.get(node, ())) == len(node.names)
            )
            or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        )

    def _may_go(self, module: Module) -> bool:
        """Whether a file has no meaning by being there, and no string names it."""
        folder, _, file = module.path.rpartition("/")
        if file == "__init__.py":
            return False
        files = self.work.index.files
        if file == "conftest.py":
            # It may be there to put its folder on the import path.
            return any(
                path.rpartition("/")[0] == folder and _is_test_file(path)
                for path in files
            )
        home = stem(module.path)
        named = re.compile(rb"[\"'](\w+\.)*%s[\"']" % re.escape(home.encode()))
        return not any(
            named.search(files[path]) for path in self.work.index.words.files_with(home)
        )

    def _still_imports(self, module: Module, other: Module) -> bool:
        for statement in other.imports:
            dropped = self._dropped.get(statement, set())
            for number, alias in enumerate(statement.names):
                if number in dropped:
                    continue
                if self.work.index.imports_file(statement, alias, other, module.path):
                    return True
        return False

    # Edits

    def _files(self) -> Iterator[FilePlan]:
        by_module: dict[Module, list[Edit]] = {}
        for rule, decision in self.decisions:
            edits = by_module.setdefault(decision.module, [])
            edit = keyed(decision.module, decision, rule)
            if edit not in edits:
                edits.append(edit)
        for module, statement, numbers in self._dropped_imports():
            kind, ordinal = module.ordinal(statement)
            arguments = {"indexes": sorted(numbers)}
            edit = Edit(kind, ordinal, "drop-names", arguments, "", "AW105")
            by_module.setdefault(module, []).append(edit)
        imports: dict[Module, set[str]] = {}
        for _, decision in self.decisions:
            imports.setdefault(decision.module, set()).update(decision.imports)
        for module, codes in imports.items():
            local = self._local_packages(module)
            for code in sorted(codes):
                named: dict[str, Argument] = {"code": code, "local": local}
                edit = Edit("Module", 0, "add-import", named, "", "AW109")
                by_module[module].append(edit)
        for module in sorted(by_module, key=lambda each: each.path):
            delete = module.path in self.deleted
            edits = [] if delete else by_module[module]
            yield FilePlan(module.path, digest(module.source), tuple(edits), delete)

    def _local_packages(self, module: Module) -> list[str]:
        """Return the project's own packages among those that a file imports."""
        names = {
            (getattr(statement, "module", None) or alias.name).partition(".")[0]
            for statement in module.imports
            for alias in statement.names
            if not getattr(statement, "level", 0)
        }
        index = self.work.index
        return sorted(name for name in names if index.locate(name, module.path))

    def _dropped_imports(
        self,
    ) -> Iterator[tuple[Module, ast.AST, set[int]]]:
        homes = {
            statement: module
            for module in self._touched()
            for statement in module.imports
        }
        for statement, numbers in self._dropped.items():
            yield homes[statement], statement, numbers  # type: ignore[index]

    def _touched(self) -> Iterable[Module]:
        return [module for module in self.work.index.modules.values() if module]


def keyed(module: Module, decision: Decision, rule: str) -> Edit:
    """Return a decision as an edit of the n-th node of a kind."""
    kind, ordinal = module.ordinal(decision.node)
    expect = ""
    if isinstance(decision.node, ast.Call):
        expect = spelled(decision.node.func)
    elif isinstance(decision.node, (*FUNCTIONS, ast.ClassDef)):
        expect = decision.node.name
    return Edit(kind, ordinal, decision.op, decision.arguments, expect, rule)


def _is_test_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _keywords(call: ast.Call) -> list[str]:
    return [each.arg for each in call.keywords if each.arg]


def _is_annotated_with(name: str, module: Module) -> bool:
    """Whether a type in quotes or in a comment mentions a name."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    if re.search(rb"#\s*type:[^\n]*\b%s\b" % re.escape(name.encode()), module.source):
        return True
    return any(
        word.search(str(constant.value)) and _is_annotation(constant, module)
        for constant in module.strings
    )


def _is_annotation(node: ast.AST, module: Module) -> bool:
    below = node
    for outer in module.enclosing(node):
        match outer:
            case ast.arg(annotation=annotation) | ast.AnnAssign(annotation=annotation):
                return annotation is below
            case (
                ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns)
            ):
                return returns is below
            case ast.stmt() | ast.Call():
                return False
        below = outer
    return False
