"""Does what was kept as JSON still fit the dataclasses of this program? The unknown is left out, the missing filled."""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class UnfitError(ValueError):
    """A value of a kind this program cannot use; the message names it."""


def fitted(value: Any, kind: Any, name: str, said: list[str]) -> Any:
    """Hold a value read from JSON against a type.

    Parameters
    ----------
    value, kind
        The value, and the type it should have: a dataclass, ``tuple``, ``Literal``, union or plain type.
    name
        What the value is called in a message; "" for the whole.
    said
        Gets one sentence part per field that is unknown or missing.

    Returns
    -------
    Any
        The value as JSON, without fields that are unknown and with the defaults of those that are missing.

    Raises
    ------
    UnfitError
        If a value has another type or is none of the allowed ones, or a field without default is missing.
    """
    if is_dataclass(kind):
        return _fitted_fields(value, kind, name, said)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in parts:
            return None
        return fitted(value, next(part for part in parts if part is not type(None)), name, said)
    if origin is tuple:
        if not isinstance(value, list) or (parts[-1] is not Ellipsis and len(parts) != len(value)):
            raise UnfitError(f"{name or 'it'} is {_shown(value)}")
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
        return [fitted(item, part, name, said) for item, part in zip(value, kinds, strict=True)]
    if not _fits(value, kind, origin, parts):
        raise UnfitError(f"{name or 'it'} is {_shown(value)}")
    return value


def _fitted_fields(value: Any, kind: Any, name: str, said: list[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnfitError(f"{name or 'it'} is {_shown(value)}")
    hints, known = get_type_hints(kind), {item.name: item for item in fields(kind)}
    said += [f"{_path(name, key)} is unknown" for key in value if key not in known]
    found = {key: fitted(value[key], hints[key], _path(name, key), said) for key in known if key in value}
    absent = [key for key in known if key not in value]
    needed = [key for key in absent if known[key].default is MISSING and known[key].default_factory is MISSING]
    if needed:
        raise UnfitError(f"{_path(name, needed[0])} is missing")
    said += [f"{_path(name, key)} is missing" for key in absent]
    return found | {key: _default(known[key]) for key in absent}


def _default(field: Any) -> Any:
    """Give the default of a field as JSON holds it."""
    value = field.default if field.default is not MISSING else field.default_factory()
    return json.loads(json.dumps(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value))


def _fits(value: Any, kind: Any, origin: Any, parts: tuple[Any, ...]) -> bool:
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return kind is Any or isinstance(value, origin or kind)


def _path(name: str, key: object) -> str:
    return f"{name}.{str(key)[:40]}" if name else str(key)[:40]


def _shown(value: Any) -> str:
    return f"“{str(value)[:40]}”"
