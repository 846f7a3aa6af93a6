"""AW532 old-asyncio-name."""

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.assertions import is_asserted, is_in_decorator
from awaitify_codemods.facts.asyncio_patches import replaced
from awaitify_codemods.facts.glances import has_old_name
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Anonymous, External, Function, Value
from awaitify_codemods.old_syntax.awaitables import runs_in_loop
from awaitify_codemods.old_syntax.versions import for_some_versions
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class OldAsyncioName(Rule):
    """What asyncio calls otherwise now is called by its new name.

    `asyncio.Task.all_tasks()` and `Task.current_task()` are gone since Python 3.9:
    they are `asyncio.all_tasks()` and `asyncio.current_task()`, which want a loop that
    runs, or a loop. `JoinableQueue` is `Queue`, `getattr(asyncio, "async")` is
    `ensure_future`, and in coroutines `asyncio.Task(c)` is `asyncio.create_task(c)`.
    `asyncio.iscoroutinefunction` is deprecated since Python 3.14; it is
    `inspect.iscoroutinefunction` where what is asked about is certainly a function:
    of mocks and of marked objects they may say something else.

    Left outside of coroutines, where code is there for some versions only, where tests
    replace what is called, and where an assertion may count the tasks that are done,
    which `Task.all_tasks` did.
    """

    META = Meta(
        code="AW532",
        name="old-asyncio-name",
        summary="Use the names that asyncio has today.",
        safety=Safety.SAFE,
        triggers=(
            b"all_tasks",
            b"current_task",
            b"JoinableQueue",
            b"Task(",
            b"iscoroutinefunction",
            b"'async'",
            b'"async"',
        ),
        beside=(b"asyncio",),
        examples=(
            Example(
                "tasks of the loop that runs",
                before="""
                    import asyncio

                    import pytest

                    from app import work

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.Task(work())
                        others = asyncio.Task.all_tasks() - {asyncio.Task.current_task()}
                        assert others == {task}
                        await task
                """,
                after="""
                    import asyncio

                    import pytest

                    from app import work

                    @pytest.mark.asyncio
                    async def test_work():
                        task = asyncio.create_task(work())
                        others = asyncio.all_tasks() - {asyncio.current_task()}
                        assert others == {task}
                        await task
                """,
            ),
            Example.unchanged(
                "no loop runs",
                """
                    import asyncio

                    def pending():
                        return asyncio.Task.all_tasks()
                """,
            ),
        ),
        stands_apart=True,
        glance=has_old_name,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Rename each call that means the same by its new name."""
        for module in work.like(self.META):
            for call in module.calls:
                if name := _old_name(call, module, work):
                    yield from _decided(call, name, module, work)


_NEW = {
    "Task.all_tasks": "asyncio.all_tasks",
    "Task.current_task": "asyncio.current_task",
    "JoinableQueue": "asyncio.Queue",
    "Task": "asyncio.create_task",
    "iscoroutinefunction": "inspect.iscoroutinefunction",
    "async": "asyncio.ensure_future",
}
_PARTS = re.compile(r"^asyncio\.(coroutines|queues|tasks)\.")
_OF_LOOP = ("Task.all_tasks", "Task.current_task")


def _old_name(call: ast.Call, module: Module, work: Work) -> str:
    """Return the old name of what is called, without its package; "" if it has none."""
    match call.func:
        case ast.Call(args=[owner, ast.Constant(value="async")], func=func):
            getter = {External("builtins.getattr")}
            if work.index.value(func, module) == getter:
                if work.index.value(owner, module) == {External("asyncio")}:
                    return "async"
            return ""
    values = work.index.value(call.func, module)
    names = {_PARTS.sub("asyncio.", getattr(each, "name", "")) for each in values}
    if len(names) != 1 or not all(isinstance(each, External) for each in values):
        return ""
    package, _, name = names.pop().partition(".")
    return name if package == "asyncio" and name in _NEW else ""


def _decided(
    call: ast.Call, name: str, module: Module, work: Work
) -> Iterator[Decision]:
    if name == "Task" and not _is_plain_task(call, module, work):
        return
    if is_in_decorator(call, module):
        return
    if refusal := _refusal(call, name, module, work):
        yield Decision.left(module, call, refusal.reason, refusal.message)
        return
    new = _NEW[name]
    spelling = work.spell(module, module.at[call], new)
    package = new.partition(".")[0]
    scope = module.at[call].find(package)
    if not spelling.uses and scope is not None:
        message = f"{package} means something else here"
        yield Decision.left(module, call, "name-taken", message)
        return
    yield Decision(
        module,
        call,
        "rename",
        {"to": spelling.text},
        (call.func,),
        spelling.uses,
        spelling.imports,
        message=f"it is {new} now",
    )


def _is_plain_task(call: ast.Call, module: Module, work: Work) -> bool:
    """Whether a task is made as `create_task` makes it."""
    match call:
        case ast.Call(args=[given], keywords=keywords):
            if isinstance(given, ast.Starred) or is_asserted(call, module):
                return False
            if not {each.arg for each in keywords} <= {"name"}:
                return False
            return runs_in_loop(call, module, work) and not (
                work.index.words.files_with("set_task_factory")
            )
    return False


def _refusal(call: ast.Call, name: str, module: Module, work: Work) -> Refusal | None:
    if message := for_some_versions(call, module, work.index):
        return Refusal("unknown-value", message)
    last = name.rpartition(".")[2]
    for home, node in replaced(last, work.index, work.references.test_code):
        where = f"{home.path}:{getattr(node, 'lineno', 1)}"
        return Refusal("runner-patched", f"{last} is replaced there ({where})")
    if name in _OF_LOOP and not _has_loop(call):
        if not runs_in_loop(call, module, work):
            message = (
                f"asyncio.{last}() wants a loop that runs, and this is no coroutine"
            )
            return Refusal("outside-coroutine", message)
    if name == "Task.all_tasks" and is_asserted(call, module):
        # Since 3.9 there is none of that name: nothing that passes is changed.
        if not work.sources.runs_from((3, 9), module.path):
            message = "an assertion may count the tasks that are done, too"
            return Refusal("unknown-value", message)
    if name == "iscoroutinefunction" and not _is_of_function(call, module, work):
        message = "inspect may say something else of what is no plain function"
        return Refusal("unknown-value", message)
    return None


def _has_loop(call: ast.Call) -> bool:
    given = [*call.args, *(each.value for each in call.keywords)]
    return any(
        not (isinstance(each, ast.Constant) and each.value is None) for each in given
    )


def _is_of_function(call: ast.Call, module: Module, work: Work) -> bool:
    """Whether it is asked of plain functions alone."""
    if len(call.args) != 1 or call.keywords:
        return False
    values = work.index.value(call.args[0], module)
    return bool(values) and all(_is_plain(each) for each in values)


def _is_plain(value: Value) -> bool:
    if isinstance(value, Anonymous):
        return True
    return isinstance(value, Function) and not value.node.decorator_list
