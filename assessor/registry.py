"""Finds checks, readers, renderers, scaffolds and collectors through entry points; our own enter by the same door.

An entry point of a group names a package or module. It is imported, walked, and every value of the group's type in
it is collected. An id claimed twice is an error naming both origins; a plug-in that fails to import is an error
naming its distribution.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from assessor.errors import UsageError
from assessor.plugins import points

if TYPE_CHECKING:
    from assessor.checking import Check
    from assessor.reading import Reader

T = TypeVar("T")


def load_checks(folders: Iterable[Path] = ()) -> dict[str, Check[Any]]:
    """Return every check by id, sorted: those of installed packages and those of local folders the user named."""
    from assessor.checking import Check

    return _collect("gitops_assess.checks", Check, "judge", tuple(folders))


@cache
def load_readers() -> dict[str, Reader]:
    """Return every reader by id, sorted."""
    from assessor.reading import Reader  # with its parsers; what only looks for a format starts without them

    return _collect("gitops_assess.readers", Reader, "read", ())


def load_entry(group: str, name: str) -> Any:
    """Return what one entry point of a group refers to; `UsageError` naming the known ones if there is none."""
    known = {point.name: point for point in points(group)}
    if name not in known:
        raise UsageError(f"unknown {group.rpartition('.')[2].rstrip('s')} {name!r}", f"Known: {', '.join(sorted(known))}.")
    return _guarded(known[name])


def names(group: str) -> list[str]:
    """Return the names of a group's entry points, sorted."""
    return sorted(point.name for point in points(group))


def _collect(group: str, kind: type[T], function: str, folders: tuple[Path, ...]) -> dict[str, T]:
    found: dict[str, T] = {}
    for origin, module in (*_installed(group), *_local(folders)):
        for value in vars(module).values():
            if not isinstance(value, kind):
                continue
            item: Any = value
            if getattr(item, function).__module__ != module.__name__:
                continue  # imported from elsewhere, collected there
            if item.id in found:
                other: Any = found[item.id]
                raise UsageError(f"{item.id!r} is defined twice: by {other.origin} and by {origin}", "Rename one of them.")
            found[item.id] = replace(item, origin=origin)
    return dict(sorted(found.items()))


def _installed(group: str) -> Iterator[tuple[str, ModuleType]]:
    for point in points(group):
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        package = _guarded(point)
        yield origin, package
        for info in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
            yield origin, _guarded(EntryPoint(point.name, info.name, group), origin)


def _guarded(point: EntryPoint, origin: str = "") -> Any:
    try:
        return point.load()
    except Exception as error:  # a plug-in may fail in any way; say whose it is
        owner = origin or (f"{point.dist.name} {point.dist.version}" if point.dist else point.value)
        raise UsageError(
            f"the plug-in {owner} cannot be loaded: {point.value}: {type(error).__name__}: {error}",
            "Update or uninstall it.",
        ) from error


def _local(folders: tuple[Path, ...]) -> Iterator[tuple[str, ModuleType]]:
    """Import the modules of folders the user named, under private names."""
    for number, folder in enumerate(folders):
        if not folder.is_dir():
            raise UsageError(f"--checks: {folder} is not a folder", "Name a folder that holds Python modules with checks.")
        for file in sorted(folder.glob("*.py")):
            name = f"_gitops_assess_local_{number}.{file.stem}"
            spec = importlib.util.spec_from_file_location(name, file)
            if spec is None or spec.loader is None:
                continue
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            try:
                spec.loader.exec_module(module)
            except Exception as error:  # user code
                raise UsageError(f"{file} cannot be loaded: {type(error).__name__}: {error}", "Correct it.") from error
            yield str(file), module
