"""Where test code drives loops: listed by syntax, then given a meaning.

Every site ends as a drive, as part of a runner or of a loop's life cycle, or
refused with a reason; what nothing claims is ``unresolved``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitify_codemods.facts.cleanups import driven, is_clean_up
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_shutdown
from awaitify_codemods.facts.module import (
    FUNCTIONS,
    FunctionNode,
    Module,
    Scope,
    dotted,
    spelled,
)
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.runners import (
    COROUTINE,
    FACTORY,
    FUNCTION,
    RUN,
    Runner,
    RunnerDecorator,
    Runners,
)
from awaitify_codemods.facts.values import Anonymous, Class, External, Function

DRIVERS = frozenset({"run", "run_until_complete", "run_forever"})
_SPELLED = re.compile(r"(^|\.)(asyncio|anyio|aio|uvloop)\.run$")
_LAZY_CONSUMERS = frozenset(
    "builtins." + name
    for name in "all any dict frozenset list max min set sorted sum tuple".split()
)
# What `asyncio.run` does not take: they need a loop that runs already.
_FUTURES = frozenset({"Future", "gather", "ensure_future"})
_IN_PLACE = "what the assertion returns is used in its statement"
# How many leading arguments of an assertion stay when it becomes a with statement.
_ASSERTS = {
    "assertRaises": 1,
    "assertRaisesRegex": 2,
    "assertRaisesRegexp": 2,
    "failUnlessRaises": 1,
}


@dataclass(frozen=True)
class Refusal:
    """Why something is left as it is."""

    reason: str
    """A code from the list of refusals, e.g. ``inner-loop``."""
    message: str


@dataclass(frozen=True, eq=False)
class Drive:
    """A place where test code runs a coroutine to its end."""

    module: Module
    node: ast.Call
    """The call that becomes an await; of an assertion, the whole assertion."""
    scope: Scope
    """The frame that has to become a coroutine."""
    runner: Runner
    shape: str = "call"
    """call; clean-up; or what an assertion is given: raises (a runner),
    raises-lambda."""
    keep: int = 0
    """Of an assertion: how many leading arguments stay."""
    given: ast.Call | None = None
    """Of a clean-up: the call whose coroutine is driven."""

    @property
    def awaitable(self) -> ast.expr | None:
        """What is driven, where it is written out at the call."""
        arguments = self.node.args
        if self.shape == "raises":
            arguments = arguments[self.keep + 1 :]
        if self.shape == "clean-up":
            return self.given
        if self.shape != "call" and self.shape != "raises":
            return None
        if arguments:
            return arguments[0]
        for keyword in self.node.keywords:
            if keyword.arg and keyword.arg == self.runner.keyword:
                return keyword.value
        return None


@dataclass(frozen=True, eq=False)
class Decorated:
    """A coroutine function that a decorator makes sync by driving it."""

    module: Module
    node: FunctionNode
    index: int
    """Which decorator."""
    decorator: RunnerDecorator


@dataclass(frozen=True, eq=False)
class Left:
    """A site that cannot be rewritten, with the reason."""

    module: Module
    node: ast.expr
    scope: Scope
    rule: str
    refusal: Refusal


@dataclass(eq=False)
class Sites:
    """All sites of the test code, by the frame in which they stand."""

    drives: list[Drive] = field(default_factory=list)
    decorated: list[Decorated] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    helpers: dict[ast.AST, Function | Anonymous] = field(default_factory=dict)
    """Runner helpers and runner decorators, by definition."""
    inner: list[tuple[Module, ast.Call]] = field(default_factory=list)
    """The drives that are a runner's own."""
    endings: list[tuple[Module, ast.Call]] = field(default_factory=list)
    """Drives that only shut a loop down."""
    by_frame: dict[ast.AST, list[Drive]] = field(default_factory=dict)
    left_by_frame: dict[ast.AST, list[Left]] = field(default_factory=dict)


def asserted(call: ast.Call, module: Module, index: Index) -> int:
    """Return how many arguments of ``raises(E, f, ...)`` stay; 0 if it is not one."""
    if index.value(call.func, module) == {External("pytest.raises")}:
        return 1 if len(call.args) > 1 else 0
    if isinstance(call.func, ast.Attribute) and dotted(call.func.value) == "self":
        keep = _ASSERTS.get(call.func.attr, 0)
        return keep if len(call.args) > keep else 0
    return 0


