"""Invariants between a file before and after; every result must keep them all."""

from awaitify_codemods.checks.cases import check_cases
from awaitify_codemods.checks.files import check_file
from awaitify_codemods.checks.ids import check_tests

__all__ = ["check_cases", "check_file", "check_tests"]
