"""Futures and coroutines leave the configuration of mocks: the edits that it takes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.facts.values import Function
from awaitify_codemods.mocks.outcomes import FUNCTION, VALUE, Outcome
from awaitify_codemods.mocks.readings import Reading
from awaitify_codemods.mocks.receivers import (
    Config,
    Receiver,
    calls_bare,
    is_dropped,
    is_read,
    is_top_level,
)
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Spelling, Work

UNKNOWN, TAKEN, MIXED = "unknown-value", "name-taken", "mixed-use"


@dataclass(eq=False)
class Conversion:
    """A mock whose configuration is written anew."""

    receiver: Receiver
    decisions: list[Decision] = field(default_factory=list)
    helpers: list[Function] = field(default_factory=list)
    reason: str = ""


class Unwrapping:
    """Plans what becomes of a mock that returns futures or coroutines."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, receiver: Receiver) -> Conversion:
        """Return the edits that unwrap all that a mock returns, or why there are none.

        They have no message and no group yet.
        """
        made = Conversion(receiver)
        if receiver.is_async and not all(map(_is_unseen, receiver.awaits())):
            made.reason = UNKNOWN
            return made
        for config in receiver.configs:
            made.reason = self._configured(config, made)
            if made.reason:
                return made
        if not receiver.is_async and not receiver.node.path:
            made.reason = self._constructed(made)
        if not made.reason and is_read(receiver, _gone_in(made)):
            made.reason = MIXED
        return made

    def _constructed(self, made: Conversion) -> str:
        """Let the call that makes a mock make an async one."""
        site = made.receiver.site
        if site.form == "patch":
            spelling = self._spelled(site.module, site.node, site.node.func)
            if spelling is None:
                return TAKEN
            arguments = {"name": "new_callable", "code": spelling.text}
            made.decisions.append(
                _edit(site.module, site.node, "set-keyword", arguments, (), spelling)
            )
            return ""
        spelling = self._spelled(site.module, site.node, site.node.func)
        if spelling is None:
            return TAKEN
        arguments = {"to": spelling.text}
        gone = (site.node.func,)
        made.decisions.append(
            _edit(site.module, site.node, "rename", arguments, gone, spelling)
        )
        return ""

    def _spelled(
        self, module: Module, node: ast.AST, near: ast.expr
    ) -> Spelling | None:
        scope = module.at.get(node) or _scope(module, near)
        return spell_mock(self._work, module, scope, "AsyncMock", near)

    def _configured(self, config: Config, made: Conversion) -> str:
        """Unwrap what one statement or keyword gives to a mock."""
        receiver, module = made.receiver, config.module
        is_child = bool(receiver.node.path) and not receiver.is_async
        constructs = is_child and config.node in config.facts.first
        if not config.is_awaitable:
            # Others may configure it in their own way, once it is there.
            return UNKNOWN if constructs and config.is_list else ""
        value = config.value
        assert value is not None
        if config.is_list:
            if _may_run_out(config):
                return MIXED
            return self._listed(config, constructs, made)
        (reading,) = config.readings
        outcome = self._outcome(reading, receiver)
        if outcome is None or (receiver.is_async and outcome.kind != VALUE):
            return UNKNOWN
        assert reading is not None
        code = self._code(outcome, module)
        if code is None or _loses_comments(value, outcome.node, module):
            return UNKNOWN
        made.helpers += outcome.helpers
        self._gone(reading, module, made)
        keyword = "return_value" if outcome.kind == VALUE else "side_effect"
        uses = _uses(outcome.node, module)
        argument = _argument(value, outcome.node)
        if constructs:
            return self._constructor(config, keyword, code, argument, uses, made)
        if argument and keyword == "return_value":
            made.decisions.append(_to_argument(module, value, argument, uses))
            return ""
        made.decisions += _set(config, keyword, code, uses)
        return ""

    def _constructor(
        self,
        config: Config,
        keyword: str,
        code: str | None,
        argument: dict[str, Any] | None,
        uses: Uses,
        made: Conversion,
    ) -> str:
        """``m.f.return_value = future(x)`` -> ``m.f = AsyncMock(return_value=x)``."""
        module, node = config.module, config.node
        assert config.value is not None
        near = made.receiver.site.node.func
        here = made.receiver.site.module is module and _is_visible(near, node, module)
        scope = _scope(module, config.value)
        spelling = spell_mock(
            self._work, module, scope, "AsyncMock", near if here else None
        )
        if spelling is None:
            return TAKEN
        arguments: dict[str, Any] = {
            "callee": spelling.text,
            "keyword": keyword,
            "extra": [],
            "value": None if argument else code,
        }
        gone: tuple[ast.AST, ...] = ()
        if argument:
            made.decisions.append(_to_argument(module, config.value, argument, uses))
        elif code is not None:
            gone = _parts(config.value)
        made.decisions.append(
            _edit(module, node, "to-constructor", arguments, gone, spelling, uses)
        )
        return ""

    def _listed(self, config: Config, constructs: bool, made: Conversion) -> str:
        """Unwrap the elements of a list."""
        module, value = config.module, config.value
        assert value is not None
        codes: list[str] = []
        uses: list[tuple[Scope, str]] = []
        gone: list[ast.AST] = []
        inner: list[Decision] = []
        whole = False
        for element, reading in zip(config.elements, config.readings, strict=True):
            outcome = reading.outcome if reading else None
            if reading is None:
                codes.append(_text(element, module))
                uses += _uses(element, module)
                continue
            code = self._code(outcome, module) if outcome else None
            if outcome is None or code is None or outcome.kind == FUNCTION:
                return UNKNOWN
            if made.receiver.is_async and outcome.kind != VALUE:
                return UNKNOWN
            if _loses_comments(element, outcome.node, module):
                return UNKNOWN
            codes.append(code)
            used = _uses(outcome.node, module)
            uses += used
            gone += _parts(element)
            made.helpers += outcome.helpers
            self._gone(reading, module, made)
            if argument := _argument(element, outcome.node):
                inner.append(_to_argument(module, element, argument, used))
            elif isinstance(element, ast.Call):
                inner.append(
                    _edit(
                        module,
                        element,
                        "replace-node",
                        {"code": code},
                        _parts(element),
                        uses=used,
                    )
                )
            else:
                whole = True
        if whole and not isinstance(value, (ast.List, ast.Tuple)):
            return UNKNOWN
        if whole and "#" in _text(value, module):
            return UNKNOWN
        text = ", ".join(codes)
        listed = f"[{text}]" if isinstance(value, ast.List) else f"({text},)"
        if not whole:
            made.decisions += inner
        if constructs:
            code = listed if whole else None
            return self._constructor(
                config, "side_effect", code, None, tuple(uses), made
            )
        if whole:
            made.decisions += _set(config, "side_effect", listed, tuple(uses))
        return ""

    def _gone(self, reading: Reading, module: Module, made: Conversion) -> None:
        for statement in reading.gone:
            made.decisions.append(
                Decision(module, statement, "remove", {}, (statement,))
            )

    def _outcome(self, reading: Reading | None, receiver: Receiver) -> Outcome | None:
        """Return what a value gives, as it is to be written."""
        if reading is None or reading.outcome is None:
            return None
        outcome = reading.outcome
        if outcome.helpers and not reading.is_future:
            called = reading.value if isinstance(reading.value, ast.Call) else None
            plain = called and not called.args and not called.keywords
            lasting = is_top_level(outcome.helpers[0])
            if plain and lasting and not receiver.is_async:
                assert called is not None
                if all(map(calls_bare, receiver.awaits())):
                    return Outcome(FUNCTION, called.func)
        if outcome.kind == FUNCTION and not all(map(calls_bare, receiver.awaits())):
            return None
        return outcome

    def _code(self, outcome: Outcome, module: Module) -> str | None:
        """Return an outcome as it can stand in a file; None if a comment would go."""
        node = outcome.node
        if node not in module.parents:
            return ast.unparse(node)  # it stands in the body of a helper
        text = _text(node, module)
        return None if "#" in text and "\n" in text else text


