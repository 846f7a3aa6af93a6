"""The page: one file that needs nothing else, and does nothing that names ask for."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitify.changes import changes
from awaitify.project import Fault
from awaitify.prove import report as prove_report
from awaitify.prove.proof import Proof
from awaitify.report import Report, aligned, articles, as_html, as_markdown, colours
from awaitify_codemods import Finding, Unit
from tests import reports
from tests.command import LEGACY, make, run
from tests.hostile import TEXTS, orders
from tests.odd.table import TABLE, Odd
from tests.prove import proofs

HOSTILE = {**TEXTS, **{str(n): text for n, text in enumerate(proofs.HOSTILE)}}
_VOID = {"meta", "input", "br", "hr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(
            each if isinstance(each, str) else each.text for each in self.children
        )

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()

    def all(self, tag: str = "", name: str = "") -> list[Element]:
        found = []
        for each in self.children:
            if isinstance(each, Element):
                if (not tag or each.tag == tag) and (not name or name in each.classes):
                    found.append(each)
                found += each.all(tag, name)
        return found


class Tree(HTMLParser):
    """Reads a page, and insists on every element being ended."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, dict(attrs))
        self._open[-1].children.append(made)
        if tag not in _VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("p", "dt", "dd", "li", "option", "tr", "td", "th"):
            assert self._open[-1].tag == tag
        while self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def tree(page: bytes) -> Element:
    reader = Tree()
    reader.feed(page.decode())
    reader.close()
    assert reader._open == [reader.root]
    return reader.root


def page(report: Report) -> Element:
    return tree(as_html.render(report))


def proof_page(proof: Proof, report: Report) -> Element:
    return tree(prove_report.as_html.render(proof, report))


def code(article: Element, name: str) -> list[str]:
    return [
        f"{line.attributes['data-n']} {line.text}" for line in article.all("div", name)
    ]


def articles_of(root: Element) -> dict[tuple[str, str], Element]:
    return {
        (file.attributes["data-path"] or "", each.attributes["data-name"] or ""): each
        for file in root.all("details", "file")
        for each in file.all("article")
    }


def with_id(root: Element, name: str) -> Element:
    [found] = [each for each in root.all() if each.attributes.get("id") == name]
    return found


SHOP = "tests/test_shop.py"


