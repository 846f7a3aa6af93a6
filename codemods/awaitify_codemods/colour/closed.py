"""What may not be edited, and what that holds back."""

from __future__ import annotations

import ast
from collections.abc import Callable

from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal

Closed = Callable[[Module, ast.AST, str], Refusal | None]
"""Why a rule, by its code, must not edit a node."""


def because(refusal: Refusal, holder: Refusal | None) -> Refusal:
    """Return a refusal as what it follows from, where somebody is pinned."""
    if holder is None or holder.reason != "pinned":
        return refusal
    return Refusal("pinned", f"{refusal.message}: {holder.message}")
