"""A plugin for pytest that notes what a suite does, and leaves it as it is.

It runs in the project's interpreter, with nothing but the standard library and the
pytest that is there: Python 3.8 and later, pytest 6 and later. What is heard of
asyncio is heard from its import on: before any other plugin, and any conftest.
"""

from __future__ import annotations

import os
import platform
from typing import Any

import pytest

from .probe import Probe, hide

_NOTES, _ROOT, _CACHE = "AWAITIFY_NOTES", "AWAITIFY_ROOT", "AWAITIFY_PYTEST_CACHE"
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# A process on another machine has none of these variables, and notes nothing.
_PROBE = Probe(os.environ[_NOTES], os.environ[_ROOT]) if _NOTES in os.environ else None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    """Begin to watch a session: the first one, not those that tests run in it."""
    if _PROBE is None or config.pluginmanager.is_registered(_PROBE):
        return
    is_worker = hasattr(config, "workerinput")
    _PROBE.controls = not is_worker and config.getoption("dist", "no") != "no"
    _fresh(config)
    _PROBE.notes.add(
        "start",
        worker=is_worker,
        controls=_PROBE.controls,
        versions=_versions(config),
        blind=_PROBE.loops.is_blind,
    )
    _PROBE.notes.write()
    config.pluginmanager.register(_PROBE, "awaitify-probe")
    if not _PROBE.controls:
        hide(_FOLDER)
        for name in (_NOTES, _ROOT, _CACHE):
            os.environ.pop(name, None)


def _fresh(config: Any) -> None:
    """Let nothing that an earlier run remembered choose the tests."""
    # Not by an option: where the cache is switched off, there is none of that name.
    if hasattr(config, "_inicache") and _CACHE in os.environ:
        config._inicache["cache_dir"] = os.environ[_CACHE]
    if getattr(config.option, "stepwise", False):
        config.option.stepwise = False


def _versions(config: Any) -> dict[str, str]:
    found = {"python": platform.python_version(), "pytest": pytest.__version__}
    for _, distribution in config.pluginmanager.list_plugin_distinfo():
        found[distribution.project_name] = distribution.version
    return found
