"""What the assertions of a file should be, once its edits are carried out."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping

from awaitify_codemods.facts.module import Module, spelled
from awaitify_codemods.plan import Argument, Edit

_ASSERTION = re.compile(
    r"assert([A-Z_]\w*)?$|fail([A-Z]\w*)?$|raises$|warns$|deprecated_call$"
)


class Expectation:
    """Fingerprints of assertions, with the plan's edits applied to them.

    An application of the edits that owes nothing to the one on LibCST trees: only
    those that may touch an assertion are known here, so any other shows.
    """

    def __init__(self, edits: dict[ast.AST, list[Edit]]) -> None:
        self.edits = edits

    def assertions(self, module: Module) -> dict[str, Counter[str]]:
        """Return the assertions of each function, and how often each stands there."""
        found: dict[str, Counter[str]] = {}
        for node in module.assertions():
            edits = self.edits.get(node, [])
            if any(edit.op == "remove" for edit in edits):
                continue
            if isinstance(node, ast.Call) and not _is_assertion(node):
                continue
            text = self._print(node, module)
            found.setdefault(self.qualified(node, module), Counter())[text] += 1
        return found

    def qualified(self, node: ast.AST, module: Module) -> str:
        """Return the name of where a node stands, by the functions' new names."""
        name = module.qualified(node)
        for outer in (node, *module.enclosing(node)):
            for edit in self.edits.get(outer, ()):
                if edit.op in ("rename-function", "join"):
                    old = module.qualified(outer)
                    owner = old[: -len(edit.expect)]
                    name = owner + str(edit.arguments["to"]) + name[len(old) :]
        return name

    def _print(self, node: ast.AST, module: Module) -> str:
        statement = module.parents.get(node)
        edits = list(self.edits.get(node, ()))
        if isinstance(statement, (ast.Expr, ast.Assign)):
            edits += [
                edit for edit in self.edits.get(statement, ()) if edit.op == "to-with"
            ]
        return self._text(node, edits)

    def _text(self, node: ast.AST, edits: list[Edit]) -> str:
        for edit in edits:
            if edit.op == "to-with":
                assert isinstance(node, ast.Call)
                return self._asserted(node, edit)
        if isinstance(node, ast.Call):
            node = _with_arguments(_with_keywords(node, edits), edits)
        plain = self._plain(node)
        for edit in edits:
            plain = self._edited(node, edit, plain)
        return plain

    def of(self, node: ast.AST) -> str:
        """Return the fingerprint of a node."""
        return self._text(node, self.edits.get(node, []))

    def _plain(self, node: ast.AST) -> str:
        parts = [type(node).__name__]
        for name, value in ast.iter_fields(node):
            if name in ("ctx", "type_comment", "kind"):
                continue
            if isinstance(value, list):
                items = [
                    self.of(v) if isinstance(v, ast.AST) else repr(v) for v in value
                ]
                parts.append(f"[{','.join(items)}]")
            elif isinstance(value, ast.AST):
                parts.append(self.of(value))
            else:
                parts.append(repr(value))
        return f"({' '.join(parts)})"

    def _edited(self, node: ast.AST, edit: Edit, plain: str) -> str:
        arguments = edit.arguments
        if edit.op == "wait-for":
            return self._bounded(plain, edit)
        if edit.op == "to-list":
            return plain.replace("(GeneratorExp ", "(ListComp ", 1)
        if edit.op == "replace-attribute" and isinstance(node, ast.Attribute):
            return self.of(ast.parse(str(arguments["code"]), mode="eval").body)
        if isinstance(node, ast.Name) and edit.op == "rename-name":
            return self.of(ast.parse(str(arguments["to"]), mode="eval").body)
        if edit.op == "replace-node":
            return self.of(ast.parse(str(arguments["code"]), mode="eval").body)
        if isinstance(node, ast.Attribute) and edit.op == "drop-hop":
            return self.of(node.value)
        if isinstance(node, ast.Yield) and edit.op == "await-yield":
            return f"(Await {self._yielded(node, edit)})"
        if not isinstance(node, ast.Call):
            return plain
        match edit.op:
            case "drop-arguments":
                gone = set(arguments["indexes"])
                args = [each for n, each in enumerate(node.args) if n not in gone]
                return self._plain(ast.Call(node.func, args, node.keywords))
            case "to-argument":
                return self.of(_argument(node, arguments))
            case "to-name":
                return self._plain(ast.Name(str(arguments["to"])))
            case "await-call":
                return f"(Await {plain})"
            case "await-argument":
                return f"(Await {self._wrapped(node, edit)})"
            case "await-spread":
                rest = ast.Call(
                    node.args[0],
                    node.args[1:],
                    [
                        k
                        for k in node.keywords
                        if k.arg not in _names(arguments["drop"])
                    ],
                )
                return f"(Await {self._plain(rest)})"
            case "await-converted":
                assert isinstance(node.func, ast.Call)
                call = ast.Call(node.func.args[0], node.args, node.keywords)
                return f"(Await {self._plain(call)})"
            case "await-factory":
                given = (*node.args, *(each.value for each in node.keywords))[0]
                if isinstance(given, ast.Lambda):
                    return f"(Await {self.of(given.body)})"
                return f"(Await {self._plain(ast.Call(given, [], []))})"
            case "rename":
                callee = ast.parse(str(arguments["to"]), mode="eval").body
                return self._plain(ast.Call(callee, node.args, node.keywords))
            case "drive":
                runner = self.of(ast.parse(str(arguments["runner"]), mode="eval").body)
                return f"(Call {runner} [{plain}] [])"
        return plain

    def _yielded(self, node: ast.Yield, edit: Edit) -> str:
        if code := edit.arguments.get("code"):
            return self.of(ast.parse(str(code), mode="eval").body)
        assert node.value is not None
        text = self.of(node.value)
        if wrap := edit.arguments.get("wrap"):
            callee = self.of(ast.parse(str(wrap), mode="eval").body)
            return f"(Call {callee} [{text}] [])"
        return text

    def _wrapped(self, node: ast.Call, edit: Edit) -> str:
        name = edit.arguments.get("keyword")
        awaited: ast.expr
        if name:
            awaited = next(k.value for k in node.keywords if k.arg == name)
        else:
            awaited = node.args[int(str(edit.arguments["position"]))]
        return self._around(self.of(awaited), edit)

    def _bounded(self, plain: str, edit: Edit) -> str:
        """``await E`` -> ``await wait_for(E, timeout=5)``."""
        assert plain.startswith("(Await ")
        return f"(Await {self._around(plain[7:-1], edit)})"

    def _around(self, text: str, edit: Edit) -> str:
        wraps = edit.arguments["wraps"]
        assert isinstance(wraps, (list, tuple))
        for wrap in wraps:
            assert isinstance(wrap, (list, tuple))
            source = f"{wrap[0]}(_, {wrap[1] or ''})"
            call = ast.parse(source, mode="eval").body
            assert isinstance(call, ast.Call)
            keywords = ",".join(self.of(each) for each in call.keywords)
            text = f"(Call {self.of(call.func)} [{text}] [{keywords}])"
        return text

    def _asserted(self, node: ast.Call, edit: Edit) -> str:
        """``raises(E, run, f(), match=m)`` -> ``raises(E, match=m)``."""
        keep = int(str(edit.arguments["keep"]))
        moved = edit.arguments["kind"] in ("spread", "callable")
        keywords = [] if moved else node.keywords
        return self._plain(ast.Call(node.func, node.args[:keep], keywords))


