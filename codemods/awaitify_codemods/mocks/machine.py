"""The state of an abstract execution, and what all its parts share."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.mocks.facts import (
    AWAITED,
    GIVEN,
    ITERATED,
    LOOKED_AT,
    Configured,
    Findings,
    Given,
    Hop,
    Lost,
    Node,
    Site,
    Use,
)
from awaitify_codemods.mocks.names import MAKERS
from awaitify_codemods.mocks.values import (
    Called,
    Frame,
    Mock,
    Native,
    Object,
    Opaque,
    Place,
    Suspended,
    Value,
    alternatives,
    flat,
    joined,
)

NEVER = sys.maxsize
_STEPS = 30_000
"""How many nodes the execution of one test evaluates at most."""
_ALL_STEPS = 3_000_000
"""How many all together do."""


class Exhausted(Exception):
    """A test takes too many steps."""


class Raised(Exception):
    """The code that is executed certainly raises."""


@dataclass(eq=False)
class Machine:
    """Executes tests; its state but the findings is that of one test.

    Args:
        index: the project.
        tests: the paths of test code.

    """

    index: Index
    tests: frozenset[str]
    findings: Findings = field(default_factory=Findings)
    test: str = ""
    """The node id of the test."""
    steps: int = 0
    raises: int = 0
    """How many of the open conditions are that something may have raised, which ends
    the test: there is no way around what follows."""
    catching: int = 0
    """How many handlers of exceptions there are around what is executed."""
    open_conditions: int = 0
    """How many conditions stand around what is executed of which nothing is known."""
    expecting: int = 0
    """How many ``pytest.raises`` do that may keep a TypeError to themselves, or all,
    once something may have raised: what follows in them may never be reached."""
    foreseeing: int = 0
    """How many do that keep only what the project's own code raises."""
    foreseen: bool = False
    """Whether it may have done so."""
    hiding: int = 0
    """How many handlers catch what awaiting the wrong kind of mock raises."""
    converting: int = 0
    """How many handlers raise something else in its place."""
    depth: int = 0
    births: int = 0
    """How many children of mocks there are."""
    since: int = NEVER
    """How many there were when the statement began that configures a mock."""
    active: dict[ast.AST, int] = field(default_factory=dict)
    """The functions that are being executed, and how many times."""
    patches: dict[Place, Value] = field(default_factory=dict)
    globals: dict[tuple[str, str], Value] = field(default_factory=dict)
    externals: dict[str, Opaque] = field(default_factory=dict)
    frames: dict[ast.AST, Frame] = field(default_factory=dict)
    """The modules and classes that have been read."""
    coroutines: list[Suspended] = field(default_factory=list)
    given: list[tuple[Mock, Suspended, Module, ast.AST, bool]] = field(
        default_factory=list
    )
    """The coroutines that mocks are given, and by which calls."""
    called: list[Called] = field(default_factory=list)
    """The calls of mocks that have to be awaited."""
    asked: list[tuple[Called, ast.AST, Frame]] = field(default_factory=list)
    """What was only asked whether it is there, and where."""
    shown: set[ast.AST] = field(default_factory=set)
    """The functions that something could look at, or call unseen."""
    handed: list[tuple[Mock, Called, Module, ast.AST, bool]] = field(
        default_factory=list
    )
    """Those whose coroutines mocks are given, and by which calls."""

    touched: set[Module] = field(default_factory=set)
    """The files of which the test needs something."""
    spent: int = 0
    """How many steps the tests before took."""
    _noted: set[object] = field(default_factory=set)

    def start(self, test: str) -> None:
        """Forget what an earlier test did."""
        self.findings = Findings()
        self.spent += self.steps
        self.test = test
        self.steps = self.open_conditions = self.depth = 0
        self.expecting = self.hiding = self.converting = 0
        self.foreseeing, self.foreseen = 0, False
        self.raises = self.catching = 0
        self.coroutines.clear()
        self.given.clear()
        self.called.clear()
        self.asked.clear()
        self.handed.clear()
        self.shown.clear()
        self.births, self.since = 0, NEVER
        self.touched = set()
        for memory in (
            self.active,
            self.patches,
            self.globals,
            self.externals,
            self.frames,
            self._noted,
        ):
            memory.clear()

    def finish(self) -> None:
        """Note what became of coroutines, once a test was executed to its end."""
        self._finish_calls()
        if self.test in self.findings.cut:
            return
        kept = self.shown | {
            each.function.function.node
            for each in self.coroutines
            if each.awaited
            or each.looked_at
            or not any(each is other for _, other, *_ in self.given)
        }
        kept |= {
            each.function.function.node
            for mock, each, *_ in self.given
            if _may_keep(mock)
        }
        for mock, coroutine, module, node, certain in self.given:
            function = coroutine.function.function
            if not isinstance(function, Function) or function.node in kept:
                continue
            lost = Lost(
                mock.site,
                mock.path,
                module,
                node,
                function,
                (coroutine.module, coroutine.node),
                certain and not coroutine.function.doubtful,
                self.test,
            )
            self.findings.lost.append(lost)

    def _finish_calls(self) -> None:
        for call in self.called:
            self.node(call.mock).calls += 1
        for call, node, frame in self.asked:
            if not call.was_awaited:
                self.use(call.mock, LOOKED_AT, node, frame)
        seen: set[int] = set()
        for mock, call, module, at, certain in self.handed:
            if id(call) in seen or _may_keep(mock):
                continue
            seen.add(id(call))
            in_test = module.path in self.tests
            use = Use(GIVEN, module, at, certain, in_test, self.test)
            self.node(call.mock).given.append(Given(use, mock.site, mock.path))

    @property
    def is_spent(self) -> bool:
        """Whether no more tests are executed."""
        return self.spent + self.steps > _ALL_STEPS

    def step(self) -> None:
        """Count a step.

        Raises:
            Exhausted: it is one too many.

        """
        self.steps += 1
        if self.steps > _STEPS:
            raise Exhausted

    @contextmanager
    def condition(self, is_open: bool = True) -> Iterator[None]:
        """Execute what may not be executed."""
        before = self.mark()
        self.open_conditions += is_open
        try:
            yield
        finally:
            self.reset(before)

    @property
    def forks(self) -> int:
        """How many open conditions lead around what is executed."""
        return self.open_conditions - self.raises

    def mark(self) -> tuple[int, int]:
        """Return which conditions are open."""
        return self.open_conditions, self.raises

    def reset(self, mark: tuple[int, int]) -> None:
        """Let only those conditions be open that were at a mark."""
        self.open_conditions, self.raises = mark

    @property
    def is_expected(self) -> bool:
        """Whether something may be expected to raise what is executed, or before."""
        return bool(self.expecting or (self.foreseeing and self.foreseen))

    def may_have_raised(self) -> None:
        """Note that what follows may not be executed, for something may raise."""
        self.foreseen = True
        self.open_conditions += 1
        self.raises += not self.catching

    def external(self, name: str) -> Value:
        """Return what is not the project's, by its dotted name."""
        found = self.patches.get(("", name))
        if found is not None:
            return found
        if name not in self.externals:
            self.externals[name] = Opaque(name)
        return self.externals[name]

    def unknown_argument(self, name: str) -> Value:
        """Return a parameter that only pytest knows."""
        if name in MAKERS:
            return Native("mocker", None)
        if name == "monkeypatch":
            return Native("monkeypatch", None)
        return Opaque()

    def made(self, module: Module, call: ast.Call, form: str) -> Site:
        """Note that a mock is made."""
        sites = self.findings.sites
        if call not in sites:
            sites[call] = Site(module, call, form)
        sites[call].tests.add(self.test)
        return sites[call]

    def node(self, mock: Mock) -> Node:
        """Return what is known of a mock."""
        node = self.findings.sites[mock.site].node_at(mock.path)
        node.kinds.add(mock.kind)
        if mock.real:
            node.real.add(mock.real)
        return node

    def use(
        self, mock: Mock, kind: str, node: ast.AST, frame: Frame, through: str = ""
    ) -> None:
        """Note what becomes of the result of a call of a mock."""
        expected = self.is_expected
        use = Use(
            kind,
            frame.module,
            node,
            not self.open_conditions and not expected,
            self.is_test_code(frame),
            self.test,
            through,
            expected and kind == AWAITED,
            bool(self.hiding),
        )
        # Of many tests that do the same, one is enough.
        seen = (mock.site, mock.path, kind, node, use.certain, use.hidden, through)
        if (seen, expected) not in self._noted:
            self._noted.add((seen, expected))
            self.node(mock).uses.append(use)

    def is_test_code(self, frame: Frame) -> bool:
        """Whether code is a test's own: not what is defined beside tests to be tested.

        Coroutine functions are such, and the methods of classes without tests.
        """
        if frame.module.path not in self.tests:
            return False
        at: Frame | None = frame
        while at is not None and not isinstance(at.node, FUNCTIONS):
            at = at.parent
        if at is None:
            return True
        node = at.node
        assert isinstance(node, FUNCTIONS)
        owner = at.module.class_of(node)
        if owner is not None and owner.name.startswith("Test"):
            return True
        if any(
            hasattr(each, "name") and _is_for_tests(each.name)
            for each in (owner.body if owner else ())
        ):
            return True
        decorated = any("fixture" in ast.dump(each) for each in node.decorator_list)
        own = decorated or _is_for_tests(node.name)
        return own or (owner is None and isinstance(node, ast.FunctionDef))

    def itself(self, mock: Mock, kind: str, node: ast.AST, frame: Frame) -> None:
        """Note what is done to a mock itself, or what it would need for that."""
        self.node(mock).itself.append(self._failing(kind, node, frame))

    def listed(self, mock: Mock, node: ast.AST, frame: Frame) -> None:
        """Note that a list which a mock returned is iterated with ``async for``."""
        self.node(mock).listed.append(self._failing(ITERATED, node, frame))

    def _failing(self, kind: str, node: ast.AST, frame: Frame) -> Use:
        """Return what may fail; certain if the test certainly fails with it."""
        hidden = self.is_expected or self.hiding or self.converting
        certain = not (self.open_conditions or hidden)
        in_test = frame.module.path in self.tests
        return Use(kind, frame.module, node, certain, in_test, self.test)

    def configured(
        self, mock: Mock, kind: str, node: ast.AST, frame: Frame, value: Value
    ) -> None:
        """Note a statement or keyword that configures a mock."""
        found = self.node(mock).configured
        if self.open_conditions > mock.depth:
            mock.born = 0  # what follows may be the first to mention it, or not
        is_first = mock.born > self.since and mock.first is None
        mine = mock.first
        if is_first:
            mock.first = mine = node
        elif mine is node:
            mine = None  # it runs again
        for number, each in enumerate(found):
            if each.node is node and each.kind == kind:
                both = joined((cast(Value, each.value), value))
                first = each.first | {mine}
                found[number] = replace(each, value=both, first=first)
                return
        first = frozenset({mine})
        found.append(Configured(kind, frame.module, node, self.test, value, first))

    @contextmanager
    def configuring(self) -> Iterator[None]:
        """Execute what configures a mock, which may be mentioned first there."""
        before, self.since = self.since, self.births
        try:
            yield
        finally:
            self.since = before

    def doubt(self, mock: Mock, why: str) -> None:
        """Note why a mock must not be swapped."""
        self.node(mock).doubts.add(why)

    def counted(self, mock: Mock, call: ast.AST, awaited: bool = False) -> None:
        """Note that a home-made mock is called, or what the call gave is awaited."""
        if mock.kind.startswith("hand-made:") and not mock.path:
            site = self.findings.sites[mock.site]
            (site.awaited if awaited else site.calls).add(call)

    def forgets(self, values: Iterable[Value]) -> None:
        """Note that what becomes of some values is not followed any further."""
        for value in values:
            for one in flat(value):
                if isinstance(one, Mock) and one.kind.startswith("hand-made:"):
                    if not one.path:
                        self.doubt(one, "escaped")

    def asked_for_kind(self, values: Iterable[Value]) -> None:
        """Note that something asks home-made mocks what kind of object they are."""
        for value in values:
            for one in alternatives(value):
                if isinstance(one, Mock) and one.kind.startswith("hand-made:"):
                    if not one.path:
                        self.doubt(one, "kind")

    def hop(
        self,
        node: ast.Attribute,
        frame: Frame,
        site: ast.AST | None,
        unknown: bool = False,
    ) -> None:
        """Note a read of the attribute of a hand-made mock, or of something else."""
        hops = self.findings.hops
        if node not in hops:
            hops[node] = Hop(frame.module, node)
        hops[node].unknown |= unknown
        if site is None:
            hops[node].others = True
        else:
            hops[node].sites.add(site)

    def write(self, owner: Object | Mock | Opaque, name: str, value: Value) -> None:
        """Set an attribute; where that may not happen, it may have its old value."""
        old = owner.children if isinstance(owner, Mock) else owner.attributes
        since = self.forks - getattr(owner, "depth", 0)
        if since > 0 and name in old:
            value = joined((old[name], value))
        old[name] = value


def _is_for_tests(name: str) -> bool:
    return name.startswith(("test", "setUp", "asyncSetUp"))


def _may_keep(mock: Mock) -> bool:
    """Whether something else gets what a mock is given."""
    return mock.side_effect is not None or mock.wraps is not None
