"""What runs did to a tree, kept outside of it, so that they can be undone.

Each root has a directory of its own in the user's state directory, each run one
in that::

    <state>/<name of the root>-<hash of its path>/
        root                    the path of the root
        lock                    held by whoever writes
        rounds                  held by the one proof that may be under way
        20261121-063512-1/      a run: the time in UTC, and a number
            manifest.json       what it changes, with hashes before and after
            before/0, 1, ...    the files from before
            done, undone        marks: written to the end; taken back
            held                held by the proof that may write it again

Copies and manifest are complete and on disk before anything in the tree is
touched. What of a run is done follows from the hashes of the files, not from
notes taken on the way: a run that is killed at any moment can be undone.
"""


class JournalError(Exception):
    """The journal cannot be kept: nothing may be written without it."""
