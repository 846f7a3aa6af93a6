"""Files that are odd byte by byte, and what the command makes of them."""
