"""Finds the object a Python web server is told to run: ``app = FastAPI()``, ``def create_app()``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import WebApplication
from assessor.reading import Source, reader

_ASGI = ("FastAPI", "Starlette", "Quart", "Litestar", "Sanic", "BlackSheep")
_OBJECT = re.compile(
    rb"^(\w{1,40})\s*(?::[^=\n]{1,80})?=\s*(?:\w+\.)?(Flask|FastAPI|Starlette|Quart|Litestar|Bottle|Sanic|Falcon|App|API)\(", re.M
)
_FACTORY = re.compile(rb"^(?:async\s+)?def\s+(create_app|make_app|build_app|create_application)\(", re.M)
_KINDS = (b"Flask(", b"FastAPI(", b"Starlette(", b"Quart(", b"Litestar(", b"falcon.", b"Bottle(", b"Sanic(")


@reader("python-applications", names=("*.py",))
def read_application(source: Source) -> Iterator[WebApplication]:
    """Yield the application object or factory of a module, if it has one."""
    data = source.data[:400_000]
    if not any(kind in data for kind in _KINDS) or source.name.startswith(("test_", "conftest")):
        return
    asgi = any(f"{kind}(".encode() in data for kind in _ASGI)
    found, factory = _OBJECT.search(data), _FACTORY.search(data)
    match = found or factory
    if match is None:
        return
    yield WebApplication(
        at=source.place(data.count(b"\n", 0, match.start()) + 1),
        name=match[1].decode("ascii", "replace"),
        interface="asgi" if asgi else "wsgi",
        factory=found is None,
    )
