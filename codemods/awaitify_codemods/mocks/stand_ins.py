"""Whether an AsyncMock does what a home-made mock did, for all that tests do to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.mocks.effects import Effects
from awaitify_codemods.mocks.facts import (
    AWAITED,
    BRANCH,
    RESULT,
    Findings,
    Site,
    Use,
)
from awaitify_codemods.mocks.home_made import FUNCTION, SUBCLASS, WRAPPING
from awaitify_codemods.mocks.hop_uses import OF_CHILDREN, HopUse
from awaitify_codemods.mocks.mentions import CALL, Mention, is_in_class_body

_DOUBTS = {
    "attribute": "it is asked for attributes that only a function has, or has not",
    "kind": "something asks what kind of object it is",
    "escaped": "it is handed to what is not followed",
}
"""What the execution notes of home-made mocks, and what it means."""

_LATER = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})


@dataclass(frozen=True, eq=False)
class StandIns:
    """Judges each mock by itself.

    Args:
        findings: what the tests do with their mocks.
        effects: judges what mocks are told to do.

    """

    findings: Findings
    effects: Effects

    def refusal(self, mention: Mention, uses: Sequence[HopUse]) -> Refusal | None:
        """Return why a mock stays.

        Args:
            mention: what makes it.
            uses: how the mocks of its group are used through their hops.

        """
        site = self.findings.sites.get(mention.site) if mention.site else None
        if site is None:
            return Refusal("no-await-evidence", "no test was seen to make this mock")
        given_up = sorted(site.tests & self.findings.incomplete)
        if given_up:
            message = f"{given_up[0]} could not be followed to its end"
            return Refusal("no-await-evidence", message)
        if mention.kind == CALL and not _are_plain(mention):
            message = "what it is given would mean something else to an AsyncMock"
            return Refusal("unknown-value", message)
        for doubts in (_of_place, _of_kind, _of_children, self._of_effects):
            if found := next(doubts(mention, site), None):
                return found
        if found := next(_of_counts(mention, site, uses), None):
            return found
        if needs_result(mention, self.findings):
            if any(each.name in OF_CHILDREN for each in uses):
                message = "calls of what it returns are among those that are looked at"
                return Refusal("mixed-use", message)
        return None

    def _of_effects(self, mention: Mention, site: Site) -> Iterator[Refusal]:
        for each in site.node_at(()).configured:
            if each.kind == "side_effect":
                if found := self.effects.refusal(each, site.tests):
                    yield found


def _are_plain(mention: Mention) -> bool:
    """Whether the arguments of a mock are known, and mean the same to an AsyncMock."""
    assert mention.site is not None
    given = mention.made.given(mention.site, mention.module)
    if given is None:
        return False
    for each in given:
        if each.name == "**" and isinstance(each.value, ast.Dict):
            names = [getattr(key, "value", None) for key in each.value.keys]
            if not all(str(name).startswith(_RESULTS) for name in names):
                return False
        elif each.name in ("*", "**", "wraps", "parent"):
            return False
    return True


_RESULTS = ("return_value", "side_effect", "name")


def needs_result(mention: Mention, findings: Findings) -> bool:
    """Whether something calls a child of what an unconfigured mock returns.

    The children of a MagicMock are no coroutine functions; those of an AsyncMock are,
    and so are those of what it returns.
    """
    site = findings.sites.get(mention.site) if mention.site else None
    if site is None or mention.made.kind != FUNCTION:
        return False
    return any(
        path[:1] == (RESULT,)
        and (
            node.uses
            or not node.configured
            or any(each.kind for each in node.configured)
        )
        for path, node in site.nodes.items()
    )


def _of_place(mention: Mention, site: Site) -> Iterator[Refusal]:
    """Yield that a function on a class is given the instance; a mock is not."""
    if mention.made.kind != FUNCTION:
        return
    if site.on_class or is_in_class_body(mention.module, site.node):
        message = "it stands in the place of a method, and is called with the instance"
        yield Refusal("class-patched-helper", message)


def _of_kind(mention: Mention, site: Site) -> Iterator[Refusal]:
    node = site.node_at(())
    if mention.made.kind != FUNCTION:
        for use in node.used(BRANCH):
            message = f"{use.place} asks whether it is a coroutine function"
            yield Refusal("branch-on-kind", message)
    for doubt, message in _DOUBTS.items():
        if doubt in node.doubts:
            reason = "branch-on-kind" if doubt == "kind" else "mixed-use"
            yield Refusal(reason, message)


def _of_children(mention: Mention, site: Site) -> Iterator[Refusal]:
    """Yield what is below: a spec decides on the children of an AsyncMock."""
    kind = mention.made.kind
    below = {path: node for path, node in site.nodes.items() if path}
    if kind == WRAPPING:
        if any(path[0] != RESULT for path in below):
            yield Refusal("mixed-use", "it is used for the attributes of a function")
        for each in site.node_at(()).configured:
            if each.node is not site.node and each.node not in site.node.keywords:
                yield Refusal("mixed-use", f"{each.kind} is given to it afterwards")
    elif kind == SUBCLASS and any(_is_spec(each) for each in site.node.keywords):
        for path, node in below.items():
            if node.uses and node.real != {"async"}:
                message = f"by its spec, {'.'.join(path)} would not be async"
                yield Refusal("mixed-use", message)


def _is_spec(keyword: ast.keyword) -> bool:
    return keyword.arg in (None, "spec", "spec_set")


def _of_counts(
    mention: Mention, site: Site, uses: Sequence[HopUse]
) -> Iterator[Refusal]:
    """Yield calls that are not awaited at once: an AsyncMock counts them before."""
    if mention.made.kind == WRAPPING:
        return
    counting = [each for each in uses if each.counts]
    negative = [each for each in counting if each.is_negative]
    everything = mention.made.kind == SUBCLASS
    for call in site.calls - site.awaited if counting or everything else ():
        message = f"a call in line {getattr(call, 'lineno', 0)} is never awaited"
        yield Refusal("mixed-use", message)
    for use in site.node_at(()).uses:
        if use.kind == BRANCH:
            continue
        if use.kind != AWAITED and (counting or everything):
            message = f"{use.place} does not await its call, so that does not count"
            yield Refusal("mixed-use", message)
        if _is_later(use) and (negative or everything):
            message = f"its call counts when the task runs that {use.place} makes"
            yield Refusal("mixed-use", message)


def _is_later(use: Use) -> bool:
    """Whether a call is awaited by a task that may run later."""
    match use.node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return use.kind == AWAITED and name in _LATER
    return False
