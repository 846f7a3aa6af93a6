"""Bytes and planned edits in, bytes out: one parse, one walk, one generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from awaitify_codemods.plan import Edit
from awaitify_codemods.rule import Operation

NO_MEMORY = "there is not enough memory to rewrite it"


class TransformError(ValueError):
    """A file is not what its plan was made for, or cannot be rewritten."""


def carry_out(
    edits: Sequence[Edit],
    source: bytes,
    own: Mapping[str, Operation] = MappingProxyType({}),
) -> bytes:
    """Return `source` with `edits` carried out; all other bytes stay.

    Args:
        edits: what is planned for the file.
        source: its bytes.
        own: operations beside those of `transform.edits`, by name.

    Raises:
        TransformError: a planned node is not there or not what the plan
            expects, or the file cannot be parsed or is nested too deeply.

    """
    if not edits:
        return source
    # LibCST takes longer to import than most files take to transform.
    import libcst as cst

    from awaitify_codemods.transform.nesting import is_too_deep
    from awaitify_codemods.transform.oddities import kept, restored
    from awaitify_codemods.transform.reflow import width_of
    from awaitify_codemods.transform.walk import Walk

    if is_too_deep(source):
        raise TransformError("nested too deeply")
    try:
        marked = kept(source)
        module = cst.parse_module(marked)
        result = Walk(edits, module, width_of(source), own).carried_out()
        return restored(result.bytes)
    except RecursionError:
        raise TransformError("nested too deeply") from None
    except MemoryError:
        raise TransformError(NO_MEMORY) from None
    except cst.ParserSyntaxError as error:
        raise TransformError(f"cannot be parsed: {error.message}") from error
    except (cst.CSTValidationError, UnicodeError) as error:
        raise TransformError(f"cannot be rewritten: {error}") from error
