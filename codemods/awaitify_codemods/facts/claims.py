"""Sites are listed by syntax, then given a meaning.

Every site ends as a drive, as part of a runner or of a loop's life cycle, or
refused with a reason; what nothing claims is ``unresolved``.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from awaitify_codemods.facts.assertions import asserted, is_kept_whole, not_given
from awaitify_codemods.facts.cleanups import driven, is_clean_up
from awaitify_codemods.facts.driver_names import Names
from awaitify_codemods.facts.finalizers import is_movable
from awaitify_codemods.facts.fixture_decorators import fixture_name
from awaitify_codemods.facts.given_to import GivenTo
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.lifecycle import is_shutdown
from awaitify_codemods.facts.loop_fixtures import LoopFixtures
from awaitify_codemods.facts.module import FUNCTIONS, Module, Scope, spelled
from awaitify_codemods.facts.placement import elsewhere, misplaced, of_generator
from awaitify_codemods.facts.references import is_unknown
from awaitify_codemods.facts.runner import COROUTINE, FUNCTION, Runner
from awaitify_codemods.facts.runners import ASYNC_TO_SYNC, CONVERTING, Runners
from awaitify_codemods.facts.sites import Decorated, Drive, Left, Refusal, Sites
from awaitify_codemods.facts.unresolved import unresolved_call, unresolved_mention
from awaitify_codemods.facts.values import Anonymous, External, Function, Values

_IN_PLACE = "what the assertion returns is used in its statement"


def find(
    index: Index,
    runners: Runners,
    loop_fixtures: LoopFixtures,
    test_code: frozenset[str],
) -> Sites:
    """List the sites of the test code of a project."""
    finder = _Finder(index, runners, loop_fixtures, test_code)
    finder.run()
    return finder.sites


class _Finder:
    """The walk over all mentions of drivers."""

    def __init__(
        self,
        index: Index,
        runners: Runners,
        loop_fixtures: LoopFixtures,
        test_code: frozenset[str],
    ) -> None:
        self.index = index
        self.runners = runners
        self.loop_fixtures = loop_fixtures
        self.test_code = test_code
        self.sites = Sites()
        self.names = Names()
        self.seen: set[ast.AST] = set()

    def run(self) -> None:
        if self.runners.declared is not None:
            for name, definition in self.runners.declared.mentions():
                self.names.add_said(name, definition)
        direct = [path for path in self.index.words.drivers() if path in self.test_code]
        paths = self.carrying(direct)
        known = 0
        # Names of helpers found become search words, until there are no new ones.
        while known != len(self.names):
            known = len(self.names)
            for path in paths:
                module = self.index.module(path)
                if module:
                    self.scan(module)
            paths = self.carrying(direct)

    def carrying(self, direct: list[str]) -> list[str]:
        found = self.names.carriers(self.index.words)
        helped = [path for path in found if path in self.test_code]
        return list(dict.fromkeys([*direct, *helped]))

    def scan(self, module: Module) -> None:
        for statement in module.imports:
            for alias in statement.names:
                if alias.name in self.names.homes and alias.asname:
                    self.names.add(alias.asname, module.at[statement], module)
        for word in list(self.names.homes):
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
        if values == {ASYNC_TO_SYNC} and not self.is_tested("asgiref.sync", module):
            self.converting(use, module, scope)
            return True
        if runner is None and any(self.runners.of(frozenset({v})) for v in values):
            message = f"{spelled(use)} has several meanings"
            self.sites.leave(
                module, use, scope, "AW105", Refusal("unresolved", message)
            )
            return True
        if runner is None and (harm := self.runners.harm(values)):
            self.sites.leave(module, use, scope, "AW105", Refusal(*harm))
            return True
        if runner is None:
            if self.names.is_only_said(use):
                return self.may_be_said(use, values, module, scope)
            return self.unresolved(use, module, scope)
        if isinstance(parent, ast.Call) and parent.func is use:
            self.call(parent, module, scope, runner)
        elif self.is_alias(parent, use, module):
            pass
        elif isinstance(parent, ast.Call) and (
            keep := asserted(parent, module, self.index)
        ):
            self.raising(parent, use, module, scope, runner, keep)
        elif is_clean_up(parent) and self.cleaning(parent, use, module, runner):
            pass
        elif not self.is_given(use, parent, module, runner):
            message = f"{spelled(use)} is handed on, and will be called elsewhere"
            self.sites.leave(
                module, use, scope, runner.rule, Refusal("drive-in-callback", message)
            )
        return True

    def may_be_said(
        self,
        use: ast.Name | ast.Attribute,
        values: Values,
        module: Module,
        scope: Scope,
    ) -> bool:
        """Leave what has the name of a runner that the user names, and may be it."""
        if not is_unknown(values):
            return False
        message = f"what {spelled(use)} means is not known: a runner has its name"
        refusal = Refusal("unresolved", message)
        self.sites.leave(module, use, scope, "AW105", refusal)
        return True

    def call(
        self, call: ast.Call, module: Module, scope: Scope, runner: Runner
    ) -> None:
        frame = scope.frame
        if is_shutdown(call, module, self.index):
            self.sites.endings.append((module, call))
            return
        if runner.rule == "AW357" and self.is_tested("tornado.ioloop", module):
            tested = Refusal("loop-asserted", "IOLoop is what is tested")
            self.sites.leave(module, call, scope, runner.rule, tested)
            return
        if self.is_part_of_runner(call, frame, module):
            self.sites.inner.append((module, call))
            return
        if runner.declared:
            function = GivenTo(self.index, self.runners).is_function(call, module)
            if isinstance(function, Refusal):
                self.sites.leave(module, call, scope, runner.rule, function)
                return
            runner = replace(runner, form=FUNCTION if function else COROUTINE)
        if frame.kind == "lambda":
            self.in_lambda(call, module, frame, runner)
            return
        refusal = misplaced(call, module, scope, runner, self.index)
        if refusal:
            self.sites.leave(module, call, scope, runner.rule, refusal)
        else:
            self.sites.drive(Drive(module, call, frame, runner))

    def is_tested(self, library: str, module: Module) -> bool:
        """Whether a library is what the tests of this project are about."""
        return self.index.locate(library, module.path) is not None

    def converting(
        self, use: ast.Name | ast.Attribute, module: Module, scope: Scope
    ) -> None:
        """Claim ``async_to_sync(f)(x)``; what is kept of it is called elsewhere."""
        inner = module.parents[use]
        match module.parents.get(inner), inner:
            case (
                ast.Call(func=func) as call,
                ast.Call(func=callee, args=[given], keywords=[]),
            ) if func is inner and callee is use:
                refusal = elsewhere(call, module, scope, self.index)
                if isinstance(given, ast.Starred):
                    refusal = Refusal("unresolved", "what it drives is not written out")
                if scope.frame.kind == "lambda":
                    refusal = Refusal("drive-in-lambda", "a lambda cannot await")
                if refusal is None:
                    self.sites.drive(Drive(module, call, scope.frame, CONVERTING))
                    return
            case _:
                message = "what it makes is called elsewhere, or on a loop of its own"
                refusal = Refusal("drive-in-callback", message)
        self.sites.leave(module, use, scope, "AW355", refusal)

    def in_lambda(
        self, call: ast.Call, module: Module, frame: Scope, runner: Runner
    ) -> None:
        node = frame.node
        parent = module.parents[node]
        outer = module.at[node]
        keep = (
            asserted(parent, module, self.index) if isinstance(parent, ast.Call) else 0
        )
        if isinstance(parent, ast.Call) and keep and parent.args[keep:] == [node]:
            refusal = misplaced(call, module, outer, runner, self.index)
            if refusal is None and not is_kept_whole(parent, module):
                refusal = Refusal("drive-in-lambda", _IN_PLACE)
            if refusal:
                self.sites.leave(module, call, outer, runner.rule, refusal)
                return
            # The call in the lambda becomes the await; the assertion, a with.
            self.sites.drive(Drive(module, call, outer.frame, runner))
            self.sites.drive(
                Drive(module, parent, outer.frame, runner, "raises-lambda", keep)
            )
            return
        if is_clean_up(parent) and self.cleaning(parent, call.func, module, runner):
            return
        if self.finalizing(call, node, module, runner):
            return
        message = "a lambda cannot await"
        self.sites.leave(
            module, call, frame, runner.rule, Refusal("drive-in-lambda", message)
        )

    def cleaning(
        self, call: ast.AST, use: ast.expr, module: Module, runner: Runner
    ) -> bool:
        """Claim a clean-up that drives; False if it is none that can be awaited."""
        assert isinstance(call, ast.Call)
        scope = module.at[call]
        given = driven(call, use, module)
        simple = runner.form == COROUTINE and runner.limit is None
        simple = simple and not runner.declared
        if given is None or not simple or elsewhere(call, module, scope, self.index):
            return False
        if not isinstance(module.parents[call], ast.Expr):
            return False
        drive = Drive(module, call, scope.frame, runner, "clean-up", given=given)
        self.sites.drive(drive)
        return True

    def finalizing(
        self, call: ast.Call, node: ast.AST, module: Module, runner: Runner
    ) -> bool:
        """Claim a finalizer of a fixture; False if it is none that can be awaited."""
        found = module.parents[node]
        simple = runner.form == COROUTINE and runner.limit is None
        match node, found, call.args:
            case ast.Lambda(body=body), ast.Call(), [ast.Call() as given] if (
                body is call and simple and is_movable(found, module, self.index)
            ):
                frame = module.at[found].frame
                drive = Drive(module, found, frame, runner, "finalizer", given=given)
                self.sites.drive(drive)
                return True
        return False

    def is_given(
        self, use: ast.expr, parent: ast.AST, module: Module, runner: Runner
    ) -> bool:
        """``return asyncio.run``, in a fixture that gives nothing else."""
        node = module.at[use].frame.node
        if not isinstance(parent, (ast.Return, ast.Yield)):
            return False
        if not isinstance(node, ast.FunctionDef):
            return False
        function = Function(module, node)
        if self.loop_fixtures.gives(function) != "runner":
            return False
        self.names.add_fixture(fixture_name(function, self.index), module)
        message = f"{spelled(use)} is handed on, and will be called elsewhere"
        refusal = Refusal("drive-in-callback", message)
        left = Left(module, use, module.at[use].frame, runner.rule, refusal)
        self.sites.given.append(left)
        return True

    def raising(
        self,
        call: ast.Call,
        use: ast.expr,
        module: Module,
        scope: Scope,
        runner: Runner,
        keep: int,
    ) -> None:
        refusal = elsewhere(call, module, scope, self.index)
        if refusal is None:
            refusal = not_given(call, use, runner, keep)
        if refusal is None:
            refusal = of_generator(call.args[keep + 1 :], module, self.index)
        if refusal is None and runner.rule == "AW357":
            refusal = Refusal("unresolved", "what it drives may not be awaitable")
        if refusal is None and runner.declared:
            given = GivenTo(self.index, self.runners)
            refusal = given.not_a_coroutine(call.args[keep + 1 :], module)
        if refusal is None and not is_kept_whole(call, module):
            refusal = Refusal("drive-in-callback", _IN_PLACE)
        if refusal:
            self.sites.leave(module, call, scope, runner.rule, refusal)
        else:
            self.sites.drive(Drive(module, call, scope.frame, runner, "raises", keep))

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
                self.names.add(name, module.at[use], module)
                return True
        return False

    def is_decoration(self, use: ast.expr, module: Module) -> bool:
        parent = module.parents[use]
        decorator: ast.expr = use
        if isinstance(parent, ast.Call) and parent.func is use:
            decorator, parent = parent, module.parents[parent]
        if not isinstance(parent, FUNCTIONS) or decorator not in parent.decorator_list:
            return False
        for value in self.index.value(use, module):
            found = self.runners.decorating(value)
            if found is None:
                continue
            if value == ASYNC_TO_SYNC and self.is_tested("asgiref.sync", module):
                continue
            number = parent.decorator_list.index(decorator)
            if decorator is use and isinstance(parent, ast.AsyncFunctionDef):
                site = Decorated(module, parent, number, found)
                self.sites.decorated.append(site)
            else:
                message = "the decorator takes arguments, or decorates a sync function"
                scope = module.at[parent]
                self.sites.leave(
                    module, use, scope, "AW106", Refusal("injecting-decorator", message)
                )
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
                    self.names.add(target.id, module.at[node], module)
            self.sites.helpers[node] = Anonymous(module, node)
            return True
        for outer in (node, *module.enclosing(node)):
            if not isinstance(outer, ast.FunctionDef):
                continue
            function = Function(module, outer)
            helper = self.runners.helper(function)
            if (helper and (outer is node or helper.declared)) or (
                outer is not node and self.runners.decorator(function)
            ):
                self.names.add_helper(function)
                self.sites.helpers[outer] = function
                return True
        return False

    def unresolved(self, use: ast.expr, module: Module, scope: Scope) -> bool:
        parent = module.parents[use]
        node = use
        if isinstance(parent, ast.Call) and parent.func is use:
            node, found = parent, unresolved_call(use, module)
        else:
            found = unresolved_mention(use, module, self.index)
        if found:
            self.sites.leave(module, node, scope, *found)
        return found is not None
