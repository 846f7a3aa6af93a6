"""Kills the command while it writes, and looks at what is left."""
