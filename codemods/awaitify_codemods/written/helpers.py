"""The helpers, as code; `{dotted.name}` in it is spelled as the file spells it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from awaitify_codemods.facts.module import Module
from awaitify_codemods.work import Spelling, Work

_SPELLED = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True)
class Helper:
    """A function that a fix may write into a suite."""

    name: str
    code: str

    def written(
        self, module: Module, work: Work, line: int = 0
    ) -> tuple[str, list[Spelling]]:
        """Return it as code of a file, and what that needs.

        Args:
            module: the file.
            work: the colouring.
            line: where it is defined, if that is not above all other functions.

        """
        first = line or min((each.lineno for each in module.functions), default=0)
        found = {
            name: work.spell(module, module.scope, name, first)
            for name in dict.fromkeys(_SPELLED.findall(self.code))
        }
        code = _SPELLED.sub(lambda match: found[match[1]].text, self.code)
        return code, list(found.values())

    def packages(self) -> set[str]:
        """Return the modules that it needs."""
        return {name.partition(".")[0] for name in _SPELLED.findall(self.code)}

    def is_same(self, node: ast.AST, module: Module, work: Work) -> bool:
        """Whether a definition is what was written once, whatever its docstring."""
        code, _ = self.written(module, work)
        return _essence(node) == _essence(ast.parse(code).body[0])


def _essence(node: ast.AST) -> str:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    has_text = isinstance(node.body[0], ast.Expr) and isinstance(
        node.body[0].value, ast.Constant
    )
    body = node.body[has_text:]
    return ast.dump(node.args) + "".join(map(ast.dump, body))


BACKGROUND_TASKS = Helper(
    "background_tasks",
    '''\
@{pytest_asyncio.fixture}
async def background_tasks():
    """Hold the tasks that a test leaves running; cancel and await them after it."""
    tasks = []
    yield tasks
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    # A task that does not end must not hang the tests.
    done, _ = await {asyncio.wait}(tasks, timeout=1)
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            # As asyncio says it of a task that nobody awaits.
            failure = {"message": f"{task.get_name()} failed", "task": task}
            failure["exception"] = task.exception()
            task.get_loop().call_exception_handler(failure)
''',
)

FAST_SLEEP = Helper(
    "fast_sleep",
    '''\
@{pytest.fixture}
def fast_sleep(monkeypatch):
    """Sleep no longer than it takes to let other tasks run."""
    real_sleep = {asyncio}.sleep

    async def sleep(delay, result=None):
        await real_sleep(0)
        return result

    monkeypatch.setattr({asyncio}, "sleep", sleep)
''',
)


def receive_until(read: str, kind: str) -> Helper:
    """Return the fixture for messages that are received, and told apart, in a way."""
    return Helper(
        "receive_until",
        f'''\
@{{pytest.fixture}}
def receive_until():
    """Give a function that receives messages up to the first one of a type."""

    async def receive(ws, type, timeout=60):
        async def skip():
            while True:
                message = {read}
                if {kind} == type:
                    return message

        return await {{asyncio.wait_for}}(skip(), timeout)

    return receive
''',
    )
