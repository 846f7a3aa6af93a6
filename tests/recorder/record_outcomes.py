"""pytest plugin: writes the outcome of every test to the file $RECORD_OUTCOMES.

It runs in the environments of other suites, so it needs pytest alone. Its folder
holds nothing else, because the folder is put on their import path.
"""

import json
import os

outcomes = {}
warnings = []


def pytest_itemcollected(item):
    outcomes.setdefault(item.nodeid, "collected")


def pytest_collectreport(report):
    if report.failed:
        outcomes[f"{report.nodeid}::<collection>"] = "error"


def pytest_runtest_logreport(report):
    if outcomes.get(report.nodeid) not in ("failed", "error"):
        outcome = _outcome(report)
        if outcome:
            outcomes[report.nodeid] = outcome


def _outcome(report):
    expected_to_fail = hasattr(report, "wasxfail")
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "xfailed" if expected_to_fail else "skipped"
    if report.when == "call":
        return "xpassed" if expected_to_fail else "passed"
    return None


def pytest_warning_recorded(warning_message, nodeid):
    warnings.append([nodeid, str(warning_message.message)])


def pytest_sessionfinish(exitstatus):
    record = {"exit": int(exitstatus), "tests": outcomes, "warnings": warnings}
    with open(os.environ["RECORD_OUTCOMES"], "w", encoding="utf-8") as file:
        json.dump(record, file)
