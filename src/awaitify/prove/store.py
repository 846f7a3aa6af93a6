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
import os
import secrets
import shutil
import sys
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify import installed_version
from awaitify.journal import state
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
        with suppress(OSError, StoredError):
            # Clocks differ where the directory is on another machine.
            if abs(time.time() - path.stat().st_mtime) < _DAY:
                return stored.loads(SuiteRun, _unsealed(path.read_bytes()))
        return None

    def remember(self, name: str, run: SuiteRun) -> None:
        """Keep a run of a suite for a proof that is resumed."""
        _write(self._suites / name, _sealed(stored.dumps(run)))
        _prune(self._suites, SUITES)

    def forget(self) -> None:
        """Forget all runs of suites: a proof begins anew, or has come to its end."""
        shutil.rmtree(self._suites, ignore_errors=True)

    def keep(
        self, id: str | None, proof: Proof, evidence: bytes | None = None
    ) -> Proof:
        """Keep what a proof has found; return it with where its evidence is.

        Args:
            id: the one of the run in the journal; None if there was no round.
            proof: what was found.
            evidence: what was seen in the first run of the suite, as JSON.

        """
        # The numbers of runs in the journal begin with 1.
        id = id or time.strftime("%Y%m%d-%H%M%S-0", time.gmtime())
        path = self._proofs / f"{id}{_EVIDENCE}"
        if evidence is not None and _write(path, evidence):
            proof = replace(proof, evidence=path)
        _write(self._proofs / f"{id}{_PROOF}", _sealed(stored.dumps(proof)))
        for suffix in (_PROOF, _EVIDENCE):
            _prune(self._proofs, PROOFS, suffix)
        return proof

    def load(self, id: str) -> Proof:
        """Return what a proof has found.

        Raises:
            OSError: it is not kept.
            StoredError: it is damaged, or was written by another version.

        """
        data = (self._proofs / f"{id}{_PROOF}").read_bytes()
        return stored.loads(Proof, _unsealed(data))

    def kept(self) -> list[str]:
        """Return the ids of the proofs that are kept, newest first."""
        found = _newest_first(self._proofs, _PROOF)
        return [path.name.removesuffix(_PROOF) for path in found]

    @property
    def _suites(self) -> Path:
        return self.directory / "suites"

    @property
    def _proofs(self) -> Path:
        return self.directory / "proofs"


def at(root: Path) -> Store:
    """Return the store of a root; it need not exist."""
    return Store(state.place(root))


def _sealed(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed


def _unsealed(data: bytes) -> bytes:
    seal, _, packed = data.partition(b"\n")
    if hashlib.sha256(packed).hexdigest().encode() != seal:
        raise StoredError("damaged")
    return zlib.decompress(packed)


def _write(path: Path, data: bytes) -> bool:
    """Put a file in its place, as a whole; return whether that worked."""
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        # Copies of what a suite prints: nobody else's business.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_bytes(data)
        os.replace(new, path)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            new.unlink()
    return True


def _prune(directory: Path, most: int, suffix: str = "") -> None:
    for path in _newest_first(directory, suffix)[most:]:
        with suppress(OSError):
            path.unlink()


def _newest_first(directory: Path, suffix: str) -> list[Path]:
    found = []
    for path in directory.glob(f"*{suffix}"):
        with suppress(OSError):
            if not path.name.startswith("."):
                found.append((path.stat().st_mtime_ns, path.name, path))
    return [path for *_, path in sorted(found, reverse=True)]
