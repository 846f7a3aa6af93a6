"""What the pytest-asyncio of a project cannot do."""

from awaitify_codemods.facts.sites import Refusal


def old_plugin(what: str, feature: str = "loop_scope") -> Refusal:
    """Return why something stays that a newer pytest-asyncio could run."""
    message = f"{what} needs {feature}, which the project's pytest-asyncio has not"
    return Refusal("old-plugin", message)
