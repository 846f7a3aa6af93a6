"""Which home-made mocks an AsyncMock can replace, with all hops that lead through them.

A hop is owned by the mocks that reach it, by value. Mocks and hops in one group
change together: on an AsyncMock a left-over ``x.mock.assert_not_called()`` passes,
whatever happens. A hop of which it is not known what reaches it holds all mocks that
might.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from awaitify_codemods.facts.module import (
    FUNCTIONS,
    Module,
    Scope,
    every_argument,
)
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import (
    Class,
    External,
    File,
    Instance,
    Value,
)
from awaitify_codemods.mocks.effects import Effects
from awaitify_codemods.mocks.facts import Findings, Hop
from awaitify_codemods.mocks.fallbacks import is_conditional
from awaitify_codemods.mocks.groups import Groups
from awaitify_codemods.mocks.home_made import HomeMade, definitions
from awaitify_codemods.mocks.hop_uses import HopUse, hop_uses
from awaitify_codemods.mocks.mentions import (
    BARE,
    CALL,
    FACTORY,
    Mention,
    mentions,
)
from awaitify_codemods.mocks.stand_ins import StandIns
from awaitify_codemods.rule import Meta
from awaitify_codemods.work import Work

_OF_PARENTS = (
    "assert_has_calls",
    "attach_mock",
    "method_calls",
    "mock_calls",
    "reset_mock",
    "seal",
)
"""What a mock says or does with the mocks that are its attributes."""
_LOOKING_UP = frozenset(
    "attrgetter delattr getattr hasattr methodcaller object setattr".split()
)


@dataclass(eq=False)
class Retirement:
    """Groups the home-made mocks of a project, and says which of them stay.

    Args:
        work: the project.
        meta: the rule whose mocks they are.
        kinds: of those.

    """

    work: Work
    meta: Meta
    kinds: frozenset[str]
    groups: Groups = field(default_factory=Groups)
    uses: dict[ast.AST, list[HopUse]] = field(default_factory=dict)
    """How the mocks behind hops are used, by hop."""

    @cached_property
    def made(self) -> list[HomeMade]:
        """The definitions."""
        return [each for each in self.defined if not is_conditional(each)]

    @cached_property
    def defined(self) -> list[HomeMade]:
        """The same, and those for Pythons without AsyncMock."""
        return [
            each for each in definitions(self.work.index) if each.kind in self.kinds
        ]

    @cached_property
    def mentions(self) -> list[Mention]:
        """All mentions of them."""
        index, references = self.work.index, self.work.references
        return [m for each in self.made for m in mentions(each, index, references)]

    @cached_property
    def findings(self) -> Findings:
        """What the tests do with their mocks."""
        return self.work.mocks

    @cached_property
    def hops(self) -> dict[ast.Attribute, Hop]:
        """The hops through them, by their nodes."""
        sites = {each.site for each in self.mentions if each.site}
        return {
            node: hop
            for node, hop in self.findings.hops.items()
            if not sites.isdisjoint(hop.sites)
        }

    def decided(self) -> dict[ast.AST, Refusal]:
        """Return the groups that stay, and why; the others go."""
        for mention in self.mentions:
            self._grouped(mention)
        known = {each.site for each in self.mentions if each.site}
        for hop in self.hops.values():
            self.groups.join(hop.node, hop.sites)
            self._read(hop)
            for site in hop.sites - known:
                message = "it is not known by what name it is made"
                self.groups.hold(site, Refusal("unknown-value", message))
        for node, refusal in self._unseen():
            self.groups.hold(node, refusal)
        for node, refusal in self._of_parents():
            self.groups.hold(node, refusal)
        self._judge()
        return self.held()

    def held(self) -> dict[ast.AST, Refusal]:
        """Return the groups that stay, and why.

        A hop in shared code may be reached by more than was seen: if it stays, all
        mocks do, and it stays with any that its file's users keep.
        """
        shared = [each for each in self.hops.values() if self._is_shared(each)]
        found = self.groups.held()
        for hop in shared:
            if self.groups.of(hop.node) not in found:
                for mention in self._reaching(hop):
                    if self.groups.of(mention.site or mention.node) in found:
                        self.groups.join(hop.node, [mention.site or mention.node])
        found = self.groups.held()
        for hop in shared:
            if self.groups.of(hop.node) in found:
                where = f"{hop.module.path}:{hop.node.lineno}"
                message = f".{hop.node.attr} stays in shared code ({where})"
                for mention in self.mentions:
                    if mention.site and mention.made.hop == hop.node.attr:
                        self.groups.hold(mention.site, Refusal("mixed-use", message))
        return self.groups.held()

    def _is_shared(self, hop: Hop) -> bool:
        """Whether a hop stands in a function that others give mocks to."""
        function = _function(hop.node, hop.module)
        return not _is_test(function) and any(
            site not in hop.module.parents
            or _function(site, hop.module) is not function
            for site in hop.sites
        )

    def _reaching(self, hop: Hop) -> Iterator[Mention]:
        """Yield the mocks of files that name the function of a hop."""
        name = getattr(_function(hop.node, hop.module), "name", "")
        for mention in self.mentions:
            if mention.site and mention.made.hop == hop.node.attr:
                if name.encode() in mention.module.source:
                    yield mention

    def _grouped(self, mention: Mention) -> None:
        groups = self.groups
        node = mention.site or mention.node
        groups.add(node)
        if mention.alias is not None:
            groups.join(mention.alias, [node])
        if mention.kind == BARE:
            where = f"{mention.module.path}:{mention.node.lineno}"
            message = f"{mention.made.name} is handed on ({where})"
            groups.hold(node, Refusal("helper-escapes", message))
        code = self.meta.code
        if not self.work.is_free(code, mention.module, mention.node):
            message = f"{code} is not selected for {mention.module.path}"
            groups.hold(node, Refusal("outside-selection", message))

    def _read(self, hop: Hop) -> None:
        """Look at what becomes of the mock behind a hop."""
        where = f"{hop.module.path}:{hop.node.lineno}"
        uses = hop_uses(hop.module, hop.node)
        self.uses[hop.node] = uses or []
        text = f".{hop.node.attr}"
        if hop.others:
            message = f"{text} may be read from something else, too ({where})"
            self.groups.hold(hop.node, Refusal("mixed-use", message))
        elif uses is None:
            message = f"what {text} leads to is handed on ({where})"
            self.groups.hold(hop.node, Refusal("mixed-use", message))
        elif not self.work.is_free(self.meta.code, hop.module, hop.node):
            message = f"{self.meta.code} is not selected for {hop.module.path}"
            self.groups.hold(hop.node, Refusal("outside-selection", message))

    # What is not known.

    def _unseen(self) -> Iterator[tuple[ast.AST, Refusal]]:
        """Yield the mocks that a hop may lead through which nobody was seen to take."""
        names = {each.hop for each in self.made if each.hop}
        for name in sorted(names):
            for module in self._mentioning(name):
                for node, what in _hops_in(name, module, self.findings):
                    if self._is_known(node, module):
                        continue
                    where = f"{module.path}:{getattr(node, 'lineno', 1)}"
                    message = f"{what} may lead through it ({where})"
                    refusal = Refusal("unknown-value", message)
                    for site in self._may_reach(node, module, name):
                        yield site, refusal

    def _mentioning(self, word: str) -> Iterator[Module]:
        for path in self.work.index.words.files_with(word):
            module = self.work.index.module(path)
            if module:
                yield module

    def _test_code(self, word: str) -> Iterator[Module]:
        for path in self.work.index.words.files_with(word):
            if path in self.work.references.test_code:
                module = self.work.index.module(path)
                if module:
                    yield module

    def _is_known(self, node: ast.AST, module: Module) -> bool:
        """Whether an attribute is certainly not that of a home-made mock."""
        if any(node in ast.walk(each.definition.node) for each in self.made):
            return True
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return False  # whatever its class says, tests set attributes
        name = node.value.id
        scope = module.at[node.value].find(name)
        kinds = {each.kind for each in scope.names[name]} if scope else set()
        values = self.work.index.value(node.value, module)
        if kinds == {"import"}:
            return bool(values) and all(map(_is_module, values))
        instances = all(isinstance(each, (Instance, Class)) for each in values)
        return (
            kinds == {"param"}
            and bool(values)
            and instances
            and _is_self(scope, name, module)
        )

    def _may_reach(self, node: ast.AST, module: Module, hop: str) -> Iterator[ast.AST]:
        """Yield the mocks of the same test or class, and those that tests share."""
        around = _outermost(node, module)
        is_shared = not _is_test(_function(node, module))
        for mention in self.mentions:
            if mention.site is None or mention.made.hop != hop:
                continue
            own = _outermost(mention.site, mention.module)
            test = _function(mention.site, mention.module)
            if is_shared or own is around or not _is_test(test):
                yield mention.site

    # Mocks that have them as attributes.

    def _of_parents(self) -> Iterator[tuple[ast.AST, Refusal]]:
        """Yield the mocks that would be among the children of others."""
        owned = {use.node for uses in self.uses.values() for use in uses}
        for name in _OF_PARENTS:
            for module in self._test_code(name):
                for node in module.uses.get(name, ()):
                    if node in owned:
                        continue
                    message = (
                        f"{name} ({module.path}:{node.lineno}) may be about a mock "
                        "of which it would be an attribute"
                    )
                    refusal = Refusal("mixed-use", message)
                    for site in self._in_tests(node, module):
                        yield site, refusal

    def _in_tests(self, node: ast.AST, module: Module) -> Iterator[ast.AST]:
        """Yield the mocks that are made in a test that does something."""
        function = _function(node, module)
        tests = self.findings.entered_by.get(function) if function else None
        for mention in self.mentions:
            site = self.findings.sites.get(mention.site) if mention.site else None
            if site is None or not mention.made.hop:
                continue
            if tests is None or not tests.isdisjoint(site.tests):
                yield site.node

    def _judge(self) -> None:
        """Hold the mocks of which an AsyncMock would do something else."""
        stand_ins = StandIns(
            self.findings, Effects(self.work.index, self.findings.entered_by)
        )
        by_group: dict[ast.AST, list[HopUse]] = {}
        for hop, uses in self.uses.items():
            by_group.setdefault(self.groups.of(hop), []).extend(uses)
        for mention in self.mentions:
            if mention.kind in (CALL, FACTORY) and mention.site:
                uses = by_group.get(self.groups.of(mention.site), [])
                if refusal := stand_ins.refusal(mention, uses):
                    self.groups.hold(mention.site, refusal)


def _hops_in(
    name: str, module: Module, findings: Findings
) -> Iterator[tuple[ast.AST, str]]:
    """Yield what may be a hop that no test was seen to take, and what it is."""
    for node in (*module.uses.get(name, ()), *module.stores.get(name, ())):
        hop = findings.hops.get(node) if isinstance(node, ast.Attribute) else None
        if isinstance(node, ast.Attribute) and (hop is None or hop.unknown):
            yield node, f".{name}"
    path = re.compile(rf"(^|\.){re.escape(name)}\.")
    for constant in module.strings:
        text = str(constant.value)
        if text == name and _is_looked_up(constant, module):
            yield constant, f"the attribute {name!r}"
        elif path.search(text) and isinstance(module.parents[constant], ast.Dict):
            yield constant, f"{text!r}"


def _is_looked_up(constant: ast.Constant, module: Module) -> bool:
    match module.parents[constant]:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _LOOKING_UP
    return False


def _is_module(value: Value) -> bool:
    return isinstance(value, File) or value in _LIBRARIES


_LIBRARIES = tuple(map(External, ("asynctest", "mock", "unittest")))


def _is_self(scope: Scope | None, name: str, module: Module) -> bool:
    """Whether a name is the first parameter of a method."""
    node = scope.node if scope else None
    if not isinstance(node, FUNCTIONS) or module.class_of(node) is None:
        return False
    arguments = every_argument(node.args)
    return bool(arguments) and arguments[0].arg == name


def _outermost(node: ast.AST, module: Module) -> ast.AST:
    """Return the definition at the top of the file around a node."""
    found = node
    for outer in module.enclosing(node):
        if isinstance(outer, (*FUNCTIONS, ast.ClassDef)):
            found = outer
    return found


def _function(node: ast.AST, module: Module) -> ast.AST | None:
    """Return the outermost function around a node."""
    functions = [each for each in module.enclosing(node) if isinstance(each, FUNCTIONS)]
    return functions[-1] if functions else None


def _is_test(function: ast.AST | None) -> bool:
    return getattr(function, "name", "").startswith("test")
