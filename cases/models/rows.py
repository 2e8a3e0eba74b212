"""Rows as rules see them: plain, immutable tuples, detached from any session, fields by name.

They look like the models (and are typed as them) but nobody can change one in passing: what is to
be written goes through a Change.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Table
from sqlmodel import SQLModel

Model = TypeVar("Model", bound=SQLModel)


def table(model: type[SQLModel]) -> Table:
    """Return the table behind a model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


@cache
def shape(model: type[SQLModel]) -> Any:
    """Return the tuple class for rows of this model."""
    fields = namedtuple(model.__name__, [column.name for column in table(model).columns])  # type: ignore[misc]
    return type(model.__name__, (fields,), {"__slots__": (), "of_table": model})


def new_row(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return a row not yet written; what it leaves out has the model's default.

    Raises TypeError where a value without a default is missing. A SQLModel instance would watch
    each of its fields for changes, at fifty times the cost.
    """
    return cast(Model, shape(model)(**with_defaults(model, values)))


def with_defaults(model: type[SQLModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values and, for what they leave out, the model's defaults."""
    row = {**_defaults(model), **values}
    for name, make in _made_defaults(model):
        if name not in values:
            row[name] = make()
    return row


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    return {
        name: info.default
        for name, info in model.model_fields.items()
        if info.default_factory is None and not info.is_required()
    }


@cache
def _made_defaults(model: type[SQLModel]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple(
        (name, info.default_factory)  # type: ignore[misc]
        for name, info in model.model_fields.items()
        if info.default_factory is not None
    )
