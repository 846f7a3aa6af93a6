"""Every reason for leaving a site can be explained."""

from __future__ import annotations

import ast
from pathlib import Path

import awaitify_codemods
from awaitify.refusals import NOTES, REFUSALS, explanation
from awaitify_codemods.reasons import REASONS


def test_codes_are_in_order_and_told_once():
    codes = [entry.code for entry in REFUSALS]
    assert codes == sorted(set(codes), key=str.lower)


def test_the_core_knows_the_same_codes():
    assert {entry.code for entry in REFUSALS} == REASONS


def test_meanings_and_hints_are_sentences():
    for entry in (*REFUSALS, *NOTES):
        assert entry.meaning.endswith("."), entry.code
        assert entry.hint.endswith("."), entry.code


def test_every_code_that_is_given_is_explained():
    given = set()
    for file in Path(awaitify_codemods.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Call(ast.Name("Refusal"), [ast.Constant(str(code)), *_]):
                    given.add(code)
    assert given
    assert not [code for code in sorted(given) if explanation(code) is None]
