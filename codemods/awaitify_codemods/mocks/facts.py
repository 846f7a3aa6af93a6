"""What the tests of a project do with the mocks that they make."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function

Path = tuple[str, ...]
"""Attributes from a mock to one below it; ``()`` stands for `return_value`."""

RESULT = "()"

# How a call's result, or a mock itself, is used.
AWAITED = "awaited"
USED = "used"
LOOKED_AT = "looked at"
"""Compared, formatted, or asked whether it is true: a coroutine would not fail."""
DROPPED = "dropped"
CONTEXT = "context"
ITERATED = "iterated"
MISSING = "missing"
BRANCH = "branch"
GIVEN = "given"
ESCAPED = "escaped"

HANDED_ON = "handed on"
"""Doubt: the mock itself is given to code that is not read."""
RETURNED_BY_CODE = "returned"
"""What a test drops, and the code under test had called."""


@dataclass(frozen=True)
class Use:
    """One thing that a test does with what a call of a mock returns."""

    kind: str
    """awaited, used (as a plain value), dropped, context (``async with``), iterated
    (``async for``), branch (asked whether it is a coroutine), escaped (given to code
    that is not read)."""
    module: Module
    node: ast.AST
    certain: bool
    """Whether the test takes this path whenever it runs."""
    in_test: bool
    """Whether the code of a test does it itself, not the code under test."""
    test: str
    """The node id of the test."""
    through: str = ""
    """What was awaited in place of a plain value: coroutine, future, mock; of what is
    dropped: whether code had called it."""
    expected: bool = False
    """Whether it stands where an exception is expected, and may never be reached."""
    hidden: bool = False
    """Whether a handler around it hides that something cannot be awaited."""

    @property
    def place(self) -> str:
        """Where that is, for people: ``app/core.py:11``."""
        return f"{self.module.path}:{getattr(self.node, 'lineno', 1)}"


@dataclass(frozen=True)
class Configured:
    """A statement or keyword that configures a mock, or puts another in its place."""

    kind: str
    """return_value, side_effect, wraps, another keyword; "" where it is replaced."""
    module: Module
    node: ast.AST
    """The assignment, keyword or call."""
    test: str
    value: object = None
    """The abstract value, see `values`."""
    first: frozenset[ast.AST | None] = frozenset()
    """The statements that mentioned the mock before all others, in each test: this
    one, or another that configures it; None for anything else: it may be held."""


@dataclass(frozen=True)
class Given:
    """A call of a mock whose coroutine another mock is given, which drops it."""

    use: Use
    site: ast.AST
    path: Path
    """The mock that is given it."""


@dataclass(eq=False)
class Node:
    """A mock, or one below it that nobody constructed."""

    path: Path
    kinds: set[str] = field(default_factory=set)
    """MagicMock, Mock, AsyncMock, NonCallableMagicMock, ..., or hand-made ones."""
    uses: list[Use] = field(default_factory=list)
    configured: list[Configured] = field(default_factory=list)
    real: set[str] = field(default_factory=set)
    """What the spec or the target says of the real callable: async, sync, class,
    unknown; empty where there is none."""
    doubts: set[str] = field(default_factory=set)
    """Why it must not be swapped: `raises`, `unknown-value`, `deleted`, ..."""
    itself: list[Use] = field(default_factory=list)
    """Where the mock itself, not what it returns, is a context or iterated; or would
    have to be, but is a plain Mock, which cannot (missing)."""
    read: set[str] = field(default_factory=set)
    """What is asked of it: `call_args`, `assert_called_with`, ..."""
    listed: list[Use] = field(default_factory=list)
    """Where a list that it returns is iterated with ``async for``."""
    calls: int = 0
    """Of one whose calls have to be awaited: how many there were, in all tests."""
    given: list[Given] = field(default_factory=list)
    """Those of them whose coroutines other mocks were given."""

    def used(self, *kinds: str) -> Iterator[Use]:
        """Yield the uses of some kinds."""
        return (each for each in self.uses if each.kind in kinds)


@dataclass(eq=False)
class Site:
    """A place where tests make a mock, with all that they do to it."""

    module: Module
    node: ast.Call
    """The call that makes it: of a class, of `patch`, or of a hand-made helper."""
    form: str
    """call; patch, where the patch itself makes it; helper, where the callee is one."""
    nodes: dict[Path, Node] = field(default_factory=dict)
    tests: set[str] = field(default_factory=set)
    on_class: bool = False
    """Whether it was put in the place of a function of a class."""
    calls: set[ast.AST] = field(default_factory=set)
    """Of a home-made mock: what calls it."""
    awaited: set[ast.AST] = field(default_factory=set)
    """Those of its calls that are awaited somewhere."""

    @property
    def is_of_one_test(self) -> bool:
        """Whether a test makes the mock itself, so that no other one has it."""
        names = [
            each.name
            for each in self.module.enclosing(self.node)
            if isinstance(each, FUNCTIONS)
        ]
        return bool(names) and names[-1].startswith("test")

    def node_at(self, path: Path) -> Node:
        """Return what is known of the mock at a path."""
        return self.nodes.setdefault(path, Node(path))


@dataclass(eq=False)
class Hop:
    """A read of an attribute that may lead from a hand-made mock to the real one."""

    module: Module
    node: ast.Attribute
    sites: set[ast.AST] = field(default_factory=set)
    """The calls that made the hand-made mocks which reach it."""
    others: bool = False
    """Whether something else reaches it, too, or something that is not known."""
    unknown: bool = False
    """Whether what is not known reaches it: a mock of any kind may be there."""


@dataclass(frozen=True)
class Lost:
    """A coroutine that a mock is given, and that nothing awaits or looks at."""

    site: ast.AST
    path: Path
    """The mock."""
    module: Module
    node: ast.AST
    """The call of the mock."""
    function: Function
    """Whose coroutine it is."""
    maker: tuple[Module, ast.AST]
    """The call that made it."""
    certain: bool
    test: str
    """The node id of the test, all coroutines of the function in which are lost."""

    @property
    def place(self) -> str:
        """Where that is, for people: ``app/core.py:11``."""
        return f"{self.module.path}:{getattr(self.node, 'lineno', 1)}"


@dataclass(eq=False)
class Findings:
    """All that the abstract execution of a project's tests found."""

    sites: dict[ast.AST, Site] = field(default_factory=dict)
    """By the call that makes the mock."""
    hops: dict[ast.Attribute, Hop] = field(default_factory=dict)
    """Those of names that hand-made mocks have, ``.mock`` above all."""
    entered: set[ast.AST] = field(default_factory=set)
    """The functions that were executed, to the end or not."""
    entered_by: dict[ast.AST, set[str]] = field(default_factory=dict)
    """The node ids of the tests that execute a function."""
    incomplete: set[str] = field(default_factory=set)
    """The node ids of tests of which an execution was given up."""
    lost: list[Lost] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    """The node ids of tests of which not all was executed that they may do."""
    exhausted: bool = False
    """Whether there are tests that were not executed at all: it would take too long."""

    def is_settled(self, site: Site) -> bool:
        """Whether all that the tests do to the mocks of a site is known."""
        if not site.tests.isdisjoint(self.incomplete):
            return False
        return not self.exhausted or site.is_of_one_test
