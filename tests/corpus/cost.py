"""What it costs to execute the tests that touch mocks, in parses of what is read.

``python -m tests.corpus.cost KEY|FOLDER...`` from the repository's root. Both sides
are CPU time of one run: the stage, and `ast.parse` of the test files that touch mocks
and of the files of the functions that it reaches. Exits with 1 above the bar.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from awaitify_codemods import Settings, Sources
from awaitify_codemods.analysis import analyse
from awaitify_codemods.facts.module import Module
from awaitify_codemods.mocks.facts import Findings
from tests.corpus.mocked import read, suite

BAR = 10
_WORDS = (b"Mock", b"patch", b"mocker")


@dataclass(frozen=True)
class Cost:
    """The cost of the stage, in seconds of CPU."""

    key: str
    files: int
    """How many are counted as parsed."""
    sites: int
    entered: int
    """How many functions are executed."""
    incomplete: int
    """How many tests took too many steps."""
    parse: float
    stage: float

    @property
    def ratio(self) -> float:
        """Return the cost in parses."""
        return self.stage / self.parse if self.parse else 0.0

    def row(self) -> dict[str, Any]:
        """Return the cost as one row."""
        seconds = {"parse": round(self.parse, 3), "stage": round(self.stage, 3)}
        return {**vars(self), **seconds, "ratio": round(self.ratio, 1)}


def cost(key: str, sources: Sources) -> Cost:
    """Execute the tests of a project that touch mocks, and parse what they reach."""
    found = analyse(sources, Settings())
    if found is None:
        return Cost(key, 0, 0, 0, 0, 0.0, 0.0)
    stage, findings = _timed(lambda: found.project.mocks)
    assert isinstance(findings, Findings)
    texts = {
        module.path: module.source
        for module in found.index.modules.values()
        if module and (_is_reached(module, findings) or _touches(module, sources))
    }
    parse, _ = _timed(lambda: [ast.parse(text) for text in texts.values()])
    return Cost(
        key,
        len(texts),
        len(findings.sites),
        len(findings.entered),
        len(findings.incomplete),
        parse,
        stage,
    )


def _is_reached(module: Module, findings: Findings) -> bool:
    return any(node in findings.entered for node in module.functions)


def _touches(module: Module, sources: Sources) -> bool:
    has_mocks = any(word in module.source for word in _WORDS)
    return has_mocks and module.path in sources.tests


def _timed(act: Callable[[], object]) -> tuple[float, object]:
    gc.collect()
    gc.disable()
    started = time.process_time()
    try:
        done = act()
    finally:
        gc.enable()
    return time.process_time() - started, done


def main() -> None:
    """Print the rows of the suites named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", metavar="KEY|FOLDER", nargs="+")
    above = False
    for name in parser.parse_args().suites:
        root, python = suite(name)
        found = cost(name, read(root, python))
        print(json.dumps(found.row()), flush=True)
        above = above or found.ratio > BAR
    sys.exit(above)


if __name__ == "__main__":
    main()
