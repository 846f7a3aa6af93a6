"""A rule's examples are its tests."""

from textwrap import dedent

import pytest
from acme_codemods import RULES

from awaitify_codemods import Example, apply

EXAMPLES = [example for rule in RULES for example in rule.META.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_example(example: Example) -> None:
    """Each becomes what it says, and is then done."""
    before = dedent(example.before).lstrip().encode()
    after = dedent(example.after).lstrip().encode()
    assert apply(RULES, before).source == after
    assert apply(RULES, after).source == after
