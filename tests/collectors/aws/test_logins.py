"""Which accounts credentials, profiles and roles lead to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from assessor.collectors.aws import COLLECTOR
from assessor.errors import UsageError
from assessor.facts.aws import (
    AwsAccount,
)
from assessor.observing import silent
from assessor.settings import AwsSettings
from tests.collectors.aws.account import KEY, REGION, SECRET, TOKEN, ask, declared, of, reasons
from tests.standins import aws
from tests.standins.aws import ACCOUNT, Server, error


class TestLogins:
    def test_profiles_and_roles_each_lead_to_their_account(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "config").write_text("[profile prod]\nregion = eu-west-1\n")
        (tmp_path / "credentials").write_text(f"[prod]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
        settings = AwsSettings(profiles=("prod",), roles=("arn:aws:iam::210987654321:role/reader",), regions=(REGION,))
        COLLECTOR.verify(settings, ())
        found = list(COLLECTOR.observe(settings, declared(), silent))
        assert [f.account for f in found if isinstance(f, AwsAccount)] == [ACCOUNT, "210987654321"]

    def test_an_account_two_logins_lead_to_is_asked_once(self, server: Server) -> None:
        roles = tuple(f"arn:aws:iam::210987654321:role/{name}" for name in ("reader", "auditor"))
        facts, gaps = ask(roles=roles)
        assert [a.account for a in of(facts, AwsAccount)] == ["210987654321"]
        assert not gaps

    def test_a_role_that_may_not_be_assumed_costs_only_itself(self, server: Server) -> None:
        roles = ("arn:aws:iam::111111111111:role/closed", "arn:aws:iam::210987654321:role/reader")
        server.on("sts", "AssumeRole", error("sts", "AccessDenied", status=403), aws.Answer(200, _ASSUMED))
        facts, gaps = ask(roles=roles)
        assert "grant sts:AssumeRole on arn:aws:iam::111111111111:role/closed" in reasons(gaps)
        assert len(of(facts, AwsAccount)) == 1

    @pytest.mark.parametrize(
        ("settings", "message", "hint"),
        [
            ({"profiles": ("prd",)}, "no AWS profile 'prd'", "Did you mean 'prod'?"),
            ({"roles": ("reader",)}, "'reader' is no ARN of a role", "arn:aws:iam::"),
            ({"regions": ("frankfurt",)}, "no AWS region 'frankfurt'", "Known"),
        ],
    )
    def test_what_the_user_names_wrongly_is_said_before_anything_is_asked(
        self, server: Server, tmp_path: Path, settings: dict[str, Any], message: str, hint: str
    ) -> None:
        (tmp_path / "config").write_text("[profile prod]\nregion = eu-west-1\n")
        with pytest.raises(UsageError, match=re.escape(message)) as told:
            COLLECTOR.verify(AwsSettings(**settings), ())
        assert hint in told.value.hint
        assert not server.requests

    def test_an_unknown_profile_in_the_environment(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with pytest.raises(UsageError, match="AWS_PROFILE: no AWS profile 'nobody'"):
            COLLECTOR.verify(AwsSettings(), ())

    def test_a_region_the_account_does_not_know(self, server: Server) -> None:
        with pytest.raises(UsageError, match="AWS knows no region 'eu-cntral-1'"):
            ask(regions=("eu-cntral-1",))


_ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    f"<AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>"
    "<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
)
