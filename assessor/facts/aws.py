"""What is seen in AWS accounts. `at.path` is an ARN, or the closest name there is; `at.source` is ``aws``.

Kept are names, settings and counts: no content of a secret, no value of a tag or of a parameter, and of a state file
nothing but types and ids.
"""

from __future__ import annotations

import msgspec

from .base import Fact, Place


class AwsFact(Fact, frozen=True, kw_only=True):
    """Something seen in one account and region ("" for what has none)."""

    account: str  # twelve digits
    region: str = ""


class AwsAccount(Fact, frozen=True, kw_only=True):
    """An account that was asked."""

    account: str  # twelve digits
    alias: str = ""
    regions: tuple[str, ...] = ()  # those that were asked and answered
    whole: bool = False  # these are all that are enabled

    @property
    def label(self) -> str:
        """Its alias, or its number."""
        return self.alias or self.account


class Runs(AwsFact, frozen=True, kw_only=True):
    """Something that runs and that files may declare; joined with them, it says whether they do."""

    name: str
    declared: bool | None = None  # None: not compared, or a declaration of the kind has a name only known at run time
    declared_at: Place | None = None
    claim: str = ""  # state, stack or tag, where that is how it is known

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class StateBucket(AwsFact, frozen=True, kw_only=True):
    """A bucket that a scanned Terraform backend names, as S3 describes it. None: it could not be told."""

    name: str
    exists: bool | None = None
    owned: bool = False  # by the account that was asked; another's settings cannot be seen
    versioning: bool | None = None
    encryption: str | None = None  # AES256, aws:kms, aws:kms:dsse; "" for none
    closed: bool | None = None  # all four public access blocks, of the bucket or of its account
    keys: tuple[str, ...] = ()  # state objects in it
    locks: tuple[str, ...] = ()  # states a `.tflock` object was seen of, now or among earlier versions
    complete: bool = False  # every object in it was listed

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class LockTable(AwsFact, frozen=True, kw_only=True):
    """A DynamoDB table that a scanned Terraform backend names for its locks."""

    name: str
    exists: bool | None = None
    hash_key: str = ""  # Terraform needs ``LockID``

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class StateResource(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A resource Terraform manages, as its state names it."""

    type: str
    path: str = ""  # its ARN, or its id where it has none


class TerraformState(AwsFact, frozen=True, kw_only=True):
    """A state object that was read: the managed AWS resources in it, by type and ARN or id."""

    bucket: str
    key: str
    resources: tuple[StateResource, ...] = ()


class EcrRegistry(AwsFact, frozen=True, kw_only=True):
    """The scanning configuration of an account's registry in one region."""

    scan_type: str = ""  # BASIC, ENHANCED
    frequencies: tuple[str, ...] = ()  # of its rules: SCAN_ON_PUSH, CONTINUOUS_SCAN, MANUAL


class EcrRepository(Runs, frozen=True, kw_only=True):
    """An image repository."""

    mutability: str = ""  # MUTABLE, IMMUTABLE, and each WITH_EXCLUSION
    scanning: str = ""  # SCAN_ON_PUSH, CONTINUOUS_SCAN, MANUAL; "" where it could not be told


class EksCapability(msgspec.Struct, frozen=True, order=True):
    """A managed capability of a cluster: it runs in the AWS control plane, without pods in the cluster."""

    name: str
    type: str  # ACK, KRO, ARGOCD
    status: str = ""  # ACTIVE, DEGRADED, CREATING …


class EksCluster(Runs, frozen=True, kw_only=True):
    """A running EKS cluster."""

    version: str = ""  # 1.34
    status: str = ""  # ACTIVE …
    support: str = ""  # standard, extended, ended; "" where it could not be told
    capabilities: tuple[EksCapability, ...] = ()


class SecretStore(AwsFact, frozen=True, kw_only=True):
    """How much use is made of Secrets Manager in one region: a count, no name."""

    secrets: int = 0


class AwsResource(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A resource that exists.

    `claim`: who says it is theirs. ``stack`` (CloudFormation), ``tag`` (one that an infrastructure tool sets or is told
    to set), ``made`` (by a controller or service as part of something else); "" nobody.
    """

    path: str  # its ARN
    claim: str = ""


class DeployedStack(AwsFact, frozen=True, kw_only=True):
    """A CloudFormation stack, and what the last drift detection said of it. None is started."""

    name: str
    status: str = ""
    drift: str = ""  # IN_SYNC, DRIFTED, NOT_CHECKED, UNKNOWN
    checked_days: int | None = None  # how long ago, on the day of the question
    resources: tuple[AwsResource, ...] = ()  # what it manages, as far as its ARN is known

    @property
    def label(self) -> str:
        """Its name."""
        return self.name


class AwsInventory(AwsFact, frozen=True, kw_only=True):
    """What exists in an account and region, as far as it can be listed."""

    resources: tuple[AwsResource, ...] = ()
    complete: bool = True  # False: there were more than are kept


class ManagedShare(Fact, frozen=True, kw_only=True):
    """How much of what exists in the accounts some code manages; joined from inventories, stacks and states."""

    total: int
    by_stack: int = 0
    by_state: int = 0
    by_tag: int = 0
    unmanaged: tuple[Place, ...] = ()  # the first of them, sorted
    made: int = 0  # by a controller or service: not counted
    states: int = 0  # Terraform states that were read
    roots: int = 0  # Terraform roots (and Pulumi projects) that may manage some of it
    unread: int = 0  # those whose state was not read: what nobody claims may be theirs
    complete: bool = True

    @property
    def managed(self) -> int:
        """How many are claimed."""
        return self.by_stack + self.by_state + self.by_tag
