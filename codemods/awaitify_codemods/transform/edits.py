"""The operations that a plan may ask for.

Those of `OPERATIONS` take the *updated* node and plain arguments and return a
node, so that edits of nested nodes compose. Those of `REQUESTS` remove, insert
or move whole statements; the block that holds the statement carries them out
(`blocks`). Those of `FILE` concern the imports of the file (`imports`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from awaitify_codemods.plan import Edit
from awaitify_codemods.rule import Operation
from awaitify_codemods.transform import (
    TransformError,
    attributes,
    awaiting,
    definitions,
    keeping,
    keywords,
    mocks,
    parameters,
)

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "make-async": definitions.make_async,
    "rename-function": definitions.rename_function,
    "add-decorator": definitions.add_decorator,
    "fixture-decorator": definitions.set_fixture_decorator,
    "drop-decorator": definitions.drop_decorator,
    "drop-parameters": parameters.drop_parameters,
    "add-parameters": parameters.add_parameters,
    "set-returns": parameters.set_returns,
    "to-yield": parameters.to_yield,
    "to-return": parameters.to_return,
    "drop-arguments": definitions.drop_arguments,
    "to-name": definitions.to_name,
    "swap-base": definitions.swap_base,
    "add-base": definitions.add_base,
    "set-value": definitions.set_value,
    "replace-attribute": attributes.replace_attribute,
    "bound-body": definitions.bound_body,
    "drop-element": definitions.drop_element,
    "rename": awaiting.rename,
    "drop-keyword": keywords.drop_keyword,
    "rename-keyword": keywords.rename_keyword,
    "wrap-keyword": keywords.wrap_keyword,
    "name-argument": mocks.name_argument,
    "set-keyword": mocks.set_keyword,
    "set-argument": mocks.set_argument,
    "to-constructor": mocks.to_constructor,
    "to-list": awaiting.to_list,
    "await-argument": awaiting.await_argument,
    "await-spread": awaiting.await_spread,
    "await-factory": awaiting.await_factory,
    "await-converted": awaiting.await_converted,
    "await-call": awaiting.await_call,
    "await-in-thread": awaiting.await_in_thread,
    "await-yield": awaiting.await_yield,
    "wait-for": awaiting.wait_for,
    "async-with": awaiting.async_with,
    "return-raised": awaiting.return_raised,
    "async-cleanup": awaiting.async_cleanup,
    "drive": awaiting.drive,
    "to-argument": mocks.to_argument,
    "drop-hop": mocks.drop_hop,
    "replace-node": mocks.replace_node,
    "assign-to": keeping.assign_to,
    "pass-to": keeping.pass_to,
}
"""Operations on a node of its own, in the order in which they are applied."""

REQUESTS = (
    "drop-names",
    "drop-item",
    "drop-finally",
    "to-with",
    "wait-for-below",
    "join",
    "unwrap",
    "keep-body",
    "keep-orelse",
    "try-finally",
    "enter-below",
    "insert-before",
    "insert-after",
    "remove",
)
"""Operations on statements, in the order in which they are applied."""

FILE = ("rename-name", "add-import", "insert-after-imports")
"""Operations on the module; names are replaced wherever they are said."""

ALL = (*OPERATIONS, *REQUESTS, *FILE)


def applied(operation: Operation, edit: Edit, node: Any) -> Any:
    """Return `node` after the operation that an edit asks for.

    Raises:
        TransformError: the operation does not fit the node.

    """
    try:
        return operation(node, edit.arguments)
    except (RecursionError, TransformError):
        raise
    except Exception as error:
        # The operation may be of other people, and fail as it likes.
        message = f"{edit.op} does not fit {type(node).__name__}: {error}"
        raise TransformError(message) from error


def stage(edit: Edit) -> tuple[int, int]:
    """Sort key of the edits of one node: indexes are dropped from the end."""
    index = edit.arguments.get("index", 0)
    descending = edit.op in ("drop-decorator", "drop-item", "drop-element")
    # What others bring along comes last: it finds our nodes as they will be.
    place = ALL.index(edit.op) if edit.op in ALL else len(ALL)
    return place, -int(str(index)) if descending else 0
