"""A plugin for pytest that notes what a suite does, and leaves it as it is.

It runs in the project's interpreter, with nothing but the standard library and the
pytest that is there: Python 3.8 and later, pytest 6 and later. What is heard of
asyncio is heard from its import on: before any other plugin, and any conftest.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import pytest

from .probe import Probe
from .reader import Reader

_NOTES, _ROOT, _LOCK = "AWAITIFY_NOTES", "AWAITIFY_ROOT", "AWAITIFY_LOCK"
_CACHE = "AWAITIFY_PYTEST_CACHE"
_OPTION = "-p awaitify_probe"
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _probe() -> Probe | None:
    """Return what watches; on another machine nothing says where to note it."""
    folder, root = os.environ.get(_NOTES), os.environ.get(_ROOT)
    if folder is None or root is None:
        return None
    return Probe(folder, root, Reader(os.environ.get(_LOCK)))


def _hide() -> None:
    """Take what has loaded us out of the environment, for those who inherit it."""
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    options = os.environ.get("PYTEST_ADDOPTS", "")
    if options.startswith(_OPTION):
        options = options[len(_OPTION) :].lstrip()
    rest = os.pathsep.join(each for each in path if each != _FOLDER)
    for name, value in ("PYTHONPATH", rest), ("PYTEST_ADDOPTS", options):
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
    for name in (_NOTES, _ROOT, _LOCK, _CACHE):
        os.environ.pop(name, None)
    sys.path[:] = [each for each in sys.path if each != _FOLDER]


_PROBE = _probe()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    """Begin to watch a session: the first one, not those that tests run in it."""
    if _PROBE is None or config.pluginmanager.is_registered(_PROBE):
        return
    is_worker = hasattr(config, "workerinput")
    _PROBE.controls = not is_worker and config.getoption("dist", "no") != "no"
    _settle(config.option)
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
        # Those that it controls inherit what has loaded it.
        _hide()


def _fresh(config: Any) -> None:
    """Let nothing that an earlier run remembered choose the tests."""
    # Not by an option: where the cache is switched off, there is none of that name.
    if hasattr(config, "_inicache") and _CACHE in os.environ:
        config._inicache["cache_dir"] = os.environ[_CACHE]


def _settle(options: Any) -> None:
    """Let no failure end the run: what comes after it would not be known."""
    options.maxfail = 0
    options.continue_on_collection_errors = True
    if getattr(options, "stepwise", False):
        options.stepwise = False


def _versions(config: Any) -> dict[str, str]:
    found = {"python": platform.python_version(), "pytest": pytest.__version__}
    for _, distribution in config.pluginmanager.list_plugin_distinfo():
        found[distribution.project_name] = distribution.version
    return found
