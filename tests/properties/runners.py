"""The runner helpers of random projects, in every form that suites have."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from random import Random

from tests.properties.known_gaps import unless
from tests.properties.writing import Cast, File, text

COROUTINE, FUNCTION, FACTORY = "coroutine", "function", "factory"


@dataclass(frozen=True)
class Form:
    """How a runner is written. ``$run`` and ``$name`` are filled in."""

    kind: str
    code: str
    keyword: str = ""
    """Its parameter for a coroutine, if tests may give it by name."""
    extra: tuple[str, ...] = ()
    """Further arguments that a call may have."""
    imports: tuple[str, ...] = ()
    current: bool = False
    """Whether it may stand beside others that use the current loop."""


FORMS = {
    "plain": Form(
        COROUTINE,
        """
        def $name(coro):
            return $run(coro)
        """,
        keyword="coro",
    ),
    "documented": Form(
        COROUTINE,
        '''
        def $name(coro, *, debug=None):
            """Drive a coroutine to its end."""
            result = $run(coro)
            return result
        ''',
    ),
    "nothing returned": Form(
        COROUTINE,
        """
        def $name(main):
            # There is nothing to return.
            return $run(main)
        """,
        keyword="main",
    ),
    "own loop": Form(
        COROUTINE,
        """
        def $name(coro):
            loop = $new_event_loop()
            try:
                return loop.run_until_complete(coro)
            finally:
                loop.close()
        """,
        current=True,
    ),
    "own loop, installed": Form(
        COROUTINE,
        """
        def $name(coro):
            loop = $new_event_loop()
            $set_event_loop(loop)
            try:
                result = loop.run_until_complete(coro)
            finally:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()
                $set_event_loop(None)
            return result
        """,
    ),
    "current loop": Form(
        COROUTINE,
        """
        def $name(coro):
            return $get_event_loop().run_until_complete(coro)
        """,
        current=True,
    ),
    "current or new loop": Form(
        COROUTINE,
        """
        def $name(coro):
            try:
                loop = $get_event_loop()
            except RuntimeError:
                loop = $new_event_loop()
                $set_event_loop(loop)
            return loop.run_until_complete(coro)
        """,
        current=True,
    ),
    "module loop": Form(
        COROUTINE,
        """
        _loop_of_$name = $new_event_loop()


        def $name(coro):
            return _loop_of_$name.run_until_complete(coro)
        """,
        current=True,
    ),
    "function": Form(
        FUNCTION,
        """
        def $name(function, *args, **kwargs):
            return $run(function(*args, **kwargs))
        """,
    ),
    "function in own loop": Form(
        FUNCTION,
        """
        def $name(f, *a, **k):
            loop = $new_event_loop()
            result = loop.run_until_complete(f(*a, **k))
            loop.close()
            return result
        """,
        current=True,
    ),
    "factory": Form(
        FACTORY,
        """
        def $name(factory):
            return $run(factory())
        """,
    ),
    "time-out": Form(
        COROUTINE,
        """
        def $name(coro, timeout=5):
            return $run($wait_for(coro, timeout))
        """,
        extra=("", ", 3", ", timeout=2"),
    ),
    "keyword time-out": Form(
        COROUTINE,
        """
        def $name(coro, *, timeout=5):
            return $run($wait_for(coro, timeout=timeout))
        """,
        extra=("", ", timeout=4"),
    ),
    "fixed time-out": Form(
        COROUTINE,
        """
        def $name(coro):
            return $run($wait_for(coro, 2.5))
        """,
    ),
    "task": Form(
        COROUTINE,
        """
        def $name(coro):
            loop = $new_event_loop()
            try:
                return loop.run_until_complete($ensure_future(coro, loop=loop))
            finally:
                loop.close()
        """,
        current=True,
    ),
    "alias": Form(COROUTINE, "$name = $run\n"),
    "partial": Form(
        COROUTINE,
        "$name = functools.partial($run, debug=False)\n",
        imports=("import functools",),
    ),
    "lambda": Form(COROUTINE, "$name = lambda coro: $run(coro)  # noqa: E731\n"),
    "lambda on a loop": Form(
        COROUTINE,
        "$name = lambda c: $new_event_loop().run_until_complete(c)  # noqa: E731\n",
        current=True,
    ),
    "impure": Form(
        COROUTINE,
        """
        runs_of_$name = []


        def $name(coro):
            runs_of_$name.append(1)
            return $run(coro)
        """,
    ),
    "calls another": Form(
        COROUTINE,
        """
        def inner_$name(coro):
            return $run(coro)


        def $name(coro):
            return inner_$name(coro)
        """,
    ),
    "optional": Form(
        COROUTINE,
        """
        def $name(coro, verbose=False):
            return $run(coro)
        """,
        extra=("", ", verbose=True", ", True"),
    ),
    "several": Form(
        COROUTINE,
        """
        async def gathered_by_$name(coro):
            results = await $gather(coro)
            return results[0]


        def $name(coro):
            return $run(gathered_by_$name(coro))
        """,
    ),
    "if a coroutine": Form(
        COROUTINE,
        """
        def $name(value):
            if inspect.iscoroutine(value):
                value = $run(value)
            return value
        """,
        imports=("import inspect",),
    ),
}
if sys.version_info >= (3, 11):
    FORMS["runner"] = Form(
        COROUTINE,
        """
        def $name(coro):
            with $Runner() as runner:
                return runner.run(coro)
        """,
    )

_ASYNCIO_NAMES = (
    "run new_event_loop set_event_loop get_event_loop wait_for ensure_future gather "
    "Runner"
).split()


@dataclass(frozen=True)
class Runner:
    """A runner of a project, written where it is first used."""

    name: str
    form: str
    shared: bool
    """Whether it stands in the helpers, or in each module that uses it."""

    def of(self, cast: Cast, file: File) -> str:
        """Return how a file calls it."""
        home = cast.helpers if self.shared else file
        home.once(self.name, lambda: self._write(home))
        return cast.of_helpers(file, self.name) if self.shared else self.name

    def _write(self, home: File) -> str:
        form = FORMS[self.form]
        for line in form.imports:
            home.need(line)
        used = {n: home.asyncio(n) for n in _ASYNCIO_NAMES if f"${n}" in form.code}
        return text(form.code, name=self.name, **used)


DIRECT = ("asyncio.run", "loop.run_until_complete")


def runners(rng: Random, current: bool) -> list[Runner]:
    """Draw the runners of a project."""
    names = ["_run", "run_async", "drive", "sync", "wait", "await_", "run_it"]
    rng.shuffle(names)
    forms = [name for name, form in FORMS.items() if form.current or not current]
    if not current or sys.version_info >= (3, 14):
        forms.remove("current loop")
    if not unless("current or new loop", "it"):
        forms.remove("current or new loop")
    return [
        Runner(names.pop(), rng.choice(forms), rng.random() < 0.6)
        for _ in range(rng.randint(1, 3))
    ]


def driven(
    rng: Random, cast: Cast, file: File, runner: Runner | str, callee: str, given: str
) -> str:
    """Return a drive of the call ``callee(given)``."""
    call = f"{callee}({given})"
    if isinstance(runner, str):
        if runner == "asyncio.run":
            return f"{file.asyncio('run')}({call})"
        if runner == "get_event_loop":
            return f"{file.asyncio('get_event_loop')}().run_until_complete({call})"
        return f"{file.asyncio('new_event_loop')}().run_until_complete({call})"
    form = FORMS[runner.form]
    name = runner.of(cast, file)
    if form.kind == FUNCTION:
        return f"{name}({callee}, {given})" if given else f"{name}({callee})"
    if form.kind == FACTORY:
        return f"{name}({callee})" if not given else f"{name}(lambda: {call})"
    if form.keyword and rng.random() < 0.15:
        return f"{name}({form.keyword}={call})"
    return f"{name}({call}{rng.choice(form.extra or ('',))})"
