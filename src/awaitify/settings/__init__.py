"""What becomes of configuration files: pytest's settings, and requirements."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "AW341": "pytest-settings",
    "AW342": "test-requirements",
    "AW343": "warning-filters",
}
"""Code -> name of the rules about configuration, in the order of `rules.RULES`."""
