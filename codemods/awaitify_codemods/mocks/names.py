"""The names by which libraries offer mocks, and what mocks themselves have."""

from __future__ import annotations

PACKAGES = ("unittest.mock", "mock.mock", "mock", "asynctest.mock", "asynctest")
"""Longer names first."""

CLASSES = frozenset(
    "AsyncMock MagicMock Mock NonCallableMock NonCallableMagicMock PropertyMock "
    "CoroutineMock".split()
)

API = frozenset(
    "assert_any_await assert_any_call assert_awaited assert_awaited_once "
    "assert_awaited_once_with assert_awaited_with assert_called assert_called_once "
    "assert_called_once_with assert_called_with assert_has_awaits assert_has_calls "
    "assert_not_awaited assert_not_called await_args await_args_list await_count "
    "call_args call_args_list call_count called method_calls mock_calls "
    "reset_mock mock_add_spec awaited".split()
)
"""Attributes of a mock that are not children of it."""

MAKERS = {"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"}
"""The fixtures of pytest-mock."""


def mock_name(dotted: str) -> str:
    """Return what of ``unittest.mock`` a dotted name means; "" if it is nothing."""
    if dotted == "asyncmock.AsyncMock":
        return "AsyncMock"
    for package in PACKAGES:
        if dotted.startswith(f"{package}."):
            return dotted[len(package) + 1 :]
    return ""
