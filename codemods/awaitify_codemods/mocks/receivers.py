"""Mocks that return futures or coroutines: whether they can be async mocks instead."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.values import Function
from awaitify_codemods.mocks.facts import (
    AWAITED,
    BRANCH,
    CONTEXT,
    DROPPED,
    ESCAPED,
    HANDED_ON,
    ITERATED,
    RESULT,
    USED,
    Configured,
    Findings,
    Node,
    Path,
    Site,
    Use,
)
from awaitify_codemods.mocks.outcomes import FUNCTION, VALUE
from awaitify_codemods.mocks.readings import CONFIGURING, Reading, Readings
from awaitify_codemods.mocks.values import (
    FutureObject,
    Suspended,
    Value,
    alternatives,
)

PLAIN = frozenset({"MagicMock", "Mock"})
ASYNC = frozenset({"AsyncMock"})
_OTHER_USES = (USED, DROPPED, CONTEXT, ITERATED, ESCAPED)
_CONSUMERS = frozenset(
    "gather wait_for shield run run_until_complete async_to_sync".split()
)
_KEYWORDS = frozenset({"return_value", "side_effect", "name"})


@dataclass(eq=False)
class Config:
    """A statement or keyword that says what a mock returns."""

    facts: Configured
    value: ast.expr | None
    """None where it does not stand there."""
    readings: list[Reading | None] = field(default_factory=list)
    """Of the value, or of each element of a list."""

    @property
    def module(self) -> Module:
        """The file."""
        return self.facts.module

    @property
    def node(self) -> ast.AST:
        """The assignment or keyword."""
        return self.facts.node

    @property
    def is_list(self) -> bool:
        """Whether its elements are what calls return, one after the other."""
        return self.facts.kind == "side_effect"

    @property
    def is_awaitable(self) -> bool:
        """Whether it gives what has to be awaited."""
        return any(self.readings)

    @property
    def elements(self) -> list[ast.expr]:
        """The expressions that readings are of."""
        if self.value is None:
            return []
        return _elements(self.value) if self.is_list else [self.value]


def _elements(value: ast.expr) -> list[ast.expr]:
    """Return the expressions that say what is in a list; none if it is no list."""
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return elements
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return [element]
        case ast.BinOp(left=left, op=ast.Mult()):
            return _elements(left)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _elements(left), _elements(right)
            return [*one, *other] if one and other else []
    return []


@dataclass(eq=False)
class Receiver:
    """A mock that returns futures or coroutines somewhere."""

    site: Site
    node: Node
    configs: list[Config]
    reason: str = ""
    """Why it stays: a refusal code."""

    @property
    def is_async(self) -> bool:
        """Whether it is an async mock already."""
        return self.node.kinds <= ASYNC

    def awaits(self) -> list[Use]:
        """Return where its results are awaited."""
        return list(self.node.used(AWAITED))


def receivers(findings: Findings, readings: Readings) -> Iterator[Receiver]:
    """Yield the mocks that return futures or coroutines, as far as it is known."""
    for site in findings.sites.values():
        for node in site.nodes.values():
            configs = [
                _config(each, readings)
                for each in node.configured
                if each.kind in CONFIGURING
            ]
            # Those of other libraries have rules of their own.
            known = node.kinds <= PLAIN | ASYNC
            if known and any(each.is_awaitable for each in configs):
                receiver = Receiver(site, node, configs)
                receiver.reason = _objection(receiver, findings, readings)
                yield receiver


def are_given(module: Module, readings: Readings) -> bool:
    """Whether a file seems to let mocks return futures or coroutines."""
    for name in CONFIGURING:
        for target in module.stores.get(name, ()):
            statement = module.parents[target]
            value = getattr(statement, "value", None)
            if isinstance(value, ast.expr) and _gives(name, value, module, readings):
                return True
    return any(
        keyword.arg in CONFIGURING
        and _gives(str(keyword.arg), keyword.value, module, readings)
        for call in module.calls
        for keyword in call.keywords
    )


def _gives(kind: str, value: ast.expr, module: Module, readings: Readings) -> bool:
    values = _elements(value) if kind == "side_effect" else [value]
    return any(readings.of(each, module) for each in values)


def _config(facts: Configured, readings: Readings) -> Config:
    value = _value(facts)
    if value is None:
        return Config(facts, None, [_unread(facts, None)])
    config = Config(facts, value)
    if config.is_list:
        config.readings += [readings.of(e, facts.module) for e in config.elements]
    else:
        config.readings.append(
            readings.of(value, facts.module) or _unread(facts, value)
        )
    return config


def _value(facts: Configured) -> ast.expr | None:
    match facts.node:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            return value if name == facts.kind else None
        case ast.AnnAssign(target=ast.Attribute(attr=name), value=ast.expr() as value):
            return value if name == facts.kind else None
        case ast.keyword(arg=arg, value=value):
            return value if arg == facts.kind else None
    return None


def _unread(facts: Configured, value: ast.expr | None) -> Reading | None:
    """Return that something is awaitable that only the execution knows."""
    if facts.kind != "return_value":
        return None
    found = alternatives(facts.value)  # type: ignore[arg-type]
    if not all(map(_is_known, found)):
        return None
    return Reading(value or ast.Constant(None), reason="unknown-value")


def _is_known(value: Value) -> bool:
    """Whether a value is a future, or a coroutine."""
    if isinstance(value, Suspended):
        return value.kind == "coroutine"
    return isinstance(value, FutureObject)


def _objection(receiver: Receiver, findings: Findings, readings: Readings) -> str:
    """Return why a mock cannot become an async one; "" if it can."""
    node = receiver.node
    if node.kinds & PLAIN and node.kinds & ASYNC:
        return "unknown-value"
    if any(node.used(BRANCH)):
        return "branch-on-kind"
    if not any(node.used(AWAITED)) or receiver.site.tests & findings.incomplete:
        return "no-await-evidence"
    if any(node.used(*_OTHER_USES)) or node.doubts & {"awaited-again", "asked"}:
        return "mixed-use"
    return _of_values(receiver, readings) or _of_uses(receiver) or _of_form(receiver)


_HARMLESS = frozenset({"raises", "awaits", HANDED_ON})
"""Doubts that do not concern what a mock returns."""


def _of_values(receiver: Receiver, readings: Readings) -> str:
    for config in receiver.configs:
        for reading in config.readings:
            if reading and reading.reason:
                return reading.reason
        if config.is_list and not _is_readable(config, readings):
            return "unknown-value"
    if receiver.node.doubts - _HARMLESS:
        return "unknown-value"
    if any(each.kind == "wraps" for each in receiver.node.configured):
        return "unknown-value"
    return ""


def _is_readable(config: Config, readings: Readings) -> bool:
    """Whether a `side_effect` is a list of outcomes, or none."""
    value = config.value
    if isinstance(value, ast.Constant):
        return value.value is None
    if not config.elements:
        return False
    outcomes = readings.outcomes
    for element, reading in zip(config.elements, config.readings, strict=True):
        if reading is None:
            if not outcomes.is_exception(element, config.module):
                return False
        elif reading.outcome is None or reading.outcome.kind == FUNCTION:
            return False
        elif reading.outcome.kind == VALUE:
            # An exception in a list is raised, whatever the future does with it.
            node = reading.outcome.node
            if node in config.module.at and outcomes.is_exception(node, config.module):
                return False
    return True


def _of_uses(receiver: Receiver) -> str:
    """Return why an await may not go well with a coroutine in place of a future."""
    futures = any(
        reading and reading.is_future
        for config in receiver.configs
        for reading in config.readings
    )
    lists = any(config.is_list for config in receiver.configs)
    uses = receiver.awaits()
    if (futures or lists) and not all(map(_is_once, uses)):
        return "mixed-use"
    # It was raised by the call, and now is where that is awaited.
    raising = any(
        config.is_list and None in config.readings for config in receiver.configs
    )
    return "mixed-use" if raising and not all(map(_is_direct, uses)) else ""


def _is_once(use: Use) -> bool:
    """Whether the result of a call is awaited where it is called, and so once."""
    if _is_direct(use):
        return True
    match use.node:
        case ast.Call(func=func, args=args) as call if all(map(_is_call, args[:1])):
            name = getattr(func, "attr", getattr(func, "id", ""))
            awaited = isinstance(use.module.parents.get(use.node), ast.Await)
            if name in ("ensure_future", "create_task"):
                return awaited
            if name == "gather":
                return all(map(_is_call, args))
            return name in _CONSUMERS and not (
                name == "wait_for" and _may_be_at_once(call)
            )
    return False


def _is_direct(use: Use) -> bool:
    match use.node:
        case ast.Await(value=ast.Call()):
            return True
    return False


def _is_call(node: ast.expr) -> bool:
    """Whether an argument is a call, or calls for each item of something."""
    match node:
        case ast.Starred(value=ast.ListComp(elt=each) | ast.GeneratorExp(elt=each)):
            return isinstance(each, ast.Call)
    return isinstance(node, ast.Call)


def _may_be_at_once(call: ast.Call) -> bool:
    """Whether `wait_for` may time out before it has run a coroutine at all."""
    named = [each.value for each in call.keywords if each.arg == "timeout"]
    match [*call.args[1:2], *named]:
        case [ast.Constant(value=None)]:
            return False
        case [ast.Constant(value=int() | float() as limit)]:
            return limit <= 0
    return True


def _of_form(receiver: Receiver) -> str:
    site, path = receiver.site, receiver.node.path
    if site.form not in ("call", "patch") or "unknown" in receiver.node.real:
        return "unknown-value"
    below = [
        each
        for each in site.nodes.values()
        if len(each.path) > len(path) and each.path[: len(path)] == path
    ]
    for each in below:
        if each.path[len(path)] != RESULT and (each.uses or each.configured):
            return "mixed-use"  # its children would be async, too
    if path:
        return _of_child(receiver)
    if receiver.is_async:
        return ""
    plain = len(site.node.args) <= _POSITIONAL[site.form]
    named = {each.arg for each in site.node.keywords}
    return "" if plain and named <= _KEYWORDS else "unknown-value"


_POSITIONAL = {"call": 0, "patch": 2}


def _of_child(receiver: Receiver) -> str:
    """Return why no constructor can be assigned to an attribute of a mock."""
    if receiver.node.path[-1].startswith("__"):
        return "unknown-value"
    if receiver.is_async:
        return ""
    nodes = {each.node for each in receiver.configs}
    for config in receiver.configs:
        if None in config.facts.first or not config.facts.first <= nodes:
            return "mixed-use"  # others may hold the mock by then
        if config.node in config.facts.first:
            if len(config.facts.first) > 1 or not _has_owner(config.node):
                return "unknown-value"
    return ""


def _has_owner(node: ast.AST) -> bool:
    """Whether it says of what the mock is an attribute."""
    match node:
        case (
            ast.Assign(targets=[ast.Attribute(value=ast.Attribute())])
            | ast.AnnAssign(target=ast.Attribute(value=ast.Attribute()))
        ):
            return True
    return False


def is_read(receiver: Receiver, gone: Container[ast.AST]) -> bool:
    """Whether a test looks at what the mock is told to return, or at its class."""
    names = set(receiver.node.path[-1:]) - {RESULT}
    modules: dict[Module, list[ast.AST]] = {receiver.site.module: [receiver.site.node]}
    names |= _assigned(receiver.site.node, receiver.site.module, receiver.node.path)
    for config in receiver.configs:
        modules.setdefault(config.module, []).append(config.node)
        match config.node:
            case (
                ast.Assign(targets=[ast.Attribute(value=owner)])
                | ast.AnnAssign(target=ast.Attribute(value=owner))
            ):
                names.add(_last(owner))
    for module, nodes in modules.items():
        for use in module.uses.get("MagicMock", ()):
            # No AsyncMock is one.
            if _is_compared(use, module):
                if _is_near([*module.enclosing(use)], nodes, receiver, module):
                    return True
        for name in CONFIGURING:
            for use in module.uses.get(name, ()):
                if isinstance(use, ast.Attribute) and _last(use.value) in names:
                    around = [*module.enclosing(use)]
                    if any(each in gone for each in around):
                        continue
                    if _is_near(around, nodes, receiver, module):
                        return True
    return False


def _is_compared(use: ast.expr, module: Module) -> bool:
    """Whether a class is asked for: ``isinstance(m, MagicMock)``, ``type(m) is``."""
    parent = module.parents[use]
    if isinstance(parent, ast.Tuple):
        use, parent = parent, module.parents[parent]
    match parent:
        case ast.Call(func=func):
            return func is not use and "isinstance" in _last(func).lower()
    return isinstance(parent, ast.Compare)


def _assigned(node: ast.AST, module: Module, path: Path) -> set[str]:
    """Return the name that is given to a mock where it is made."""
    match module.parents.get(node):
        case ast.Assign(targets=[target]) if not path:
            return {_last(target)}
        case ast.withitem(optional_vars=ast.Name(id=name)) if not path:
            return {name}
    return set()


def _last(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _is_near(
    around: Sequence[ast.AST],
    nodes: Sequence[ast.AST],
    receiver: Receiver,
    module: Module,
) -> bool:
    """Whether code is of a test that has the mock, or of what configures it."""
    function = next((each for each in around if isinstance(each, FUNCTIONS)), None)
    if function is None:
        return True
    test = f"{module.path}::{module.qualified(function)}"
    return test in receiver.site.tests or any(
        function in module.enclosing(node) for node in nodes
    )


def is_dropped(use: Use) -> bool:
    """Whether nothing looks at what an await gives."""
    return isinstance(use.node, ast.Await) and isinstance(
        use.module.parents.get(use.node), ast.Expr
    )


def calls_bare(use: Use) -> bool:
    """Whether the call that is awaited there certainly gives no arguments."""
    node = use.node
    if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        return not node.value.args and not node.value.keywords
    return False


def is_top_level(function: Function) -> bool:
    """Whether a function is defined at the top of a module."""
    return function.module.parents.get(function.node) is function.module.tree
