"""Many paths in little memory: who joins thousands of repositories looks at the files of few, one after the other."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import overload


def packed(paths: Iterable[str]) -> bytes:
    """Return paths, none of which has a zero character, as few bytes."""
    return zlib.compress("\0".join(paths).encode("utf-8", "surrogateescape"), 1)


class PackedPaths(Sequence[str]):
    """A sequence of paths, unpacked while they are looked at."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return _unpacked(self._data)[index]

    def __len__(self) -> int:
        return len(_unpacked(self._data))

    def __iter__(self) -> Iterator[str]:
        return iter(_unpacked(self._data))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedPaths):
            return self._data == other._data
        return _unpacked(self._data) == other

    def __hash__(self) -> int:
        return hash(_unpacked(self._data))

    def __repr__(self) -> str:
        return repr(_unpacked(self._data))


@lru_cache(maxsize=4)
def _unpacked(data: bytes) -> tuple[str, ...]:
    text = zlib.decompress(data).decode("utf-8", "surrogateescape")
    return tuple(text.split("\0")) if text else ()
