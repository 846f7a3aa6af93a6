"""pytest plugin: collects garbage after every test.

A coroutine that nobody awaits then warns in the test that dropped it, whatever else
held it.
"""

import gc


def pytest_runtest_logfinish(nodeid):
    gc.collect()
