"""The one walk over a file's tree: finds the planned nodes, applies their edits.

It visits only fields that hold code, in the order of the source, and rebuilds a
node only if something in it changed: a quarter of the cost of a LibCST visit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, cast

import libcst as cst

from awaitify_codemods.plan import Edit
from awaitify_codemods.rule import Operation
from awaitify_codemods.transform import TransformError, awaiting, edits, import_block
from awaitify_codemods.transform.alignment import aligned
from awaitify_codemods.transform.blocks import (
    Child,
    Request,
    block_with,
    else_with,
    module_with,
    suite_with,
)
from awaitify_codemods.transform.reflow import Joined, joined, reflowed
from awaitify_codemods.transform.tree import (
    LEAVES,
    child_fields,
    expression,
    spelled,
)

_Key = tuple[type[cst.CSTNode], int]

# Their own expressions are laid out together when they are left.
_UNITS = frozenset(
    {
        cst.SimpleStatementLine,
        cst.ClassDef,
        cst.ExceptHandler,
        cst.For,
        cst.FunctionDef,
        cst.If,
        cst.While,
        cst.With,
    }
)


class Walk:
    """Carries out the edits of one file."""

    def __init__(
        self,
        planned: Sequence[Edit],
        module: cst.Module,
        width: int,
        own: Mapping[str, Operation],
    ) -> None:
        self._module = module
        self._width = width
        self._operations = {**edits.OPERATIONS, **own}
        unknown = {edit.op for edit in planned} - {*edits.ALL, *own}
        if unknown:
            raise TransformError(f"no operations {sorted(unknown)}")
        self._edits: dict[_Key, list[Edit]] = {}
        planned = sorted(planned, key=edits.stage)
        of_file = [edit for edit in planned if edit.kind == "Module"]
        self._file_edits = [edit for edit in of_file if edit.op != "rename-name"]
        self._names = {
            str(edit.arguments["name"]): expression(str(edit.arguments["to"]))
            for edit in of_file
            if edit.op == "rename-name"
        }
        for edit in planned:
            if edit.kind != "Module":
                key = (_kind(edit), edit.ordinal)
                self._edits.setdefault(key, []).append(edit)
        self._seen = {kind: 0 for kind, _ in self._edits}
        self._requests: dict[int, list[Request]] = {}
        self._indents = [""]
        # Expressions changed so far within the statement that is visited.
        self._touched = 0
        self._joined: list[Joined] = []

    def carried_out(self) -> cst.Module:
        """Return the module with all edits carried out."""
        children = self._children(self._module.body)
        for kind, ordinal in self._edits:
            raise TransformError(f"{kind.__name__} {ordinal} not found")
        for requests in self._requests.values():
            raise TransformError(f"no statement to {requests[0].op}")
        module = module_with(self._module, children)
        for edit in self._file_edits:
            module = import_block.with_edit(module, edit)
        return module

    def _visit(self, node: Any) -> Any:
        if not self._edits and not self._names:
            return node
        kind = node.__class__
        planned = None
        ordinal = self._seen.get(kind)
        if ordinal is not None:
            self._seen[kind] = ordinal + 1
            planned = self._edits.pop((kind, ordinal), None)
        touched, outer_joined = self._touched, self._joined
        if kind in _UNITS:
            self._joined = []
        new = _REBUILT[kind](self, node) if kind in _REBUILT else self._descend(node)
        if planned:
            new = self._edited(node, new, planned)
        if kind in _UNITS:
            if self._touched != touched:
                new = self._laid_out(node, new)
            self._touched, self._joined = touched, outer_joined
        return new

    def _descend(self, node: Any) -> Any:
        changes: dict[str, Any] = {}
        for name in child_fields(node.__class__):
            child = getattr(node, name)
            kind = child.__class__
            if kind in LEAVES:
                if kind is cst.Name and child.value in self._names:
                    changes[name] = self._named(child)
                continue
            new = (
                self._sequence(child)
                if kind is tuple or kind is list
                else self._visit(child)
            )
            if new is not child:
                changes[name] = new
        return awaiting.rebuilt(node, changes) if changes else node

    def _named(self, node: cst.Name) -> cst.BaseExpression:
        """Return what stands for a name from now on, in its brackets."""
        self._touched += 1
        new = self._names[node.value]
        return new.with_changes(lpar=node.lpar, rpar=node.rpar)

    def _sequence(self, nodes: Sequence[Any]) -> Sequence[Any]:
        visit = self._visit
        new = [visit(node) for node in nodes]
        unchanged = all(a is b for a, b in zip(nodes, new, strict=True))
        return nodes if unchanged else new

    def _edited(self, node: Any, new: Any, planned: list[Edit]) -> Any:
        """Apply what concerns the node itself; leave the rest to its block."""
        for edit in planned:
            _check_expected(edit, node)
            if operation := self._operations.get(edit.op):
                old, new = new, edits.applied(operation, edit, new)
                self._touched += 1
                if call := joined(old, new):
                    self._joined.append(call)
        requests = [
            Request(edit.op, edit.arguments)
            for edit in planned
            if edit.op not in self._operations
        ]
        if requests:
            self._requests[id(new)] = requests
        return new

    def _laid_out(self, original: Any, new: Any) -> Any:
        indent = "".join(self._indents)
        laid_out = new
        if self._joined:
            laid_out = reflowed(laid_out, self._joined, indent, self._width)
        laid_out = aligned(original, laid_out, indent, indent)
        moved = [(new, laid_out)]
        if isinstance(new, cst.SimpleStatementLine):
            moved += zip(new.body, laid_out.body, strict=True)
        for old, node in moved:
            if node is not old and id(old) in self._requests:
                self._requests[id(node)] = self._requests.pop(id(old))
        return laid_out

    def _children(self, nodes: Sequence[Any]) -> list[Child]:
        indent = "".join(self._indents)
        return [self._child(node, self._visit(node), indent) for node in nodes]

    def _child(self, node: Any, new: Any, indent: str) -> Child:
        if not isinstance(new, cst.SimpleStatementLine | cst.SimpleStatementSuite):
            return Child(node, new, (self._requests.pop(id(new), []),), indent)
        requests = tuple(self._requests.pop(id(small), []) for small in new.body)
        return Child(node, new, requests, indent)

    def _block(self, node: cst.IndentedBlock) -> cst.BaseSuite:
        touched = self._touched
        default = self._module.default_indent
        self._indents.append(default if node.indent is None else node.indent)
        children = self._children(node.body)
        self._indents.pop()
        self._touched = touched
        return block_with(node, children, default)

    def _suite(self, node: cst.SimpleStatementSuite) -> cst.BaseSuite:
        child = self._child(node, self._descend(node), "".join(self._indents))
        return suite_with(child, self._module.default_indent)

    def _if(self, node: cst.If) -> cst.If:
        new = self._descend(node)
        requests = self._requests.pop(id(new.orelse), None)
        if requests:
            new = new.with_changes(orelse=else_with(new.orelse, requests))
        return cast(cst.If, new)


_REBUILT: dict[type[cst.CSTNode], Any] = {
    cst.IndentedBlock: Walk._block,
    cst.SimpleStatementSuite: Walk._suite,
    cst.If: Walk._if,
}


def _kind(edit: Edit) -> type[cst.CSTNode]:
    kind = getattr(cst, edit.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, cst.CSTNode):
        raise TransformError(f"no kind {edit.kind!r}")
    return kind


def _check_expected(edit: Edit, node: cst.CSTNode) -> None:
    if not edit.expect:
        return
    awaited = isinstance(node, cst.Await)
    value = getattr(node, "expression" if awaited else "value", None)
    subject = value if isinstance(value, cst.Call) else node
    if isinstance(subject, cst.Call):
        found = spelled(subject.func)
    elif isinstance(subject, cst.FunctionDef | cst.ClassDef):
        found = subject.name.value
    else:
        return
    expected = _comparable(edit.expect)
    if found is None or expected is None:
        return
    # As Python compares identifiers.
    if unicodedata.normalize("NFKC", found) != unicodedata.normalize("NFKC", expected):
        raise TransformError(
            f"{edit.kind} {edit.ordinal} is {found!r}, not {expected!r}"
        )


def _comparable(expect: str) -> str | None:
    """Empty all calls; None if more than names, attributes and calls is left."""
    text, count = re.sub(r"\s", "", expect), 1
    while count:
        text, count = re.subn(r"\((?:[^()]|\(\))+\)", "()", text)
    return text if re.fullmatch(r"[\w.()]+", text) else None
