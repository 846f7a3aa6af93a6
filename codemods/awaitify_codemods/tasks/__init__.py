"""Background tasks of tests: who makes them, and who sees them through."""