Uses = tuple[tuple[Scope, str], ...]


def shared(conversions: Sequence[Conversion]) -> Iterator[list[Conversion]]:
    """Yield the conversions that take the same statements, together."""
    groups: dict[ast.AST, list[Conversion]] = {}
    for conversion in conversions:
        nodes = [each.node for each in conversion.decisions]
        nodes += [each.node for each in conversion.receiver.configs]
        joined = [conversion]
        for node in nodes:
            for other in groups.get(node, ()):
                if other not in joined:
                    joined.append(other)
        for each in joined:
            for node in (
                *(decision.node for decision in each.decisions),
                *(config.node for config in each.receiver.configs),
            ):
                groups[node] = joined
    seen: list[list[Conversion]] = []
    for group in groups.values():
        if not any(group is other for other in seen):
            seen.append(group)
            yield group


def is_complete(group: Sequence[Conversion]) -> bool:
    """Whether all mocks are among those that the futures of a group are given to."""
    given = Counter(
        id(reading.value)
        for each in group
        for config in each.receiver.configs
        for reading in config.readings
        if reading
    )
    return all(
        id(consumer) in given
        and (len(reading.consumers) == 1 or bool(reading.outcome.simple))
        for each in group
        for config in each.receiver.configs
        for reading in config.readings
        if reading and reading.outcome
        for consumer in reading.consumers
    )


