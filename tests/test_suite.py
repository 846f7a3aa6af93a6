"""Holds for every rule, so no rule's own test needs to say it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import awaitify_codemods
from awaitify import rulebook
from awaitify_codemods import SUITE, Example, Rule, Safety, codes, rules
from tests import support

_ROOT = Path(__file__).parents[1]

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.META.code}-{example.title}")
    for rule in SUITE
    for example in rule.META.examples
]


@pytest.mark.parametrize("rule, example", EXAMPLES)
def test_example(rule: type[Rule], example: Example):
    support.check_example(rule, example)


@pytest.mark.parametrize("rule, example", EXAMPLES)
def test_example_is_python(rule: type[Rule], example: Example):
    ast.parse(support.source(example.before))
    ast.parse(support.source(example.after))


def test_every_rule_module_is_in_the_suite():
    modules = {info.name for info in pkgutil.iter_modules(rules.__path__)}
    assert modules == {rule.META.name.replace("-", "_") for rule in SUITE}


def test_every_rule_has_a_test_file_of_its_own():
    files = {path.stem for path in Path(__file__).parent.glob("rules/test_*.py")}
    assert files == {f"test_{rule.META.name.replace('-', '_')}" for rule in SUITE}


def test_every_rule_has_an_entry_in_the_rulebook():
    page = (_ROOT / "codemods" / "README.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## (AW\d+)", page, re.MULTILINE)
    assert entries == [rule.META.code for rule in rulebook.every()]


def test_codemods_do_not_import_the_driver():
    for file in Path(awaitify_codemods.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names):
                    imported = [name.name for name in names]
                case ast.ImportFrom(module=str(module)):
                    imported = [module]
                case _:
                    continue
            assert "awaitify" not in [name.split(".")[0] for name in imported], file


def test_codes_are_listed_without_loading_the_rules():
    names = sorted((rule.META.code, rule.META.name) for rule in SUITE)
    assert list(codes.NAMES.items()) == names


def test_public_names_are_loaded_when_asked_for():
    code = (
        "import sys, awaitify_codemods as core; from awaitify_codemods import codes;"
        "core.Plan; core.Migration; core.Settings;"
        "heavy = {'libcst', 'awaitify_codemods.rule'} & sys.modules.keys();"
        "assert not heavy, heavy;"
        "assert all(hasattr(core, name) for name in core.__all__);"
        "sys.exit(hasattr(core, 'nothing'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_codes_and_names_are_unique():
    codes = [rule.META.code for rule in rulebook.every()]
    names = [rule.META.name for rule in rulebook.every()]
    assert len(codes) == len(set(codes))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", SUITE, ids=lambda rule: rule.META.code)
def test_rule_is_declared_in_full(rule: type[Rule]):
    module = importlib.import_module(rule.__module__)
    assert module.__doc__ == f"{rule.META.code} {rule.META.name}."
    assert re.fullmatch(r"AW[1-5]\d\d", rule.META.code)
    assert rule.META.summary
    assert inspect.getdoc(rule), "the rationale is missing"
    assert any(e.before == e.after for e in rule.META.examples), "no refusal shown"
    shown = any(e.before != e.after for e in rule.META.examples)
    assert shown or rule.META.safety is Safety.REPORT, "no change shown"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def test():\n    assert True\n", id="no site"),
        pytest.param(
            "import asyncio\n\nasyncio.run(asyncio.sleep(0))\n", id="all sites left"
        ),
    ],
)
def test_libcst_is_not_imported_where_there_is_nothing_to_do(source: str):
    code = (
        "import sys; from awaitify_codemods import SUITE, apply;"
        f"done = apply(SUITE, {source.encode()!r});"
        f"assert done.source == {source.encode()!r};"
        "sys.exit('libcst' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rulebook_is_up_to_date():
    page = _ROOT / "codemods" / "README.md"
    assert page.read_text(encoding="utf-8") == rulebook.render()


def test_readme_lists_the_rules():
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (AW\d+) \| `([\w-]+)` \|", text, re.MULTILINE)
    assert listed == [(rule.META.code, rule.META.name) for rule in rulebook.every()]