def is_consumed(node: ast.GeneratorExp, module: Module, index: Index) -> bool:
    """Whether a generator is evaluated whole, where it stands.

    ``all`` and ``any`` stop early, but not where a passing assertion needs every
    element.
    """
    parent = module.parents[node]
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    if isinstance(parent.func, ast.Attribute) and parent.func.attr == "join":
        return isinstance(parent.func.value, ast.Constant)
    values = index.value(parent.func, module)
    names = {each.name for each in values if isinstance(each, External)}
    if len(names) != len(values) or not names <= _LAZY_CONSUMERS:
        return False
    outer = module.parents[parent]
    if names & {"builtins.any"}:
        negated = isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not)
        return negated and isinstance(module.parents[outer], ast.Assert)
    if names & {"builtins.all"}:
        return isinstance(outer, ast.Assert)
    return True


def in_script_block(node: ast.AST, module: Module) -> bool:
    """Whether a node stands under ``if __name__ == "__main__"``."""
    return any(
        isinstance(outer, ast.If)
        and any(
            isinstance(each, ast.Name) and each.id == "__name__"
            for each in ast.walk(outer.test)
        )
        for outer in module.enclosing(node)
    )


def _loses_a_call(call: ast.Call, runner: Runner) -> bool:
    """Whether an argument that means nothing to an await does something itself."""
    if runner.form == FUNCTION:
        return False
    kept = {runner.keyword, runner.limit.parameter if runner.limit else ""}
    position = runner.limit.position if runner.limit else None
    lost = [each for n, each in enumerate(call.args) if n not in (0, position)]
    lost += [each.value for each in call.keywords if each.arg not in kept]
    return any(
        isinstance(inner, (ast.Call, ast.Await, ast.NamedExpr, ast.Yield))
        for each in lost
        for inner in ast.walk(each)
    )


def find(index: Index, runners: Runners, test_code: frozenset[str]) -> Sites:
    """List the sites of the test code of a project."""
    finder = _Finder(index, runners, test_code)
    finder.run()
    return finder.sites


