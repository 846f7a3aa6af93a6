"""The face for LibCST's own driver.

``python -m libcst.tool codemod -x awaitify_codemods.commands.Awaitify FILE``
(with ``--no-format`` where no formatter is configured)
"""

from abc import ABC

import libcst as cst
from libcst.codemod import CodemodCommand

from awaitify_codemods.pipeline import apply
from awaitify_codemods.plan import LEFT
from awaitify_codemods.suite import SUITE


# LibCST's `list` shows only classes with a direct ABC base.
class Awaitify(CodemodCommand, ABC):
    """Run every rule over one test module, on what that file alone tells."""

    DESCRIPTION = "Migrate legacy asyncio tests to pytest-asyncio."

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Return the rewritten module; warn of each site that is left."""
        outcome = apply(SUITE, tree.bytes)
        for finding in outcome.findings:
            if finding.status == LEFT:
                where = f"{finding.line}:{finding.column}"
                self.warn(
                    f"{where}: {finding.rule} left "
                    f"({finding.reason}): {finding.message}"
                )
        if outcome.source == tree.bytes:
            return tree
        return cst.parse_module(outcome.source)
