"""moto's server as an account that answers, and clients to fill it with."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.loaders
import botocore.session
import pytest

from tests.collectors.aws.account import KEY, REGION, SECRET, TOKEN, impatient
from tests.standins import aws
from tests.standins.aws import ACCOUNT, Server


@pytest.fixture(scope="module", autouse=True)
def models() -> Iterator[None]:
    """Read the descriptions of services once, not for every session."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _path=None: loader)
        yield


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    with aws.serve() as server:
        yield server


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    running.reset()
    aws.healthy(running)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    impatient(monkeypatch, 20)
    return running


@pytest.fixture
def account_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name of the account's S3 Control endpoint be found, as the DNS of AWS does."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: real(str(host).removeprefix(f"{ACCOUNT}."), *rest, **named)
    )


@pytest.fixture
def make() -> Iterator[Any]:
    """Return clients to fill moto with, closed at the end."""
    made = []

    def client(service: str, region: str = REGION) -> Any:
        made.append(boto3.client(service, region_name=region))
        return made[-1]

    yield client
    for one in made:
        one.close()
