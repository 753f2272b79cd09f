"""What is read of Terraform state in a bucket, and that no value in it comes along."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.collectors.aws import states
from assessor.collectors.aws.refusals import Refused
from assessor.facts.aws import (
    StateResource,
    TerraformState,
)
from assessor.snapshot import Snapshot, dump
from tests.collectors.aws.account import BACKEND, REGION, STATE, ask, of, only, reasons, state_bucket
from tests.standins.aws import ACCOUNT, Answer, Server, error


def state_of(value: Any) -> dict[str, Any]:
    return {
        "version": 4,
        "resources": [{"mode": "managed", "type": "aws_x", "instances": [{"attributes": {"id": value, "arn": value}}]}],
    }


class TestState:
    def test_is_not_read_unless_allowed(self, server: Server, make: Any) -> None:
        state_bucket(make)
        server.requests.clear()
        facts, _ = ask(BACKEND)
        assert not of(facts, TerraformState)
        assert not [r for r in server.requests if r.operation.startswith("GET /acme-state/")]

    def test_only_types_and_ids_are_kept(self, server: Server, make: Any) -> None:
        state_bucket(make)
        facts, _ = ask(BACKEND, read_state=True)
        kept = only(facts, TerraformState).resources
        assert kept == (
            StateResource("aws_db_instance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:main"),
            StateResource("aws_nat_gateway", "nat-0a1b2c3d4e5f"),
        )
        assert "hunter" not in dump(Snapshot(taken="2026-11-23", facts=tuple(facts)))

    @pytest.mark.parametrize(
        ("body", "says_"),
        [
            (b"not json", "no Terraform state"),
            (b"[" * 100_000, "no Terraform state"),
            (b'{"version": 4, "resources": [{"type": 7}]}', "no Terraform state"),
            (b'{"encrypted_data": "x", "meta": {}}', "encrypted states are not"),
        ],
    )
    def test_what_is_no_state_is_a_gap(self, server: Server, make: Any, body: bytes, says_: str) -> None:
        state_bucket(make, body=body)
        facts, gaps = ask(BACKEND, read_state=True)
        assert not of(facts, TerraformState)
        assert says_ in reasons(gaps)

    def test_one_too_large_is_not_read_whole(self, server: Server, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(states, "MAX_BYTES", 100)
        state_bucket(make)
        _, gaps = ask(BACKEND, read_state=True)
        assert "larger than" in reasons(gaps)

    def test_one_whose_key_is_denied_names_the_right_of_the_key(self, server: Server, make: Any) -> None:
        state_bucket(make)
        message = "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:::key/k because"
        server.on("s3", "GET /acme-state/network", error("s3", "AccessDenied", message, 403))
        _, gaps = ask(BACKEND, read_state=True)
        assert [gap.reason for gap in gaps] == ["may not s3 GetObject: grant kms:Decrypt"]

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(("version", "resources", "mode", "type", "instances", "attributes", "id", "arn")), inner
                )
            ),
        )
    )
    def test_no_state_breaks_reading(self, value: Any) -> None:
        for given_ in (value, {"version": 4, "resources": value}, state_of(value)):
            try:
                found = states.resources(json.dumps(given_).encode())
            except Refused:
                continue
            assert all(isinstance(resource.path, str) for resource in found)

    def test_an_id_of_another_type_costs_no_other_resource(self) -> None:
        odd = {
            "mode": "managed",
            "type": "aws_odd",
            "instances": [{"attributes": {"id": ["a"], "arn": {"b": 1}}}, {"attributes": None}, {}],
        }
        told = {"version": 4, "resources": [odd, *STATE["resources"]]}
        assert StateResource("aws_nat_gateway", "nat-0a1b2c3d4e5f") in states.resources(json.dumps(told).encode())

    def test_one_cut_short_is_a_gap(self, server: Server, make: Any) -> None:
        state_bucket(make)
        server.on("s3", r"GET /acme-state/network", Answer(body='{"version": 4', cut=True))
        _, gaps = ask(BACKEND, read_state=True)
        assert "cut the connection" in reasons(gaps)