class TestContent:
    def test_each_definition_has_its_change_and_its_reasons(self, tmp_path: Path):
        found = articles_of(page(reports.made(tmp_path)))
        assert list(found) == [
            ("pytest.ini", ""),
            ("tests/helpers.py", "run"),
            ("tests/hooks.py", ""),
            (SHOP, ""),
            (SHOP, "test_order"),
            (SHOP, "test_left"),
            (SHOP, "test_passed_in_vain"),
        ]
        order = found[SHOP, "test_order"]
        assert code(order, "o") == [
            "5 def test_order():",
            '8     assert asyncio.run(shop.order("tea", 2)) == 2',
        ]
        assert code(order, "n") == [
            "7 @pytest.mark.asyncio",
            "8 async def test_order():",
            '11     assert await shop.order("tea", 2) == 2',
        ]
        assert code(order, "x") == ['6     """Order."""', "7     shop = Shop(tea=3)"]
        assert "".join(each.text for each in order.all("del")) == "asyncio.run()"
        assert "".join(each.text for each in order.all("ins")) == "async await "
        assert [each.text for each in order.all("span", "k")][:2] == ["def", "async"]
        rules = [each.text for each in order.all("a", "rule")]
        assert rules == ["AW109 asyncio-mark", "AW101 await-run"]
        assert "asyncio.run() becomes an await" in order.text
        assert order.attributes["data-t"] == "AW101\tmigrate AW109\tmigrate"

    def test_what_is_left_says_why(self, tmp_path: Path):
        root = page(reports.made(tmp_path))
        left = articles_of(root)[SHOP, "test_left"]
        assert left.attributes["data-t"] == "AW101\tleft"
        assert [each.text for each in left.all("a", "reason")] == ["inner-loop"]
        assert "nothing() starts a loop of its own" in left.text
        assert "starts an event loop, which fails inside a running one" in left.text
        assert "inner-loop" in with_id(root, "reason-inner-loop").text

    def test_links_lead_somewhere(self, tmp_path: Path):
        root = page(reports.made(tmp_path))
        targets = {f"#{each.attributes.get('id')}" for each in root.all()}
        links = {each.attributes["href"] for each in root.all("a")}
        assert links and links <= targets

    def test_a_rule_says_what_it_is_for(self, tmp_path: Path):
        root = page(reports.made(tmp_path))
        rule = with_id(root, "rule-AW101")
        assert "1 done, 1 left" in rule.text
        assert "Await what asyncio.run() drove." in rule.text
        assert "awaitify explain AW101" in rule.text
        assert "asyncio.run(E)" in [each.text for each in rule.all("code")]

    def test_definitions_that_change_together_are_a_group(self, tmp_path: Path):
        report = reports.made(tmp_path)
        alone = articles_of(page(report))[SHOP, "test_order"]
        assert not alone.all("span", "unit")
        *others, last = report.changes
        hunks = tuple(replace(h, unit=0) if h.definition else h for h in last.hunks)
        both = replace(report, changes=(*others, replace(last, hunks=hunks)))
        root = page(both)
        assert [each.text for each in root.all("span", "unit")] == ["group 1"] * 2

    def test_a_function_in_a_test_is_part_of_it(self, tmp_path: Path):
        before = b"def test_a():\n    def f():\n        run(1)\n\n    f()\n"
        after = before.replace(b"def", b"async def").replace(
            b"    f()", b"    await f()"
        )
        unit = Unit(("t.py::test_a", "t.py::test_a::f"))
        found = [
            Finding("t.py", 3, 9, "AW101", "migrate", "words", "", "test_a::f"),
            Finding("t.py", 4, 9, "AW101", "left", "words", "inner-loop", "test_a::f"),
        ]
        report = replace(
            reports.made(tmp_path, (), found),
            changes=changes([("t.py", before, after)], (unit,)),
        )
        [((path, name), article)] = articles_of(page(report)).items()
        assert (path, name) == ("t.py", "test_a")
        assert not article.all("span", "unit")
        assert len(article.all("div", "note")) == 2

    def test_what_went_wrong_is_told(self, tmp_path: Path):
        report = replace(
            reports.made(tmp_path, (), ()), faults=(Fault("a.py", 3, "no < yes"),)
        )
        [told] = page(report).all("section", "told")
        assert "Not done" in told.text and "a.py:3" in told.text
        assert "no < yes" in told.text

    def test_nothing_to_do(self, tmp_path: Path):
        root = page(reports.made(tmp_path, (), ()))
        assert "No file changes, and nothing was found." in root.text

    def test_a_proof_whose_changes_were_not_kept_does_not_say_there_were_none(
        self, tmp_path: Path
    ):
        proof = replace(proofs.proved(tmp_path), changed=("t.py",))
        root = proof_page(proof, prove_report.nothing(proof))
        assert "What was changed is not known any more." in root.text
        assert "nothing was found" not in root.text

    def test_a_stored_report_has_the_lines_that_change(self, tmp_path: Path):
        report = reports.made(tmp_path)
        stored = tuple(
            replace(each, before=each.before and b"", after=each.after and b"")
            for each in report.changes
        )
        whole, rest = (
            articles_of(page(each))
            for each in (report, replace(report, changes=stored))
        )
        for place, article in whole.items():
            for side in ("o", "n"):
                assert code(rest[place], side) == code(article, side)
        assert not code(rest[SHOP, "test_order"], "x")

    def test_old_and_new_lines_are_all_there(self, tmp_path: Path):
        report = reports.made(tmp_path)
        found = articles_of(page(report))
        for change in report.changes:
            for side, number in (("o", "old"), ("n", "new")):
                shown = [
                    line
                    for (path, _), article in found.items()
                    if path == change.path
                    for line in code(article, side)
                ]
                lines = sum(len(getattr(hunk, number)) for hunk in change.hunks)
                assert len(shown) == lines


