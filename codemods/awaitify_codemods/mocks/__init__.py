"""Mocks: what tests build, and what the code under test does with them.

Whether a mock is awaited is no fact of a call graph: the path to the ``await`` has
to be taken. So each test that has to do with mocks is executed abstractly, with its
fixtures, set-ups and patches, into the code under test. `machine` executes, `values`
are what it computes with, `facts` are what it finds, joined over all tests by the
place where a mock is made and the path of attributes from there.
"""
