"""What puts AsyncMocks in the place of home-made mocks, by names that are free then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from awaitify_codemods.facts.module import Module, Scope
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.mocks.fallbacks import fallbacks
from awaitify_codemods.mocks.home_made import Given, HomeMade
from awaitify_codemods.mocks.mentions import ALIAS, CALL, FACTORY, Mention
from awaitify_codemods.mocks.retirement import Retirement
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.mocks.stand_ins import needs_result
from awaitify_codemods.planning.disuse import Disuse
from awaitify_codemods.planning.elsewhere import Elsewhere
from awaitify_codemods.rule import Decision
from awaitify_codemods.work import Spelling, Work

Name = tuple[Scope, str]


@dataclass(eq=False)
class Replacement:
    """Decides on the home-made mocks of a rule."""

    work: Work
    retirement: Retirement
    spellings: dict[Mention, Spelling] = field(default_factory=dict)

    def decisions(self) -> Iterator[Decision]:
        """Yield what replaces the mocks that go, and why the others stay."""
        yield from self._unused()
        if not self.retirement.made:
            return
        held = self.retirement.decided()
        while not self._spelled(held):
            held = self.retirement.held()
        groups = self.retirement.groups
        for mention in self.retirement.mentions:
            node = mention.site or mention.node
            refusal = held.get(groups.of(node))
            if refusal is None:
                yield from self._replaced(mention, groups.of(node))
            elif mention.kind != ALIAS:
                refusal = groups.refusal(node) or refusal
                message = f"{mention.made.name} stays: {refusal.message}"
                yield Decision.left(mention.module, node, refusal.reason, message)
        for hop in self.retirement.hops.values():
            group = groups.of(hop.node)
            if group not in held:
                yield Decision(hop.module, hop.node, "drop-hop", group=group)
        yield from self._told(held)

    def _unused(self) -> Iterator[Decision]:
        """Yield what leaves the import of AsyncMock alone where there is a choice."""
        for each in fallbacks(self.retirement.defined):
            module, node = each.made.module, each.made.definition.node
            message = f"{each.made.name} is there for Pythons without AsyncMock"
            removed = Decision(module, node, "remove", {}, (node,), group=node)
            yield replace(removed, message=message)
            yield Decision(module, each.choice, each.op, {}, each.gone, group=node)

    def _told(self, held: dict[ast.AST, Refusal]) -> Iterator[Decision]:
        """Report each definition with the number of mocks that it does not make."""
        for made in self.retirement.made:
            going = [
                each
                for each in self.retirement.mentions
                if each.made == made and each.site
                if self.retirement.groups.of(each.site) not in held
            ]
            if going:
                number = len(going)
                places = "one place" if number == 1 else f"{number} places"
                message = (
                    f"{made.name}, made by hand, gives way to unittest.mock.AsyncMock "
                    f"in {places}"
                )
                node = made.definition.node
                yield Decision(made.module, node, "", message=message)

    # Names.

    def _spelled(self, held: dict[ast.AST, Refusal]) -> bool:
        """Find names for the mocks that go; False where that holds another one."""
        groups = self.retirement.groups
        going = [
            each
            for each in self.retirement.mentions
            if groups.of(each.site or each.node) not in held
        ]
        freed = self._freed(going)
        for mention in going:
            scope = mention.module.at[mention.node]
            found = spell_mock(
                self.work, mention.module, scope, "AsyncMock", freed=freed
            )
            if found is None:
                refusal = Refusal("name-taken", "AsyncMock means something else there")
                groups.hold(mention.site or mention.node, refusal)
                return False
            self.spellings[mention] = found
        self._joined(going, freed)
        return True

    def _joined(self, going: list[Mention], freed: frozenset[Name]) -> None:
        """Join what relies on names that are free only if all uses are replaced."""
        for mention in going:
            name = self.spellings[mention].text.partition(".")[0]
            if (mention.module.scope, name) in freed:
                for each in going:
                    if each.made == mention.made or each.module is mention.module:
                        node = mention.site or mention.node
                        self.retirement.groups.join(node, [each.site or each.node])

    def _freed(self, going: list[Mention]) -> frozenset[Name]:
        """Return the names that mean nothing any more once some mentions are gone."""
        gone: set[ast.AST] = {each.node for each in going}
        made = [each for each in self.retirement.made if self._may_go(each, gone)]
        gone |= {each.definition.node for each in made}
        disuse = self._disuse(gone)
        found: set[Name] = {
            (each.module.at[each.definition.node], each.name)
            for each in made
            if disuse.is_unused(
                each.module.at[each.definition.node], each.name, each.module
            )
        }
        for mention in going:
            node, module = mention.node, mention.module
            if isinstance(node, ast.Name):
                scope = module.at[node].find(node.id)
                if scope is None:
                    home = mention.made.module
                    if (home.scope, node.id) in found:
                        found.add((module.scope, node.id))  # it comes by a star
                elif _is_import(scope, node.id):
                    if disuse.is_dead_import(scope, node.id, module):
                        found.add((scope, node.id))
        return frozenset(found)

    def _may_go(self, made: HomeMade, gone: set[ast.AST]) -> bool:
        """Whether nothing but its uses keeps a definition."""
        definition, module = made.definition, made.module
        node = definition.node
        scope = module.at[node]
        if len(scope.names.get(made.name, ())) != 1:
            return False
        if not all(
            self.work.is_free(code, module, node)
            for code in (self.retirement.meta.code, "AW105")
        ):
            return False
        return all(
            each.node in gone for each in self.retirement.mentions if each.made == made
        )

    def _disuse(self, gone: set[ast.AST]) -> Disuse:
        elsewhere = Elsewhere(self.work.index)
        selected = self.work.sources.selected
        return Disuse(self.work, elsewhere, gone, set(), selected)

    # Edits.

    def _replaced(self, mention: Mention, group: ast.AST) -> Iterator[Decision]:
        spelling, module, node = self.spellings[mention], mention.module, mention.node
        if mention.kind == ALIAS:
            assert mention.alias is not None
            yield self._edit(mention, mention.alias, "set-value", spelling, group)
            return
        assert mention.site is not None
        if mention.alias is not None:
            pass  # the other name means an AsyncMock
        elif mention.kind == FACTORY:
            arguments = {"name": "new_callable", "code": spelling.text}
            yield Decision(
                module,
                mention.site,
                "set-keyword",
                arguments,
                (node,),
                spelling.uses,
                spelling.imports,
                group=group,
            )
        else:
            yield self._edit(mention, mention.site, "rename", spelling, group)
        if mention.kind == CALL:
            yield from self._arguments(mention, group)
        yield from self._result(mention, group)

    def _edit(
        self,
        mention: Mention,
        node: ast.AST,
        op: str,
        spelling: Spelling,
        group: ast.AST,
    ) -> Decision:
        name = "to" if op == "rename" else "code"
        return Decision(
            mention.module,
            node,
            op,
            {name: spelling.text},
            (mention.node,),
            spelling.uses,
            spelling.imports,
            group=group,
        )

    def _arguments(self, mention: Mention, group: ast.AST) -> Iterator[Decision]:
        """Yield what gives the arguments of a definition of its own their keywords."""
        assert mention.site is not None
        if mention.made.passes:
            return
        for given in mention.made.given(mention.site, mention.module) or ():
            yield from _keyword(given, mention.site, mention.module, group)

    def _result(self, mention: Mention, group: ast.AST) -> Iterator[Decision]:
        """Yield what lets a mock return what its children rely on."""
        if mention.site is None or not needs_result(mention, self.retirement.findings):
            return
        module, scope = mention.module, mention.module.at[mention.node]
        inner = spell_mock(self.work, module, scope, mention.made.inner)
        assert inner is not None
        yield Decision(
            module,
            mention.site,
            "set-keyword",
            {"name": "return_value", "code": f"{inner.text}()"},
            (),
            inner.uses,
            inner.imports,
            group=group,
        )


def _keyword(
    given: Given, site: ast.Call, module: Module, group: ast.AST
) -> Iterator[Decision]:
    """Yield what gives one argument by the keyword that an AsyncMock has for it."""
    if given.node is None:
        if given.name == "side_effect":
            return  # None, as it is
        code = ast.unparse(given.value)
        arguments = {"name": given.name, "code": code}
        yield Decision(module, site, "set-keyword", arguments, group=group)
    elif isinstance(given.node, ast.keyword):
        if given.node.arg != given.name:
            arguments = {"name": given.node.arg or "", "to": given.name}
            yield Decision(module, site, "rename-keyword", arguments, group=group)
    else:
        index = site.args.index(given.node)
        named = {"index": index, "name": given.name}
        yield Decision(module, site, "name-argument", named, group=group)


def _is_import(scope: Scope, name: str) -> bool:
    return all(each.kind == "import" for each in scope.names[name])
