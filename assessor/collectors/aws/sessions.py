"""Sessions: one per profile, and one per role, which is assumed with the first profile."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import botocore.session
from botocore import exceptions as boto
from botocore.config import Config

from assessor.errors import UsageError
from assessor.settings import AwsSettings

from .calls import BY_NAME
from .refusals import Refused, refused

# Standard back-off with a client-side rate limit; a call takes at most four tries of a few seconds each.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "adaptive", "total_max_attempts": 4},
    user_agent_extra="gitops-assess",
    max_pool_connections=16,
)
HOME = "us-east-1"  # where questions without a region go, if the profile names none
_ROLE = r"^arn:aws[\w-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,512}$"


@dataclass(frozen=True, slots=True)
class Login:
    """A way into an account: its name for people, and the session, or why there is none."""

    name: str
    session: Any  # boto3.Session; boto3 ships no types
    problem: Refused | None = None


def verify(settings: AwsSettings) -> None:
    """Raise `UsageError` for a profile, role or region that cannot be, without asking AWS."""
    try:
        known = boto3.Session().available_profiles
    except boto.ProfileNotFound as error:
        raise UsageError(f"AWS_PROFILE: no AWS profile {os.environ.get('AWS_PROFILE', '')!r}", _profiles()) from error
    except boto.BotoCoreError as error:
        raise UsageError(f"the AWS configuration cannot be read: {type(error).__name__}", "Look at ~/.aws/config.") from error
    for profile in settings.profiles:
        if profile not in known:
            raise UsageError(f"no AWS profile {profile!r}", _near(profile, known))
    for role in settings.roles:
        if not re.match(_ROLE, role):
            raise UsageError(f"{role!r} is no ARN of a role", "It looks like arn:aws:iam::123456789012:role/name.")
    for region in settings.regions:
        try:
            botocore.session.get_session().get_partition_for_region(region)
        except boto.BotoCoreError as error:
            names = boto3.Session().get_available_regions("ec2")
            raise UsageError(f"no AWS region {region!r}", _near(region, names)) from error


def _profiles() -> str:
    names = botocore.session.Session(profile=None).full_config.get("profiles", {})
    return _near("", list(names))


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(sorted(known)[:30])}." if known else "None is configured: see `aws configure`."


def logins(settings: AwsSettings) -> Iterator[Login]:
    """Yield the accounts to ask. With roles and no profile, the default credentials only serve to assume the roles."""
    base = boto3.Session(profile_name=settings.profiles[0] if settings.profiles else None)
    for profile in settings.profiles:
        yield Login(f"profile {profile}", boto3.Session(profile_name=profile))
    if not settings.profiles and not settings.roles:
        yield Login("the default credentials", base)
    for role in settings.roles:
        yield _assumed(base, role, settings)


def _assumed(base: Any, role: str, settings: AwsSettings) -> Login:
    login = Login(f"role {role}", None)
    try:
        client = base.client("sts", region_name=home(base, settings), config=CONFIG)
        given = client.assume_role(RoleArn=role, RoleSessionName="gitops-assess")["Credentials"]
        session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=home(base, settings),
        )
    except Exception as error:  # noqa: BLE001  one role never costs the others; the reason is told
        problem = refused(error, BY_NAME["sts", "AssumeRole"])
        return replace(
            login, problem=Refused(problem.cause, f"{problem.reason}{f' on {role}' if problem.cause == 'denied' else ''}")
        )
    return replace(login, session=session)


def home(session: Any, settings: AwsSettings) -> str:
    """Return the region that answers for what has none."""
    return session.region_name or (settings.regions[0] if settings.regions else HOME)
