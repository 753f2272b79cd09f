"""The program of a worker process: ``python -P -m assessor.collectors.worker SOCKET MEMORY``.

It receives targets and answers each with the repository as bytes, or with the message of a `UsageError`. It ends with
its parent, however that ends: the parent holds the other end of its standard input.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from multiprocessing.connection import Connection

from assessor.collectors.cache import FactCache, open_cache
from assessor.collectors.files import collect_repository
from assessor.collectors.tree import Target
from assessor.collectors.wire import codec
from assessor.errors import UsageError
from assessor.registry import load_readers


def main(socket: int, memory: int) -> None:
    """Serve until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well, and decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(memory)
    connection = Connection(socket)
    exclude, use_cache = connection.recv()
    cache = open_cache(load_readers().values()) if use_cache else None
    while True:
        try:
            target = connection.recv()
        except EOFError:
            return
        connection.send_bytes(_answer(target, exclude, cache))


def _answer(target: Target, exclude: tuple[str, ...], cache: FactCache | None) -> bytes:
    try:
        return b"+" + codec().repository(collect_repository(target, exclude, cache))
    except UsageError as error:
        return b"-" + str(error).encode("utf-8", "replace")
    except Exception as error:  # noqa: BLE001  one repository never costs the rest of the scan
        return b"-" + f"the scan of it failed: {type(error).__name__}: {error}".encode("utf-8", "replace")


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(0)


def _limit(memory: int) -> None:
    """Let the process have no more than this many bytes of its own, as far as the system can hold it to that."""
    if memory:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
