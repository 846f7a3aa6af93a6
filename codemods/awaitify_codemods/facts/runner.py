"""What drives a coroutine, and how: the form of its calls, how its run ends."""

from __future__ import annotations

from dataclasses import dataclass

from awaitify_codemods.facts.values import Anonymous, Function, Loop

COROUTINE, FUNCTION, FACTORY = "coroutine", "function", "factory"
CONVERTER = "converter"
RUN, COMPLETE, UNKNOWN = "run", "complete", "unknown"


@dataclass(frozen=True)
class TimeLimit:
    """The ``wait_for`` that a runner puts around what it drives."""

    callee: str
    position: int | None
    """Where a caller may give the limit, among the arguments at the call."""
    parameter: str
    default: str
    """Source of the limit that holds where the caller gives none."""


@dataclass(frozen=True)
class Runner:
    """How a callable drives what it is given."""

    form: str
    """coroutine: ``run(f())``; function: ``run(f, *args)``; factory: ``run(f)``;
    converter: ``run(f)(*args)``."""
    boundary: str
    """run: as ``asyncio.run`` ends; complete: as ``run_until_complete`` returns;
    unknown: as one of them."""
    rule: str
    """Code of the rule that rewrites its calls."""
    loop: Loop | None = None
    """The loop it drives, if it does not make one for each call."""
    keyword: str = ""
    """Name of the parameter that takes the awaitable, if it may be given by name."""
    definition: Function | Anonymous | None = None
    """The helper, if it is defined in the project."""
    limit: TimeLimit | None = None
    returns: bool = True
    """Whether it hands on the result of what it drives."""
    drops: tuple[str, ...] = ()
    """Keyword arguments that mean the runner, not the coroutine."""
    declared: bool = False
    """Whether it is one because the user says so."""
    keeps: bool = False
    """Whether it drives a loop that is there for the whole test, made elsewhere."""


@dataclass(frozen=True)
class RunnerDecorator:
    """A decorator that makes a sync function of an async one by driving it."""

    definition: Function | None
    runner: Runner
    wraps: bool
    """Whether it keeps the name and signature (``functools.wraps``)."""
