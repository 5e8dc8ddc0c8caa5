"""A sequence whose items are made when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, overload

Item = TypeVar("Item", covariant=True)
Other = TypeVar("Other")


class Lazy(Sequence[Item], Generic[Item]):
    """Items made out of others by a function, each when it is first asked for; equal to what has equal items."""

    def __init__(self, make: Callable[[Any], Item], of: Sequence[Any]) -> None:
        self._make = make
        self._of = of
        self._made: dict[int, Item] = {}

    def __len__(self) -> int:
        return len(self._of)

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return tuple(self[each] for each in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        if place not in self._made:
            self._made[place] = self._make(self._of[place])
        return self._made[place]

    def mapped(self, function: Callable[[Item], Other]) -> Lazy[Other]:
        """The same with a function applied to each item, when that is asked for."""
        return Lazy(lambda place: function(self[place]), range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
