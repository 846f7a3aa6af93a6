"""pytest's configuration in one file, in whichever of its dialects: read and edited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from awaitify.settings import ini_text, toml_text
from awaitify.settings.text import NotEditable, Text


class Dialect(Enum):
    """How values are written."""

    INI = "ini"
    TOML = "toml"
    """INI values in TOML, ``[tool.pytest.ini_options]``."""
    TYPED = "typed"
    """``[tool.pytest]`` and pytest.toml: every option has a type."""


@dataclass(frozen=True)
class Configuration:
    """The table or section that pytest reads, and the text around it."""

    path: str
    content: str
    dialect: Dialect
    table: tuple[str, ...]
    """Keys of the TOML table, or the name of the section."""
    values: Mapping[str, object]
    exists: bool
    """Whether the table or section is there; without it the file is not empty for
    pytest, but holds nothing."""

    @classmethod
    def of(cls, path: str, source: bytes) -> Configuration:
        """Read the file that decides.

        Raises:
            NotEditable: its form is not known well enough.

        """
        content = Text.of(source).content
        if path.endswith(".toml"):
            return _of_toml(path, content)
        section = "tool:pytest" if path.endswith("setup.cfg") else "pytest"
        options = ini_text.options(content)
        values = {o.key: o.value for o in options if o.section == section}
        exists = ini_text.has_section(content, section)
        return cls(path, content, Dialect.INI, (section,), values, exists)

    def word(self, key: str) -> str | None:
        """Return the value of a key that holds one word, None without the key."""
        value = self.values.get(key)
        return None if value is None else str(value).strip()

    def line(self, key: str) -> int:
        """Return the line of a key, or of the header of the table without it."""
        name = re.escape(key)
        found = re.search(rf"(?m)^[^#;\n=]*?\b{name}[\"']?\s*[=:]", self.content)
        if found is None:
            header = re.escape(".".join(self.table))
            found = re.search(rf"(?m)^\s*\[{header}\]", self.content)
        if found is None:
            return 1
        return self.content.count("\n", 0, found.end()) + 1

    def with_word(self, key: str, word: str) -> Configuration:
        """Return the configuration with a key set to a word."""
        if not self.exists:
            return self._with_table(key, word)
        if self.dialect is Dialect.INI:
            content = self._ini_with(key, word)
        else:
            content = self._toml_with(key, f'"{word}"')
        return self._read_again(content)

    def without(self, key: str) -> Configuration:
        """Return the configuration without a key."""
        if self.dialect is Dialect.INI:
            content = ini_text.remove_option(self.content, self._option(key))
        else:
            content = toml_text.remove_key(self.content, (*self.table, key))
        return self._read_again(content)

    def with_part(self, key: str, old: str, new: str) -> Configuration:
        """Return the configuration with a part of a value replaced."""
        if self.dialect is Dialect.INI:
            option = self._option(key)
            content = ini_text.replace_word(self.content, option, old, new)
        else:
            content = self._toml_part(key, old, new)
        return self._read_again(content)

    def without_item(self, key: str, item: str) -> Configuration:
        """Return the configuration without one line or item of a list.

        Raises:
            NotEditable: it is not there exactly once.

        """
        if self.dialect is Dialect.INI:
            option = self._option(key)
            lines = ini_text.value_lines(self.content, option)
            numbers = [number for number, text in lines if text == item]
            if len(numbers) != 1:
                raise NotEditable(f"{key} does not have {item!r} once")
            content = ini_text.remove_line(self.content, option, numbers[0])
        else:
            content = self._toml_without_item(key, item)
        return self._read_again(content)

    def items(self, key: str) -> list[str]:
        """Return the lines or items of a list."""
        value = self.values.get(key)
        if isinstance(value, list):
            return [str(item) for item in value]
        lines = str(value or "").split("\n")
        return [line.strip() for line in lines if line.strip()]

    def bytes(self, source: bytes) -> bytes:
        """Return the bytes of the file that was read from `source`."""
        return replace(Text.of(source), content=self.content).bytes()

    def _read_again(self, content: str) -> Configuration:
        text = Text(content, False, False).bytes()
        return Configuration.of(self.path, text)

    def _neighbour(self) -> str:
        """Return the key behind which a new one goes; "" if there is none."""
        plain = [key for key, value in self.values.items() if not _is_table(value)]
        ours = [key for key in plain if key.startswith("asyncio_")]
        return (ours or plain or [""])[-1]

    def _with_table(self, key: str, word: str) -> Configuration:
        value = word if self.dialect is Dialect.INI else f'"{word}"'
        table = self.table
        content = toml_text.add_table(self.content, table, [f"{key} = {value}"])
        return self._read_again(content)

    def _option(self, key: str) -> ini_text.Option:
        options = ini_text.options(self.content)
        wanted = (self.table[0], key)
        return next(o for o in options if (o.section, o.key) == wanted)

    def _ini_with(self, key: str, word: str) -> str:
        if key in self.values:
            return ini_text.replace_value(self.content, self._option(key), word)
        section, after = self.table[0], self._neighbour()
        return ini_text.add_option(self.content, section, key, word, after)

    def _toml_with(self, key: str, value: str) -> str:
        if key in self.values:
            return toml_text.replace_value(self.content, (*self.table, key), value)
        after = self._neighbour()
        if not after:
            return toml_text.add_first_key(self.content, self.table, key, value)
        return toml_text.add_key(self.content, self.table, key, value, after)

    def _toml_part(self, key: str, old: str, new: str) -> str:
        path = (*self.table, key)
        value = self.values[key]
        if isinstance(value, list):
            numbers = [n for n, item in enumerate(value) if old in str(item)]
            if len(numbers) != 1:
                raise NotEditable(f"{key} does not have {old!r} once")
            return toml_text.replace_item(self.content, path, numbers[0], old, new)
        return toml_text.replace_part(self.content, path, old, new)

    def _toml_without_item(self, key: str, item: str) -> str:
        path = (*self.table, key)
        value = self.values[key]
        if isinstance(value, list):
            if value.count(item) != 1:
                raise NotEditable(f"{key} does not have {item!r} once")
            return toml_text.remove_item(self.content, path, value.index(item))
        return toml_text.remove_line(self.content, path, item)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _of_toml(path: str, content: str) -> Configuration:
    document = toml_text.parse(content)
    if not path.endswith("pyproject.toml"):
        table: tuple[str, ...] = ("pytest",)
        dialect = Dialect.TYPED
    else:
        native = document.get("tool", {}).get("pytest", {})
        is_typed = bool(native) and "ini_options" not in native
        table = ("tool", "pytest") if is_typed else ("tool", "pytest", "ini_options")
        dialect = Dialect.TYPED if is_typed else Dialect.TOML
    values: object = document
    for key in table:
        values = values.get(key) if isinstance(values, dict) else None
    exists = isinstance(values, dict)
    known = values if isinstance(values, dict) else {}
    return Configuration(path, content, dialect, table, known, exists)
