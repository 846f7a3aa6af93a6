"""Composable LibCST transformers for asyncio test suites.

Depends on LibCST and the standard library only. The driver, `awaitify`,
imports this package; nothing here imports the driver.
"""

from awaitify_codemods.others import RuleFailure
from awaitify_codemods.pipeline import (
    Bug,
    FileError,
    Migration,
    Outcome,
    apply,
    migrate,
    replay,
)
from awaitify_codemods.plan import (
    Argument,
    Edit,
    FilePlan,
    Finding,
    Plan,
    PlanError,
    Unit,
)
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.sources import Choice, Settings, Sources
from awaitify_codemods.suite import SUITE
from awaitify_codemods.work import Work

__all__ = [
    "SUITE",
    "Argument",
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
    "Settings",
    "Sources",
    "Unit",
    "Work",
    "apply",
    "migrate",
    "replay",
]
