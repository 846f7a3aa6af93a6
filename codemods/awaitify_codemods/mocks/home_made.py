"""Home-made async mocks, recognised by their bodies: what each of them stands for.

A *function* makes a mock, and returns a coroutine function around it that has the
mock as an attribute, the hop: ``send.mock.assert_called_once()``. One that is
*wrapping* returns a mock around a coroutine function. A *subclass* of a mock class
has a ``__call__`` that is a coroutine function, and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import Module, every_argument
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.mocks.names import API

FUNCTION = "function"
WRAPPING = "wrapping"
SUBCLASS = "subclass"

POSITIONAL = (
    "spec",
    "side_effect",
    "return_value",
    "wraps",
    "name",
    "spec_set",
    "parent",
)
"""The keywords of the mock classes for what is given by position."""

_PACKAGES = ("unittest.mock", "mock", "mock.mock")
_CLASSES = ("MagicMock", "Mock")
_NONE = ast.Constant(None)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Given:
    """One argument of the mock that a call makes."""

    name: str
    """A keyword of AsyncMock; ``*`` or ``**`` where many are given at once."""
    value: ast.expr
    module: Module
    """Where the value stands."""
    node: ast.expr | ast.keyword | None = None
    """The argument of the call that gives it; None for what the definition says."""


@dataclass(frozen=True)
class _Slot:
    """An argument of the mock within a definition."""

    name: str
    parameter: str
    """Which parameter of the definition gives it; "" for none."""
    value: ast.expr
    """What is given; of a parameter its default, an `ast.Name` if it has none."""


@dataclass(frozen=True)
class HomeMade:
    """A definition of an async mock."""

    definition: Function | Class
    kind: str
    """function, wrapping or subclass."""
    inner: str
    """The class of the mock that it makes or is: MagicMock or Mock."""
    hop: str = ""
    """Of a function: the attribute that leads to the mock."""
    slots: tuple[_Slot, ...] = ()
    passes: bool = False
    """Whether it hands on all arguments as they are: ``*args, **kwargs``."""

    @property
    def module(self) -> Module:
        """The file that defines it."""
        return self.definition.module

    @property
    def name(self) -> str:
        """The name of the definition."""
        return self.definition.node.name

    def given(self, call: ast.Call, module: Module) -> list[Given] | None:
        """Return the arguments of the AsyncMock that a call stands for.

        None if they cannot be told one from the other.
        """
        return self.bound(call.args, call.keywords, module)

    def named(
        self, args: Sequence[_T], keywords: Mapping[str, _T]
    ) -> dict[str, _T | ast.expr]:
        """Return the same for values in place of expressions, by keyword."""
        assert isinstance(self.definition, Function)
        names = [each.arg for each in _parameters(self.definition.node)]
        given = {**dict(zip(names, args, strict=False)), **keywords}
        return {slot.name: given.get(slot.parameter, slot.value) for slot in self.slots}

    def bound(
        self,
        arguments: Sequence[ast.expr],
        keywords: Sequence[ast.keyword],
        module: Module,
    ) -> list[Given] | None:
        """Return the same for arguments that something else gives, like `patch`."""
        if self.passes:
            return list(_passed(arguments, keywords, module))
        assert isinstance(self.definition, Function)
        names = [each.arg for each in _parameters(self.definition.node)]
        own = _own(arguments, keywords, names, module)
        if own is None:
            return None
        found = []
        for slot in self.slots:
            given = own.pop(slot.parameter, None)
            if given:
                found.append(replace(given, name=slot.name))
            elif slot.parameter and isinstance(slot.value, ast.Name):
                return None  # the call fails: it has no default
            else:
                found.append(Given(slot.name, slot.value, self.module))
        return None if own else found


def _passed(
    arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword], module: Module
) -> Iterator[Given]:
    for number, each in enumerate(arguments):
        if isinstance(each, ast.Starred):
            yield Given("*", each.value, module, each)
        else:
            name = POSITIONAL[number] if number < len(POSITIONAL) else "*"
            yield Given(name, each, module, each)
    for keyword in keywords:
        yield Given(keyword.arg or "**", keyword.value, module, keyword)


def _own(
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
    names: list[str],
    module: Module,
) -> dict[str, Given] | None:
    """Return what is given to each parameter of a definition."""
    if len(arguments) > len(names):
        return None
    found: dict[str, Given] = {}
    for name, each in zip(names, arguments, strict=False):
        if isinstance(each, ast.Starred):
            return None
        found[name] = Given(name, each, module, each)
    for keyword in keywords:
        if keyword.arg not in names or keyword.arg in found:
            return None
        assert keyword.arg
        found[keyword.arg] = Given(keyword.arg, keyword.value, module, keyword)
    return found


SEARCH = (b"Mock(", b"Mock)")
BESIDE = (b"async def", b"return")
"""What a file says that defines a home-made mock: one of those, and all of these."""


def definitions(index: Index) -> Iterator[HomeMade]:
    """Yield the home-made mocks that a project defines."""
    for path in index.words.files_like(SEARCH, BESIDE):
        module = index.module(path)
        if module is None:
            continue
        found: list[Function | Class] = [
            Function(module, node)
            for node in module.functions
            if isinstance(node, ast.FunctionDef)
        ]
        found += [Class(module, node) for node in module.classes]
        for each in found:
            if made := home_made(each, index):
                yield made


def home_made(definition: Function | Class, index: Index) -> HomeMade | None:
    """Return what a definition stands for, if it is a home-made async mock."""
    if isinstance(definition, Class):
        return _subclass(definition, index)
    node = definition.node
    decorators = [getattr(each, "id", "") for each in node.decorator_list]
    if definition.is_async or decorators not in ([], ["staticmethod"]):
        return None
    body = _code(node.body)
    if not 2 <= len(body) <= 4 or not isinstance(body[-1], ast.Return):
        return None
    return _function(definition, body, index) or _wrapping(definition, body, index)


def _code(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return statements without those that only say something."""
    return [
        each
        for each in body
        if not isinstance(each, ast.Pass)
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]


