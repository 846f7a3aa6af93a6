"""The proof: the suite is run before and after, and what regressed is taken back.

``run``         starts the project's own pytest, and reads what the probe has noted
``probe/``      the plugin: standard library alone, loaded into the project's pytest
``outcome``     what one run of a suite was like
``comparison``  two runs of it, test by test
``store``       what proofs have done so far and have found, beside the journal
``report/``     what a proof has found, in the formats that people and programs read
"""
