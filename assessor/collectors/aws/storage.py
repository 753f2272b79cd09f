"""Where Terraform keeps its state: buckets, what protects them, states and locks in them, and lock tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from assessor.facts.aws import AwsInventory, AwsResource, LockTable, StateBucket, TerraformState
from assessor.facts.base import Fact, Gap

from .asking import Asker
from .refusals import Refused
from .states import read_state
from .topics import KINDS, gap, place

MAX_OBJECTS = 10_000  # listed of one bucket
MAX_LOCKS = 200  # states whose earlier locks are looked for
MAX_STATES = 500  # read of one bucket
STATE = (".tfstate",)
LOCK = ".tflock"


def buckets(ask: Asker, names: dict[str, set[str]], read: bool) -> Iterator[Fact | Gap]:
    """Yield the buckets backends name, the states in them if they may be read, and an inventory of all buckets."""
    owned: dict[str, str] | None = None
    try:
        owned = {
            bucket["Name"]: bucket.get("BucketRegion") or ""
            for bucket in ask.pages("s3", "ListBuckets", "Buckets", MaxBuckets=1000)
        }
        arns = tuple(sorted(AwsResource(ask.account.arn("s3", name)) for name in owned))
        yield AwsInventory(at=place(f"{ask.account.number}/buckets"), account=ask.account.number, resources=arns)
    except Refused as problem:
        yield gap(ask, problem, KINDS["inventory"])
    access = _Access(ask)
    for name, keys in sorted(names.items()):
        yield from _bucket(ask, name, keys, owned, access, read)


def _bucket(
    ask: Asker, name: str, keys: set[str], owned: dict[str, str] | None, access: _Access, read: bool
) -> Iterator[Fact | Gap]:
    """Yield one bucket. Of one that is not the account's, 404 says that nobody has it; 403 says nothing (S3 API, HeadBucket)."""
    region = (owned or {}).get(name, "")
    exists: bool | None = True if owned and name in owned else None
    try:
        region = ask.ask("s3", "HeadBucket", Bucket=name).get("BucketRegion") or region
        exists = True
    except Refused as problem:
        if problem.cause == "missing":
            exists = exists or False
        elif problem.cause == "denied" and problem.code in ("403", "Forbidden", "AccessDenied"):
            if owned is None or name in owned:
                yield gap(ask, problem, KINDS["bucket"], name)
        else:
            yield gap(ask, problem, KINDS["bucket"], name)
    mine = name in owned if owned is not None else False
    at, number = place(ask.account.arn("s3", name)), ask.account.number
    if not (exists and (mine or owned is None)):
        yield StateBucket(at=at, account=number, region=region, name=name, exists=exists)
        return
    there = Asker(ask.account, region or ask.region)
    problems: list[Refused] = []
    listing = _Listing(there, name, problems)
    yield StateBucket(
        at=at,
        account=number,
        region=region,
        name=name,
        exists=True,
        owned=mine,
        versioning=_versioning(there, name, problems),
        encryption=_encryption(there, name, problems),
        closed=access.closed(there, name, problems),
        keys=tuple(sorted(listing.states | (keys & listing.objects))),
        locks=tuple(sorted(listing.locks | _earlier_locks(there, name, keys - listing.locks, problems))),
        complete=listing.complete,
    )
    yield from (gap(ask, problem, KINDS["bucket"], name) for problem in problems)
    if read:
        yield from _states(there, name, sorted(listing.states | (keys & listing.objects)))


