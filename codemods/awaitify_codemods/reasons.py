"""The reasons for which a site is left: their codes, in order."""

REASONS = frozenset(
    """
    all-tasks anyio-or-trio asynctest-mock benchmark blocking-wanted branch-on-kind
    class-patched-helper clocked-test contended drive-at-import drive-in-callback
    drive-in-lambda dynamic-call edited foreign-base future-completed-later
    generator-test helper-escapes import-shared impure-runner injecting-decorator
    inner-loop loop-asserted loop-factory mixed-use multi-loop name-taken
    nested-drive no-await-evidence old-plugin old-python orm-in-test
    outside-coroutine outside-selection pinned run-boundary run-forever
    runner-patched setUpClass-drive super-order task-context thread-loop
    time-out-expected turn-counted uncertain-call unknown-value unresolved
    unresolved-import
    """.split()
)
