"""Test cases of asynctest and aiounittest, which await what they run in their own way.

Families of them become unittest's own, whole or not at all: `families` finds them,
`changes` reads what that takes, and `doubts` says why one stays.
"""

from awaitify_codemods.foreign_cases.changes import Changes
from awaitify_codemods.foreign_cases.conversions import (
    Conversions,
    Verdict,
    changing,
    looped,
    staying,
    together,
)

__all__ = [
    "Changes",
    "Conversions",
    "Verdict",
    "changing",
    "looped",
    "staying",
    "together",
]