def _function(
    definition: Function, body: list[ast.stmt], index: Index
) -> HomeMade | None:
    """Read a mock, a coroutine function that calls it, and the hop between them."""
    made: tuple[str, ast.Call] | None = None
    coroutine: ast.AsyncFunctionDef | None = None
    hop: tuple[str, str, str] | None = None
    for statement in body[:-1]:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ) if made is None:
                made = name, call
            case ast.AsyncFunctionDef() if coroutine is None:
                coroutine = statement
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id=owner), attr=attribute)],
                value=ast.Name(id=given),
            ) if hop is None and coroutine is not None:
                hop = owner, attribute, given
            case _:
                return None
    if not made or not coroutine or not hop:
        return None
    name, call = made
    if hop != (coroutine.name, hop[1], name) or not _calls(coroutine, name):
        return None
    if not _returns(body[-1], coroutine.name):
        return None
    inner = _mock_class(call.func, definition.module, index)
    if not inner or hop[1] in _OWN or hop[1] in API:
        return None
    return _with_slots(HomeMade(definition, FUNCTION, inner, hop[1]), call)


_OWN = frozenset(
    "__call__ __code__ __dict__ __doc__ __name__ return_value side_effect".split()
)


def _calls(coroutine: ast.AsyncFunctionDef, name: str) -> bool:
    """Whether all that a coroutine function does is to call a mock."""
    if coroutine.decorator_list or not _takes_all(coroutine.args, 0):
        return False
    match _code(coroutine.body):
        case [ast.Return(value=ast.Call(func=ast.Name(id=called)) as call)]:
            pass
        case [
            ast.Assign(
                targets=[ast.Name(id=result)],
                value=ast.Call(func=ast.Name(id=called)) as call,
            ),
            ast.Return(value=ast.Name(id=returned)),
        ] if result == returned != name:
            pass
        case _:
            return False
    hidden = {each.arg for each in every_argument(coroutine.args)}
    return called == name and name not in hidden and _hands_on(call, coroutine.args)


def _takes_all(arguments: ast.arguments, before: int) -> bool:
    """Whether parameters are ``*args, **kwargs``, after some plain ones."""
    plain = [*arguments.posonlyargs, *arguments.args]
    return bool(
        len(plain) == before
        and arguments.vararg
        and arguments.kwarg
        and not arguments.kwonlyargs
        and not arguments.defaults
    )


def _hands_on(call: ast.Call, arguments: ast.arguments) -> bool:
    """Whether a call gives exactly ``*args, **kwargs``."""
    match call:
        case ast.Call(
            args=[ast.Starred(value=ast.Name(id=positional))],
            keywords=[ast.keyword(arg=None, value=ast.Name(id=named))],
        ):
            return (
                arguments.vararg is not None
                and arguments.kwarg is not None
                and positional == arguments.vararg.arg
                and named == arguments.kwarg.arg
            )
    return False


