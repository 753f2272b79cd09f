"""Says levels, scores, efforts and statuses in plain words, the same in every renderer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from assessor.facts.base import FILES
from assessor.model import Assessment, Contradiction, Evidence, Status, Step, TaskScore

LEVELS = (
    "No step of the path is complete yet",
    "Infrastructure is kept as code",
    "Applications ship as container images",
    "Applications run on a declared Kubernetes platform",
    "Git is the source of truth for what runs",
    "Delivery is automated from change to recovery",
)
EFFORTS = {1: "hours", 2: "days", 3: "weeks"}
WEIGHTS = {5: "core", 3: "support", 1: "hygiene"}
STATUSES = {
    Status.PASS: "pass",
    Status.PARTIAL: "partial",
    Status.FAIL: "fail",
    Status.NOT_APPLICABLE: "does not apply",
    Status.NOT_OBSERVED: "not observed",
    Status.ERROR: "check failed to run",
    Status.WAIVED: "waived",
}
SYMBOLS = {
    Status.PASS: "✓",
    Status.PARTIAL: "◐",
    Status.FAIL: "✗",
    Status.NOT_APPLICABLE: "–",
    Status.NOT_OBSERVED: "?",
    Status.ERROR: "!",
    Status.WAIVED: "∼",
}
# Short names, where thousands stand on a page.
CODES = {
    Status.PASS: "p",
    Status.PARTIAL: "h",
    Status.FAIL: "f",
    Status.NOT_APPLICABLE: "n",
    Status.NOT_OBSERVED: "u",
    Status.ERROR: "e",
    Status.WAIVED: "w",
}

SOURCES = {
    "aws": "AWS",
    "kubernetes": "Kubernetes",
    "github": "GitHub",
    "gitlab": "GitLab",
    "files": "Files",
    "git": "Git history",
}
BASES = {"files": "from files", "live": "from what runs", "both": "from files and what runs"}
CONTRADICTIONS = {
    "declared-not-running": "Declared, not running",
    "running-not-declared": "Running, not declared",
    "drifted": "Drifted",
    "suspended": "Suspended in the cluster",
    "sync-off": "Automatic sync switched off",
    "target-missing": "Points at nothing",
    "not-applied": "Declared, not applied",
    "image-differs": "Another version runs",
    "unprotected": "Unprotected",
    "switched-off": "Declared, switched off at the forge",
    "repository-missing": "Refers to a repository that is not there",
}

_WHITE = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")
_KEPT_FORMAT = "\u200c\u200d\u00ad"  # joiners that scripts and emoji need, and the soft hyphen
_CHECKED = re.compile(r"[^\x20-\x7e]")


def printable(text: str, limit: int = 200) -> str:
    """Return text on one line that shows what it holds and does nothing: no control, bidi or invisible characters.

    Longer text loses its middle, where names differ least.
    """
    text = _WHITE.sub(" ", text[: 4 * limit] + text[-limit:] if len(text) > 5 * limit else text).strip()
    text = _CHECKED.sub(_visible, text)
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn") and character not in _KEPT_FORMAT:
        return f"‹U+{ord(character):04X}›"
    return character


def number(value: float | None) -> str:
    """Write a score or a share without a useless decimal; an en dash for what was not assessed."""
    if value is None:
        return "–"
    rounded = round(value, 1)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


def whole(value: float) -> str:
    """Write a percentage for a headline: whole, but never rounded to the perfect 0 or 100 that it is not."""
    rounded = round(value)
    if rounded >= 100 > value:
        return "99"
    return "1" if rounded <= 0 < value else str(rounded)


def applies(task: TaskScore) -> bool:
    """Say whether anything of a task counts: where nothing does, none of it is unseen."""
    return task.status not in (Status.NOT_APPLICABLE, Status.WAIVED)


def level_words(assessment: Assessment) -> str:
    """Say what the level means: "Applications run on …"."""
    return LEVELS[max(0, min(assessment.organization.level, 5))]


def level_line(assessment: Assessment) -> str:
    """Say the level: "Level 3 of 5: applications run on …"."""
    words = level_words(assessment)
    return f"Level {assessment.organization.level} of 5: {words[0].lower()}{words[1:]}"


def score_line(assessment: Assessment) -> str:
    """Say the score with what it rests on; no number where nothing was seen."""
    whole_score = assessment.organization
    if whole_score.score is None:
        return "Not assessed: nothing that counts could be observed."
    low, high = whole_score.bounds
    seen = f"Assessed {whole(whole_score.coverage)} % of what applies"
    if whole(low) == whole(high):
        return f"Score {number(whole_score.score)} of 100. {seen}."
    return f"Score {number(whole_score.score)} of 100. {seen}; the true score lies between {whole(low)} and {whole(high)}."


def gain_line(gain: float, effort: int, level_after: int, level: int) -> str:
    """Say what an action brings: "+4.2 points, level 3, takes hours"."""
    reached = f", reaches level {level_after}" if level_after > level else ""
    return f"{gain:+.1f} points{reached}, takes {EFFORTS.get(effort, 'some time')}"


def sentence(text: str) -> str:
    """Begin with a capital, change nothing else."""
    return text[:1].upper() + text[1:]


def plural(count: int, one: str, many: str = "") -> str:
    """Count things: "1 repository", "3 repositories"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def more(count: int, one: str) -> str:
    """Say that something was left out, if anything was."""
    return f"and {plural(count, f'more {one}')} in the JSON assessment" if count > 0 else ""


def listing(names: Iterable[str], most: int = 4, limit: int = 40) -> str:
    """Name a few and count the rest: "a, b and 3 more"."""
    every = [printable(name, limit) for name in names]
    if len(every) <= most + 1:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def repositories(assessment: Assessment) -> str:
    """Count the repositories assessed."""
    return plural(len(assessment.repositories), "repository", "repositories")


def step_title(step: int) -> str:
    """Name a step of the path by its number."""
    return Step(step).title if 1 <= step <= 5 else f"Step {step}"


def place_text(place: Evidence, limit: int = 120) -> str:
    """Name a place: a file with its line, or the system and what it calls the thing."""
    if place.source == FILES:
        return printable(place.path, limit) + (f":{place.line}" if place.line else "")
    return f"{SOURCES.get(place.source, printable(place.source, 20))}: {printable(place.path, limit)}"


def located(place: Evidence, limit: int = 120) -> str:
    """Name a place with the repository it is in: "clusters: apps/shop.yaml:3"."""
    text = place_text(place, limit)
    return f"{printable(place.repository, 40)}: {text}" if place.repository and place.source == FILES else text


def contradiction_title(found: Contradiction) -> str:
    """Name a kind of contradiction."""
    return CONTRADICTIONS.get(found.name) or sentence(printable(found.name.replace("-", " "), 60))


def by_kind(found: Iterable[Contradiction]) -> list[list[Contradiction]]:
    """Return contradictions by their kind, those of the earliest step first."""
    kinds: dict[str, list[Contradiction]] = {}
    for one in sorted(found, key=lambda one: (one.step, one.subject)):
        kinds.setdefault(one.name, []).append(one)
    return sorted(kinds.values(), key=lambda kind: (kind[0].step, kind[0].name))


def systems(assessment: Assessment) -> str:
    """Name the live systems that were asked: "AWS and Kubernetes"; "" if none was."""
    names = [SOURCES.get(name, printable(name, 30)) for name in assessment.asked]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