def _is_unseen(use: Any) -> bool:
    return is_dropped(use)


def _edit(
    module: Module,
    node: ast.AST,
    op: str,
    arguments: dict[str, Any],
    removes: tuple[ast.AST, ...] = (),
    spelling: Spelling | None = None,
    uses: Uses = (),
) -> Decision:
    named = spelling or Spelling("")
    return Decision(
        module, node, op, arguments, removes, (*named.uses, *uses), named.imports
    )


def _set(config: Config, keyword: str, code: str, uses: Uses) -> Iterator[Decision]:
    """Yield the edits that give a mock another value where it has one."""
    module, node = config.module, config.node
    assert config.value is not None
    gone = _parts(config.value)
    if isinstance(node, ast.keyword):
        call = module.parents[node]
        if keyword != node.arg:
            names = {"name": node.arg, "to": keyword}
            yield _edit(module, call, "rename-keyword", names)
        arguments = {"name": keyword, "code": code}
        yield _edit(module, call, "set-keyword", arguments, gone, uses=uses)
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if keyword != config.facts.kind and isinstance(target, ast.Attribute):
        text = {"code": f"{_text(target.value, module)}.{keyword}"}
        named = _uses(target, module)
        yield _edit(module, target, "replace-node", text, uses=named)
    yield _edit(module, node, "set-value", {"code": code}, gone, uses=uses)


def _to_argument(
    module: Module, call: ast.expr, argument: dict[str, Any], uses: Uses
) -> Decision:
    assert isinstance(call, ast.Call)
    kept = argument["node"]
    gone: list[ast.AST] = [call.func]
    gone += [each for each in call.args if each is not kept]
    gone += [each.value for each in call.keywords if each.value is not kept]
    given = {name: argument[name] for name in ("position", "keyword")}
    return _edit(module, call, "to-argument", given, tuple(gone), uses=uses)


def _argument(value: ast.expr, node: ast.expr) -> dict[str, Any] | None:
    """Return which argument of a call a value is."""
    if not isinstance(value, ast.Call):
        return None
    for number, each in enumerate(value.args):
        if each is node:
            return {"position": number, "keyword": None, "node": node}
    for keyword in value.keywords:
        if keyword.value is node:
            return {"position": None, "keyword": keyword.arg, "node": node}
    return None


def _parts(value: ast.expr) -> tuple[ast.AST, ...]:
    """Return what goes with a value, other edits of the call itself aside."""
    if isinstance(value, ast.Call):
        keywords = [each.value for each in value.keywords]
        return (value.func, *value.args, *keywords)
    return (value,)


def _uses(node: ast.expr, module: Module) -> Uses:
    """Return the names that a value mentions, by the scopes that bind them."""
    return tuple(
        (owner, each.id)
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and each in module.at
        if (owner := module.at[each].find(each.id))
    )


def _gone_in(made: Conversion) -> set[ast.AST]:
    return {each.node for each in made.decisions if each.op == "remove"}


def _may_run_out(config: Config) -> bool:
    """Whether a test may expect what an exhausted mock raises: that differs."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    around = config.module.enclosing(config.node)
    function = next((each for each in around if isinstance(each, functions)), None)
    return function is not None and any(
        isinstance(each, ast.Name) and each.id in _EXHAUSTED
        for each in ast.walk(function)
    )


_EXHAUSTED = frozenset({"RuntimeError", "StopIteration", "StopAsyncIteration"})


def _loses_comments(value: ast.expr, kept: ast.expr, module: Module) -> bool:
    """Whether a comment stands in a value, but not in what is kept of it."""
    text = _text(value, module)
    inner = _text(kept, module) if kept in module.parents else ""
    return "\n" in text and "#" in text.replace(inner, "", 1)


def _text(node: ast.expr, module: Module) -> str:
    found = ast.get_source_segment(text_of(module.source), node) or ast.unparse(node)
    if "\n" not in found:
        return found
    try:
        ast.parse(found, mode="eval")
    except SyntaxError:
        return f"({found})"
    return found


def _scope(module: Module, node: ast.AST) -> Scope:
    """Return the scope in which an expression is evaluated."""
    for each in (node, *module.enclosing(node)):
        if each in module.at and not isinstance(
            each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            return module.at[each]
        if each in module.scopes:
            return module.scopes[each]
    return module.scope


def _is_visible(near: ast.expr, node: ast.AST, module: Module) -> bool:
    """Whether names that are said at one place mean the same at another."""
    name = near
    while isinstance(name, ast.Attribute):
        name = name.value
    if not isinstance(name, ast.Name):
        return False
    there = module.at[name].find(name.id)
    return there is not None and there is _scope(module, node).find(name.id)
