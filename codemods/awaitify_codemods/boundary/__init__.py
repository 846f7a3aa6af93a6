"""How a drive becomes an await: what its run did besides awaiting, and who notices."""

from awaitify_codemods.boundary.forms import PLAIN, TASK, TURN, Boundaries, as_asked

__all__ = ["PLAIN", "TASK", "TURN", "Boundaries", "as_asked"]
