"""Which functions become ``async def``: the fixpoint over the test code's call graph.

A function is coloured if it drives a loop in its own frame or calls something
coloured. What cannot be async is left, with a reason, and so is all that depends
on it; the colouring is made again until nothing changes. Rolling back, reviewing,
suppressing and selecting are the same thing: more functions that are left.
"""

from awaitify_codemods.colour.callers import raising
from awaitify_codemods.colour.colouring import Colouring
from awaitify_codemods.colour.colourist import Colourist
from awaitify_codemods.colour.project import Project

__all__ = ["Colouring", "Colourist", "Project", "raising"]
