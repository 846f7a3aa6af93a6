"""Awaits that may block for ever, and why some of them keep no time-out."""
