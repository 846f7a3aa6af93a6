"""Mocks that a run of the suite has shown to be awaited, and not to be able to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from awaitify_codemods.evidence import Evidence, Place
from awaitify_codemods.mocks.facts import Node, Site

# What stands before the first attribute or call: the mock's own name.
_OWN = re.compile(r"^[^.(]*")


@dataclass(frozen=True)
class SeenMocks:
    """The mocks that tests failed to await: where they were made, and their names."""

    awaited: frozenset[tuple[Place, str]] = field(default_factory=frozenset)

    def was_awaited(self, site: Site, node: Node, sites: Iterable[Site]) -> bool:
        """Whether one mock of a site was awaited for certain."""
        path = "".join(each if each == "()" else f".{each}" for each in node.path)
        return any(
            name == path
            and _is_there(site, place)
            and not any(_is_there(o, place) for o in sites if o is not site)
            for place, name in self.awaited
        )


def seen_mocks(evidence: Evidence, unchanged: frozenset[str]) -> SeenMocks:
    """Return what evidence says of mocks, by files that are what they were."""
    return SeenMocks(
        frozenset(
            (each.created, _OWN.sub("", each.name))
            for each in evidence.mocks
            if each.what == "awaited"
            and each.created is not None
            and each.created[0] in unchanged
            and (each.at is None or each.at[0] in unchanged)
        )
    )


def _is_there(site: Site, place: Place) -> bool:
    path, line = place
    last = site.node.end_lineno or site.node.lineno
    return site.module.path == path and site.node.lineno <= line <= last