class _Access:
    """Whether buckets are closed to the public: by themselves, or by their account, which is asked once and only if needed."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask
        self._account: bool | Refused | None = None

    def closed(self, ask: Asker, name: str, problems: list[Refused]) -> bool | None:
        """Return whether all four blocks hold for a bucket, None where it could not be told."""
        try:
            if _all_four(ask.ask("s3", "GetPublicAccessBlock", Bucket=name)):
                return True
        except Refused as problem:
            if problem.cause != "missing":
                problems.append(problem)
                return None
        if self._account is None:
            self._account = self._of_account()
        if isinstance(self._account, Refused):
            problems.append(self._account)
            return None
        return self._account

    def _of_account(self) -> bool | Refused:
        try:
            return _all_four(self._ask.ask("s3control", "GetPublicAccessBlock", AccountId=self._ask.account.number))
        except Refused as problem:
            return False if problem.cause == "missing" else problem


def _all_four(answer: dict[str, Any]) -> bool:
    blocks = answer.get("PublicAccessBlockConfiguration") or {}
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return all(blocks.get(name) is True for name in names)


def _versioning(ask: Asker, name: str, problems: list[Refused]) -> bool | None:
    try:
        return ask.ask("s3", "GetBucketVersioning", Bucket=name).get("Status") == "Enabled"
    except Refused as problem:
        problems.append(problem)
        return None


def _encryption(ask: Asker, name: str, problems: list[Refused]) -> str | None:
    """Return the default encryption. AWS has encrypted every new object since January 2023 and then says AES256."""
    try:
        answer = ask.ask("s3", "GetBucketEncryption", Bucket=name)
    except Refused as problem:
        if problem.cause == "missing":
            return ""
        problems.append(problem)
        return None
    rules = (answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or [{}]
    return str((rules[0].get("ApplyServerSideEncryptionByDefault") or {}).get("SSEAlgorithm", ""))


class _Listing:
    """The states and lock objects of a bucket, by their names; `objects` are the names of all that were listed."""

    def __init__(self, ask: Asker, name: str, problems: list[Refused]) -> None:
        self.objects: set[str] = set()
        self.complete = False
        try:
            for found in ask.pages("s3", "ListObjectsV2", "Contents", limit=MAX_OBJECTS, Bucket=name):
                self.objects.add(str(found.get("Key", "")))
            self.complete = len(self.objects) < MAX_OBJECTS
        except Refused as problem:
            problems.append(problem)
        self.states = {key for key in self.objects if key.endswith(STATE)}
        self.locks = {key.removesuffix(LOCK) for key in self.objects if key.endswith(LOCK)}


def _earlier_locks(ask: Asker, name: str, keys: set[str], problems: list[Refused]) -> set[str]:
    """Return the states that were locked before: in a bucket with versions a released lock leaves one behind."""
    found = set()
    try:
        for key in sorted(keys)[:MAX_LOCKS]:
            answer = ask.ask("s3", "ListObjectVersions", Bucket=name, Prefix=key + LOCK, MaxKeys=2)
            if any(item.get("Key") == key + LOCK for item in [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]):
                found.add(key)
    except Refused as problem:
        problems.append(problem)
    return found


def _states(ask: Asker, bucket: str, keys: list[str]) -> Iterator[Fact | Gap]:
    if len(keys) > MAX_STATES:
        yield gap(ask, Refused("limit", f"only {MAX_STATES} of {len(keys)} states are read"), KINDS["state"], bucket)
    for key in keys[:MAX_STATES]:
        at = place(ask.account.arn("s3", f"{bucket}/{key}"))
        try:
            resources = read_state(ask, bucket, key)
        except Refused as problem:
            yield gap(ask, problem, KINDS["state"], f"{bucket}/{key}")
            if problem.cause in ("denied", "limit"):
                return
            continue
        yield TerraformState(at=at, account=ask.account.number, region=ask.region, bucket=bucket, key=key, resources=resources)


def tables(ask: Asker, wanted: Iterable[tuple[str, str]], home: str) -> Iterator[Fact | Gap]:
    """Yield the lock tables that backends name, each asked of its own region."""
    for name, region in sorted(set(wanted)):
        where = region or home
        at = place(ask.account.arn("dynamodb", f"table/{name}", where))
        exists: bool | None = True
        key = ""
        try:
            table = Asker(ask.account, where).ask("dynamodb", "DescribeTable", TableName=name).get("Table") or {}
            key = next((part["AttributeName"] for part in table.get("KeySchema", ()) if part.get("KeyType") == "HASH"), "")
        except Refused as problem:
            exists = False if problem.cause == "missing" else None
            if exists is None:
                yield gap(ask, problem, KINDS["table"], name)
        yield LockTable(at=at, account=ask.account.number, region=where, name=name, exists=exists, hash_key=key)
