"""`awaitify review`: what a migration would do, asked change by change.

command -> questions (what a plan does, cut where it can be cut) -> dialogue (shown,
answers) -> session (what is refused is pinned, and planned again) -> journal.
"""
