"""Overrides of ``event_loop`` that give another kind of loop: whether a hook can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awaitify_codemods.colour.hook_regions import HookRegion, is_below
from awaitify_codemods.colour.project import Project
from awaitify_codemods.facts.asyncio_marks import marked_scope
from awaitify_codemods.facts.loop_factories import takes_names
from awaitify_codemods.facts.loop_overrides import HOOKED, Override
from awaitify_codemods.facts.module import every_argument
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Function
from awaitify_codemods.old_plugin import old_plugin

_POLICY = "event_loop_policy"
_LEFT = "loop-factory"


def not_hooked(override: Override, project: Project) -> Refusal | None:
    """Return why a hook cannot stand for an override, whatever becomes of others."""
    fixture = override.fixture
    module, node = fixture.module, fixture.node
    conftest = module.path.rpartition("/")[2] == "conftest.py"
    if not conftest or module.parents[node] is not module.tree:
        return Refusal(_LEFT, f"a hook has no effect in the place of {node.name}")
    if project.sources.lacks("loop_factories", module.path):
        return old_plugin(f"the hook for {node.name}", "loop_factories")
    if takes_names(node):
        return Refusal("name-taken", f"{node.name} uses what the hook is given")
    if len(module.scope.names[node.name]) > 1 or every_argument(node.args):
        return Refusal(_LEFT, f"{node.name} is not the only one, or is given something")
    for path in project.index.words.files_with(_POLICY):
        if path in project.test_code:
            return Refusal(_LEFT, f"{_POLICY} decides on the loops as well ({path})")
    return None


def not_reached(
    override: Override,
    going: Iterable[Override],
    every: Iterable[Override],
    coloured: set[Function],
    scopes: Mapping[Function, str],
    project: Project,
) -> Refusal | None:
    """Return why a hook would not do for all tests what an override does.

    Args:
        override: the one that is to become a hook.
        going: the overrides that go.
        every: those, and the ones that stay.
        coloured: what becomes async.
        scopes: the loop scopes of tests that run on wider loops.
        project: the stages up to the colouring.

    """
    folder = override.fixture.module.path.rpartition("/")[0]
    hooked = {each.fixture for each in going if each.kind == HOOKED}
    for each in every:
        path, line = each.fixture.module.path, each.fixture.node.lineno
        if is_below(path, folder) and each.fixture not in hooked:
            return Refusal(
                _LEFT, f"the hook would overrule another one ({path}:{line})"
            )

    def scope(test: Function) -> str:
        said = marked_scope(test, project.index)
        _, default = project.default_scopes(test.module.path)
        told = "session" if said is None else said
        return scopes.get(test, told or default or "function")

    return HookRegion(
        folder,
        project.index,
        project.users,
        project.sources.tests,
        lambda function: function.is_async or function in coloured,
        lambda test: not project.cases.running(test),
        scope,
    ).objection()
