"""Writes random expressions and statements that drive coroutines.

Every expression comes with the value it has to have, so that every test asserts
something, and passes before the migration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from textwrap import indent

from tests.properties.known_gaps import unless
from tests.properties.runners import Runner, driven
from tests.properties.writing import Cast, File, text

Valued = tuple[str, int]
Helper = Callable[["Scribe"], Valued]
"""Writes a call of a helper that drives."""


@dataclass
class Scribe:
    """Writes into one module with the runners of the project."""

    cast: Cast
    file: File
    rng: Random
    runners: Sequence[Runner | str]
    helpers: Sequence[Helper] = ()
    _count: int = 0

    def app(self, name: str) -> str:
        return self.cast.app_name(self.file, name)

    def asyncio(self, name: str) -> str:
        return self.file.asyncio(name)

    @property
    def failing(self) -> str:
        return self.rng.choice(("broken", *unless("a factory called fail", "fail")))

    def variable(self) -> str:
        self._count += 1
        return self.rng.choice(("value", "got", "x", "result")) + str(self._count)

    def drive(self, name: str, given: str = "") -> str:
        """Return a drive of a coroutine function of the code under test."""
        return self.drive_of(self.app(name), given)

    def drive_of(self, callee: str, given: str = "") -> str:
        runner = self.rng.choice(self.runners)
        return driven(self.rng, self.cast, self.file, runner, callee, given)

    # Expressions

    def driven_number(self, depth: int = 1) -> Valued:
        """Return a drive, perhaps of a drive, or a call of a helper."""
        rng = self.rng
        if self.helpers and rng.random() < 0.3:
            return rng.choice(self.helpers)(self)
        kind = rng.randrange(4)
        if kind == 0:
            return self.drive("one"), 1
        if kind == 1:
            source, value = self.number(depth - 1)
            return self.drive("double", source), value * 2
        source, value = self.number(depth - 1)
        if kind == 2:
            return self.drive("add", source), value + 1
        other = rng.randint(1, 9)
        keyword = rng.choice((f"{source}, {other}", f"{source}, b={other}"))
        return self.drive("add", keyword), value + other

    def number(self, depth: int) -> Valued:
        if depth <= 0 or self.rng.random() < 0.3:
            value = self.rng.randint(0, 9)
            return str(value), value
        return self.expression(depth)

    def expression(self, depth: int = 2) -> Valued:
        """Return an expression in which at least one drive stands."""
        if depth <= 1 or self.rng.random() < 0.35:
            return self.driven_number(depth)
        return self.rng.choice(_EXPRESSIONS)(self, depth - 1)

    # Statements

    def statements(self, depth: int = 2, count: int | None = None) -> str:
        """Return statements that drive, and assert what comes out."""
        rng = self.rng
        count = count or rng.choice((1, 1, 2, 3))
        return "".join(self._statement(depth) for _ in range(count))

    def _statement(self, depth: int) -> str:
        forms = _STATEMENTS if depth > 0 else _STATEMENTS[:_SIMPLE]
        chosen = self.rng.choice(forms)
        code = chosen(self, depth)
        comment = self.rng.random()
        if comment < 0.08:
            code = f"# Comment {self.rng.randrange(100)}\n{code}"
        elif comment < 0.14 and "\n" not in code.strip() and "#" not in code:
            code = f"{code.rstrip()}  # why {self.rng.randrange(100)}\n"
        return code


# Expressions with drives in places where an await may stand, or may not.


def _sum(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.number(d)
    return f"{a} + {b}", x + y


def _product(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.number(d), s.expression(d)
    return f"({a}) * ({b})", x * y


def _power(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"{a} ** 2", x**2


def _negation(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"-{a}", -x


def _conditional(s: Scribe, d: int) -> Valued:
    (a, x), (b, y), (c, z) = s.expression(d), s.number(d), s.number(d)
    return f"({b} if {a} > 3 else {c})", y if x > 3 else z


def _chosen(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.driven_number(d)
    return f"({a} or {b})", x or y


def _compared(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.number(d)
    return f"({a} <= {b} < 100)", x <= y < 100


def _not(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"(not {a})", not x


def _called(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.number(d)
    return f"max({a}, {b}, key=lambda each: -each)", max(x, y, key=lambda each: -each)


def _starred(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.number(d)
    return f"max(*[{a}, {b}], **{{}})", max(x, y)


def _item(s: Scribe, d: int) -> Valued:
    (a, x), (b, _) = s.expression(d), s.number(d)
    return f"[{a}, {b}][0]", x


def _mapped(s: Scribe, d: int) -> Valued:
    a, x = s.expression(d)
    return f'{{"key": {a}}}["key"]', x


def _attribute(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"{a}.numerator", x


def _subscript(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"str({a})[0:]and {x}", x


def _formatted(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"int(f'{{{a}}}')" if "'" not in a and '"' not in a else a, x


def _listed(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"sum([{a} for _ in range(3)])", x * 3


def _generated(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"sum({a} for _ in range(2))", x * 2


def _any(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"any({a} == each for each in range(30))", x in range(30)


def _filtered(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"len([each for each in range(5) if each < {a}])", len(
        range(min(5, max(x, 0)))
    )


def _iterated(s: Scribe, d: int) -> Valued:
    a, x = s.expression(d)
    return f"next(each for each in [{a}])", x


def _set(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"{{{a} for _ in range(2)}}.pop()", x


def _dict(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(d)
    return f"{{k: {a} for k in range(2)}}[1]", x


def _nested(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"sum([sum([{a} for _ in range(2)]) for _ in range(2)])", x * 4


def _lambda(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"(lambda: {a})()", x


def _default(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"(lambda each={a}: each)()", x


def _walrus(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    name = s.variable()
    return f"({name} := {a}) + {name}", x * 2


def _map(s: Scribe, d: int) -> Valued:
    a, x = s.driven_number(0)
    return f"list(map(lambda each: each + {a}, [1]))[0]", x + 1


def _several_lines(s: Scribe, d: int) -> Valued:
    (a, x), (b, y) = s.expression(d), s.number(d)
    return f"(\n    {a}\n    + {b}  # added\n)", x + y


_EXPRESSIONS = (
    _sum,
    _product,
    _power,
    _negation,
    _conditional,
    _chosen,
    _compared,
    _not,
    _called,
    _starred,
    _item,
    _mapped,
    _attribute,
    _subscript,
    _formatted,
    _listed,
    _generated,
    _any,
    _filtered,
    _iterated,
    _set,
    _dict,
    _nested,
    _default,
    _walrus,
    _several_lines,
    _lambda,
    _map,
)


# Statements. The first stand anywhere, the others hold statements.


def _assert(s: Scribe, d: int) -> str:
    a, x = s.expression(2)
    return f"assert {_closed(a)} == {x}\n"


def _assert_with_message(s: Scribe, d: int) -> str:
    (a, x), (b, _) = s.expression(1), s.driven_number(0)
    return f"assert {_closed(a)} == {x}, {b}\n"


def _assign(s: Scribe, d: int) -> str:
    (a, x), name = s.expression(2), s.variable()
    note = s.rng.choice(("", ": int"))
    return f"{name}{note} = {a}\nassert {name} == {x}\n"


def _augment(s: Scribe, d: int) -> str:
    (a, x), name = s.expression(1), s.variable()
    return f"{name} = 1\n{name} += {a}\nassert {name} == {x + 1}\n"


def _unpack(s: Scribe, d: int) -> str:
    (a, x), (b, y) = s.expression(1), s.expression(1)
    one, two = s.variable(), s.variable()
    return f"{one}, {two} = {a}, {b}\nassert ({one}, {two}) == ({x}, {y})\n"


def _two_on_a_line(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    return f"{name} = {a}; assert {name} == {x}\n"


def _forget(s: Scribe, d: int) -> str:
    return f"{s.driven_number(1)[0]}\n"


def _multi_line(s: Scribe, d: int) -> str:
    (a, x), (b, y) = s.number(1), s.number(0)
    call = s.drive("add", f"\n    {a},\n    {b},\n")
    return f"assert {call} == {x + y}\n"


def _coroutine_variable(s: Scribe, d: int) -> str:
    name, other, x = s.variable(), s.variable(), s.rng.randint(0, 9)
    run = s.asyncio("run") if "asyncio.run" in s.runners else None
    if run is None:
        return _assert(s, d)
    return (
        f"{name} = {s.app('add')}({x})\n{other} = {run}({name})\n"
        f"assert {other} == {x + 1}\n"
    )


def _raises(s: Scribe, d: int) -> str:
    s.file.need("import pytest")
    match = s.rng.choice(("", ', match="no such"'))
    return f"with pytest.raises(ValueError{match}):\n    {s.drive(s.failing)}\n"


def _raises_call(s: Scribe, d: int) -> str:
    s.file.need("import pytest")
    fail = s.app(s.failing)
    runner = s.rng.choice(s.runners)
    if runner != "asyncio.run":
        return _raises_lambda(s, d)
    name = s.variable()
    if s.rng.random() < 0.5:
        return f"pytest.raises(ValueError, {s.asyncio('run')}, {fail}())\n"
    return (
        f"{name} = pytest.raises(ValueError, {s.asyncio('run')}, {fail}('odd'))\n"
        f"assert str({name}.value) == 'odd'\n"
    )


def _raises_lambda(s: Scribe, d: int) -> str:
    s.file.need("import pytest")
    return f"pytest.raises(ValueError, lambda: {s.drive(s.failing)})\n"


def _raises_def(s: Scribe, d: int) -> str:
    s.file.need("import pytest")
    name = s.variable()
    return f"def {name}():\n    {s.drive(s.failing)}\n\npytest.raises(ValueError, {name})\n"


def _try(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    return text(
        """
        $name = 0
        try:
            $fail
        except ValueError as error:
            $name = $a
            assert str(error)
        else:
            raise AssertionError
        finally:
            $name += $a
        assert $name == $twice
        """,
        name=name,
        fail=s.drive(s.failing),
        a=a,
        twice=x * 2,
    )


def _nested_function(s: Scribe, d: int) -> str:
    name, x = s.variable(), s.rng.randint(0, 9)
    inner = s.rng.choice(
        (
            f"return await {s.app('add')}({x})",
            f"found = await {s.app('add')}({x})\n    # found\n    return found",
        )
    )
    return f"async def {name}():\n    {inner}\n\nassert {s.drive_of(name)} == {x + 1}\n"


def _sync_inner(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    return f"def {name}():\n    return {a}\n\nassert {name}() == {x}\n"


def _callback(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    each_way = s.app("each_way")
    return (
        f"def {name}(value):\n    return value + {a}\n\n"
        f"assert {each_way}({name}, 2) == {x + 2}\n"
    )


def _sort_key(s: Scribe, d: int) -> str:
    key = s.drive("double", "each")
    return f"assert sorted([3, 1], key=lambda each: {key}) == [1, 3]\n"


def _thread(s: Scribe, d: int) -> str:
    s.file.need("import threading")
    name = s.variable()
    run = f"{s.asyncio('run')}({s.app('add')}(2))"
    return text(
        """
        $name = []
        thread = threading.Thread(target=lambda: $name.append($run))
        thread.start()
        thread.join()
        assert $name == [3]
        """,
        name=name,
        run=run,
    )


def _generator(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    return f"{name} = ({a} for _ in range(2))\nassert list({name}) == [{x}, {x}]\n"


def _global(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.cast.new("shared")
    s.file.constants.append(f"{name} = 0\n")
    return f"global {name}\n{name} = {a}\nassert {name} == {x}\n"


def _multi_line_string(s: Scribe, d: int) -> str:
    (a, x), name = s.driven_number(0), s.variable()
    return f'{name} = """\n  kept\n    as it is {{}}\n""".format({a})\nassert str({x}) in {name}\n'


def _if(s: Scribe, d: int) -> str:
    a, x = s.expression(1)
    then, other = s.statements(d - 1, 1), "raise AssertionError\n"
    if s.rng.random() < 0.5:
        return f"if {_closed(a)} != {x}:\n{_in(other)}else:\n{_in(then)}"
    return f"if {_closed(a)} == {x}:\n{_in(then)}"


def _for(s: Scribe, d: int) -> str:
    a, x = s.driven_number(1)
    name = s.variable()
    body = f"assert {name} in (1, {x})\n" + s.statements(d - 1, 1)
    return f"for {name} in [1, {a}]:\n{_in(body)}"


def _while(s: Scribe, d: int) -> str:
    a, x = s.driven_number(0)
    name = s.variable()
    body = s.statements(d - 1, 1) + f"{name} += 1\n"
    return (
        f"{name} = 0\nwhile {name} < 2 and {a} == {x}:\n{_in(body)}assert {name} == 2\n"
    )


def _with(s: Scribe, d: int) -> str:
    s.file.need("from contextlib import nullcontext")
    (a, x), name = s.driven_number(0), s.variable()
    body = f"assert {name} == {x}\n" + s.statements(d - 1, 1)
    return f"with nullcontext({a}) as {name}:\n{_in(body)}"


def _match(s: Scribe, d: int) -> str:
    a, x = s.driven_number(0)
    pattern = str(x) if x >= 0 else "int()"
    body = s.statements(d - 1, 1)
    return f"match {a}:\n    case {pattern}:\n{_in(_in(body))}    case _:\n        assert False\n"


def _finally(s: Scribe, d: int) -> str:
    return f"try:\n{_in(s.statements(d - 1, 1))}finally:\n{_in(s.statements(d - 1, 1))}"


def _one_line_suite(s: Scribe, d: int) -> str:
    a, x = s.driven_number(0)
    return f"if True: assert {a} == {x}\n"


_SIMPLE_STATEMENTS = (
    _assert,
    _assert,
    _assert,
    _assert_with_message,
    _assign,
    _assign,
    _augment,
    _unpack,
    _two_on_a_line,
    _forget,
    _multi_line,
    _coroutine_variable,
    _raises,
    _raises,
    _raises_call,
    _raises_lambda,
    _try,
    _multi_line_string,
    _one_line_suite,
)
_SIMPLE = len(_SIMPLE_STATEMENTS)
_STATEMENTS = (
    *_SIMPLE_STATEMENTS,
    *_SIMPLE_STATEMENTS,
    _raises_def,
    _nested_function,
    _nested_function,
    _sync_inner,
    _callback,
    _sort_key,
    _generator,
    _global,
    _if,
    _for,
    _while,
    _with,
    _match,
    _finally,
)


def _closed(source: str) -> str:
    """Put brackets around what binds less tightly than a comparison."""
    return f"({source})"


def _in(body: str) -> str:
    return indent(body, "    ", lambda line: not _is_in_string(line))


def _is_in_string(line: str) -> bool:
    return line in ("  kept\n", "    as it is {}\n") or line.startswith('""".format')
