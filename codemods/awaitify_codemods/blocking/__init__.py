"""What keeps a loop from running, and what waits for it; coroutines never awaited."""
