"""The rules by code and name, for whoever has no need to load them."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "AW101": "await-run",
    "AW102": "await-until-complete",
    "AW103": "await-runner",
    "AW104": "await-anyio",
    "AW105": "await-helper",
    "AW106": "plain-coroutine-test",
    "AW107": "with-raises",
    "AW108": "async-helper",
    "AW109": "asyncio-mark",
    "AW110": "loop-life-cycle",
    "AW201": "isolated-case",
    "AW202": "async-set-up",
    "AW203": "class-loop",
    "AW204": "async-clean-up",
    "AW205": "vacuous-test",
    "AW301": "async-fixture",
    "AW302": "set-up-fixture",
    "AW303": "loop-fixture",
    "AW304": "event-loop-fixture",
    "AW305": "loop-policy",
    "AW311": "fixture-decorator",
    "AW312": "pytest-asyncio-import",
    "AW313": "fixture-marks",
    "AW314": "loop-scope-mark",
    "AW315": "sync-mark",
    "AW316": "unmarked-test",
    "AW317": "running-loop",
    "AW321": "loop-argument",
    "AW331": "home-made-plugin",
    "AW332": "hidden-warnings",
    "AW333": "patched-asyncio",
    "AW351": "unittest-case",
}
"""Code -> name, in the order of `SUITE`."""