def _returns(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Return(value=ast.Name(id=returned)):
            return returned == name
    return False


def _mock_class(node: ast.expr, module: Module, index: Index) -> str:
    """Return which class of `unittest.mock`, or of its backport, an expression is."""
    values = index.value(node, module)
    found = {
        name
        for name in _CLASSES
        for package in _PACKAGES
        if External(f"{package}.{name}") in values
    }
    known = all(
        isinstance(each, External) and each.name.rpartition(".")[0] in _PACKAGES
        for each in values
    )
    return found.pop() if known and len(found) == 1 else ""


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _with_slots(made: HomeMade, call: ast.Call) -> HomeMade | None:
    """Add where the arguments of the mock come from."""
    assert isinstance(made.definition, Function)
    arguments = made.definition.node.args
    if _takes_all(arguments, 0) and _hands_on(call, arguments):
        return replace(made, passes=True)
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return None
    pairs: list[tuple[str, ast.expr]] = []
    for name, value in zip(POSITIONAL, call.args, strict=False):
        pairs.append((name, value))
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        pairs.append((keyword.arg, keyword.value))
    slots = [_slot(name, value, made.definition) for name, value in pairs]
    if len(call.args) > len(POSITIONAL) or None in slots:
        return None
    return _complete(replace(made, slots=tuple(each for each in slots if each)))


def _complete(made: HomeMade) -> HomeMade | None:
    """Return a definition if it makes use of each parameter once."""
    assert isinstance(made.definition, Function)
    names = [each.arg for each in _parameters(made.definition.node)]
    used = [each.parameter for each in made.slots if each.parameter]
    return made if sorted(names) == sorted(used) else None


def _slot(name: str, value: ast.expr, definition: Function) -> _Slot | None:
    """Read what is given to a mock: a parameter, or a constant."""
    if isinstance(value, ast.Constant):
        return _Slot(name, "", value)
    defaults = _defaults(definition.node.args)
    if isinstance(value, ast.Name) and value.id in defaults:
        default = defaults[value.id]
        if default is None:
            return _Slot(name, value.id, value)
        return (
            _Slot(name, value.id, default)
            if isinstance(default, ast.Constant)
            else None
        )
    return None


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr | None]:
    """Return the plain parameters and what they are if nothing is given."""
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = len(plain) - len(arguments.defaults)
    values = [*[None] * missing, *arguments.defaults]
    return {each.arg: value for each, value in zip(plain, values, strict=True)}


def _wrapping(
    definition: Function, body: list[ast.stmt], index: Index
) -> HomeMade | None:
    """Read a coroutine function that gives or raises something, and a mock of it."""
    coroutine = body[0]
    if not isinstance(coroutine, ast.AsyncFunctionDef) or coroutine.decorator_list:
        return None
    match body[1:]:
        case [ast.Return(value=ast.Call() as call)]:
            pass
        case [
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call),
            ast.Return(value=ast.Name(id=returned)),
        ] if name == returned:
            pass
        case _:
            return None
    inner = _mock_class(call.func, definition.module, index)
    if not inner or not _takes_all(coroutine.args, 0):
        return None
    match call:
        case ast.Call(
            args=[], keywords=[ast.keyword(arg="wraps" | "side_effect", value=value)]
        ):
            given = isinstance(value, ast.Name) and value.id == coroutine.name
        case _:
            given = False
    slots = _outcome(coroutine, definition) if given else None
    arguments = definition.node.args
    if slots is None or arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return None
    hidden = {each.arg for each in every_argument(coroutine.args)}
    if any(each.parameter in hidden for each in slots):
        return None
    return _complete(HomeMade(definition, WRAPPING, inner, slots=slots))


def _outcome(
    coroutine: ast.AsyncFunctionDef, definition: Function
) -> tuple[_Slot, ...] | None:
    """Read ``if error: raise error`` and ``return value``."""
    slots: list[_Slot | None] = []
    body = _code(coroutine.body)
    if body and isinstance(body[0], ast.If):
        raised = _raised(body.pop(0))
        slot = _slot("side_effect", raised, definition) if raised else None
        if slot is None or not slot.parameter or not _is_none(slot.value):
            return None
        slots.append(slot)
    match body:
        case [ast.Return(value=value)]:
            slots.append(_slot("return_value", value or _NONE, definition))
        case []:
            slots.append(_Slot("return_value", "", _NONE))
        case _:
            return None
    if None in slots:
        return None
    return tuple(each for each in slots if each)


def _raised(statement: ast.stmt) -> ast.Name | None:
    """Read ``if error: raise error``, also with ``is not None``."""
    match statement:
        case ast.If(
            test=ast.Name(id=asked)
            | ast.Compare(
                left=ast.Name(id=asked),
                ops=[ast.IsNot()],
                comparators=[ast.Constant(None)],
            ),
            body=[ast.Raise(exc=ast.Name(id=raised) as error, cause=None)],
            orelse=[],
        ) if asked == raised:
            return error
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _subclass(definition: Class, index: Index) -> HomeMade | None:
    """Read a class with nothing but a ``__call__`` that is a coroutine function."""
    node = definition.node
    if node.decorator_list or node.keywords or len(node.bases) != 1:
        return None
    match _code(node.body):
        case [ast.AsyncFunctionDef(name="__call__") as call]:
            pass
        case _:
            return None
    inner = _mock_class(node.bases[0], definition.module, index)
    if not inner or call.decorator_list or not _calls_super(call, node):
        return None
    return HomeMade(definition, SUBCLASS, inner, passes=True)


def _calls_super(call: ast.AsyncFunctionDef, owner: ast.ClassDef) -> bool:
    """Whether a method returns what the same method of the base class returns."""
    if not _takes_all(call.args, 1):
        return False
    this = every_argument(call.args)[0].arg
    match _code(call.body):
        case [
            ast.Return(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="super"), args=given),
                        attr="__call__",
                    )
                ) as called
            )
        ]:
            names = [getattr(each, "id", "") for each in given]
            own = names in ([], [owner.name, this])
            return own and _hands_on(called, call.args)
    return False
