"""`patch` in all its forms: what it makes, what it replaces, and for how long."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitify_codemods.facts.foreign import is_followed
from awaitify_codemods.facts.values import Anonymous, Class, File, Function
from awaitify_codemods.mocks.values import (
    Callable_,
    ClassObject,
    Constant,
    Frame,
    Mapping,
    Mock,
    MockClass,
    ModuleObject,
    Native,
    Object,
    Opaque,
    Patcher,
    Place,
    Value,
)

if TYPE_CHECKING:
    from awaitify_codemods.mocks.execution import Execution

_OWN = frozenset({"new", "spec", "spec_set", "create", "autospec", "new_callable"})
_ORDER = ("new", "spec", "create", "spec_set", "autospec", "new_callable")


class Patching:
    """Makes patchers, applies them and undoes them."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._machine = execution.machine

    def patcher(
        self,
        form: str,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.Call,
        frame: Frame,
    ) -> Patcher:
        """Return what ``patch(...)``, ``patch.object(...)`` and so on make."""
        if form == "patch.dict":
            return Patcher([], None)
        if form == "patch.multiple":
            return self._multiple(args, keywords, node, frame)
        given = 1 if form == "patch" else 2
        if len(args) < given:
            return Patcher([], Opaque())
        owner, name = self._target(form, args, frame)
        keywords = {**dict(zip(_ORDER, args[given:], strict=False)), **keywords}
        kind = self._kind(form, args, owner, name, frame)
        place = self.place(owner, name)
        if "new" in keywords:
            value = keywords["new"]
            if not name:
                self._machine.forgets([value])
            patcher = Patcher([(place, value)], value)
            patcher.injects = False
        else:
            value = self._made(kind, owner, name, keywords, node, frame)
            patcher = Patcher([(place, value)], value)
        if isinstance(owner, ClassObject):
            self._execution.mocks.put_on_class(owner.of, name, value, frame)
        return patcher

    def _target(self, form: str, args: list[Value], frame: Frame) -> tuple[Value, str]:
        if form == "patch.object":
            name = args[1].value if isinstance(args[1], Constant) else ""
            return args[0], str(name)
        if not isinstance(args[0], Constant) or not isinstance(args[0].value, str):
            return Opaque(), ""
        return self.named(args[0].value, frame)

    def named(self, dotted: str, frame: Frame) -> tuple[Value, str]:
        """Return the owner and the name of what a string names."""
        *parts, name = dotted.split(".")
        index = self._machine.index
        for size in range(len(parts), 0, -1) if is_followed(dotted) else ():
            path = index.locate(".".join(parts[:size]), frame.module.path)
            module = index.module(path) if path else None
            if module is None:
                continue
            self._machine.touched.add(module)
            value: Value = ModuleObject(module)
            for part in parts[size:]:
                value = self._execution.lookups.attribute(
                    value, part, frame, ast.Pass()
                )
            return value, name
        return self._machine.external(".".join(parts)), name

    def place(self, owner: Value, name: str) -> Place:
        """Return where the table of patches has a name of an owner."""
        match owner:
            case ModuleObject(of=module):
                return module.path, name
            case ClassObject(of=of):
                return of.node, name
            case Opaque(name=dotted) if dotted and dotted in self._machine.externals:
                return "", f"{dotted}.{name}"
        return owner, name

    def _kind(
        self, form: str, args: list[Value], owner: Value, name: str, frame: Frame
    ) -> str:
        specs = self._execution.specs
        if form == "patch" and isinstance(args[0], Constant):
            return specs.target(str(args[0].value), frame.module.path)
        match owner:
            case ModuleObject(of=module):
                found = self._machine.index.member(File(module), name)
                return specs.kind_of_all(found)
            case Object() | ClassObject() | Opaque():
                return specs.member_kind(owner, name)
        return "unknown"

    def _made(
        self,
        kind: str,
        owner: Value,
        name: str,
        keywords: dict[str, Value],
        node: ast.Call,
        frame: Frame,
    ) -> Value:
        execution = self._execution
        others = {k: v for k, v in keywords.items() if k not in _OWN}
        factory = keywords.get("new_callable")
        if factory is not None and not _is_none(factory):
            if isinstance(factory, MockClass):
                form = "new_callable"
                made = execution.mocks.make(factory, node, [], others, frame, form)
                made.real = kind
                self._machine.node(made)
                return made
            return execution.calls.call(factory, [], others, node, frame)
        made_by = MockClass("AsyncMock" if kind == "async" else "MagicMock")
        spec = next(
            (keywords[k] for k in ("autospec", "spec", "spec_set") if k in keywords),
            None,
        )
        if isinstance(spec, Constant):
            spec = None if not spec.value else self._current(owner, name, frame)
        made = execution.mocks.make(
            made_by, node, [spec] if spec is not None else [], others, frame, "patch"
        )
        made.real = kind
        if spec is not None and kind == "class":
            instance = execution.mocks.result_of(made)
            if isinstance(instance, Mock):
                instance.members = made.members
        self._machine.node(made)
        return made

    def _current(self, owner: Value, name: str, frame: Frame) -> Value:
        return self._execution.lookups.attribute(owner, name, frame, ast.Pass())

    def _multiple(
        self,
        args: list[Value],
        keywords: dict[str, Value],
        node: ast.Call,
        frame: Frame,
    ) -> Patcher:
        if not args:
            return Patcher([], None)
        owner = args[0]
        if isinstance(owner, Constant) and isinstance(owner.value, str):
            parent, name = self.named(owner.value, frame)
            lookups = self._execution.lookups
            located = self._machine.index.locate(owner.value, frame.module.path)
            module = self._machine.index.module(located) if located else None
            owner = (
                ModuleObject(module)
                if module
                else lookups.attribute(parent, name, frame, ast.Pass())
            )
        patcher = Patcher([], None)
        for name, value in keywords.items():
            if name in _OWN:
                continue
            if isinstance(value, Native) and value.name == "DEFAULT":
                self._machine.made(frame.module, node, "multiple")
                value = Mock(node, (name,), "MagicMock")
                self._machine.doubt(value, "unknown-value")
                patcher.keywords[name] = value
            patcher.targets.append((self.place(owner, name), value))
        patcher.given = Mapping({name: each for name, each in patcher.keywords.items()})
        patcher.injects = False
        return patcher

    # What patchers do.

    def applied(self, patcher: Patcher) -> Value:
        """Put values in their places; return what ``as`` binds."""
        patches = self._machine.patches
        for place, value in patcher.targets:
            owner, name = place
            old: Value | None
            if isinstance(owner, (Object, Opaque)):
                old = owner.attributes.get(name)
                owner.attributes[name] = value
            elif isinstance(owner, Mock):
                old = owner.children.get(name)
                owner.children[name] = value
            elif isinstance(owner, Callable_):
                old = owner.attributes.get(name)
                owner.attributes[name] = value
            else:
                old = patches.get(place)
                patches[place] = value
            patcher.undo.append((place, old))
        return patcher.given if patcher.given is not None else Opaque()

    def applied_first(self, value: Value) -> Value:
        """Enter what an exit stack is given."""
        return self.applied(value) if isinstance(value, Patcher) else Opaque()

    def undone(self, patcher: Patcher) -> None:
        """Put back what was there."""
        for place, old in reversed(patcher.undo):
            owner, name = place
            if isinstance(owner, (Object, Opaque, Callable_)):
                _put_back(owner.attributes, name, old)
            elif isinstance(owner, Mock):
                _put_back(owner.children, name, old)
            elif old is None:
                self._machine.patches.pop(place, None)
            else:
                self._machine.patches[place] = old
        patcher.undo.clear()

    def set(
        self, args: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
    ) -> None:
        """Do what ``monkeypatch.setattr`` does."""
        value = keywords.get("value", args[-1] if len(args) >= 2 else None)
        if value is None or not args:
            return
        owner: Value = args[0]
        if isinstance(owner, Constant):
            owner, name = self.named(str(owner.value), frame)
        elif len(args) >= 2 and isinstance(args[1], Constant):
            name = str(args[1].value)
        else:
            self._machine.forgets([value])
            return
        if isinstance(owner, ClassObject):
            self._execution.mocks.put_on_class(owner.of, name, value, frame)
        if isinstance(owner, (Object, Mock)):
            self._execution.lookups.set_attribute(owner, name, value, frame, node)
        else:
            self.applied(Patcher([(self.place(owner, name), value)], value))

    # Decorators.

    def of_function(
        self, function: Function | Anonymous, frame: Frame
    ) -> list[Patcher]:
        """Return the patchers that decorate a function, in the order of application."""
        if isinstance(function, Anonymous):
            return []
        around = Frame(function.module, function.module.tree, frame.parent)
        around.is_function = False
        found = []
        for decorator in reversed(function.node.decorator_list):
            if isinstance(decorator, ast.Call) and _may_patch(decorator):
                value = self._execution.expressions.value(decorator, around)
                if isinstance(value, Patcher):
                    found.append(value)
        return found

    def of_class(self, of: Class) -> list[Patcher]:
        """Return the patchers that decorate a class, in the order of application."""
        frame = Frame(of.module, of.module.tree, is_function=False)
        found = []
        for decorator in reversed(of.node.decorator_list):
            if isinstance(decorator, ast.Call) and _may_patch(decorator):
                value = self._execution.expressions.value(decorator, frame)
                if isinstance(value, Patcher):
                    found.append(value)
        return found

    def applied_to(
        self, patcher: Patcher, function: Function | Anonymous, frame: Frame
    ) -> None:
        """Apply a decorator of a function, and give the function what it makes."""
        given = self.applied(patcher)
        frame.names.update(patcher.keywords)
        if not patcher.injects:
            return
        arguments = function.node.args
        for each in (*arguments.posonlyargs, *arguments.args):
            if each.arg not in frame.filled:
                frame.names[each.arg] = given
                frame.filled.add(each.arg)
                return


def _may_patch(decorator: ast.Call) -> bool:
    node: ast.AST = decorator.func
    while isinstance(node, ast.Attribute):
        if node.attr == "patch":
            return True
        node = node.value
    return isinstance(node, ast.Name) and "patch" in node.id


def _put_back(attributes: dict[str, Value], name: str, old: Value | None) -> None:
    if old is None:
        attributes.pop(name, None)
    else:
        attributes[name] = old


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None
