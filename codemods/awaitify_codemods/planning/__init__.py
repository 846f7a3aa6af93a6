"""From decisions to a plan: what falls out of use goes, names that are needed come.

Imports, runner helpers, aliases, module loops and emptied files are never decided
on their own; they follow from what the decisions take and give, and are derived
anew whenever the colouring changes.
"""

from awaitify_codemods.planning.planner import Planner

__all__ = ["Planner"]
