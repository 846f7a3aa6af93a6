"""The file that gets a helper: the nearest conftest, or the only file that needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awaitify_codemods.facts.fixtures import conftests
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import External
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Work
from awaitify_codemods.written.helpers import Helper


def home(
    helper: Helper, users: Sequence[Module], rule: str, work: Work
) -> Module | Refusal:
    """Return the file into which a rule writes a fixture for the tests of others."""
    for module in (*_conftests(users, work), *_alone(users)):
        if work.is_free(rule, module, module.tree):
            return module if _means_them(helper, module, work) else _taken(module)
    message = f"no conftest.py can have {helper.name} for all tests that need it"
    return Refusal("helper-escapes", message)


def writing(helper: Helper, module: Module, work: Work, message: str = "") -> Decision:
    """Return the decision to write a helper into a file."""
    code, spellings = helper.written(module, work)
    return Decision(
        module,
        module.tree,
        "insert-after-imports",
        {"code": code},
        uses=tuple(use for each in spellings for use in each.uses),
        imports=tuple(name for each in spellings for name in each.imports),
        message=message,
    )


def _conftests(users: Iterable[Module], work: Work) -> Iterable[Module]:
    """Yield the conftest files that all of some files see, the nearest first."""
    seen = [conftests(each.path) for each in users]
    for path in reversed(seen[0]):
        if all(path in each for each in seen) and path in work.index.files:
            if module := work.index.module(path):
                yield module


def _alone(users: Sequence[Module]) -> Sequence[Module]:
    return users[:1] if len(set(users)) == 1 else ()


def _means_them(helper: Helper, module: Module, work: Work) -> bool:
    """Whether the modules that a helper needs are meant by their names there."""
    return helper.name not in module.scope.names and all(
        work.index.bound(module.scope, name, module) == {External(name)}
        for name in helper.packages()
        if name in module.scope.names
    )


def _taken(module: Module) -> Refusal:
    return Refusal("name-taken", f"{module.path} means something else by these names")