def _with_keywords(node: ast.Call, edits: list[Edit]) -> ast.Call:
    """Return a call with its keywords renamed and dropped."""
    dropped = {e.arguments["name"] for e in edits if e.op == "drop-keyword"}
    named = {
        e.arguments["name"]: e.arguments["to"]
        for e in edits
        if e.op == "rename-keyword"
    }
    if not dropped and not named:
        return node
    keywords = [
        ast.keyword(str(named[each.arg]), each.value) if each.arg in named else each
        for each in node.keywords
        if each.arg not in dropped
    ]
    return ast.Call(node.func, node.args, keywords)


def _with_arguments(node: ast.Call, edits: list[Edit]) -> ast.Call:
    """Return a call with the arguments that edits give it."""
    args, keywords = list(node.args), list(node.keywords)
    for edit in edits:
        if edit.op not in ("set-keyword", "set-argument"):
            continue
        value = ast.parse(str(edit.arguments["code"]), mode="eval").body
        if edit.op == "set-argument":
            args[int(str(edit.arguments["index"]))] = value
            continue
        name = str(edit.arguments["name"])
        new = ast.keyword(name, value)
        found = [number for number, each in enumerate(keywords) if each.arg == name]
        place = found[0] if found else len(keywords)
        keywords[place : place + 1] = [new]
    named = {
        int(str(edit.arguments["index"])): str(edit.arguments["name"])
        for edit in edits
        if edit.op == "name-argument"
    }
    keywords = [*(ast.keyword(named[n], args[n]) for n in sorted(named)), *keywords]
    args = [each for number, each in enumerate(args) if number not in named]
    return ast.Call(node.func, args, keywords)


def _argument(node: ast.Call, arguments: Mapping[str, Argument]) -> ast.expr:
    name = arguments.get("keyword")
    if name is None:
        return node.args[int(str(arguments.get("position", 0)))]
    return next(each.value for each in node.keywords if each.arg == name)


def _is_assertion(node: ast.Call) -> bool:
    owner, _, name = spelled(node.func).rpartition(".")
    name = name or getattr(node.func, "attr", "")
    if name.startswith("fail"):
        # Of a test or of pytest: others' functions may be called so too.
        return owner in ("self", "cls", "pytest", "pt") and bool(
            _ASSERTION.search(name)
        )
    return bool(_ASSERTION.search(name))


def _names(value: object) -> list[str]:
    assert isinstance(value, (list, tuple))
    return [str(each) for each in value]
