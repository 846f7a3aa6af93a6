"""Many repositories, or parts of one, migrated from one file.

file -> entries -> work, a process of its own for each -> states -> summary

All that a batch remembers is in one directory::

    <state>/
        lock               held by the one run that may be under way
        of                 the file that the batch was made from
        entries/NAME.json  how far an entry has come; replaced as a whole
        clones/NAME        the repository of an entry that is named by URL
        work/NAME.N/       the N-th attempt: its work tree, journal and report
        patches/, reports/ what came out, unless the file names other folders

An attempt leaves nothing behind until its commit is complete and noted; then the
branch is made, at once and with that commit. So a batch that is killed at any
moment is taken up again with no entry done twice, and none lost: an attempt that
was interrupted is thrown away, one that was noted needs its branch only. What an
orphan of a killed batch may still write goes to a directory that nobody reads.
"""
