"""Asks about many repositories at once. One that fails costs only itself; once nothing more is asked, the rest is one gap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from assessor.facts.base import Fact, Gap
from assessor.facts.forge import ForgeRepository
from assessor.observing import Progress

from .pacing import AskingError, Ended, Pace, documented

THREADS = 8
KINDS = ("branch-rules", "forge-pipeline", "merged-requests")


def ask_each(
    source: str,
    repositories: Sequence[ForgeRepository],
    ask: Callable[[ForgeRepository], Iterable[Fact | Gap]],
    pace: Pace,
    progress: Progress,
) -> Iterator[Fact | Gap]:
    """Yield what is learned of each repository, in the order given."""

    def one(repository: ForgeRepository) -> tuple[list[Fact | Gap], str]:
        found: list[Fact | Gap] = []
        try:
            with documented():
                found += ask(repository)
        except Ended as error:
            return found, str(error)
        except AskingError as error:
            found.append(Gap(source, repository.name, str(error), kinds=KINDS))
        return found, ""

    left: list[str] = []
    reason = ""
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix=source) as pool:
        try:
            for number, (repository, (found, ended)) in enumerate(zip(repositories, pool.map(one, repositories), strict=True), 1):
                progress(f"{pace.title}: {number} of {len(repositories)} repositories")
                yield from found
                if ended:
                    left.append(repository.name)
                    reason = ended
        except BaseException:
            pace.end("the scan was stopped")  # threads that wait for their turn would hold us up
            raise
    if left:
        named = left[0] if len(left) == 1 else f"{left[0]} and {len(left) - 1} more"
        yield Gap(source, named, f"not asked about: {reason}", kinds=KINDS)
