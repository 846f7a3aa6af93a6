"""The proof: the suite is run before and after, and what regressed is taken back.

``command``     the whole of it, from options to an exit code
``baseline``, ``planning``   the suite as it was; plans that keep to what was learnt
``sides``, ``interpreter``, ``conditions``   what runs the suite before and after; how
                one run differs from the next
``run``         starts the project's own pytest, and reads what the probe has noted
``probe/``      the plugin: standard library alone, loaded into the project's pytest
``outcome``     what one run of a suite was like
``evidence``    what the first one has shown, for the plan
``comparison``, ``vacuous``, ``trouble``   two sides compared, and what is worse off
``rounds``      run, compare, plan again: with ``ladder``, the steps that are tried,
                ``search``, bisection, and ``bench``, which runs the suite on a result
``proof``       what was found, as plain data
``store``       what proofs have done so far and have found, beside the journal
``report/``     what a proof has found, in the formats that people and programs read
"""
