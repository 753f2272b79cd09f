"""The pace at which a forge is asked: waits that all threads share, and an end to them."""

from __future__ import annotations

import threading
import time

import pytest

from assessor.collectors.forges.many import ask_each
from assessor.collectors.forges.pacing import Answer, Ended, Pace, Patience, Refused, Unanswered
from assessor.facts.base import Gap, Place
from assessor.facts.forge import ForgeOwner, ForgeRepository

QUICK = Patience(pause=0.01, wait=2)
OK = Answer(200, {}, {})


def repository(name: str) -> ForgeRepository:
    address = f"https://github.com/acme/{name}"
    return ForgeRepository(at=Place("", address), repository=f"github.com/acme/{name}", name=f"acme/{name}", address=address)


def test_requests_keep_their_distance() -> None:
    pace = Pace(0.05, QUICK)
    begun = time.monotonic()
    threads = [threading.Thread(target=pace.ask, args=(lambda: OK,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun >= 0.2


def test_a_limit_told_to_one_thread_holds_all_of_them_and_is_shown() -> None:
    said: list[str] = []
    pace = Pace(0.0, QUICK, progress=said.append, title="GitHub")
    answers = [Answer(429, {"retry-after": "1"}, {"message": "slow down"}), OK]
    told = threading.Event()

    def limited() -> Answer:
        answer = answers.pop(0)
        told.set()
        return answer

    thread = threading.Thread(target=pace.ask, args=(limited,))
    thread.start()
    told.wait()
    time.sleep(0.05)
    begun = time.monotonic()
    pace.ask(lambda: OK)
    thread.join()
    assert time.monotonic() - begun > 0.7
    assert said == ["GitHub: waiting 1 s for its rate limit"]


@pytest.mark.parametrize(
    ("answer", "minutes"),
    [
        (Answer(403, {"retry-after": "600"}, {}), 10),
        (Answer(403, {}, {"message": "You have exceeded a secondary rate limit."}), 1),
        (Answer(429, {"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}, {}), None),
        (Answer(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "in 1800"}, {}), 30),
        (Answer(429, {"ratelimit-remaining": "0", "ratelimit-reset": "soon"}, {}), 1),
        (
            Answer(429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1200", "date": "Thu, 01 Jan 1970 00:00:00 GMT"}, {}),
            20,
        ),
    ],
)
def test_a_wait_beyond_our_patience_ends_the_asking(answer: Answer, minutes: int | None) -> None:
    if answer.headers.get("x-ratelimit-reset", "").startswith("in "):  # by the clock of now, not of when tests were collected
        seconds = int(answer.headers["x-ratelimit-reset"].removeprefix("in "))
        answer = Answer(answer.status, {**answer.headers, "x-ratelimit-reset": str(int(time.time()) + seconds)}, answer.data)
    pace = Pace(0.0, QUICK)
    with pytest.raises(Ended, match=f"another {minutes if minutes else ''}"):
        pace.ask(lambda: answer)
    with pytest.raises(Ended):
        pace.ask(lambda: OK)


def test_a_refusal_that_names_no_limit_is_final() -> None:
    asked: list[int] = []

    def refuse() -> Answer:
        asked.append(1)
        return Answer(403, {}, {"message": "Resource not accessible"})

    with pytest.raises(Refused, match="403 Resource not accessible"):
        Pace(0.0, QUICK).ask(refuse)
    assert len(asked) == 1


def test_requests_left_are_shown_when_few() -> None:
    said: list[str] = []
    pace = Pace(0.0, QUICK, progress=said.append, title="GitHub")
    pace.ask(lambda: Answer(200, {"x-ratelimit-remaining": "4000", "x-ratelimit-limit": "5000"}, {}))
    pace.ask(lambda: Answer(200, {"x-ratelimit-remaining": "900", "x-ratelimit-limit": "5000"}, {}))
    assert said == ["GitHub: 900 of 5000 requests left"]


def test_silence_is_borne_a_few_times_and_not_for_ever() -> None:
    asked: list[int] = []

    def silent() -> Answer:
        asked.append(1)
        raise ConnectionError

    pace = Pace(0.0, QUICK)
    for _ in range(3):
        with pytest.raises(Unanswered, match="cannot be reached"):
            pace.ask(silent)
    with pytest.raises(Ended, match="does not answer any more"):
        pace.ask(silent)
    assert len(asked) == 15


def test_the_whole_takes_no_longer_than_it_may() -> None:
    pace = Pace(0.0, Patience(overall=0.1))
    pace.ask(lambda: OK)
    time.sleep(0.15)
    with pytest.raises(Ended, match="takes longer than"):
        pace.ask(lambda: OK)


def test_what_was_learned_before_the_end_is_kept_and_the_rest_is_one_gap() -> None:
    pace = Pace(0.0, QUICK)
    names = [repository(f"r{number}") for number in range(20)]

    def ask(one: ForgeRepository):  # type: ignore[no-untyped-def]  # a generator of facts
        yield ForgeOwner(at=Place("", ""), name=one.name, address="")
        if one.name != "acme/r0":
            pace.end("its rate limit is used up")
            pace.ask(lambda: OK)

    found = list(ask_each("github", names, ask, pace, lambda _text: None))
    assert len([fact for fact in found if isinstance(fact, ForgeOwner)]) == 20
    [gap] = [gap for gap in found if isinstance(gap, Gap)]
    assert (gap.subject, gap.reason) == ("acme/r1 and 18 more", "not asked about: its rate limit is used up")


def test_an_interrupt_does_not_wait_for_a_limit() -> None:
    pace = Pace(0.0, Patience(wait=600))
    pace._hold(500)

    def interrupt(_text: str) -> None:
        raise KeyboardInterrupt

    def ask(one: ForgeRepository):  # type: ignore[no-untyped-def]
        if one.name != "acme/r0":
            pace.ask(lambda: OK)
        return []

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(ask_each("github", [repository("r0"), repository("r1")], ask, pace, interrupt))
    assert time.monotonic() - begun < 5
