"""What checks ask of live systems: whether they were asked, why nothing was seen, and how both sides make one verdict."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from assessor.checking import Verdict, graded, measured, not_observed
from assessor.facts.repository import Organization
from assessor.model import Status

FORGES = ("github", "gitlab")
NOT_ASKED = "live evidence was not requested"


def unseen(organization: Organization, *sources: str, kinds: Iterable[str] = ()) -> str:
    """Return why nothing of these live systems is known: nobody asked, they did not answer, they refused.

    `kinds` are the kinds of fact looked for: a gap about others is no reason.
    """
    if not set(sources) & set(organization.asked):
        return NOT_ASKED
    wanted = set(kinds)
    for gap in sorted(organization.gaps):
        if gap.source in sources and (not wanted or not gap.kinds or wanted & set(gap.kinds)):
            return f"{gap.subject}: {gap.reason}"
    return f"nothing of the kind was seen in {' or '.join(sorted(set(sources) & set(organization.asked)))}"


def both(files: Verdict, live: Verdict | None) -> Verdict:
    """Return one verdict from what files say and what runs: a practice holds as far as it holds on both sides.

    The lower share counts, and each side is said with its places, so that neither hides the other. A side that could not be
    observed leaves the verdict to the other, and says why in the summary; so does one that does not apply.
    """
    if live is None:
        return files
    if not live.status.observed:
        if live.status is Status.NOT_APPLICABLE or live.summary == NOT_ASKED:
            return files
        if files.status.observed:
            return msgspec.structs.replace(files, summary=f"{files.summary}; not seen live: {live.summary}")
        return not_observed(f"{files.summary}; live: {live.summary}", [*files.places, *live.places])
    if not files.status.observed:
        verdict = graded(live.share, f"{live.summary}; in files: {files.summary}", [*live.places, *files.places[:2]])
        return verdict if live.measured is None else measured(live.measured, verdict)
    places = [*files.places[:4], *live.places[:4]]
    shares = [side.measured for side in (files, live) if side.measured is not None]
    verdict = graded(min(files.share, live.share), f"in files: {files.summary}; live: {live.summary}", places)
    return measured(min(shares), verdict) if shares else verdict
