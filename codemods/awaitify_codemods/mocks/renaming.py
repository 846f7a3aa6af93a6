"""The decisions that make a file's asynctest mocks unittest's own, name by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External
from awaitify_codemods.mocks.foreign_doubts import is_shim, patch_calls
from awaitify_codemods.mocks.foreign_names import (
    ASYNC,
    MODULE,
    NAME,
    SCOPES,
    TWINS,
    Part,
    Taken,
    unused,
)
from awaitify_codemods.mocks.foreign_use import PLAIN, ForeignUse, made_by
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work

_LIBRARY = "unittest.mock"


@dataclass(frozen=True)
class Prefix:
    """How a file says ``unittest.mock.x``."""

    text: str
    code: str = ""
    """The import that it takes."""


@dataclass(frozen=True, eq=False)
class Renaming:
    """Makes the decisions for one file, all of them or none."""

    work: Work
    module: Module
    parts: list[Part]
    names: list[Taken]
    use: ForeignUse

    def decisions(self) -> list[Decision] | None:
        """Return what is to be done; None where a name is taken."""
        prefix = self._prefix()
        needs = any(each.kind not in (NAME, MODULE) for each in self.names)
        if needs and prefix is None:
            return None
        decisions = list(_merged(self._all(prefix or Prefix("mock"))))
        # Imported for nothing: asynctest would be needed for them alone.
        gone = tuple(alias for _, alias in unused(self.module))
        first = decisions[0]
        return [replace(first, removes=(*first.removes, *gone)), *decisions[1:]]

    def _all(self, prefix: Prefix) -> Iterator[Decision]:
        for taken in self.names:
            if taken.kind == NAME:
                yield from self._named(taken)
            elif taken.kind == MODULE:
                yield from self._of_module(taken, taken.local)
            else:
                yield from self._of_package(taken, prefix)
        for call in patch_calls(self.parts):
            for keyword in call.keywords:
                if keyword.arg == "scope" and self._is_scope(keyword.value):
                    yield self._decision(
                        call, "drop-keyword", {"name": "scope"}, (keyword,)
                    )

    def _is_scope(self, value: ast.expr) -> bool:
        return any(each.node is value and each.name in SCOPES for each in self.parts)

    def _named(self, taken: Taken) -> Iterator[Decision]:
        """``from asynctest import CoroutineMock``"""
        twin = TWINS.get(taken.name, "")
        if not twin:
            return  # only as the scope of a patch
        local = taken.local
        if local == taken.name != twin and self._is_free(twin, taken):
            arguments = {"name": local, "to": twin}
            yield self._decision(self.module.tree, "rename-name", arguments)
            local = twin
        code = f"from {_LIBRARY} import {twin}"
        code += "" if local == twin else f" as {local}"
        yield from self._brought(taken, code)
        for part in taken.parts:
            yield self._decision(
                part.node, "", {}, (part.node,), message=_message(part, twin)
            )
            yield from self._called(part, "")

    def _of_module(self, taken: Taken, local: str) -> Iterator[Decision]:
        """``from asynctest import mock``"""
        alias = "" if local == "mock" else f" as {local}"
        yield from self._brought(taken, f"from unittest import mock{alias}")
        for part in taken.parts:
            twin = TWINS.get(part.name, "")
            edited = twin and twin != part.name
            yield self._decision(
                part.node,
                "replace-node" if edited else "",
                {"code": f"{local}.{twin}"} if edited else {},
                (part.node,),
                message=_message(part, twin),
            )
            yield from self._called(part, f"{local}.")

    def _of_package(self, taken: Taken, prefix: Prefix) -> Iterator[Decision]:
        """``import asynctest``"""
        if prefix.code:
            yield from self._brought(taken, prefix.code)
        root = prefix.text.partition(".")[0]
        uses = () if prefix.code else ((self.module.scope, root),)
        for part in taken.parts:
            twin = TWINS.get(part.name, "")
            if twin:
                yield self._decision(
                    part.node,
                    "replace-node",
                    {"code": f"{prefix.text}.{twin}"},
                    (part.node,),
                    uses,
                    message=_message(part, twin),
                )
                yield from self._called(part, f"{prefix.text}.")

    def _called(self, part: Part, prefix: str) -> Iterator[Decision]:
        """Yield what a call of CoroutineMock takes beside the name."""
        call, wanted = made_by(part), self.use.of(part)
        if call is None:
            return
        imports = () if prefix else (f"from {_LIBRARY} import {PLAIN}",)
        code = f"{prefix}{PLAIN}"
        if part.name == ASYNC and wanted.twin == PLAIN:
            yield self._decision(call, "rename", {"to": code}, imports=imports)
        for name in wanted.given:
            arguments = {"name": name, "code": f"{code}()"}
            yield self._decision(call, "set-keyword", arguments, imports=imports)
        for use in wanted.dropped:
            message = f"nobody awaits what it returns at {use.place}, and that warns"
            yield Decision(
                self.module,
                call,
                "",
                message=message,
                status=REPORT,
                group=self.module.tree,
            )

    def _brought(self, taken: Taken, code: str) -> Iterator[Decision]:
        """Yield what imports a name where it was imported before."""
        statement = taken.statement
        gone = (*taken.aliases, *(part.node for part in taken.parts))
        if is_shim(taken):
            around = self.module.enclosing(statement)
            shim = next(each for each in around if isinstance(each, ast.Try))
            yield self._decision(shim, "remove", {}, (shim,), imports=(code,))
        elif taken.scope is self.module.scope:
            yield self._decision(statement, "", {}, gone, imports=(code,))
        else:
            arguments = {"code": code}
            yield self._decision(statement, "insert-before", arguments, gone)

    def _decision(
        self,
        node: ast.AST,
        op: str,
        arguments: dict[str, str],
        removes: tuple[ast.AST, ...] = (),
        uses: tuple[tuple[object, str], ...] = (),
        imports: tuple[str, ...] = (),
        message: str = "",
    ) -> Decision:
        return Decision(
            self.module,
            node,
            op,
            arguments,
            removes,
            uses,  # type: ignore[arg-type]
            imports,
            message,
            group=self.module.tree,
        )

    def _is_free(self, name: str, taken: Taken) -> bool:
        """Whether all that says a name may say another one instead."""
        module, local = self.module, taken.local
        if module.strings_naming(local) or name in self._bound_names():
            return False
        wanted = {part.node for part in taken.parts}
        same = [
            part.node
            for each in self.names
            if each.local == local
            for part in each.parts
        ]
        uses = {use for use in module.uses.get(local, ()) if isinstance(use, ast.Name)}
        return uses <= wanted | set(same)

    def _bound_names(self) -> set[str]:
        """Return the names that mean something else than unittest's mocks."""
        found = set()
        for scope in self.module.scopes.values():
            for name, bindings in scope.names.items():
                for each in bindings:
                    _, source, member = each.target
                    if (
                        source != _LIBRARY
                        or member != name
                        or not _is_certain(each.node, self.module)
                    ):
                        found.add(name)
        return found

    def _prefix(self) -> Prefix | None:
        """Return how mentions of ``asynctest.x`` say ``unittest.mock.x``."""
        for taken in self.names:
            if taken.kind == MODULE and taken.scope is self.module.scope:
                if self._is_seen(taken.local):
                    return Prefix(taken.local)
        for name, bindings in self.module.scope.names.items():
            values = self.work.index.bound(self.module.scope, name, self.module)
            if values == {External(_LIBRARY)} and len(bindings) == 1:
                if _is_certain(bindings[0].node, self.module) and self._is_seen(name):
                    return Prefix(name)
        if self._means_nothing("mock"):
            return Prefix("mock", "from unittest import mock")
        if self._is_seen("unittest") or self._means_nothing("unittest"):
            if self._imports_only("unittest"):
                return Prefix(_LIBRARY, f"import {_LIBRARY}")
        return None

    def _package_parts(self) -> Iterator[Part]:
        for taken in self.names:
            if taken.kind not in (NAME, MODULE):
                yield from taken.parts

    def _is_seen(self, name: str) -> bool:
        """Whether a name of the file means the same wherever it is needed."""
        return all(
            self.module.at[part.root].find(name) is self.module.scope
            for part in self._package_parts()
        )

    def _means_nothing(self, name: str) -> bool:
        return (
            not any(
                self.module.at[part.root].find(name) for part in self._package_parts()
            )
            and name not in self.module.scope.names
        )

    def _imports_only(self, name: str) -> bool:
        bindings = self.module.scope.names.get(name, ())
        return all(
            isinstance(each.node, ast.Import) and each.target[1] == name
            for each in bindings
        )


def _merged(decisions: Iterator[Decision]) -> Iterator[Decision]:
    """Make one of what several decisions insert above a statement."""
    inserted: dict[ast.AST, list[Decision]] = {}
    for each in decisions:
        if each.op == "insert-before":
            inserted.setdefault(each.node, []).append(each)
        else:
            yield each
    for same in inserted.values():
        codes = {str(each.arguments["code"]) for each in same}
        begin = f"from {_LIBRARY} import "
        named = sorted(each.removeprefix(begin) for each in codes if begin in each)
        lines = sorted(each for each in codes if begin not in each)
        lines += [begin + ", ".join(named)] if named else []
        gone = tuple(node for each in same for node in each.removes)
        yield replace(same[0], arguments={"code": "\n".join(lines)}, removes=gone)


def _is_certain(node: ast.AST, module: Module) -> bool:
    return module.parents.get(node) is module.tree


def _message(part: Part, twin: str) -> str:
    """Return what to report of a mention; nothing of what is the same by name."""
    if not twin:
        return ""
    return f"{_LIBRARY}.{twin} in place of asynctest.{part.name}"
