"""A worker process: receives targets and answers each, or looks at several at once, until the parent hangs up.

It ends with its parent, however that ends: the parent holds the other end of a pipe. As a program of its own it is started as
``python -P -m assessor.execution.worker SOCKET PIPE MEMORY`` and is told first what is asked.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
from multiprocessing.connection import Connection

import msgspec

from assessor.errors import UsageError
from assessor.execution.unit import Unit

READY = "ready"  # said once by a program of its own, when it has loaded what it needs


def serve(unit: Unit, socket: int, pipe: int, memory: int) -> None:
    """Answer until the parent hangs up. `memory` in bytes, 0 for no limit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well, and decides
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    _limit(memory)
    connection = Connection(socket)
    encoder = msgspec.msgpack.Encoder()
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        looked = isinstance(asked, tuple)
        connection.send_bytes(encoder.encode([unit.glance(target) for target in asked] if looked else unit.answer(asked)))


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    os._exit(0)


def _limit(memory: int) -> None:
    """Let the process have no more than this many bytes of its own, as far as the system can hold it to that."""
    if memory:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))


def main(socket: int, pipe: int, memory: int) -> None:
    """Serve as a program of its own."""
    with Connection(os.dup(socket)) as connection:
        unit = Unit(connection.recv())
        with contextlib.suppress(UsageError):  # told with the first answer
            unit.prepare()
        connection.send(READY)
    serve(unit, socket, pipe, memory)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
