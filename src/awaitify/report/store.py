"""The reports of runs that have changed files, beside the journal of their root."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from awaitify.journal import sealed, state
from awaitify.report import as_json, reading
from awaitify.report.content import Report
from awaitify.report.reading import ReportError

KEPT = 50
"""So many reports are kept of a root."""
WITH_DIFFS = 2000
"""Of more files, what becomes of each is not kept."""
_REPORT = ".report"


@dataclass(frozen=True)
class Store:
    """The reports that are kept of a root."""

    directory: Path

    def keep(self, id: str, report: Report) -> None:
        """Keep a report, as far as there is a place for it.

        Args:
            id: the one of the run in the journal, or of the proof.
            report: what the run has found.

        """
        data = json.dumps(as_json.plain(report, with_diffs=True)).encode()
        sealed.put(self.directory / f"{id}{_REPORT}", sealed.sealed(data))
        sealed.prune(self.directory, KEPT, _REPORT)

    def load(self, id: str) -> Report:
        """Return a report.

        Raises:
            OSError: it is not kept.
            ReportError: it is damaged, or was written by another version.

        """
        data = (self.directory / f"{id}{_REPORT}").read_bytes()
        try:
            return reading.load(sealed.unsealed(data)).report
        except sealed.SealError as error:
            raise ReportError(str(error)) from error

    def kept(self) -> list[str]:
        """Return the ids of the runs whose reports are kept, newest first."""
        found = sealed.newest_first(self.directory, _REPORT)
        return [path.name.removesuffix(_REPORT) for path in found]


def at(root: Path) -> Store:
    """Return the store of a root; it need not exist."""
    return Store(state.place(root) / "reports")