class TestProof:
    def test_all_went_well(self, tmp_path: Path):
        root = proof_page(proofs.proved(tmp_path), reports.made(tmp_path))
        [said] = root.all("p", "conclusion")
        assert said.text == "Proved: what passed, passes."
        assert "good" in said.classes
        assert (SHOP, "test_order") in articles_of(root)

    def test_what_is_worse_and_what_was_rolled_back(self, tmp_path: Path):
        root = proof_page(proofs.worse(tmp_path), reports.made(tmp_path))
        titles = [each.all("h2")[0].text for each in root.all("section", "told")]
        assert titles == [
            "Runs that did not come to their end",
            "Worse than before",
            "More complaints than before",
            "Rolled back, as tests regressed with it",
            "Otherwise than planned at first",
            "Flaky since, and not with the code as it was",
            "Flaky, with the code as it was",
            "Added",
            "Passed without showing what they seem to show",
        ]
        assert "regressed: passed, then failed" in root.text
        assert "assert 1 == 2" in [e.text.split("\n")[0] for e in root.all("pre")]

    def test_a_definition_has_the_verdicts_of_its_tests(self, tmp_path: Path):
        proof = proofs.proved(tmp_path)
        [one, *_] = proof.comparison.tests.values()
        tests = {f"{SHOP}::test_order[{n}]": one for n in "ab"}
        proof = replace(proof, comparison=replace(proof.comparison, tests=tests))
        found = articles_of(proof_page(proof, reports.made(tmp_path)))
        order = found[SHOP, "test_order"]
        [verdict] = order.all("span", "verdict")
        assert verdict.text == one.verdict.value
        token = "".join(one.verdict.value.split())
        assert f"\t{token}" in (order.attributes["data-t"] or "").split(" ")


_TAGS = set(
    """html head meta title style body header h1 span ul li b p form label select
    option optgroup input button output dialog h2 h3 dl div dt dd kbd main section table
    thead tbody tr th td details summary code article a pre del ins footer script em
    strong ol blockquote""".split()
)
_ATTRIBUTES = set(
    """lang charset http-equiv content name id class href data-path data-t data-name
    data-n tabindex title hidden open role aria-label aria-live aria-pressed
    aria-labelledby scope value type autocomplete spellcheck placeholder method label
    start""".split()
)


def refuse_odd(root: Element) -> None:
    """Refuse a page that has something which only a name could have asked for."""
    elements = root.all()
    assert {each.tag for each in elements} <= _TAGS
    assert {name for each in elements for name in each.attributes} <= _ATTRIBUTES
    assert all(each.attributes["href"][:1] == "#" for each in root.all("a"))
    for tag in ("script", "style", "title", "form"):
        assert len(root.all(tag)) == (2 if tag == "form" else 1)


_SHORT = {trap: text for trap, text in HOSTILE.items() if len(text) < 20_000}