class _Finder:
    def __init__(
        self, index: Index, runners: Runners, test_code: frozenset[str]
    ) -> None:
        self.index = index
        self.runners = runners
        self.test_code = test_code
        self.sites = Sites()
        self.words: dict[str, set[str]] = {name: set() for name in DRIVERS}
        """Names of drivers; with the files that define them, if they are helpers."""
        self.methods: set[str] = set()
        """Names of helpers that are methods."""
        self.seen: set[ast.AST] = set()

    def run(self) -> None:
        direct = [path for path in self.index.words.drivers() if path in self.test_code]
        paths = list(direct)
        known = 0
        # Names of helpers found become search words, until there are no new ones.
        while known != (size := sum(1 + len(homes) for homes in self.words.values())):
            known = size
            for path in paths:
                module = self.index.module(path)
                if module:
                    self.scan(module)
            paths = list(dict.fromkeys([*direct, *self.mentioning_helpers()]))

    def mentioning_helpers(self) -> Iterator[str]:
        search = self.index.words
        for word, homes in self.words.items():
            found = [search.carriers(word, home) for home in sorted(homes)]
            if word in self.methods:
                # A subclass need not say where its base's base is.
                found = [search.files_with(word)]
            for path in (path for paths in found for path in paths):
                if path in self.test_code:
                    yield path

    def scan(self, module: Module) -> None:
        for statement in module.imports:
            for alias in statement.names:
                if alias.name in self.words and alias.asname:
                    self.search_for(alias.asname, module.at[statement], module)
        for word in list(self.words):
            for use in module.uses.get(word, ()):
                if use not in self.seen and self.claim(use, module):
                    self.seen.add(use)

    def claim(self, use: ast.Name | ast.Attribute, module: Module) -> bool:
        """Give one mention of a driver its meaning; False if it is none."""
        values = self.index.value(use, module)
        runner = self.runners.of(values)
        parent = module.parents[use]
        scope = module.at[use]
        if self.is_decoration(use, module):
            return True
        if runner is None and any(self.runners.of(frozenset({v})) for v in values):
            message = f"{spelled(use)} has several meanings"
            self.leave(module, use, scope, "AW105", "unresolved", message)
            return True
        if runner is None:
            if isinstance(parent, ast.Call) and parent.func is use:
                return self.unresolved_call(use, parent, module, scope)
            return self.unresolved_mention(use, module, scope)
        if isinstance(parent, ast.Call) and parent.func is use:
            self.call(parent, module, scope, runner)
        elif self.is_alias(parent, use, module):
            pass
        elif isinstance(parent, ast.Call) and (keep := self.raises(parent, module)):
            self.raising(parent, use, module, scope, runner, keep)
        elif is_clean_up(parent) and self.cleaning(parent, use, module, runner):
            pass
        else:
            message = f"{spelled(use)} is handed on, and will be called elsewhere"
            self.leave(module, use, scope, runner.rule, "drive-in-callback", message)
        return True

    # Calls

    def call(
        self, call: ast.Call, module: Module, scope: Scope, runner: Runner
    ) -> None:
        frame = scope.frame
        if is_shutdown(call, module, self.index):
            self.sites.endings.append((module, call))
            return
        if self.is_part_of_runner(call, frame, module):
            self.sites.inner.append((module, call))
            return
        if frame.kind == "lambda":
            self.in_lambda(call, module, frame, runner)
            return
        refusal = self.misplaced(call, module, scope, runner)
        if refusal:
            self.leave(module, call, scope, runner.rule, *refusal)
        else:
            self.drive(Drive(module, call, frame, runner))

    def misplaced(
        self, call: ast.Call, module: Module, scope: Scope, runner: Runner
    ) -> tuple[str, str] | None:
        elsewhere = self.elsewhere(call, module, scope)
        if elsewhere:
            return elsewhere
        if not self.is_written_out(call, runner):
            return "unresolved", "what it drives is not written out"
        if not runner.returns and not isinstance(module.parents[call], ast.Expr):
            return "impure-runner", "the helper drops the result, which is used"
        if any(each.arg is None for each in call.keywords) and runner.limit:
            return "unresolved", "its time limit is not written out"
        if runner.form == COROUTINE and call.args:
            if self.is_uncalled(call.args[0], module):
                return "unresolved", "what it drives is a function, not its coroutine"
            if self.is_refused(call.args[0], module, runner):
                return "run-boundary", "the run refuses what is no coroutine"
        found = self.meant_for_runner(call, runner)
        if found is None and _loses_a_call(call, runner):
            return "impure-runner", "an argument that goes with the runner is a call"
        return found

    def elsewhere(
        self, call: ast.Call, module: Module, scope: Scope
    ) -> tuple[str, str] | None:
        """Refuse what does not run in the frame of a sync function."""
        frame = scope.frame
        if in_script_block(call, module):
            return "drive-at-import", "it runs when the file is run as a script"
        if frame.kind in ("module", "class"):
            return "drive-at-import", "it runs when the module is imported"
        if isinstance(frame.node, ast.AsyncFunctionDef):
            return "nested-drive", "a coroutine drives a loop itself"
        lazy = self.lazily(scope, module)
        if lazy:
            return lazy
        return None

    def is_written_out(self, call: ast.Call, runner: Runner) -> bool:
        """Whether the awaitable, or what makes it, stands at the call."""
        if not call.args:
            return runner.form != FUNCTION and any(
                each.arg == runner.keyword for each in call.keywords
            )
        return not isinstance(call.args[0], ast.Starred)

    def is_uncalled(self, node: ast.expr, module: Module) -> bool:
        """``asyncio.run(f)``: a function, where its coroutine is wanted."""
        values = self.index.value(node, module)
        return (
            bool(values)
            and all(
                isinstance(each, (Function, Anonymous, Class))
                or (isinstance(each, External) and each.name.startswith("builtins."))
                for each in values
            )
            and not isinstance(node, ast.Call)
        )

    def is_refused(self, node: ast.expr, module: Module, runner: Runner) -> bool:
        """``asyncio.run(5)``, ``asyncio.run(gather())``: an error that is expected."""
        if isinstance(node, ast.Constant):
            return True
        if runner.boundary != RUN or runner.form != COROUTINE:
            return False
        made = {External(f"asyncio.{name}") for name in _FUTURES}
        if not isinstance(node, ast.Call):
            return False
        callee = self.index.value(node.func, module)
        return bool(callee) and callee <= made

    def meant_for_runner(
        self, call: ast.Call, runner: Runner
    ) -> tuple[str, str] | None:
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg == "debug" and runner.rule == "AW101":
                if isinstance(value, ast.Constant) and value.value in (None, False):
                    continue
                return "loop-asserted", "it runs the loop in debug mode"
            if keyword.arg == "loop_factory":
                return "loop-asserted", "it chooses the kind of loop"
            if keyword.arg == "backend" and runner.rule == "AW104":
                if not (isinstance(value, ast.Constant) and value.value == "asyncio"):
                    return "anyio-or-trio", "it does not run on asyncio alone"
            if keyword.arg == "backend_options":
                return "loop-asserted", "it configures its backend"
            if keyword.arg == "context":
                return "run-boundary", "it runs in a context of its own"
        return None

    def lazily(self, scope: Scope, module: Module) -> tuple[str, str] | None:
        """Refuse what a comprehension evaluates later, or in another frame."""
        comprehensions = []
        while scope.kind == "comprehension" and scope.parent:
            comprehensions.append(scope.node)
            scope = scope.parent
        for node in comprehensions:
            if isinstance(node, ast.GeneratorExp) and not is_consumed(
                node, module, self.index
            ):
                return "drive-in-callback", "a generator is evaluated elsewhere"
        if len(comprehensions) > 1:
            # Python 3.10 has no asynchronous comprehension inside a plain one.
            return (
                "drive-in-callback",
                "it stands in a comprehension of a comprehension",
            )
        return None

    def in_lambda(
        self, call: ast.Call, module: Module, frame: Scope, runner: Runner
    ) -> None:
        node = frame.node
        parent = module.parents[node]
        outer = module.at[node]
        keep = self.raises(parent, module) if isinstance(parent, ast.Call) else 0
        if isinstance(parent, ast.Call) and keep and parent.args[keep:] == [node]:
            refusal = self.misplaced(call, module, outer, runner)
            if refusal is None and not _statement_of(parent, module):
                refusal = "drive-in-lambda", _IN_PLACE
            if refusal:
                self.leave(module, call, outer, runner.rule, *refusal)
                return
            # The call in the lambda becomes the await; the assertion, a with.
            self.drive(Drive(module, call, outer.frame, runner))
            self.drive(
                Drive(module, parent, outer.frame, runner, "raises-lambda", keep)
            )
            return
        if is_clean_up(parent) and self.cleaning(parent, call.func, module, runner):
            return
        message = "a lambda cannot await"
        self.leave(module, call, frame, runner.rule, "drive-in-lambda", message)

    def cleaning(
        self, call: ast.AST, use: ast.expr, module: Module, runner: Runner
    ) -> bool:
        """Claim a clean-up that drives; False if it is none that can be awaited."""
        assert isinstance(call, ast.Call)
        scope = module.at[call]
        given = driven(call, use, module)
        simple = runner.form == COROUTINE and runner.limit is None
        if given is None or not simple or self.elsewhere(call, module, scope):
            return False
        if not isinstance(module.parents[call], ast.Expr):
            return False
        drive = Drive(module, call, scope.frame, runner, "clean-up", given=given)
        self.drive(drive)
        return True

    # Assertions

    def raises(self, call: ast.Call, module: Module) -> int:
        return asserted(call, module, self.index)

    def raising(
        self,
        call: ast.Call,
        use: ast.expr,
        module: Module,
        scope: Scope,
        runner: Runner,
        keep: int,
    ) -> None:
        refusal = self.elsewhere(call, module, scope)
        if refusal is None:
            refusal = self._not_given(call, use, runner, keep)
        if refusal is None and not _statement_of(call, module):
            refusal = "drive-in-callback", _IN_PLACE
        if refusal:
            self.leave(module, call, scope, runner.rule, *refusal)
        else:
            self.drive(Drive(module, call, scope.frame, runner, "raises", keep))

    def _not_given(
        self, call: ast.Call, use: ast.expr, runner: Runner, keep: int
    ) -> tuple[str, str] | None:
        """Refuse an assertion that does not give a runner what it drives."""
        if len(call.args) <= keep or call.args[keep] is not use:
            message = f"{spelled(use)} is handed on, and will be called elsewhere"
            return "drive-in-callback", message
        if runner.limit:
            return "drive-in-callback", "the time limit of its runner would be lost"
        if call.keywords and runner.form == COROUTINE:
            return "drive-in-callback", "the assertion says how its runner runs"
        if len(call.args) == keep + 1 and runner.form != FACTORY:
            return "unresolved", "what it drives is not written out"
        return None

    # What is not a drive

    def is_alias(self, parent: ast.AST, use: ast.expr, module: Module) -> bool:
        """``run = asyncio.run``, ``run = partial(asyncio.run, ...)``."""
        if isinstance(parent, ast.Call):
            callee = self.index.value(parent.func, module)
            if callee != {External("functools.partial")} or parent.args != [use]:
                return False
            if self.runners.of(self.index.value(parent, module)) is None:
                return False  # it configures what it runs on
            use, parent = parent, module.parents[parent]
        match parent:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is use:
                self.search_for(name, module.at[use], module)
                return True
        return False

    def search_for(self, name: str, scope: Scope, module: Module) -> None:
        """Make a search word of a name for a runner; of a module's, elsewhere, too."""
        homes = self.words.setdefault(name, set())
        if scope.kind == "module":
            homes.add(module.path)

    def is_decoration(self, use: ast.expr, module: Module) -> bool:
        parent = module.parents[use]
        decorator: ast.expr = use
        if isinstance(parent, ast.Call) and parent.func is use:
            decorator, parent = parent, module.parents[parent]
        if not isinstance(parent, FUNCTIONS) or decorator not in parent.decorator_list:
            return False
        for value in self.index.value(use, module):
            found = (
                self.runners.decorator(value) if isinstance(value, Function) else None
            )
            if found is None:
                continue
            number = parent.decorator_list.index(decorator)
            if decorator is use and isinstance(parent, ast.AsyncFunctionDef):
                site = Decorated(module, parent, number, found)
                self.sites.decorated.append(site)
            else:
                message = "the decorator takes arguments, or decorates a sync function"
                scope = module.at[parent]
                self.leave(module, use, scope, "AW106", "injecting-decorator", message)
            return True
        return False

    def is_part_of_runner(self, call: ast.Call, frame: Scope, module: Module) -> bool:
        node = frame.node
        if isinstance(node, ast.Lambda):
            parent = module.parents[node]
            if not isinstance(parent, ast.Assign) or not self.runners.helper(
                Anonymous(module, node)
            ):
                return False
            for target in parent.targets:
                if isinstance(target, ast.Name):
                    self.search_for(target.id, module.at[node], module)
            self.sites.helpers[node] = Anonymous(module, node)
            return True
        for outer in (node, *module.enclosing(node)):
            if not isinstance(outer, ast.FunctionDef):
                continue
            function = Function(module, outer)
            if (outer is node and self.runners.helper(function)) or (
                outer is not node and self.runners.decorator(function)
            ):
                self.words.setdefault(outer.name, set()).add(module.path)
                if function.owner is not None:
                    self.methods.add(outer.name)
                self.sites.helpers[outer] = function
                return True
        return False

    def unresolved_call(
        self, use: ast.expr, call: ast.Call, module: Module, scope: Scope
    ) -> bool:
        name = use.attr if isinstance(use, ast.Attribute) else ""
        if name == "run_forever":
            message = "it runs the loop until something stops it"
            self.leave(module, call, scope, "AW102", "run-forever", message)
        elif name == "run_until_complete":
            message = f"the loop {spelled(call.func).rpartition('.')[0]!r} is not known"
            self.leave(module, call, scope, "AW102", "unresolved", message)
        elif _SPELLED.search(spelled(use)) and not _defined_here(use, module):
            message = f"what {spelled(use)} means is not known"
            self.leave(module, call, scope, "AW101", "unresolved", message)
        else:
            return False
        return True

    def unresolved_mention(self, use: ast.expr, module: Module, scope: Scope) -> bool:
        if not isinstance(use, ast.Attribute) or use.attr == "run":
            return False
        if use.attr not in DRIVERS and self.is_another(use, module):
            return False
        thread = use.attr == "run_forever"
        reason = "thread-loop" if thread else "unresolved"
        message = (
            "the loop runs in a thread"
            if thread
            else f"what {spelled(use)} means is not known"
        )
        self.leave(module, use, scope, "AW102", reason, message)
        return True

    def is_another(self, use: ast.expr, module: Module) -> bool:
        """Whether what has the name of a helper is known, and is not the helper."""
        values = self.index.value(use, module)
        return not is_unknown(values) and not any(
            isinstance(each, External) for each in values
        )

    def drive(self, drive: Drive) -> None:
        self.sites.drives.append(drive)
        self.sites.by_frame.setdefault(drive.scope.node, []).append(drive)

    def leave(
        self,
        module: Module,
        node: ast.expr,
        scope: Scope,
        rule: str,
        reason: str,
        message: str,
    ) -> None:
        left = Left(module, node, scope.frame, rule, Refusal(reason, message))
        self.sites.left.append(left)
        self.sites.left_by_frame.setdefault(scope.frame.node, []).append(left)


def _statement_of(call: ast.Call, module: Module) -> bool:
    """Whether an assertion is a statement, or a statement keeps what it returns."""
    match module.parents[call]:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Name()]):
            return True
    return False


def _defined_here(use: ast.expr, module: Module) -> bool:
    name = spelled(use).partition(".")[0]
    owner = module.at[use].find(name)
    return owner is not None and owner.kind != "module"
