"""What proofs have done so far, and what they have found, beside the journal.

A proof that was killed is resumed with the runs of the suite that it remembers::

    <state>/<root>/suites/   runs of the suite, of the proof that is under way alone
    <state>/<root>/proofs/   what each proof has found

Runs of a suite hold for the very bytes and the very command they were made with,
and for a day only: what else a suite depends on, nobody knows. What is damaged, or
of another version, is as good as none; where nothing can be kept, nothing is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import installed_version
from awaitify.journal import sealed, state
from awaitify.journal.sealed import SealError
from awaitify.prove import stored
from awaitify.prove.outcome import SuiteRun
from awaitify.prove.proof import Proof
from awaitify.prove.stored import StoredError

if TYPE_CHECKING:
    from awaitify.prove.run import Suite

SUITES, PROOFS = 200, 50
"""So many runs of suites, and so many proofs, are kept of a root."""
_DAY = 24 * 60 * 60
_PROOF, _EVIDENCE = ".proof", ".evidence.json"


def name(suite: Suite, files: Mapping[str, bytes | None], number: int) -> str:
    """Return what a run of a suite is remembered by.

    Args:
        suite: what runs, with all arguments.
        files: the files of the project, as they are when it runs.
        number: which of several runs of the same it is.

    """
    about = [
        installed_version(),
        sys.platform,
        suite.command,
        suite.arguments,
        str(suite.cwd),
        str(suite.root),
        sorted(suite.environment.items()),
        number,
    ]
    total = hashlib.sha256(json.dumps(about).encode())
    for path, source in sorted(files.items()):
        digest = "-" if source is None else hashlib.sha256(source).hexdigest()
        total.update(json.dumps([path, digest]).encode())
    return total.hexdigest()


@dataclass(frozen=True)
class Store:
    """What is kept of the proofs of a root."""

    directory: Path
    """Where the journal of the root is."""

    def recall(self, name: str) -> SuiteRun | None:
        """Return a run of a suite, if it is remembered and not too old."""
        path = self._suites / name
        with suppress(OSError, StoredError, SealError):
            # Clocks differ where the directory is on another machine.
            if abs(time.time() - path.stat().st_mtime) < _DAY:
                return stored.loads(SuiteRun, sealed.unsealed(path.read_bytes()))
        return None

    def remember(self, name: str, run: SuiteRun) -> None:
        """Keep a run of a suite for a proof that is resumed."""
        sealed.put(self._suites / name, sealed.sealed(stored.dumps(run)))
        sealed.prune(self._suites, SUITES)

    def forget(self) -> None:
        """Forget all runs of suites: a proof begins anew, or has come to its end."""
        shutil.rmtree(self._suites, ignore_errors=True)

    def keep(self, id: str, proof: Proof, evidence: bytes | None = None) -> Proof:
        """Keep what a proof has found; return it with where its evidence is.

        Args:
            id: what `name_of` has returned.
            proof: what was found.
            evidence: what was seen in the first run of the suite, as JSON.

        """
        path = self._proofs / f"{id}{_EVIDENCE}"
        if evidence is not None and sealed.put(path, evidence):
            proof = replace(proof, evidence=path)
        sealed.put(self._proofs / f"{id}{_PROOF}", sealed.sealed(stored.dumps(proof)))
        for suffix in (_PROOF, _EVIDENCE):
            sealed.prune(self._proofs, PROOFS, suffix)
        return proof

    def load(self, id: str) -> Proof:
        """Return what a proof has found.

        Raises:
            OSError: it is not kept.
            StoredError: it is damaged, or was written by another version.

        """
        data = (self._proofs / f"{id}{_PROOF}").read_bytes()
        try:
            return stored.loads(Proof, sealed.unsealed(data))
        except SealError as error:
            raise StoredError(str(error)) from error

    def kept(self) -> list[str]:
        """Return the ids of the proofs that are kept, newest first."""
        found = sealed.newest_first(self._proofs, _PROOF)
        return [path.name.removesuffix(_PROOF) for path in found]

    @property
    def _suites(self) -> Path:
        return self.directory / "suites"

    @property
    def _proofs(self) -> Path:
        return self.directory / "proofs"


def name_of(run: str | None) -> str:
    """Return what a proof is kept by: the id of its run, if it has changed files."""
    # The numbers of runs in the journal begin with 1.
    return run or time.strftime("%Y%m%d-%H%M%S-0", time.gmtime())


def at(root: Path) -> Store:
    """Return the store of a root; it need not exist."""
    return Store(state.place(root))