class TestHostile:
    @pytest.mark.parametrize("text", _SHORT.values(), ids=_SHORT)
    def test_no_name_message_or_line_is_markup(self, tmp_path: Path, text: str):
        report = reports.hostile(tmp_path, [text])
        made = as_html.render(report).decode()
        root = tree(made.encode())
        refuse_odd(root)
        assert not orders(made)
        plain = reports.hostile(tmp_path, ["plain"])
        # What is about files, rules and messages has as many elements as ever.
        ours = Counter(each.tag for each in page(plain).all() if each.tag != "span")
        for tag in ("details", "article", "section", "select", "h2", "h3", "dialog"):
            assert len(root.all(tag)) in (ours[tag], ours[tag] + 1, ours[tag] - 1)

    def test_all_at_once_with_a_proof(self, tmp_path: Path):
        texts = [text for text in HOSTILE.values() if len(text) < 1000]
        report = reports.hostile(tmp_path, texts)
        proof = proofs.hostile(tmp_path)
        refuse_odd(proof_page(proof, report))

    def test_the_policy_lets_only_our_own_script_and_style_work(self, tmp_path: Path):
        root = page(reports.hostile(tmp_path, [TEXTS["script"]]))
        [policy] = [
            each.attributes["content"]
            for each in root.all("meta")
            if each.attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy is not None and policy.startswith("default-src 'none'; ")
        for tag in ("script", "style"):
            [element] = root.all(tag)
            digest = hashlib.sha256(element.text.encode()).digest()
            assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert "unsafe" not in policy and "http" not in policy

    def test_nothing_comes_from_elsewhere(self, tmp_path: Path):
        made = as_html.render(reports.made(tmp_path)).decode()
        assert not re.search(r"https?:|\bsrc=|url\(|@import|style=|\son\w+=", made)


class TestLarge:
    def test_it_is_made_file_by_file(self, tmp_path: Path):
        files = [(f"t_{n}.py", reports.BEFORE, reports.AFTER) for n in range(50)]
        pieces = as_html.stream(reports.made(tmp_path, files, ()))
        assert sum(1 for _ in pieces) > 50

    def test_what_has_no_room_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(as_html, "Budget", lambda: articles.Budget(rows=30))
        files = [(f"t_{n}.py", reports.BEFORE, reports.AFTER) for n in range(5)]
        found = [replace(each, path="t_0.py") for each in reports.FINDINGS]
        root = page(reports.made(tmp_path, files, found))
        assert len(root.all("details", "file")) == 5
        assert "3 files of this report had no room on the page." in root.text
        assert len(root.all("p", "cut")) == 4

    def test_a_large_page_begins_with_its_files_closed(self, tmp_path: Path):
        small, large = (
            page(reports.made(tmp_path, [("t.py", b"a\n" * n, b"b\n" * n)], ()))
            for n in (10, 2000)
        )
        assert "open" in small.all("details", "file")[0].attributes
        assert "open" not in large.all("details", "file")[0].attributes


def test_names_of_plugins_rules_are_shown_as_they_are(tmp_path: Path):
    found = Finding("t.py", 1, 1, "ACME1", "migrate", "words")
    root = page(reports.made(tmp_path, (), [found]))
    assert [each.text for each in root.all("a", "rule")] == ["ACME1"]


def test_the_command_writes_it(tmp_path: Path):
    make(tmp_path, test_a=LEGACY)
    for command in ("check", "diff", "fix"):
        done = run(tmp_path, command, "--format", "html")
        assert done.returncode == (0 if command == "fix" else 1)
        found = articles_of(tree(done.stdout.encode()))
        assert "3 +" not in done.stdout
        assert "async def test_a():" in found["test_a.py", "test_a"].text


@pytest.mark.parametrize("suffix", [".py", ".toml", ".ini", ".txt"])
def test_colours_leave_every_character(suffix: str):
    for text in [*HOSTILE.values(), reports.AFTER.decode() * 3, 'x = f"{', "'''a\nb"]:
        lines = text.split("\n")
        for start in (0, len(lines) // 2):
            found = colours.coloured(f"t{suffix}", lines, start, len(lines))
            shown = ["".join(part for _, part in line) for line in found]
            assert shown == lines[start:]


def test_a_string_above_does_not_colour_what_is_below():
    text = 'def a():\n    """\n    import this\n    """\n    return 1'
    first, _, last = colours.coloured("t.py", text.split("\n"), 2, 5)
    assert first == [("s", "    import this")]
    assert ("k", "return") in last


@pytest.mark.parametrize("odd", TABLE.values(), ids=TABLE.keys())
def test_odd_files_have_all_their_lines(tmp_path: Path, odd: Odd):
    after = odd.after if odd.after is not None else odd.before
    report = reports.made(tmp_path, [(odd.name, odd.before, after)], ())
    [change] = report.changes
    root = page(report)
    for side, number in (("o", "old"), ("n", "new")):
        lines = [line for hunk in change.hunks for line in getattr(hunk, number)]
        assert len(root.all("div", side)) == len(lines)
    as_markdown.render(report).decode()


_LINES = st.sampled_from(
    [
        "",
        "a",
        "b b",
        "    c",
        "def t():",
        "async def t():",
        "class T:",
        "x = 1 + y",
        "@d",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_LINES, max_size=15), st.lists(_LINES, max_size=15))
def test_every_line_that_changes_is_there_once(old: list[str], new: list[str]):
    before, after = ("".join(f"{line}\n" for line in side) for side in (old, new))
    [change] = changes([("t.py", before.encode(), after.encode())], ())
    found = aligned.texts(change)
    rows = [
        row
        for section in aligned.sections(change, found)
        for piece in section.pieces
        for row in piece.rows
    ]
    for row in rows:
        if not row.changed:
            assert row.old and row.new
            assert found.old[row.old - 1] == found.new[row.new - 1]
    for side, start, lines in (("old", "start", "old"), ("new", "new_start", "new")):
        shown = [getattr(r, side) for r in rows if r.changed and getattr(r, side)]
        assert shown == [
            getattr(hunk, start) + n
            for hunk in change.hunks
            for n in range(len(getattr(hunk, lines)))
        ]
