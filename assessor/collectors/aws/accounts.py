"""Asks accounts one after the other, and the regions of each at the same time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from assessor.errors import UsageError
from assessor.facts.aws import AwsAccount, StateBucket
from assessor.facts.base import Fact, Gap
from assessor.facts.repository import Organization
from assessor.observing import Progress
from assessor.settings import AwsSettings

from . import storage
from .asking import Account, Asker
from .refusals import WHOLE, Refused
from .sessions import Login, home, logins
from .topics import EVERYTHING, KINDS, TOPICS, gap, place
from .wanted import Wanted, wanted

SECONDS = 300.0  # for one account
PARALLEL = 8  # regions at the same time


def observe(settings: AwsSettings, declared: Organization, progress: Progress) -> Iterator[Fact | Gap]:
    """Yield what the accounts show. An account that two logins lead to is asked once."""
    names = wanted(declared)
    seen: set[str] = set()
    told: list[StateBucket] = []
    for login in logins(settings):
        progress(login.name)
        for found in _merged(_account(login, settings, names, seen, progress)):
            told += [found] if isinstance(found, StateBucket) else []
            yield found
    yield from _of_others(told)


def _of_others(told: list[StateBucket]) -> Iterator[Gap]:
    """Yield the buckets that no account asked owns or knows to be missing: S3 tells a stranger nothing else of them."""
    known = {bucket.name for bucket in told if bucket.exists is not None}
    for name in sorted({bucket.name for bucket in told} - known):
        reason = "no account that was asked owns the bucket: ask its account, or grant s3:ListBucket to learn whether it exists"
        yield Gap("aws", name, reason, kinds=KINDS["bucket"])


def _account(login: Login, settings: AwsSettings, names: Wanted, seen: set[str], progress: Progress) -> Iterator[Fact | Gap]:
    """Yield what one login shows, nothing if its account was asked before."""
    until = time.monotonic() + SECONDS
    account = Account(login.session, "", home(login.session, settings) if login.session else "", until)
    ask = Asker(account, account.home, regional=False)
    try:
        account.number = _number(ask, login)
        if account.number in seen:
            return
        seen.add(account.number)
        progress(f"AWS account {account.number}")
        yield from _asked(ask, settings, names)
    except Refused as problem:
        yield Gap("aws", login.name, problem.reason, kinds=EVERYTHING)
    finally:
        account.close()


def _number(ask: Asker, login: Login) -> str:
    if login.problem:
        raise login.problem
    told = ask.ask("sts", "GetCallerIdentity")
    if not told.get("Account"):
        raise Refused("malformed", "AWS does not say which account the credentials are of")
    arn = str(told.get("Arn", "")).split(":")
    ask.account.partition = arn[1] if len(arn) > 1 else "aws"
    return str(told["Account"])


def _asked(ask: Asker, settings: AwsSettings, names: Wanted) -> Iterator[Fact | Gap]:
    account = ask.account
    enabled, gaps = _regions(ask, settings)
    yield from gaps
    found = _caught(ask, "bucket", storage.buckets(ask, names.buckets, settings.read_state))
    found += _caught(ask, "table", storage.tables(ask, names.tables, account.home))
    regions = _parallel(account, enabled)
    answered = [region for region, facts in regions.items() if not facts or not all(isinstance(fact, Gap) for fact in facts)]
    whole = not settings.regions and not gaps and set(answered) == set(enabled)
    root = place(account.arn("iam", "root"))
    yield AwsAccount(at=root, account=account.number, alias=_alias(ask), regions=tuple(sorted(answered)), whole=whole)
    yield from found
    for facts in regions.values():
        yield from facts


def _parallel(account: Account, regions: list[str]) -> dict[str, list[Fact | Gap]]:
    """Ask regions at the same time. When the user interrupts, no further call is begun."""
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="aws") as pool:
        try:
            return dict(zip(regions, pool.map(lambda region: _region(account, region), regions), strict=True))
        except BaseException:
            account.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _region(account: Account, region: str) -> list[Fact | Gap]:
    """Ask one region about everything. When it is not enabled, or two services cannot be reached, the rest is not tried."""
    ask = Asker(account, region)
    found: list[Fact | Gap] = []
    silent = 0
    for topic, read in TOPICS.items():
        answer, problem = _drained(ask, topic, read(ask))
        found += answer
        silent += problem is not None and problem.cause in ("unreachable", "slow")
        if problem and (problem.cause in WHOLE | {"disabled", "limit"} or silent > 1):
            return [fact for fact in found if not isinstance(fact, Gap)] + [gap(ask, problem, EVERYTHING)]
    return found


def _caught(ask: Asker, topic: str, found: Iterable[Fact | Gap]) -> list[Fact | Gap]:
    return _drained(ask, topic, found)[0]


def _drained(ask: Asker, topic: str, found: Iterable[Fact | Gap]) -> tuple[list[Fact | Gap], Refused | None]:
    """Return what a topic yields, and why it stopped, if it did: then a gap says so."""
    kept: list[Fact | Gap] = []
    try:
        kept.extend(found)
    except Refused as problem:
        return [*kept, gap(ask, problem, KINDS[topic])], problem
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        malformed = Refused("malformed", f"an answer about {topic} is not understood")
        return [*kept, gap(ask, malformed, KINDS[topic])], malformed
    return kept, None


def _regions(ask: Asker, settings: AwsSettings) -> tuple[list[str], list[Gap]]:
    """Return the regions to ask: those named, or every enabled one; raises `UsageError` for a name the account does not know."""
    try:
        told = ask.ask("ec2", "DescribeRegions", AllRegions=True).get("Regions") or [{}]
        known = {str(region["RegionName"]): str(region.get("OptInStatus", "")) for region in told}
    except (Refused, KeyError, TypeError) as problem:
        if settings.regions:
            return sorted(settings.regions), []
        reason = problem.reason if isinstance(problem, Refused) else "the list of regions is not understood"
        only = Refused("other", f"{reason}; only {ask.region} was asked: name others with --aws-region")
        return [ask.region], [gap(ask, only, EVERYTHING, "regions")]
    unknown = sorted(set(settings.regions) - set(known))
    if unknown:
        raise UsageError(f"AWS knows no region {unknown[0]!r}", f"Known: {', '.join(sorted(known))}.")
    off = {name for name, status in known.items() if status == "not-opted-in"}
    disabled = Refused("disabled", "the region is not enabled for the account")
    gaps = [gap(ask, disabled, EVERYTHING, name) for name in sorted(off & set(settings.regions))]
    return sorted((set(settings.regions) or set(known)) - off), gaps


def _alias(ask: Asker) -> str:
    try:
        return str(next(iter(ask.pages("iam", "ListAccountAliases", "AccountAliases")), ""))
    except Refused:
        return ""  # a name for people: its number does as well


def _merged(found: Iterable[Fact | Gap]) -> Iterator[Fact | Gap]:
    """Yield facts as they are, and one gap in place of those that only differ in where: seventeen regions, one missing right."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for fact in found:
        if isinstance(fact, Gap):
            who, _, where = fact.subject.partition(", ")
            alike[who, fact.reason, fact.kinds].append(where)
        else:
            yield fact
    for (who, reason, kinds), places in sorted(alike.items()):
        named = sorted({where for where in places if where})
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        yield Gap("aws", f"{who}, {', '.join(named[:3])}{more}" if named else who, reason, kinds=kinds)
