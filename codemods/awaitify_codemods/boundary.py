"""How a drive becomes an await: what its run did besides awaiting, and who notices.

plain: ``await E``; task: ``await create_task(E)``, which `run_until_complete` did;
turn: ``await E``, then ``await sleep(0)``, the turn that `asyncio.run` gave at its end.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.aftermath import NONE, Aftermath
from awaitify_codemods.facts.aftermaths import Aftermaths, may_leave
from awaitify_codemods.facts.attribute_reads import AttributeReads
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.references import References
from awaitify_codemods.facts.replaced import Replaced, replaced_at
from awaitify_codemods.facts.runners import COROUTINE, FACTORY, FUNCTION, RUN
from awaitify_codemods.facts.sites import Drive, Refusal
from awaitify_codemods.facts.switches import switches_for
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import Anonymous, Class, External, Function, Values

PLAIN, TASK, TURN = "plain", "task", "turn"

_STATES = frozenset({"done", "cancelled", "cancelling", "is_closed", "is_running"})
_SCHEDULERS = frozenset(
    {"create_task", "ensure_future", "call_soon", "call_soon_threadsafe"}
)
_COROUTINES = frozenset({External("asyncio.sleep"), External("asyncio.wait_for")})
_RAISING = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
_TEAR_DOWNS = frozenset(
    "tearDown asyncTearDown tearDownClass tearDownModule teardown_method "
    "teardown_class teardown_function teardown_module teardown doCleanups".split()
)
_CLEAN_UPS = frozenset({"addCleanup", "addClassCleanup", "addAsyncCleanup"})
_EXITS = frozenset({"SystemExit", "KeyboardInterrupt", "BaseException"})
_REPLACED = re.compile(
    r"^((\w+\.)*asyncio\.(\w+\.)?)?(sleep|create_task|ensure_future|wait_for)$"
)


@dataclass(eq=False)
class Boundaries:
    """Judges drives by what they leave behind and by what follows them."""

    index: Index
    aftermaths: Aftermaths
    references: References
    _without: dict[object, Aftermaths] = field(default_factory=dict)

    @cached_property
    def _reads(self) -> AttributeReads:
        return AttributeReads(self.index)

    def form(self, drive: Drive) -> str | Refusal:
        """Return plain, task or turn; a refusal if no form keeps what is observed."""
        if drive.shape == "raises-lambda":
            return PLAIN
        if drive.shape == "clean-up":
            return self._clean_up(drive)
        if self._binds(drive):
            message = "it sets a context variable, which an async test keeps to itself"
            return Refusal("run-boundary", message)
        left = self._left_by(drive)
        follows = _following(drive.module, drive.node, drive.scope.node)
        if self._pumps(drive) or self._given_leaves(drive):
            return self._task(drive)
        if drive.runner.boundary == RUN:
            refusal = self._ended(drive, left, follows)
            if refusal:
                return refusal
        if left.looks or left.sets & self._read_by(follows, drive.module):
            return self._task(drive)
        if not left.tasks and not self._is_noticed(left, drive, follows):
            return PLAIN
        if not follows and self._ends_test(drive):
            return PLAIN
        if drive.runner.boundary != RUN:
            return self._task(drive)
        statement = drive.module.statement(drive.node)
        whole = getattr(statement, "value", None) is drive.node
        if not whole or not isinstance(statement, (ast.Expr, ast.Assign)):
            message = "tasks are left behind in the middle of a statement"
            return Refusal("run-boundary", message)
        return _replaced(drive) or TURN

    def _clean_up(self, drive: Drive) -> str | Refusal:
        """Refuse a clean-up that leaves something for those that run after it."""
        left = self._aftermath(drive, self.aftermaths)
        if left.tasks or left.teardown or left.sets or left.looks:
            return Refusal("run-boundary", "a clean-up leaves tasks behind")
        return PLAIN

    def _binds(self, drive: Drive) -> bool:
        """Whether sync code of a test sets a context variable for what follows it."""
        return any(
            not function.is_async and self.aftermaths.of_function(function).sets
            for call in drive.scope.calls
            for function in self.index.called(call, drive.module, may_leave)
        )

    def _is_noticed(
        self, left: Aftermath, drive: Drive, follows: list[ast.stmt]
    ) -> bool:
        """Whether what follows may see that tasks left behind had no turn yet.

        The test looks at what they set, or has replaced what they run.
        """
        if left.stores & self._reads.attributes_in(follows, drive.module):
            return True
        return any(
            isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and each.attr in left.spawned
            for each in walk(drive.scope.node)
        )

    def _ends_test(self, drive: Drive) -> bool:
        """Whether nothing is left after a drive that could notice anything."""
        return _is_last(drive) and not any(
            scope.names.keys() & _TEAR_DOWNS or self._cleans_up(scope, module)
            for scope, module in self._around(drive)
        )

    def _is_cleaned_up(self, drive: Drive) -> bool:
        return any(self._cleans_up(*each) for each in self._around(drive))

    def _around(self, drive: Drive) -> Iterator[tuple[Scope, Module]]:
        """Yield the scopes in which what is called after a test may be defined."""
        yield drive.module.scope, drive.module
        owner = _class_of(drive)
        if owner is not None:
            for base in self.index.mro(Class(drive.module, owner)):
                if isinstance(base, Class):
                    yield base.module.scopes[base.node], base.module

    def _cleans_up(self, scope: Scope, module: Module) -> bool:
        """``addCleanup(self.check)``: a function that may look at what is left."""
        return scope.kind == "class" and any(
            isinstance(call := module.parents[use], ast.Call)
            and call.args
            and scope.node in module.enclosing(call)
            and any(
                isinstance(value, (Anonymous, Function))
                for value in self.index.value(call.args[0], module)
            )
            for name in _CLEAN_UPS
            for use in module.uses.get(name, ())
        )

    def _task(self, drive: Drive) -> str | Refusal:
        if drive.shape != "call" or drive.runner.form != COROUTINE:
            message = "what it leaves behind needs a task of its own"
            return Refusal("run-boundary", message)
        if _expects_exit(drive.module, drive.node):
            message = "an exit raised in a task ends the loop, not the assertion"
            return Refusal("run-boundary", message)
        return _replaced(drive) or TASK

    def _given_leaves(self, drive: Drive) -> bool:
        """Whether a helper drives a parameter, and what callers give leaves traces."""
        function = drive.scope.node
        if not _drives_parameter(drive) or not isinstance(function, ast.FunctionDef):
            return False
        given = [
            self.aftermaths.of_expression(argument, reference.module)
            for reference in self.references.to(Function(drive.module, function))
            for argument in (reference.call.args if reference.call else ())
        ]
        return any(left.tasks or left.sets for left in given)

    def _pumps(self, drive: Drive) -> bool:
        """Whether a drive gives turns to tasks that the test has scheduled before.

        ``await E`` gives none if E does not suspend, and ``sleep(0)`` in a run
        gives more than one.
        """
        if drive.runner.boundary == RUN or drive.runner.loop is None:
            return False
        node = drive.awaitable
        if (
            isinstance(node, ast.Call)
            and node.args
            and self.index.value(node.func, drive.module) == {External("asyncio.sleep")}
        ):
            return isinstance(node.args[0], ast.Constant) and not node.args[0].value
        return node is not None and any(
            call.lineno < drive.node.lineno
            and _spawns(call)
            and not _mentions_result(node, call, drive.module)
            for call in drive.scope.calls
        )

    def is_coroutine(self, drive: Drive) -> bool:
        """Whether what is driven is certainly a coroutine, not another awaitable."""
        node = drive.awaitable
        values: Values
        if drive.runner.form in (FUNCTION, FACTORY):
            values = self.index.value(node, drive.module) if node else frozenset()
        elif isinstance(node, ast.Call):
            values = self.index.value(node.func, drive.module)
        else:
            return False
        read = [self.index.behind(value) for value in values]
        return bool(read) and all(
            (isinstance(value, Function) and value.is_async) or value in _COROUTINES
            for value in read
        )

    def _left_by(self, drive: Drive) -> Aftermath:
        found = self._aftermath(drive, self.aftermaths)
        if not found.tasks and not found.teardown and not found.lives:
            return found
        replaced = replaced_at(
            drive.node,
            drive.module,
            drive.scope,
            self.index,
            self.aftermaths.is_quiet,
        )
        owner = _class_of(drive)
        test = drive.scope.node
        switches = switches_for(owner, test, drive.module, self.index)
        key = (replaced, drive.module, owner, switches.off)
        if key not in self._without:
            if replaced == Replaced() and not switches.off:
                return found
            self._without[key] = Aftermaths(
                self.index, self.aftermaths.test_code, replaced, switches
            )
        aftermaths = self._without[key]
        left = self._aftermath(drive, aftermaths)
        relied = aftermaths.switches.relied if aftermaths.switches else set()
        given = _keywords(drive) if relied else set()
        return found if relied & given else left

    def _aftermath(self, drive: Drive, aftermaths: Aftermaths) -> Aftermath:
        node = drive.awaitable
        if node is None:
            return NONE
        found = aftermaths.of_expression(node, drive.module)
        if _looks_at_result(drive) and aftermaths.handed_tasks.in_expression(
            node, drive.module
        ):
            # The test looks at a task that had a turn, and at what it did.
            found |= Aftermath(tasks=True)
        if drive.runner.form in (FUNCTION, FACTORY):
            for value in self.index.value(node, drive.module):
                if isinstance(value, Function):
                    found |= aftermaths.of_function(value)
        return found

    def _ended(
        self, drive: Drive, left: Aftermath, follows: list[ast.stmt]
    ) -> Refusal | None:
        parent = drive.module.parents[drive.node]
        if isinstance(parent, ast.Attribute) and parent.attr in _STATES:
            message = f"{parent.attr}() is asked after the run has ended"
            return Refusal("run-boundary", message)
        if left.teardown and (follows or self._is_cleaned_up(drive)):
            message = "the end of the run cleans up, which may be looked at"
            return Refusal("run-boundary", message)
        if left.lives and self._drives_again(drive, follows):
            message = "a task that the run ended would live on in the next"
            return Refusal("run-boundary", message)
        for statement in follows:
            for node in walk(statement):
                if isinstance(node, ast.Attribute) and node.attr in _STATES:
                    message = f"{node.attr}() is asked after the run has ended"
                    return Refusal("run-boundary", message)
        return None

    def _drives_again(self, drive: Drive, follows: list[ast.stmt]) -> bool:
        """Whether one of the statements drives a coroutine in the same way."""
        callee = ast.dump(drive.node.func)
        return any(
            isinstance(node, ast.Call) and ast.dump(node.func) == callee
            for statement in follows
            for node in walk(statement)
        )

    def _read_by(self, statements: list[ast.stmt], module: Module) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for statement in statements:
            found |= self.aftermaths.of_expression(statement, module).reads
            for node in walk(statement):
                if isinstance(node, ast.Attribute) and node.attr == "get":
                    owner = node.value
                    name = getattr(owner, "attr", getattr(owner, "id", ""))
                    found |= {name}
        return found


def _following(module: Module, node: ast.AST, function: ast.AST) -> list[ast.stmt]:
    """Return what may run after a drive, its own statement included if it goes on."""
    found: list[ast.stmt] = []
    whole = module.statement(node)
    if not isinstance(whole, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
        found.append(whole)
    statement: ast.AST = whole
    for outer in module.enclosing(statement):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(outer, name, None)
            if isinstance(block, list) and statement in block:
                found += block[block.index(statement) + 1 :]
        if isinstance(outer, (ast.For, ast.While, ast.AsyncFor)):
            found.append(outer)
        if isinstance(outer, ast.Try):
            found += outer.finalbody
        if outer is function:
            break
        statement = outer
    return found


def _keywords(drive: Drive) -> set[str | None]:
    """Return the arguments that a test gives by name, or a helper of its file does."""
    module = drive.module
    helpers = [each for each in module.functions if not each.name.startswith("test")]
    scopes = [drive.scope, *(module.scopes[each] for each in helpers)]
    return {
        each.arg for scope in scopes for call in scope.calls for each in call.keywords
    }


def _class_of(drive: Drive) -> ast.ClassDef | None:
    """Return the class in which a drive stands."""
    for outer in drive.module.enclosing(drive.node):
        if isinstance(outer, ast.ClassDef):
            return outer
    return None


def _looks_at_result(drive: Drive) -> bool:
    """Whether a result is kept, and not awaited before anything else happens."""
    module = drive.module
    match module.parents[drive.node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            follows = _following(module, drive.node, drive.scope.node)
        case ast.Assign():
            return True
        case _:
            return False
    return bool(follows) and not any(
        isinstance(argument, ast.Name) and argument.id == name
        for each in ast.walk(follows[0])
        if isinstance(each, ast.Call)
        for argument in each.args
    )


def _drives_parameter(drive: Drive) -> bool:
    """Whether a helper drives what it is given."""
    node = drive.awaitable
    if not isinstance(node, ast.Name):
        return False
    bindings = drive.scope.names.get(node.id, ())
    return any(binding.kind == "param" for binding in bindings)


def _spawns(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _SCHEDULERS


def _mentions_result(node: ast.expr, call: ast.Call, module: Module) -> bool:
    """Whether an expression waits for the task that a call made."""
    statement = module.statement(call)
    names = {
        each.id
        for each in walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    return any(isinstance(each, ast.Name) and each.id in names for each in walk(node))


def _expects_exit(module: Module, node: ast.AST) -> bool:
    """Whether a drive stands in ``with raises(SystemExit)`` or the like."""
    for outer in module.enclosing(node):
        if isinstance(outer, (ast.With, ast.Try)):
            heads: list[ast.AST] = []
            if isinstance(outer, ast.With):
                heads += outer.items
            else:
                heads += [each.type for each in outer.handlers if each.type]
            for head in heads:
                for each in walk(head):
                    if getattr(each, "id", getattr(each, "attr", "")) in _EXITS:
                        return True
    return False


def _replaced(drive: Drive) -> Refusal | None:
    """Refuse new calls of asyncio functions where the test may have replaced them."""
    for node in walk(drive.scope.node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _REPLACED.search(node.value):
                message = "it replaces functions of asyncio"
                return Refusal("runner-patched", message)
    return None


def _is_last(drive: Drive) -> bool:
    """Whether nothing of the test itself runs after its last drive."""
    function = drive.scope.node
    if not getattr(function, "name", "").startswith("test"):
        return False
    for outer in drive.module.enclosing(drive.node):
        if outer is function:
            break
        if isinstance(outer, (ast.Try, ast.AsyncWith)):
            return False
        if isinstance(outer, ast.With) and not all(map(_is_raising, outer.items)):
            return False
    return not _has_fixtures(function)


def _is_raising(item: ast.withitem) -> bool:
    call = item.context_expr
    name = getattr(call, "func", call)
    return getattr(name, "attr", getattr(name, "id", "")) in _RAISING


def _has_fixtures(function: ast.AST) -> bool:
    """Whether a test has parameters that no ``@patch`` gives."""
    assert isinstance(function, ast.FunctionDef)
    given = [each.arg for each in function.args.args if each.arg != "self"]
    patches = [each for each in function.decorator_list if "patch" in ast.dump(each)]
    return len(given) > len(patches)
