"""Statements that several swaps insert at one place become one insertion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from awaitify_codemods.rule import Decision


def merged(decisions: Iterable[Decision]) -> list[Decision]:
    """Return decisions of which none inserts where another one does."""
    found: dict[object, Decision] = {}
    for each in decisions:
        key: object = each
        if each.op in ("insert-after", "insert-before"):
            key = each.node, each.op
        elif each.reason:
            key = each.node, each.reason
        other = found.get(key)
        found[key] = each if other is None else _joined(other, each)
    return list(found.values())


def _joined(one: Decision, other: Decision) -> Decision:
    if one.reason:
        return one
    code = f"{one.arguments['code']}\n{other.arguments['code']}"
    return replace(
        one,
        arguments={**one.arguments, "code": code},
        uses=one.uses + other.uses,
        imports=tuple(dict.fromkeys(one.imports + other.imports)),
        message=f"{one.message}; {other.message}",
    )
