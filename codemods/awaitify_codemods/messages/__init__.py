"""Messages that tests receive: loops that skip them up to one of a type."""
