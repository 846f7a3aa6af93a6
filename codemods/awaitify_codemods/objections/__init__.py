"""Why a function of the test code cannot become a coroutine function.

Each check rejects by early return; the first objection found is the reason that
is reported.
"""

from awaitify_codemods.objections.checks import Objections
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test

__all__ = ["Context", "Objections", "is_test"]
