"""A later version of the program: its tables have revisions more, which are in a folder of the test's.

usage: python later.py STORE FOLDER: opens the store as that version, saves a run, and prints its number
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

from assessor.history import upgrading
from assessor.history.address import parse
from assessor.history.store import Store
from tests.reports.sample import assessment

HEAD = "0003"


def main() -> None:
    upgrading.VERSIONS = (*upgrading.VERSIONS, Path(sys.argv[2]))
    upgrading.HEAD = HEAD
    store = Store(parse(sys.argv[1]), create=True)
    print(store.save(assessment(repositories=1), datetime.datetime.now(datetime.UTC)).id)  # noqa: T201


if __name__ == "__main__":
    main()
