"""AW305 loop-policy."""

import ast
from collections.abc import Iterator, Sequence

from awaitify_codemods.colour.hook_regions import HookRegion, is_below
from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.fixture_decorators import (
    fixture_decorator,
    fixture_name,
    keyword,
    requested_parameters,
)
from awaitify_codemods.facts.glances import has_policy
from awaitify_codemods.facts.loop_factories import (
    HOOK,
    PARAMETERS,
    Factory,
    takes_names,
)
from awaitify_codemods.facts.module import Module, dotted
from awaitify_codemods.facts.parsing import text_of
from awaitify_codemods.facts.policy_fixtures import Choice, PolicyBody
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, External, Function
from awaitify_codemods.old_plugin import old_plugin
from awaitify_codemods.plan import REPORT
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Spelling, Work


class LoopPolicy(Rule):
    """A hook gives async tests loops of another kind: uvloop's, or one's own.

    Policies are deprecated since Python 3.14, and pytest-asyncio 1.4 warns of an
    `event_loop_policy` fixture, as it ignores an `event_loop` of another kind. In a
    conftest they become the hook `pytest_asyncio_loop_factories`, with one factory:
    the ids of tests stay. A policy class that only made loops goes.

    Left with an older pytest-asyncio; where there are several policies, or one that
    does more; in test modules, in which the hook has no effect; where sync tests use
    async fixtures, or would run at another time; where a test asks for the policy.
    `asyncio.set_event_loop_policy()` and `uvloop.install()` also concern the code
    under test: they are only reported.
    """

    META = Meta(
        code="AW305",
        name="loop-policy",
        summary="Say by a hook which kind of loop tests run on.",
        safety=Safety.SAFE,
        triggers=(b"event_loop_policy", b"uvloop"),
        examples=(
            Example(
                "in a conftest",
                before="""
                    import asyncio

                    import pytest

                    class TracingLoop(asyncio.SelectorEventLoop):
                        traced = True

                    class Policy(asyncio.DefaultEventLoopPolicy):
                        def new_event_loop(self):
                            return TracingLoop()

                    @pytest.fixture(scope="session")
                    def event_loop_policy():
                        return Policy()
                """,
                after="""
                    import asyncio

                    class TracingLoop(asyncio.SelectorEventLoop):
                        traced = True

                    def pytest_asyncio_loop_factories(config, item):
                        return {"tracing": TracingLoop}
                """,
                path="conftest.py",
            ),
            Example.unchanged(
                "in a test module",
                """
                    import pytest
                    import uvloop

                    from app import read

                    @pytest.fixture(scope="module")
                    def event_loop_policy():
                        return uvloop.EventLoopPolicy()

                    @pytest.mark.asyncio
                    async def test_read():
                        assert await read() == 1
                """,
            ),
        ),
        stands_apart=True,
        glance=has_policy,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make hooks of the fixtures in conftests; report what installs a policy."""
        modules = list(work.like(self.META))
        found = {
            fixture: _objection(fixture, work)
            for module in modules
            for fixture in _fixtures(module, work)
        }
        _keep_overridden(found, work)
        for fixture, refusal in found.items():
            if refusal:
                module, node = fixture.module, fixture.node
                yield Decision.left(module, node, refusal.reason, refusal.message)
            else:
                body = PolicyBody(fixture, work.index)
                body.is_read()
                yield from _hook(fixture, body.given, body.gone, work)
        for override in work.colouring.event_loops.going:
            if override.hook:
                given = [(node, v, (None, (f,))) for node, v, f in override.hook.given]
                yield from _hook(override.fixture, given, override.hook.gone, work)
        for module in modules:
            yield from _installed(module, work)


_NAME = "event_loop_policy"
Given = tuple[ast.stmt, ast.expr, Choice]
_LEFT = "loop-factory"


def _fixtures(module: Module, work: Work) -> Iterator[Function]:
    for node in module.functions:
        function = Function(module, node)
        if fixture_decorator(function, work.index):
            if fixture_name(function, work.index) == _NAME:
                yield function


def _objection(fixture: Function, work: Work) -> Refusal | None:
    module, node = fixture.module, fixture.node
    decorator = fixture_decorator(fixture, work.index)
    assert decorator is not None
    conftest = module.path.rpartition("/")[2] == "conftest.py"
    if not conftest or module.parents[node] is not module.tree:
        return Refusal(_LEFT, f"a hook has no effect in the place of {node.name}")
    if work.sources.lacks("loop_factories", module.path):
        return old_plugin(f"the hook for {node.name}", "loop_factories")
    if keyword(decorator, "params"):
        return Refusal(_LEFT, "with several policies, the ids of tests would change")
    if requested_parameters(fixture) or fixture.is_async:
        return Refusal(_LEFT, f"{node.name} asks for other fixtures")
    if len(node.decorator_list) > 1 or len(module.scope.names[node.name]) > 1:
        return Refusal(_LEFT, f"{node.name} is not the only one, or is decorated")
    body = PolicyBody(fixture, work.index)
    if not body.is_read():
        return Refusal(_LEFT, f"{node.name} gives more than a loop of another kind")
    if takes_names(node):
        return Refusal("name-taken", f"{node.name} uses what the hook is given")
    if where := _imported(work):
        return Refusal("import-shared", f"it is imported ({where})")
    if asking := work.users.asking(fixture):
        return Refusal("loop-asserted", f"{asking[0].node.name} asks for the policy")
    if work.references.to(fixture):
        return Refusal("loop-asserted", f"{node.name} is used by its name")
    if any(each.name == "default" for _, _, c in body.given for each in c[1]):
        if where := next(_installing(work), ""):
            return Refusal(_LEFT, f"the default may be another policy ({where})")
    folder = module.path.rpartition("/")[0]
    return HookRegion(
        folder,
        work.index,
        work.users,
        work.tests,
        work.is_coroutine,
        lambda test: not work.cases.running(test),
        lambda test: _scope(test, work),
    ).objection()


def _scope(test: Function, work: Work) -> str:
    """Return the loop scope of an async test; the widest if it is not known."""
    if test in work.colouring.scopes:
        return work.colouring.scopes[test]
    said = marked_scope(test, work.index)
    _, default = work.default_scopes(test.module.path)
    return "session" if said is None else said or default or "function"


def _imported(work: Work) -> str:
    for path in work.index.words.files_with(_NAME):
        module = work.index.module(path)
        for statement in module.imports if module else ():
            if any(alias.name == _NAME for alias in statement.names):
                return f"{path}:{statement.lineno}"
    return ""


def _keep_overridden(found: dict[Function, Refusal | None], work: Work) -> None:
    """Leave those that others override which are left: a hook would come first."""
    changed = True
    while changed:
        changed = False
        for fixture, refusal in found.items():
            if refusal:
                continue
            folder = fixture.module.path.rpartition("/")[0]
            for other in work.users.alike(fixture):
                inside = is_below(other.module.path, folder)
                if inside and found.get(other, True):
                    where = f"{other.module.path}:{other.node.lineno}"
                    message = f"what overrides it stays ({where})"
                    found[fixture] = Refusal(_LEFT, message)
                    changed = True


def _hook(
    fixture: Function, given: Sequence[Given], gone: Sequence[ast.stmt], work: Work
) -> Iterator[Decision]:
    """Make a hook of a fixture.

    Args:
        fixture: in a conftest.
        given: its statements that decide on a kind of loop.
        gone: those that the hook does not need.
        work: the colouring.

    """
    module, node = fixture.module, fixture.node
    message = f"the fixture {node.name} becomes the hook {HOOK}"
    yield Decision(module, node, "rename-function", {"to": HOOK}, message=message)
    yield Decision(module, node, "add-parameters", {"names": list(PARAMETERS)})
    if node.returns:
        yield Decision(module, node, "set-returns", {"code": ""}, (node.returns,))
    (decorator,) = node.decorator_list
    yield Decision(module, node, "drop-decorator", {"index": 0}, (decorator,))
    for statement in gone:
        yield Decision(module, statement, "remove", removes=(statement,))
    for statement, value, choice in given:
        code, imports = _returned(choice, fixture, work)
        uses = tuple(
            (owner, each.id)
            for each in ast.walk(ast.parse(code))
            if isinstance(each, ast.Name) and (owner := fixture.scope.find(each.id))
        )
        if isinstance(statement, ast.Assign):
            # It is no loop of the fixture's any more that falls out of use.
            uses += ((fixture.scope, dotted(statement.targets[0])),)
        arguments = {"code": code}
        yield Decision(
            module, statement, "to-return", arguments, (value,), uses, imports
        )
    yield from _unused(given, gone, work)


def _returned(
    choice: Choice, fixture: Function, work: Work
) -> tuple[str, tuple[str, ...]]:
    """Return the code of what the hook returns, and the imports that it takes."""
    condition, factories = choice
    spellings = [_spelled(each, fixture, work) for each in factories]
    imports = tuple(each for found in spellings for each in found.imports)
    codes = [
        f'{{"{factory.name}": {spelling.text}}}'
        for factory, spelling in zip(factories, spellings, strict=True)
    ]
    if condition is None:
        return codes[0], imports
    source = text_of(fixture.module.source)
    text = ast.get_source_segment(source, condition) or ""
    text = ast.unparse(condition) if not text or "\n" in text else text
    return f"{codes[0]} if {text} else {codes[1]}", imports


def _spelled(factory: Factory, fixture: Function, work: Work) -> Spelling:
    package = factory.external.partition(".")[0]
    # Also where it is imported in a try: the fixture relied on that as well.
    if not package or fixture.scope.find(package):
        return Spelling(factory.external or factory.code)
    return work.spell(fixture.module, fixture.scope, factory.external)


def _unused(
    given: Sequence[Given], gone: Sequence[ast.stmt], work: Work
) -> Iterator[Decision]:
    """Remove the policy classes that only the fixture used."""
    parts = [*gone, *(value for _, value, _ in given)]
    gone_nodes = {each for node in parts for each in ast.walk(node)}
    policies = {
        factory.policy: None
        for _, _, choice in given
        for factory in choice[1]
        if factory.policy
    }
    for policy in policies:
        if _is_unused(policy, gone_nodes, work):
            message = f"nothing uses {policy.node.name} any more"
            node = policy.node
            yield Decision(policy.module, node, "remove", {}, (node,), message=message)


def _is_unused(policy: Class, gone: set[ast.AST], work: Work) -> bool:
    module, name = policy.module, policy.node.name
    if module.parents[policy.node] is not module.tree:
        return False
    if len(module.scope.names[name]) > 1 or module.strings_naming(name):
        return False
    if work.index.words.files_with(name) != [module.path]:
        return False
    uses = module.uses.get(name, ())
    inside = {each for each in ast.walk(policy.node)}
    return all(use in gone or use in inside for use in uses)


def _installed(module: Module, work: Work) -> Iterator[Decision]:
    """Report what installs a policy for tests and the code under test alike."""
    for call in _installs(module, work):
        node = module.at[call].frame.node
        if node is not module.tree and not _is_hook(node):
            continue  # for a test, or for what asks for a fixture
        message = (
            "policies are gone in Python 3.16: tests get such a loop by the hook "
            f"{HOOK}, and the code under test by loop_factory="
        )
        yield Decision(module, call, "", message=message, status=REPORT)


def _is_hook(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("pytest_")


def _installing(work: Work) -> Iterator[str]:
    for word in ("set_event_loop_policy", "uvloop"):
        for path in work.index.words.files_with(word):
            module = work.index.module(path)
            for call in _installs(module, work) if module else ():
                yield f"{path}:{call.lineno}"


def _installs(module: Module, work: Work) -> Iterator[ast.Call]:
    for call in module.calls:
        if _names(call) in ("set_event_loop_policy", "install"):
            values = work.index.value(call.func, module)
            reset = [getattr(each, "value", call) for each in call.args] == [None]
            if values & _INSTALLERS and not reset:
                yield call


_INSTALLERS = frozenset(
    {External("asyncio.set_event_loop_policy"), External("uvloop.install")}
)


def _names(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))
