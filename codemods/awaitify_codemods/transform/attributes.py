"""Edits of the attributes that a function reads."""

from __future__ import annotations

from typing import cast

import libcst as cst

from awaitify_codemods.transform.awaiting import Arguments
from awaitify_codemods.transform.tree import expression


def replace_attribute(node: cst.FunctionDef, arguments: Arguments) -> cst.FunctionDef:
    """Put an expression in the place of ``owner.name``, in the function's own frame."""
    owner, name = str(arguments["owner"]), str(arguments["name"])
    replacing = _Replacing(owner, name, str(arguments["code"]))
    body = cast(cst.BaseSuite, node.body.visit(replacing))
    return node if body is node.body else node.with_changes(body=body)


class _Replacing(cst.CSTTransformer):
    """Replaces an attribute, but for what runs in other frames."""

    def __init__(self, owner: str, name: str, code: str) -> None:
        super().__init__()
        self._owner, self._name, self._code = owner, name, code

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        """Leave inner functions to edits of their own."""
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        """Leave inner classes as they are."""
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        """Leave what is called later as it is."""
        return False

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Replace the attribute that is looked for."""
        owner = updated_node.value
        if not isinstance(owner, cst.Name) or owner.value != self._owner:
            return updated_node
        if updated_node.attr.value != self._name:
            return updated_node
        new = expression(self._code)
        return new.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
