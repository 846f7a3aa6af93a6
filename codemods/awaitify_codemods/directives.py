"""What is known of a migration beside what can be read: what running it has taught.

A first plan has none. `awaitify prove` runs the suite, and plans again with what
regressed. Functions are named as `awaitify_codemods.plan.Unit` names them:
``path::TestX::test_y``; a class ``path::TestX`` stands for all that is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Directives:
    """What the plan has to keep to, whatever the rules would do."""

    pins: Mapping[str, str] = field(default_factory=dict)
    """Functions and classes that no rule may edit -> why."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files that no rule may edit -> why."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """Functions -> plain, task or turn: how their drives become awaits, those that
    can be written so."""
    scopes: Mapping[str, str] = field(default_factory=dict)
    """Tests -> the loop scope they get, if that is wider than what they need:
    class, module, package or session. What shares their loop gets it, too; where
    that cannot be, they keep what they need."""
    promoted: frozenset[str] = frozenset()
    """Tests that become async though they drive no loop: they need a running one."""
    anchored: frozenset[str] = frozenset()
    """Functions that stay sync and need a current loop, which they are to get."""

    @property
    def whole(self) -> Mapping[str, str]:
        """Files that no rule may edit, be it that a pin names a file -> why."""
        pinned = {name: why for name, why in self.pins.items() if "::" not in name}
        return {**pinned, **self.files}

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return any(vars(self).values())
