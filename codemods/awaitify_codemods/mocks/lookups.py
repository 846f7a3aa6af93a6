"""What names and attributes mean, patches included."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import TYPE_CHECKING

from awaitify_codemods.facts.module import FUNCTIONS, Binding, Module
from awaitify_codemods.facts.values import (
    Anonymous,
    Class,
    External,
    File,
    Function,
    Instance,
    Member,
)
from awaitify_codemods.facts.values import Value as Meaning
from awaitify_codemods.mocks.facts import ESCAPED, MISSING, USED
from awaitify_codemods.mocks.home_made import home_made
from awaitify_codemods.mocks.machine import Raised
from awaitify_codemods.mocks.names import CLASSES, PACKAGES, mock_name
from awaitify_codemods.mocks.values import (
    TEXT,
    Applied,
    Callable_,
    Called,
    ClassObject,
    Constant,
    Frame,
    FutureObject,
    Hopped,
    Items,
    Mapping,
    Mock,
    MockClass,
    ModuleObject,
    Native,
    Object,
    Opaque,
    Patcher,
    Super,
    Suspended,
    Value,
    alternatives,
    is_plain,
    joined,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_BUILTINS = frozenset(dir(builtins))
_TRANSPARENT = frozenset(
    "staticmethod abstractmethod override wraps fixture lru_cache cache overload "
    "final coroutine asynccontextmanager contextmanager classmethod property "
    "cached_property setter getter deleter singledispatch total_ordering".split()
)

_OF_COROUTINES = frozenset({"close", "send", "throw", "__await__"})


class Lookups:
    """Finds what names and attributes mean."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine
        self._index = execution.machine.index
        self.around: dict[ast.ClassDef, Frame] = {}
        """The frames in which classes were defined."""

    # Names.

    def name(self, name: str, frame: Frame) -> Value:
        """Return what a name means in a frame."""
        at: Frame | None = frame
        while at is not None:
            if name in at.names:
                return at.names[name]
            at = at.parent
        return self.of_module(name, frame.module)

    def of_module(self, name: str, module: Module) -> Value:
        """Return what a name means at the top of a module."""
        key = (module.path, name)
        self._machine.touched.add(module)
        if key in self._machine.patches:
            return self._machine.patches[key]
        if key not in self._machine.globals:
            self._machine.globals[key] = Opaque()  # what a cycle finds
            self._machine.globals[key] = self._global(name, module)
        return self._machine.globals[key]

    def _global(self, name: str, module: Module) -> Value:
        bindings = module.scope.names.get(name)
        if bindings is not None:
            return self.bound(bindings, name, self._frame(module))
        if module.stars:
            found = self._index.name(module.scope, name, module)
            return self._meaning(found)
        if name in _BUILTINS:
            return self.library(f"builtins.{name}")
        return Opaque()

    def _frame(self, module: Module) -> Frame:
        frames = self._machine.frames
        if module.tree not in frames:
            frames[module.tree] = Frame(module, module.tree, is_function=False)
        return frames[module.tree]

    def bound(self, bindings: list[Binding], name: str, frame: Frame) -> Value:
        """Return what the bindings of a name in a scope give."""
        found = []
        for binding in bindings:
            if binding.kind in ("def", "class") and binding is not bindings[-1]:
                # An `if` may choose; else the last one holds.
                parent = frame.module.parents.get(binding.node)
                if not isinstance(parent, (ast.If, ast.Try, ast.ExceptHandler)):
                    continue
            found.append(self._of_binding(binding, name, frame))
        return joined(found)

    def _of_binding(self, binding: Binding, name: str, frame: Frame) -> Value:
        node = binding.node
        if binding.kind == "def" and isinstance(node, FUNCTIONS):
            function = Function(frame.module, node)
            closure = frame if frame.is_function else None
            return self.decorated(Callable_(function, closure), node, frame)
        if binding.kind == "class" and isinstance(node, ast.ClassDef):
            return self._class(Class(frame.module, node))
        if binding.kind == "import":
            meant = self._index.imported(binding.target, frame.module, 0)
            level, source, member = binding.target
            if len(meant) == 1 and member:
                # Where it comes from may be patched there.
                path = (
                    self._index.relative(frame.module.path, level, source)
                    if level
                    else self._index.locate(source, frame.module.path)
                )
                origin = self._index.module(path) if path else None
                if origin is not None and member in origin.scope.names:
                    return self.of_module(member, origin)
            return self._meaning(meant)
        if binding.value is not None and binding.kind == "assign":
            with self._machine.condition():
                return self._execution.guarded(
                    lambda: self._execution.expressions.value(
                        binding.value or ast.Constant(None), frame
                    )
                )
        return Opaque()

    def _meaning(self, values: Iterable[Meaning]) -> Value:
        return joined([self.meant(each) for each in values])

    def meant(self, value: Meaning) -> Value:
        """Return what the index knows, as a value of the execution."""
        match value:
            case External(name):
                return self.library(name)
            case File(module):
                return ModuleObject(module)
            case Function(module, node):
                return self.decorated(Callable_(value), node, self._frame(module))
            case Class():
                return self._class(value)
            case Anonymous():
                return Callable_(value, self._frame(value.module))
            case Instance(External(name)):
                return Opaque(f"{name}()")
            case Member(Instance(External(name)), attribute):
                return Opaque(f"{name}().{attribute}")
        return Opaque()

    def library(self, name: str) -> Value:
        """Return what a dotted name outside the project means."""
        of_mock = mock_name(name)
        if of_mock in CLASSES:
            return MockClass(of_mock)
        if of_mock in _OF_MOCK or name in _NATIVE:
            patched = self._machine.patches.get(("", name))
            return patched or Native(of_mock or name, None)
        return self._machine.external(name)

    def _class(self, of: Class) -> Value:
        if made := home_made(of, self._index):
            return MockClass(f"hand-made:async:{made.kind}", made)
        return ClassObject(of)

    # Functions.

    def decorated(
        self,
        function: Callable_,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        frame: Frame,
    ) -> Value:
        """Return what a definition gives, once it is decorated."""
        assert isinstance(function.function, Function)
        if made := home_made(function.function, self._index):
            return MockClass(f"hand-made:async:{made.kind}", made)
        value: Value = function
        for decorator in reversed(node.decorator_list):
            value = self._decorate(value, decorator, frame)
        return value

    def _decorate(self, value: Value, decorator: ast.expr, frame: Frame) -> Value:
        last = _last_name(decorator)
        if last in ("contextmanager", "asynccontextmanager"):
            if isinstance(value, Callable_):
                value.is_context = True
            return value
        if last in _TRANSPARENT or _is_known(decorator):
            return value
        made = self._execution.expressions.value(decorator, frame)
        if isinstance(made, Native) and made.name == "wraps()":
            return value
        if isinstance(made, (Callable_, ClassObject)):
            return self._execution.calls.call(made, [value], {}, decorator, frame)
        if isinstance(made, Patcher):
            # It is applied with each call.
            return value
        if isinstance(value, Callable_):
            value.doubtful = True
        return value

    # Attributes.

    def attribute(self, owner: Value, name: str, frame: Frame, node: ast.AST) -> Value:
        """Return an attribute of a value."""
        found = alternatives(owner)
        if len(found) == 1:
            return self._attribute(owner, name, frame, node)
        with self._machine.condition():
            return joined([self._attribute(each, name, frame, node) for each in found])

    def _attribute(self, owner: Value, name: str, frame: Frame, node: ast.AST) -> Value:
        if name in self._execution.hop_names:
            self._hop(owner, name, frame, node)
        if type(owner) is Opaque:
            return self._of_opaque(owner, name)
        if type(owner) is Object:
            return self.of_object(owner, name, node, frame)
        match owner:
            case Mock() if owner.is_function:
                if name in self._execution.hop_names:
                    return Hopped(owner)
                self._machine.doubt(owner, "attribute")
                return Opaque()
            case Hopped(mock=mock):
                return self._execution.mocks.attribute(mock, name)
            case Mock():
                mocks = self._execution.mocks
                if mocks.lacks(owner, name):
                    self._machine.itself(owner, MISSING, node, frame)
                return mocks.attribute(owner, name)
            case Called():
                if owner.mock.is_async and name in _OF_COROUTINES:
                    self._machine.use(owner.mock, ESCAPED, node, frame)
                    return Native(name, owner) if name == "close" else Opaque()
                self._machine.use(owner.mock, USED, node, frame)
                return self.attribute(owner.value, name, frame, node)
            case ClassObject():
                found = self.of_class(owner.of, name, None, node, frame)
                return found if found is not None else Opaque()
            case ModuleObject():
                return self.of_file(owner.of, name)
            case Super():
                found = self.of_class(
                    owner.of, name, owner.bound, node, frame, skip=True
                )
                return found if found is not None else Opaque(f"super().{name}")
            case Callable_():
                self._machine.shown.add(owner.function.node)
                return owner.attributes.get(name) or Opaque()
            case Items() | Mapping() | Suspended() | FutureObject() | Patcher():
                if isinstance(owner, Suspended):
                    owner.looked_at = True
                return Native(name, owner)
            case Native():
                return self._of_native(owner, name)
            case MockClass() | Applied():
                return Opaque()
            case Constant(value=str() as text) if not hasattr(text, name):
                raise Raised
            case Constant(value=str() | bytes() | int() | float()):
                return Opaque(f"{TEXT}.{name}")
        return Opaque()

    def _hop(self, owner: Value, name: str, frame: Frame, node: ast.AST) -> None:
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return
        if isinstance(owner, Mock) and owner.is_function:
            self._machine.hop(node, frame, owner.site)
        elif not isinstance(owner, Called) or owner.mock.is_async:
            self._machine.hop(node, frame, None, _may_be_anything(owner, name))

    def _of_native(self, owner: Native, name: str) -> Value:
        if owner.name == "mocker":
            if name in CLASSES:
                return MockClass(name)
            return Native(f"mocker.{name}", None)
        return Native(f"{owner.name}.{name}", owner.of)

    def _of_opaque(self, owner: Opaque, name: str) -> Value:
        dotted = f"{owner.name}.{name}" if owner.name else ""
        if dotted and not owner.name.startswith("super"):
            patched = self._machine.patches.get(("", dotted))
            if patched is not None:
                return patched
        if name in owner.attributes:
            return owner.attributes[name]
        if dotted:
            found = self.library(dotted)
            if not isinstance(found, Opaque):
                return found
        owner.attributes[name] = Opaque(dotted or f".{name}")
        return owner.attributes[name]

    def of_file(self, module: Module, name: str) -> Value:
        """Return an attribute of a module of the project."""
        key = (module.path, name)
        if key in self._machine.patches or name in module.scope.names:
            return self.of_module(name, module)
        return self._meaning(self._index.member(File(module), name))

    def of_object(self, owner: Object, name: str, node: ast.AST, frame: Frame) -> Value:
        """Return an attribute of an instance."""
        if name in owner.attributes:
            return owner.attributes[name]
        if owner.of is not None:
            found = self.of_class(owner.of, name, owner, node, frame)
            if found is not None:
                return found
        made = Opaque(f"self.{name}")
        if name == "mocker":
            owner.attributes[name] = self._machine.unknown_argument(name)
            return owner.attributes[name]
        owner.attributes[name] = made
        return made

    def of_class(
        self,
        of: Class,
        name: str,
        bound: Value | None,
        node: ast.AST,
        frame: Frame,
        skip: bool = False,
    ) -> Value | None:
        """Return what a class has under a name, bound to an instance if there is one.

        Args:
            of: the class.
            name: of the attribute.
            bound: the instance.
            node: where that is asked.
            frame: where that is asked.
            skip: whether only its bases are asked.

        """
        for base in list(self._index.mro(of))[1 if skip else 0 :]:
            if not isinstance(base, Class):
                continue
            self._machine.touched.add(base.module)
            key = (base.node, name)
            if key in self._machine.patches:
                return self._put_on_class(self._machine.patches[key], bound)
            bindings = base.module.scopes[base.node].names.get(name)
            if bindings:
                return self._member(base, bindings[-1], name, bound, node)
        return None

    def _put_on_class(self, value: Value, bound: Value | None) -> Value:
        if isinstance(value, Callable_) and bound is not None:
            return Callable_(value.function, value.closure, bound, value.owner)
        return value

    def _member(
        self,
        base: Class,
        binding: Binding,
        name: str,
        bound: Value | None,
        node: ast.AST,
    ) -> Value:
        frame = self.frame_of(base)
        if name in frame.names:
            value = frame.names[name]
        else:
            if binding.kind == "def" and isinstance(binding.node, FUNCTIONS):
                around = self.around.get(base.node)
                function = Callable_(Function(base.module, binding.node), around)
                value = self.decorated(function, binding.node, frame)
            else:
                value = self._of_binding(binding, name, frame)
            frame.names[name] = value
        if not isinstance(value, Callable_) or binding.kind != "def":
            return value
        assert isinstance(binding.node, FUNCTIONS)
        kinds = {_last_name(each) for each in binding.node.decorator_list}
        if "staticmethod" in kinds:
            return value
        if "classmethod" in kinds:
            bound = ClassObject(base) if bound is None else _class_of(bound, base)
        if bound is None:
            return value
        method = Callable_(
            value.function,
            value.closure,
            bound,
            base,
            value.doubtful,
            value.is_context,
            value.attributes,
        )
        if kinds & {"property", "cached_property"}:
            return self._execution.calls.call(method, [], {}, node, frame)
        return method

    def frame_of(self, of: Class) -> Frame:
        """Return the frame of a class body."""
        frames = self._machine.frames
        if of.node not in frames:
            around = self.around.get(of.node)
            frames[of.node] = Frame(of.module, of.node, around, is_function=False)
        return frames[of.node]

    def has_member(self, of: Class, *names: str) -> bool:
        """Whether a class of the project defines one of some names."""
        return any(
            isinstance(base, Class)
            and any(name in base.module.scopes[base.node].names for name in names)
            for base in self._index.mro(of)
        )

    def is_all_known(self, of: Class) -> bool:
        """Whether all that a class inherits can be read."""
        return all(
            isinstance(base, Class)
            or (isinstance(base, External) and base.name in _PLAIN_BASES)
            for base in self._index.mro(of)
        )

    # Writes.

    def set_name(self, name: str, value: Value, frame: Frame) -> None:
        """Bind a name in a frame."""
        at = frame
        while (
            not at.is_function
            and at.parent is not None
            and not isinstance(at.node, (ast.Module, ast.ClassDef))
        ):
            if isinstance(at.node, _COMPREHENSIONS):
                break
            at = at.parent
        declared = at.scope.elsewhere.get(name) if at.is_function else None
        if declared == "global":
            self._machine.globals[(at.module.path, name)] = value
            return
        if declared == "nonlocal":
            outer = at.parent
            while outer is not None:
                if name in outer.names:
                    outer.names[name] = value
                    return
                outer = outer.parent
        at.names[name] = value

    def set_attribute(
        self, owner: Value, name: str, value: Value, frame: Frame, node: ast.AST
    ) -> None:
        """Set an attribute of a value."""
        for one in alternatives(owner):
            if isinstance(one, Called):
                self._machine.use(one.mock, USED, node, frame)
                self.set_attribute(one.value, name, value, frame, node)
            elif isinstance(one, Mock) and one.is_function:
                self._machine.doubt(one, "attribute")
            elif isinstance(one, Hopped):
                self._execution.mocks.set_attribute(one.mock, name, value, frame, node)
            elif isinstance(one, Mock):
                self._execution.mocks.set_attribute(one, name, value, frame, node)
            elif isinstance(one, (Object, Opaque)):
                if (
                    isinstance(one, Opaque)
                    and one.name
                    and one.name in (self._machine.externals)
                ):
                    self._machine.patches[("", f"{one.name}.{name}")] = value
                else:
                    self._machine.write(one, name, value)
            elif isinstance(one, Callable_):
                one.attributes[name] = value
            elif isinstance(one, ClassObject):
                self._machine.patches[(one.of.node, name)] = value
                self._execution.mocks.put_on_class(one.of, name, value, frame)
            elif isinstance(one, ModuleObject):
                self._machine.patches[(one.of.path, name)] = value
            else:
                self._execution.expressions.escape(value, node, frame)


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_PLAIN_BASES = frozenset(
    {
        "builtins.object",
        "abc.ABC",
        "typing.Protocol",
        "typing.Generic",
        "builtins.Exception",
    }
)
_OF_MOCK = frozenset(
    "patch patch.object patch.dict patch.multiple patch.stopall create_autospec "
    "mock_open seal call ANY DEFAULT sentinel".split()
)
_NATIVE = frozenset(
    "functools.partial functools.wraps types.SimpleNamespace builtins.getattr "
    "builtins.setattr builtins.hasattr builtins.super builtins.isinstance "
    "builtins.callable builtins.list builtins.tuple builtins.dict builtins.set "
    "builtins.type asyncio.Future asyncio.iscoroutinefunction asyncio.iscoroutine "
    "asyncio.isfuture inspect.isawaitable inspect.iscoroutine "
    "inspect.iscoroutinefunction inspect.isfunction asyncio.coroutine "
    "asgiref.sync.iscoroutinefunction copy.copy copy.deepcopy".split()
)


def _class_of(bound: Value, base: Class) -> Value:
    if isinstance(bound, Object) and bound.of is not None:
        return ClassObject(bound.of)
    return bound if isinstance(bound, ClassObject) else ClassObject(base)


def _may_be_anything(value: Value, name: str) -> bool:
    """Whether nothing is known of a value; ``unittest.mock`` is a module."""
    if not isinstance(value, Opaque) or is_plain(value):
        return False
    return f"{value.name}.{name}" not in PACKAGES


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return getattr(node, "attr", getattr(node, "id", ""))


def _is_known(decorator: ast.expr) -> bool:
    """Whether a decorator only marks what it stands on."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    while isinstance(node, ast.Attribute):
        if node.attr == "mark":
            return True
        node = node.value
    return False
