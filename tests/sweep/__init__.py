"""Whole source trees through the real command; see CONTRIBUTING.md."""
