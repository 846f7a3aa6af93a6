"""AW332 hidden-warnings."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.fixtures import assigned_marks
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import External
from awaitify_codemods.facts.warning_filters import never_awaited
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work


class HiddenWarnings(Rule):
    """A test that loses a coroutine says so: its warning is not filtered out.

    A filter for `coroutine ... was never awaited` hides tests that check nothing. In
    marks, and as a call of `warnings.filterwarnings`, it is reported, and removed
    with `--unsafe`: run the tests then with `-W error`, for what it hid may fail them.
    AW343 does the same for configuration.

    One that names a coroutine of somebody else is only reported. Blanket filters are
    not mentioned: what they hide is not to be seen.
    """

    META = Meta(
        code="AW332",
        name="hidden-warnings",
        summary="Remove filters in tests that hide never-awaited coroutines.",
        safety=Safety.REVIEW,
        triggers=(b"never awaited",),
        examples=(
            Example(
                "with --unsafe",
                before="""
                    import warnings

                    import pytest

                    from app import fire

                    pytestmark = pytest.mark.filterwarnings(
                        "ignore:coroutine.*was never awaited:RuntimeWarning"
                    )

                    def test_fire():
                        warnings.filterwarnings("ignore", message=".*was never awaited")
                        assert fire("m") == 1
                """,
                after="""
                    from app import fire

                    def test_fire():
                        assert fire("m") == 1
                """,
            ),
            Example.unchanged(
                "a coroutine of somebody else",
                """
                    import pytest

                    from app import fire

                    @pytest.mark.filterwarnings(
                        "ignore:coroutine 'Connection._cancel' was never awaited"
                    )
                    def test_fire():
                        assert fire("m") == 1
                """,
            ),
        ),
        beside=(b"filterwarnings",),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Remove each filter that certainly hides coroutines."""
        for module in work.like(self.META):
            yield from _of_marks(module, work)
            for call in module.calls:
                if work.index.value(call.func, module) == _FILTER:
                    yield from _of_call(call, module, work)


_MARK = frozenset({External("pytest.mark.filterwarnings()")})
_FILTER = frozenset({External("warnings.filterwarnings")})


def _of_marks(module: Module, work: Work) -> Iterator[Decision]:
    for node in (*module.functions, *module.classes):
        for index, decorator in enumerate(node.decorator_list):
            what, is_ours = _marked(decorator, module, work)
            if what:
                message = f"the mark hides {what}"
                if is_ours:
                    yield Decision(
                        module,
                        node,
                        "drop-decorator",
                        {"index": index},
                        (decorator,),
                        message=message,
                    )
                else:
                    yield _reported(module, decorator, message)
    scopes = [module.scope, *(module.scopes[each] for each in module.classes)]
    for scope in scopes:
        for mark in assigned_marks(scope):
            what, is_ours = _marked(mark, module, work)
            if what:
                message = f"the mark hides {what}"
                found = _without(mark, module, message) if is_ours else None
                yield found or _reported(module, mark, message)


def _marked(mark: ast.expr, module: Module, work: Work) -> tuple[str, bool]:
    """Return what a mark hides, and whether that is our own."""
    match mark:
        case ast.Call(args=[ast.Constant(value=str(item))], keywords=[]):
            if work.index.value(mark, module) == _MARK:
                action, _, rest = item.partition(":")
                if action.strip() == "ignore":
                    return _hidden(rest.partition(":")[0], work)
    return "", False


def _hidden(message: str, work: Work) -> tuple[str, bool]:
    return never_awaited(message, lambda name: _defines(name, work))


def _defines(name: str, work: Work) -> bool:
    """Whether a file of the project has a function of some name."""
    words = work.index.words
    return any(
        any(node.name == name for node in module.functions)
        for path in words.files_with(name)
        if (module := work.index.module(path))
    )


def _without(mark: ast.expr, module: Module, message: str) -> Decision | None:
    """Return the decision to take a mark out of a ``pytestmark``."""
    statement = module.statement(mark)
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            if value is mark or getattr(value, "elts", None) == [mark]:
                return Decision(
                    module, statement, "remove", removes=(statement,), message=message
                )
            lines = module.source.splitlines()[value.lineno - 1 : value.end_lineno]
            if any(b"#" in line for line in lines):
                return None  # a comment would be lost
            if isinstance(value, (ast.List, ast.Tuple)) and len(value.elts) > 1:
                kept = [ast.unparse(each) for each in value.elts if each is not mark]
                comma = "," if isinstance(value, ast.Tuple) and len(kept) == 1 else ""
                code = ", ".join(kept) + comma
                code = f"[{code}]" if isinstance(value, ast.List) else f"({code})"
                return Decision(
                    module,
                    statement,
                    "set-value",
                    {"code": code},
                    (mark,),
                    message=message,
                )
    return None


def _of_call(call: ast.Call, module: Module, work: Work) -> Iterator[Decision]:
    given = {each.arg: each.value for each in call.keywords}
    arguments = dict(zip(("action", "message"), call.args, strict=False)) | given
    match arguments:
        case {
            "action": ast.Constant(value="ignore"),
            "message": ast.Constant(value=str(message)),
        }:
            what, is_ours = _hidden(message, work)
        case _:
            return
    statement = module.statement(call)
    if not what:
        return
    message = f"the filter hides {what}"
    if is_ours and isinstance(statement, ast.Expr) and statement.value is call:
        gone = (statement,)
        yield Decision(module, statement, "remove", removes=gone, message=message)
    else:
        yield _reported(module, call, message)


def _reported(module: Module, node: ast.AST, message: str) -> Decision:
    return Decision(module, node, "", message=message, status=REPORT)
