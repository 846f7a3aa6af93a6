"""Generator coroutines of the test code: which become coroutine functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.asyncio_patches import replaced
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.old_syntax.uses import Uses
from awaitify_codemods.old_syntax.versions import warned_of
from awaitify_codemods.old_syntax.view import Converted
from awaitify_codemods.old_syntax.yields import (
    Judge,
    Yielded,
    coroutine_decorators,
    own_yields,
)

_DUNDERS = frozenset({"__aenter__", "__aexit__", "__anext__", "__call__"})
_MARKS = frozenset({External("pytest.mark.asyncio"), External("pytest.mark.asyncio()")})
_RUN_BY_NAME = ("test", "setUp", "tearDown", "setup", "teardown")
# They hand on what they are given, whatever kind of function it is.
_HARMLESS = (
    "pytest.mark.",
    "unittest.skip",
    "unittest.expectedFailure",
    "abc.abstractmethod",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.property",
    "functools.wraps()",
    "aiohttp.test_utils.unittest_run_loop",
)


@dataclass(eq=False)
class Generators:
    """Finds the generator coroutines of some files.

    Args:
        index: the project's files, as they are.
        runners: what drives a coroutine there.
        paths: the files in which they may change.
        code: all files of the test code.

    """

    index: Index
    runners: Runners
    paths: Iterable[str]
    code: frozenset[str]
    converted: dict[Function, Converted] = field(default_factory=dict)
    refused: dict[Function, Refusal] = field(default_factory=dict)
    _needs: dict[Function, frozenset[Function]] = field(default_factory=dict)

    def find(self) -> None:
        """Find them, and take back what depends on what stays."""
        for path in self.paths:
            module = self.index.module(path)
            for node in module.functions if module else ():
                if module is not None:
                    self._consider(Function(module, node))
        uses = Uses(self.index, self.runners)
        while True:
            staying = {
                function: refusal
                for function in self.converted
                if (refusal := self._objection(function, uses))
            }
            if not staying:
                return
            for function, refusal in staying.items():
                del self.converted[function]
                if coroutine_decorators(function, self.index)[0]:
                    self.refused[function] = refusal

    def _consider(self, function: Function) -> None:
        numbers, of_asyncio = coroutine_decorators(function, self.index)
        if function.is_async:
            if numbers and ast.Yield not in function.module.kinds(function.node):
                # Of a coroutine function they return that itself.
                self.converted[function] = Converted(function.node, numbers)
            return
        if not numbers and not self._is_plain_candidate(function):
            return
        found = self._converted(function, numbers, of_asyncio)
        if isinstance(found, Converted):
            self.converted[function] = found
        elif numbers:
            self.refused[function] = found

    def _converted(
        self, function: Function, numbers: tuple[int, ...], of_asyncio: bool
    ) -> Converted | Refusal:
        node = function.node
        assert isinstance(node, ast.FunctionDef)
        name = node.name
        if name.startswith("__") and name.endswith("__") and name not in _DUNDERS:
            return Refusal("helper-escapes", f"Python itself calls {name}")
        if refusal := self._decorated(function, numbers) or _warned_of(function):
            return refusal
        if refusal := self._told_apart(function):
            return refusal
        yields = own_yields(function)
        if not yields:
            if not of_asyncio:
                message = "types.coroutine makes no coroutine of what yields nothing"
                return Refusal("generator-test", message)
            return self._returning(function, numbers)
        locks = self._locks(yields, function.module)
        if locks is None:
            message = "it enters a lock beside other things"
            return Refusal("generator-test", message)
        needed: set[Function] = set()
        for each in yields:
            if each in locks:
                continue
            found = self._yielded(each, function.module, of_asyncio or not numbers)
            if found.message:
                message = f"{found.message} (line {each.lineno})"
                return Refusal("generator-test", message)
            needed |= found.generators
        self._needs[function] = frozenset(needed)
        return Converted(node, numbers, (), frozenset(locks))

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.index)

    def _yielded(
        self, node: ast.Yield | ast.YieldFrom, module: Module, turns: bool
    ) -> Yielded:
        """Judge what is yielded: an awaitable, or nothing, for a turn of the loop."""
        if isinstance(node, ast.YieldFrom):
            if not turns and not self._judge.returned(node.value, module):
                return Yielded("that it is awaited by asyncio is not certain")
            return self._judge.yielded(node.value, module)
        is_none = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not is_none:
            return Yielded("it yields a value")
        return Yielded("" if turns else "who runs it may not be asyncio")

    def _locks(
        self, yields: Iterable[ast.expr], module: Module
    ) -> set[ast.YieldFrom] | None:
        """Return the locks that are entered; None if something else is, with one."""
        found: set[ast.YieldFrom] = set()
        for node in yields:
            item = module.parents[node]
            if not isinstance(item, ast.withitem) or not isinstance(
                node, ast.YieldFrom
            ):
                continue
            if self._judge.is_lock(node.value, module):
                outer = module.parents[item]
                assert isinstance(outer, ast.With)
                if len(outer.items) > 1 or item.optional_vars is not None:
                    return None
                found.add(node)
        return found

    def _returning(
        self, function: Function, numbers: tuple[int, ...]
    ) -> Converted | Refusal:
        """Judge a function that yields nothing: what it returns may be awaited."""
        node, module = function.node, function.module
        assert isinstance(node, ast.FunctionDef)
        awaited: list[ast.expr] = []
        for each in module.returns.get(node, ()):
            kind = self._judge.returned(each.value, module)
            if kind is None:
                message = "asyncio.coroutine awaits what it returns, if that can be"
                return Refusal("unknown-value", f"{message} (line {each.lineno})")
            if kind and isinstance(each.value, ast.Call):
                awaited.append(each.value)
        return Converted(node, numbers, tuple(awaited))

    def _decorated(
        self, function: Function, numbers: tuple[int, ...]
    ) -> Refusal | None:
        """Object to other decorators that may do something with a generator."""
        for number, decorator in enumerate(function.node.decorator_list):
            if number in numbers:
                continue
            values = self.index.value(decorator, function.module)
            if not values or not all(
                (isinstance(each, External) and each.name.startswith(_HARMLESS))
                or self.runners.decorating(each)
                for each in values
            ):
                what = ast.unparse(decorator)
                message = f"@{what} is not known to keep a coroutine function"
                return Refusal("injecting-decorator", message)
        return None

    def _told_apart(self, function: Function) -> Refusal | None:
        """Object to tests where something may run generators in its own way."""
        if function.node.name.startswith(_RUN_BY_NAME):
            for word in ("isgeneratorfunction", "isgenerator", "GeneratorType"):
                for path in self.index.words.files_with(word):
                    message = f"{path} asks what is a generator"
                    return Refusal("branch-on-kind", message)
        return None

    def _objection(self, function: Function, uses: Uses) -> Refusal | None:
        """Return why one stays while others do."""
        if function.is_async:
            return None
        for needed in self._needs.get(function, ()):
            if needed not in self.converted:
                message = f"{needed.node.name}, which it yields from, is a generator"
                return Refusal("generator-test", message)
        if not coroutine_decorators(function, self.index)[1]:
            # A mock of a coroutine function is one, too; of a generator it is none.
            for home, _ in replaced(function.node.name, self.index, self.code):
                message = f"tests put something in its place ({home.path})"
                return Refusal("mixed-use", message)
        run = self._is_run(function)
        if not self.converted[function].decorators and not run:
            if not uses.is_driven(function, self.converted):
                return Refusal("generator-test", "who runs it is not known")
            return None
        if message := uses.misuse(function, self.converted):
            return Refusal("mixed-use", message)
        return None

    def _is_plain_candidate(self, function: Function) -> bool:
        """Whether a generator without a decorator may be one of coroutines."""
        node = function.node
        if not function.module.kinds(node) & {ast.Yield, ast.YieldFrom}:
            return False
        return not node.decorator_list or self._is_run(function)

    def _is_run(self, function: Function) -> bool:
        """Whether a decorator drives what it decorates.

        It is one of the project, or the marker: what yields from something ran under
        the first versions of pytest-asyncio.
        """
        values = {
            value
            for decorator in function.node.decorator_list
            for value in self.index.value(decorator, function.module)
        }
        if values & _MARKS and function.node.name.startswith("test"):
            return ast.YieldFrom in function.module.kinds(function.node)
        return any(
            self.runners.decorating(value)
            for value in values
            if isinstance(value, Function)
        )


def _warned_of(function: Function) -> Refusal | None:
    """Object where the warning that `asyncio.coroutine` gives is looked at."""
    if line := warned_of(function.node, function.module):
        message = "a test looks at the warnings that its definition gives"
        return Refusal("mixed-use", f"{message} (line {line})")
    return None
