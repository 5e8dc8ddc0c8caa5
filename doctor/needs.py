"""Reading what a function needs and gives off its annotations; a fact that may be missing is `Observed`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from doctor.errors import SourceError
from doctor.values import value

Fact = TypeVar("Fact")


@value
class Observed(Generic[Fact]):
    """A fact, or the reason why it could not be observed: exactly one of the two is not None."""

    value: Fact | None = None
    error: SourceError | None = None


@value
class IfObserved(Observed[Fact]):
    """The same, of a fact that is not observed for this check's sake: it is there when another one needs it."""


@value
class Need:
    """
    One parameter: the type of the fact, whether its absence is accepted (`Observed[...]`), and whether it is only
    looked at when it is there anyway (`IfObserved[...]`).
    """

    parameter: str
    fact: type[Any]
    optional: bool = False
    passive: bool = False


def needs_of(function: Callable[..., object]) -> tuple[Need, ...]:
    """
    The facts that a function asks for, in the order of its parameters.

    Raises TypeError for a parameter whose annotation is missing or is not a class.
    """
    hints = get_type_hints(function)
    needs = []
    for parameter in inspect.signature(function).parameters:
        hint = hints.get(parameter)
        origin = get_origin(hint)
        passive = origin is IfObserved
        optional = passive or origin is Observed
        fact = get_args(hint)[0] if optional else hint
        if not isinstance(fact, type):
            raise TypeError(f"{function.__module__}.{function.__name__}: parameter {parameter!r} needs a fact's type")
        needs.append(Need(parameter, fact, optional, passive))
    return tuple(needs)


def given_by(function: Callable[..., object]) -> type[Any]:
    """The type a function returns. Raises TypeError when its annotation is not a class."""
    result = get_type_hints(function).get("return")
    if not isinstance(result, type):
        raise TypeError(f"{function.__module__}.{function.__name__}: the return annotation must be a fact's type")
    return result


def arguments(needs: tuple[Need, ...], known: Mapping[type[Any], object]) -> dict[str, object] | SourceError:
    """The arguments for these needs, or the first error that stands in a required one's place."""
    values: dict[str, object] = {}
    for need in needs:
        fact = known.get(need.fact)
        if fact is None:
            fact = SourceError("nothing here observes it", need.fact.__name__)
        if need.optional:
            missing = isinstance(fact, SourceError)
            kind = IfObserved if need.passive else Observed
            values[need.parameter] = kind(None, fact) if missing else kind(fact)  # type: ignore[arg-type]
        elif isinstance(fact, SourceError):
            return fact
        else:
            values[need.parameter] = fact
    return values
