"""What becomes of the mock to which a hop leads: ``send.mock.assert_called()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitify_codemods.facts.module import Module

CONFIGURING = frozenset({"return_value", "side_effect"})
_COUNTING = frozenset(
    """
    assert_any_call assert_called assert_called_once assert_called_once_with
    assert_called_with assert_has_calls assert_not_called call_args call_args_list
    call_count called method_calls mock_calls
    """.split()
)
_SAME = CONFIGURING | _COUNTING | {"reset_mock"}
"""What an AsyncMock has that does the same."""
OF_CHILDREN = frozenset({"assert_has_calls", "method_calls", "mock_calls"})
"""What tells of calls of children, too."""


@dataclass(frozen=True, eq=False)
class HopUse:
    """One read of an attribute of the mock behind a hop."""

    module: Module
    node: ast.Attribute
    """``x.mock.call_count``, or ``m.call_count`` after ``m = x.mock``."""

    @property
    def name(self) -> str:
        """The attribute."""
        return self.node.attr

    @property
    def counts(self) -> bool:
        """Whether it tells something of calls."""
        return self.name in _COUNTING

    @property
    def is_negative(self) -> bool:
        """Whether it may say that there was no call."""
        if self.name in ("assert_not_called", "called"):
            return True
        if self.name not in ("call_count", "call_args"):
            return False
        match self.module.parents[self.node]:
            case ast.Compare(comparators=[ast.Constant(value=0 | None)]):
                return True
            case ast.UnaryOp(op=ast.Not()):
                return True
        return False


def hop_uses(module: Module, hop: ast.Attribute) -> list[HopUse] | None:
    """Return how the mock behind a hop is used; None if it may be in any way."""
    found: list[HopUse] = []
    for node in _read(module, hop):
        parent = module.parents[node]
        is_same = (
            isinstance(parent, ast.Attribute)
            and parent.attr in _SAME
            and _may_be(parent, module)
        )
        if not is_same:
            return None
        assert isinstance(parent, ast.Attribute)
        found.append(HopUse(module, parent))
    return found


def _may_be(node: ast.Attribute, module: Module) -> bool:
    """Whether an attribute is only read, or configures the mock."""
    if isinstance(node.ctx, ast.Load):
        return True
    parent = module.parents[node]
    return node.attr in CONFIGURING and isinstance(parent, (ast.Assign, ast.AnnAssign))


def _read(module: Module, hop: ast.Attribute) -> Iterator[ast.expr]:
    """Yield a hop, or the reads of the variable that it is bound to."""
    match module.parents[hop]:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is hop:
            scope = module.at[hop]
            bindings = scope.names.get(name, [])
            if scope.kind == "function" and len(bindings) == 1:
                yield from module.references(scope, name)
                return
    yield hop
