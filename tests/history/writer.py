"""Saves runs until it is killed, in one child after another, and writes down each run that was reported as saved.

usage: python writer.py STORE KILLS: prints the runs reported, as a JSON list. A program of its own, since it forks.
"""

from __future__ import annotations

import datetime
import json
import os
import random
import signal
import sys
import tempfile
import time

from sqlalchemy import create_engine

from assessor.history.address import parse
from assessor.history.store import Retention, Store
from tests.reports.sample import assessment


def main() -> None:
    address, kills = parse(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(7)  # noqa: S311  test data
    one = assessment(repositories=3)
    reported: list[int] = []
    with tempfile.TemporaryDirectory() as folder:  # loads what a child would spend its short life on
        Store(parse(f"{folder}/warm.db"), create=True).save(one, datetime.datetime.now(datetime.UTC))
    create_engine(address.url).dialect.import_dbapi()
    for kill in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            store = Store(address, create=True)
            while True:
                run = store.save(one, datetime.datetime.now(datetime.UTC), Retention(count=100_000))
                os.write(writing, f"{run.id}\n".encode())
        os.close(writing)
        with os.fdopen(reading) as said:
            if kill % 2:  # one time at any moment, one time at any moment after the first run was saved
                reported.append(int(said.readline()))
            time.sleep(chance.uniform(0.005, 0.05))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            reported += [int(line) for line in said if line.endswith("\n")]
    print(json.dumps(reported))  # noqa: T201


if __name__ == "__main__":
    main()
