"""What rules decide on: the coloured functions, and how to spell names in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.boundary import TASK, TURN, Boundaries
from awaitify_codemods.colour import Colouring, raising
from awaitify_codemods.facts.assertions import asserted
from awaitify_codemods.facts.cases import Cases
from awaitify_codemods.facts.class_loops import ClassLoop, ClassLoops
from awaitify_codemods.facts.fixture_decorators import fixture_decorator
from awaitify_codemods.facts.fixture_users import FixtureUsers
from awaitify_codemods.facts.fixtures import Fixtures
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.loop_arguments import LoopArguments
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.loops import LoopUse
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.facts.plain_set_ups import PlainSetUps
from awaitify_codemods.facts.references import Reference, References
from awaitify_codemods.facts.runner import CONVERTER, FACTORY, FUNCTION
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.set_ups import SetUps
from awaitify_codemods.facts.sites import Drive, Refusal, Sites
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.foreign_cases import Verdict
from awaitify_codemods.mocks.facts import Findings
from awaitify_codemods.mocks.seen import SeenMocks
from awaitify_codemods.objections import is_test
from awaitify_codemods.objections.vacuous import Vacuous
from awaitify_codemods.old_syntax.generators import Generators
from awaitify_codemods.plan import Setting
from awaitify_codemods.rule import Decision, Meta
from awaitify_codemods.sources import Bound, Sources

Free = Callable[[str, Module, ast.AST], bool]
"""The code of a rule, a file and a node -> whether nothing keeps it as it is."""


@dataclass(frozen=True)
class Spelling:
    """How a file names something, and what it takes to be able to."""

    text: str
    uses: tuple[tuple[Scope, str], ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(eq=False)
class Work:
    """The colouring of a project, as rules see it.

    Args:
        mode: path -> the asyncio mode in force there.
        loops: what becomes of the loops of a function.
        may_change: path -> whether it is test code that was chosen.
        default_scopes: path -> the loop scopes of fixtures and of tests there.
        starts: function -> where it starts a loop, if it does.
        is_free: whether a rule may edit a node: by choice, and by comments.
        tests: the files that pytest collects, and conftest files.
        shares_loop: whether a sync fixture may share a loop with its tests.
        decorated: why what decorates a function may not keep a coroutine function.
        sources: the project; what of its configuration may be set, and the lowest
            versions that it supports.
        mocked: what the tests do with their mocks; it takes its time.
        verdicts: the test cases of other libraries, and what is decided about them.
        wishes: the settings in which the default scopes differ from what they are.

    """

    index: Index
    runners: Runners
    sites: Sites
    references: References
    boundaries: Boundaries
    colouring: Colouring
    cases: Cases
    vacuous: Vacuous
    class_loops: ClassLoops
    set_ups: SetUps
    mode: Callable[[str], str]
    loops: Callable[[Function], LoopUse]
    may_change: Callable[[str], bool]
    default_scopes: Callable[[str], tuple[str, str]]
    fixtures: Fixtures
    users: FixtureUsers
    loop_fixtures: LoopFixtures
    plain_set_ups: PlainSetUps
    loop_arguments: LoopArguments
    starts: Callable[[Function], object]
    is_free: Free
    tests: frozenset[str]
    decorated: Callable[[Function], Refusal | None]
    shares_loop: Callable[[Function], bool]
    sources: Sources
    verdicts: tuple[Verdict, ...]
    mocked: Callable[[], Findings] = Findings
    wishes: tuple[Setting, ...] = ()
    bound: Callable[[str], Bound | None] = lambda path: None
    """Path -> the time-out that awaits there are to get."""
    followed: list[tuple[str, Decision]] = field(default_factory=list)
    """What the rules decide that follow the colouring, for those that stand apart."""
    generators: Generators | None = None
    """What becomes of generator coroutines; the facts are of what they become."""
    apart: list[tuple[str, Decision]] = field(default_factory=list)
    """What the rules decide that stand apart, for those that come last."""
    retiring: set[ast.AST] = field(default_factory=set)
    """Definitions that go with their last use, beside helpers that drive."""
    seen_mocks: SeenMocks = field(default_factory=SeenMocks)
    """What a run of the suite has shown of mocks."""
    _lazy: set[ast.AST] = field(default_factory=set)
    _spellings: dict[Scope, list[str]] = field(default_factory=dict)

    @cached_property
    def coloured(self) -> frozenset[Function]:
        """The functions that become async, or lose what drove them."""
        return frozenset(self.colouring.coloured)

    @cached_property
    def mocks(self) -> Findings:
        """What the tests do with their mocks."""
        return self.mocked()

    @cached_property
    def kept_loops(self) -> list[ClassLoop]:
        """The loops of classes that nothing drives any more."""
        driven = {drive.runner.loop for drive in self.colouring.forms}
        return [
            kept
            for kept in self.class_loops.all
            if not kept.is_running
            and any(self.class_loops.of(loop) is kept for loop in driven if loop)
        ]

    @cached_property
    def replaced_set_ups(self) -> set[Function]:
        """The async set-ups of other libraries' cases that become unittest's own."""
        return {
            set_up.function
            for verdict in self.verdicts
            if verdict.refusal is None
            for set_up in verdict.changes.set_ups
        }

    @cached_property
    def gone_with_loops(self) -> set[ast.AST]:
        """The statements that go with the loops of classes."""
        return {node for kept in self.kept_loops for _, node in kept.gone}

    def is_fixture(self, function: Function) -> bool:
        """Whether a function is one of pytest's fixtures."""
        return fixture_decorator(function, self.index) is not None

    def is_served(self, function: Function) -> bool:
        """Whether pytest gives a function the fixtures that it asks for."""
        return is_test(function) or self.is_fixture(function)

    def is_docstring(self, statement: ast.stmt) -> bool:
        """Whether a statement is only a text."""
        return isinstance(statement, ast.Expr) and isinstance(
            statement.value, ast.Constant
        )

    def mentioning(self, word: str) -> Iterator[Module]:
        """Yield the files with a word in which a rule may change something."""
        for path in self.index.words.files_with(word):
            module = self.index.module(path) if self.may_change(path) else None
            if module:
                yield module

    def like(self, meta: Meta) -> Iterator[Module]:
        """Yield the files that a rule looks for, and in which it may change things."""
        for path in self.index.words.files_like(*meta.search):
            module = self.index.module(path) if self.may_change(path) else None
            if module:
                yield module

    def is_coroutine(self, function: Function) -> bool:
        """Whether calling a function makes a coroutine, once all is done."""
        return function.is_async or function in self.coloured

    def means(self, node: ast.expr, module: Module, dotted: str) -> bool:
        """Whether an expression can only be what a dotted name says."""
        values = self.index.value(node, module)
        return bool(values) and values <= self.index.target(dotted, module)

    def drives(self, rule: str) -> Iterator[Drive]:
        """Yield the drives of coloured functions that are a rule's."""
        for drive in self.colouring.forms:
            if drive.runner.rule == rule:
                yield drive

    def spell(self, module: Module, scope: Scope, name: str, line: int = 0) -> Spelling:
        """Return how code in `scope` says ``asyncio.x`` or ``pytest.x``.

        Args:
            module: the file.
            scope: where the code stands.
            name: dotted name, e.g. ``asyncio.sleep``.
            line: where it is evaluated, if that is when the module is imported.

        """
        package = name.partition(".")[0]
        seen: Scope | None = scope
        while seen is not None:
            for local in self._imports(seen):
                meant = self._imported(module, seen, local, package, line)
                if meant and scope.find(local) is seen:
                    if meant == name or name.startswith(f"{meant}."):
                        text = local + name.removeprefix(meant)
                        return Spelling(text, ((seen, local),))
            seen = seen.parent
        return Spelling(name, (), (f"import {package}",))

    def renamed(self, module: Module, call: ast.Call, name: str) -> Decision:
        """Return the decision to call ``asyncio.x`` in place of what is called."""
        spelling = self.spell(module, module.at[call], name)
        return Decision(
            module,
            call,
            "rename",
            {"to": spelling.text},
            (call.func,),
            spelling.uses,
            spelling.imports,
        )

    def _imports(self, scope: Scope) -> list[str]:
        """Return the names of a scope that may be imports."""
        if scope not in self._spellings:
            self._spellings[scope] = [
                name
                for name, bindings in scope.names.items()
                if len(bindings) == 1 and bindings[0].kind in ("import", "assign")
            ]
        return self._spellings[scope]

    def _imported(
        self, module: Module, scope: Scope, name: str, package: str, line: int
    ) -> str:
        """Return what an import makes a name mean, if it may come from a package.

        Only an import that is certain to have run by then counts: not one for type
        checkers, in a script block, or below what is evaluated.
        """
        bindings = scope.names[name]
        # asyncio = pytest.importorskip("asyncio") is one, too.
        kinds = ("import", "assign") if name == package else ("import",)
        if len(bindings) != 1 or bindings[0].kind not in kinds:
            return ""
        statement = bindings[0].node
        if module.parents[statement] is not scope.node:
            return ""
        if line and getattr(statement, "lineno", 0) > line:
            return ""
        _, source, member = bindings[0].target
        if package not in (source.partition(".")[0], member, name):
            return ""
        values = self.index.bound(scope, name, module)
        if len(values) == 1:
            (value,) = values
            return value.name if isinstance(value, External) else ""
        return ""

    def awaited(self, drive: Drive, message: str) -> Iterator[Decision]:
        """Yield what turns a drive into an await, with the turn after it."""
        if drive.shape == "call":
            yield self._await(drive, message)
            yield from self.listed(drive.module, drive.node)
        elif drive.shape == "raises":
            yield self._raises(drive, message)
        if self.colouring.forms[drive] == TURN:
            yield self._turn(drive)

    def _await(self, drive: Drive, message: str) -> Decision:
        call, runner = drive.node, drive.runner
        scope = drive.module.at[call]
        keyword = None if call.args else runner.keyword
        if runner.form == CONVERTER:
            assert isinstance(call.func, ast.Call)
            gone = (call.func.func,)
            return Decision(
                drive.module, call, "await-converted", {}, gone, message=message
            )
        if runner.form in (FUNCTION, FACTORY):
            op = "await-spread" if runner.form == FUNCTION else "await-factory"
            dropped = [each for each in call.keywords if each.arg in runner.drops]
            return Decision(
                drive.module,
                call,
                op,
                {"position": 0, "drop": list(runner.drops)}
                if runner.form == FUNCTION
                else {"position": 0, "keyword": keyword},
                (call.func, *dropped),
                message=message,
            )
        wraps, spellings = self._wraps(drive, scope)
        kept = drive.awaitable
        others: list[ast.AST] = [each for each in call.args if each is not kept]
        others += [each for each in call.keywords if each.value is not kept]
        return Decision(
            drive.module,
            call,
            "await-argument",
            {"position": 0, "keyword": keyword, "wraps": wraps},
            (call.func, *others),
            tuple(use for each in spellings for use in each.uses),
            tuple(name for each in spellings for name in each.imports),
            message,
        )

    def _wraps(
        self, drive: Drive, scope: Scope
    ) -> tuple[list[list[str | None]], list[Spelling]]:
        wraps: list[list[str | None]] = []
        spellings: list[Spelling] = []
        if drive.runner.limit and not self._is_limited(drive):
            spelling = self.spell(drive.module, scope, "asyncio.wait_for")
            wraps.append([spelling.text, f"timeout={self._limit(drive)}"])
            spellings.append(spelling)
        if self.colouring.forms[drive] == TASK:
            sure = self.boundaries.is_coroutine(drive)
            name = "asyncio.create_task" if sure else "asyncio.ensure_future"
            spelling = self.spell(drive.module, scope, name)
            wraps.append([spelling.text, None])
            spellings.append(spelling)
        return wraps, spellings

    def _is_limited(self, drive: Drive) -> bool:
        node = drive.awaitable
        return isinstance(node, ast.Call) and self.index.value(
            node.func, drive.module
        ) == {External("asyncio.wait_for")}

    def _limit(self, drive: Drive) -> str:
        limit = drive.runner.limit
        assert limit is not None
        given: ast.expr | None = None
        if limit.position is not None and len(drive.node.args) > limit.position:
            given = drive.node.args[limit.position]
        for keyword in drive.node.keywords:
            if keyword.arg == limit.parameter:
                given = keyword.value
        if given is None:
            return limit.default
        source = text_of(drive.module.source)
        return ast.get_source_segment(source, given) or ast.unparse(given)

    def _raises(self, drive: Drive, message: str) -> Decision:
        kinds = {FUNCTION: "spread", FACTORY: "factory"}
        kind = kinds.get(drive.runner.form, "call")
        return Decision(
            drive.module,
            drive.module.statement(drive.node),
            "to-with",
            {"runner_index": drive.keep, "kind": kind, "keep": drive.keep},
            (drive.node.args[drive.keep],),
            message=message,
        )

    def _turn(self, drive: Drive) -> Decision:
        scope = drive.module.at[drive.node]
        sleep = self.spell(drive.module, scope, "asyncio.sleep")
        return Decision(
            drive.module,
            drive.module.statement(drive.node),
            "insert-after",
            {"code": f"await {sleep.text}(0)"},
            uses=sleep.uses,
            imports=sleep.imports,
        )

    def raised(self) -> Iterator[tuple[Reference, ast.Call, int]]:
        """Yield ``raises(E, f)`` around coloured functions, and what stays of it."""
        for reference in self.colouring.awaits:
            assertion = raising(reference, self.index)
            if assertion is not None:
                yield (
                    reference,
                    assertion,
                    asserted(assertion, reference.module, self.index),
                )

    def listed(self, module: Module, node: ast.Call) -> Iterator[Decision]:
        """Yield what makes a list of a generator that would become asynchronous."""
        scope = module.at[node]
        while scope.kind == "comprehension" and scope.parent:
            if (
                isinstance(scope.node, ast.GeneratorExp)
                and scope.node not in self._lazy
            ):
                self._lazy.add(scope.node)
                yield Decision(module, scope.node, "to-list")
            scope = scope.parent
