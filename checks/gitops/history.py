"""What the commits of the default branch say about how changes arrive."""

from __future__ import annotations

import re
import statistics

from assessor.checking import HYGIENE, SUPPORT, Task, Verdict, check, not_observed
from assessor.facts.forge import MergedRequests
from assessor.facts.repository import Change, Repository

from ..live import both  # noqa: TID252  the absolute name depends on the installation
from .shares import banded

LEAST = 5  # commits; fewer say nothing about a habit
_REQUEST = re.compile(
    r"Merge pull request (?:#\d+|'[^']*' \(#\d+\))"  # GitHub, Gitea, bots that merge
    r"|Merge branch '[^']+' into '[^']+'"  # GitLab quotes the target too, git itself does not
    r"|Merged in \S+ \(pull request #\d+\)"  # Bitbucket
    r"|Merged PR \d+: "  # Azure Repos
)
_NUMBER = re.compile(r"\((?:#|!|pull request #)\d+\)\s*\Z")
_BY_API = re.compile(r"Merge \S+ into \S+")  # what GitHub calls a merge of branches that its API was asked for, without a request
_FORGES = frozenset({"GitHub", "Gitea", "Forgejo", "GitLab"})
_GITHUB = re.compile(r"(?:^|[@/.])github\.[\w.]+[:/]", re.I)
_CONVENTIONAL = re.compile(r"[a-zA-Z]{2,20}(?:\([^()]{1,80}\))?!?: \S")
# Words that say nothing by themselves; a subject made of them alone says nothing at all.
_STOCK = re.compile(
    r"wip|te?mp|test(?:s|ing)?|fix(?:es|ed|ing)?|bugs?|bugfix|hotfix|updat(?:e|es|ed|ing)|changes?|changed|clean-?up|clean|misc|minor|small|stuff"
    r"|typos?|initial|first|commit|save|try|trying|again|oops|asdf|it|this|that|things?|code|files?|readme(?:\.md)?|some|more|work|and|the|an?|of|to|up|\d+"
)
_PARTS = re.compile(r"[\s/_.-]+")  # the name of a thing is as good as several words: "Archive orders-api-prototype"
_MERGE = re.compile(r"Merge(?:d)? (?:branch|pull request|remote-tracking|tag|in |PR )", re.I)


@check(
    "gop.reviewed-changes",
    task=Task.OPERATING_MODEL,
    weight=SUPPORT,
    effort=2,
    frameworks=("State of GitOps: responsive code review", "OpenGitOps 2: Versioned and immutable"),
)
def changes_arrive_through_requests(repository: Repository) -> Verdict:
    """Changes reach the default branch through pull or merge requests.

    Read from the last 200 commits along first parents: merge commits of a forge, and squashed ones that carry the
    number of their request. A commit made at the forge without a number may be a rebased request or an edit in the
    browser, and is left out. A merge of branches through GitHub's API (`Merge a into main`) takes no request.

    Where the forge was asked, the reviews of its last merged requests count too: those that somebody other than the author
    looked at, those of bots left out. The lower share decides.

    ## Why
    A change that nobody else saw is deployed as soon as it is pushed. The request is also where checks run before
    rather than after.

    ## Fix
    Protect the branch so that it takes no direct pushes, and let bots open requests too.
    """
    return both(_arrived(repository), _reviewed(repository))


def _arrived(repository: Repository) -> Verdict:
    if not repository.commit:
        return not_observed("a folder without git history")
    if repository.shallow:
        return not_observed("the clone is shallow: its history is not here")
    kinds = [_arrival(change, repository.remote) for change in repository.history]
    known = [kind for kind in kinds if kind is not None]
    if len(known) < LEAST:
        return not_observed(f"only {len(known)} commits tell how they arrived")
    if len(known) * 2 < len(kinds):
        return not_observed("most commits were made at the forge in a way that does not tell a request from an edit")
    through = sum(known)
    summary = f"{through} of the last {len(known)} changes arrived through a pull or merge request"
    return banded(through / len(known), summary, [repository.at], enough=0.9, least=0.5)


def _reviewed(repository: Repository) -> Verdict | None:
    """Judge the reviews of merged requests; None where no forge told of any."""
    told = repository.of(MergedRequests)
    requests = [request for fact in told for request in fact.requests if not request.bot]
    if not told or len(requests) < LEAST:
        return None
    reviewed = [request for request in requests if request.reviews]
    summary = f"{len(reviewed)} of the last {len(requests)} merged requests were reviewed by somebody else"
    hours = [request.hours for request in reviewed if request.hours is not None]
    if hours:
        summary += f", half of them within {statistics.median(hours):.1f} h"
    return banded(len(reviewed) / len(requests), summary, [fact.at for fact in told], enough=0.9, least=0.5)


def _arrival(change: Change, remote: str) -> bool | None:
    """Say whether a commit arrived through a request; None when that cannot be told."""
    if _REQUEST.match(change.subject):
        return True
    at_forge = change.committer in _FORGES
    if change.parents > 1 and change.committer != "GitHub":
        return at_forge
    if change.parents > 1 and not _NUMBER.search(change.subject):
        return False if _BY_API.fullmatch(change.subject) else None  # whoever merges a request may write another subject
    if _NUMBER.search(change.subject):
        # on GitHub the forge itself commits a squashed request; elsewhere the person who merges does
        return at_forge or bool(remote and not _GITHUB.search(remote))
    return None if at_forge else False


@check("gop.commit-messages", task=Task.OPERATING_MODEL, weight=HYGIENE, frameworks=("State of GitOps: version control",))
def messages_say_what_changed(repository: Repository) -> Verdict:
    """Commit messages say what changed.

    A subject counts when it follows Conventional Commits or has at least three words (the parts of a name are words) and is
    no stock phrase. For a merge, the newest commit it brings in is looked at.

    ## Why
    In GitOps the log of the repository is the log of what was deployed. "fix" does not help whoever must find the
    change that broke production.

    ## Fix
    Write subjects in the imperative that name the thing changed ("Raise the memory limit of the checkout service"), and
    check them in CI with a commit linter.
    """
    if not repository.commit:
        return not_observed("a folder without git history")
    written = (change.subject if change.parents < 2 else change.brings for change in repository.history)
    subjects = [subject for subject in written if subject and not _MERGE.match(subject)]
    if len(subjects) < LEAST:
        reason = (
            "the clone is shallow: its history is not here"
            if repository.shallow
            else f"only {len(subjects)} commits with a message of their own"
        )
        return not_observed(reason)
    good = [subject for subject in subjects if is_informative(subject)]
    poor = [subject for subject in subjects if not is_informative(subject)]
    summary = f"{len(good)} of the last {len(subjects)} commit subjects say what changed"
    if poor:
        summary += f"; not, for example: {poor[0][:60]!r}"
    return banded(len(good) / len(subjects), summary, [], enough=0.9, least=0.6)


def is_informative(subject: str) -> bool:
    """Say whether a commit's subject tells what changed."""
    if _CONVENTIONAL.match(subject):
        text = subject.partition(": ")[2]
        return len(text.split()) > 1 or not _says_nothing(text)
    words = subject.split()
    return len(words) > 1 and len(_PARTS.split(subject.strip())) >= 3 and not _says_nothing(subject)


def _says_nothing(text: str) -> bool:
    words = [word.strip(".,!:;-").lower() for word in text.split()]
    return all(_STOCK.fullmatch(word) for word in words if word)
