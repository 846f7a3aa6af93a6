"""Composable LibCST transformers for asyncio test suites.

Depends on LibCST and the standard library only. The driver, `awaitify`,
imports this package; nothing here imports the driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitify_codemods.migration import Bug, FileError, Migration, RuleFailure
    from awaitify_codemods.pipeline import Outcome, apply, checked, migrate, replay
    from awaitify_codemods.plan import (
        Argument,
        Edit,
        FilePlan,
        Finding,
        Plan,
        PlanError,
        Setting,
        Unit,
    )
    from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
    from awaitify_codemods.sources import Bound, Choice, Settings, Sources
    from awaitify_codemods.suite import SUITE
    from awaitify_codemods.work import Work
else:
    # Loaded when first asked for: whoever reads a stored plan needs no rules.
    _HOMES = {
        "migration": "Bug FileError Migration RuleFailure",
        "pipeline": "Outcome apply checked migrate replay",
        "plan": "Argument Edit FilePlan Finding Plan PlanError Setting Unit",
        "rule": "Decision Example Meta Rule Safety",
        "sources": "Bound Choice Settings Sources",
        "suite": "SUITE",
        "work": "Work",
    }

    def __getattr__(name: str) -> object:
        from importlib import import_module

        for home, names in _HOMES.items():
            if name in names.split():
                value = getattr(import_module(f"{__name__}.{home}"), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "SUITE",
    "Argument",
    "Bound",
    "Bug",
    "Choice",
    "Decision",
    "Edit",
    "Example",
    "FileError",
    "FilePlan",
    "Finding",
    "Meta",
    "Migration",
    "Outcome",
    "Plan",
    "PlanError",
    "Rule",
    "RuleFailure",
    "Safety",
    "Setting",
    "Settings",
    "Sources",
    "Unit",
    "Work",
    "apply",
    "checked",
    "migrate",
    "replay",
]
