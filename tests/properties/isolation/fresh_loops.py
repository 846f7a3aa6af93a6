"""pytest plugin: each project of a batch finds asyncio as a new process would.

Within a project nothing is put right: what its tests leave behind, they leave. Its
folder holds nothing else, because the folder is put on the projects' import path.
"""

import asyncio
import gc
import warnings

import pytest

_last = None


def _project(path, config):
    return path.relative_to(config.rootpath).parts[0]


def _enter(path, config):
    global _last
    project = _project(path, config)
    if project != _last:
        _last = project
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            asyncio.set_event_loop_policy(None)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path, parent):
    _enter(module_path, parent.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    _enter(item.path, item.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    config = item.config
    if nextitem is None or _project(nextitem.path, config) != _last:
        gc.collect()  # coroutines that nobody awaited are this project's fault
