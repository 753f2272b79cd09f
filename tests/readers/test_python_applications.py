"""The object a Python server is told to run is found where it is, and nothing hostile stops the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.facts.containers import WebApplication
from tests.organizations import read


@pytest.mark.parametrize(
    ("text", "name", "interface", "factory"),
    [
        ("from fastapi import FastAPI\n\napi = FastAPI(title='x')\n", "api", "asgi", False),
        ("import fastapi\n\napp: fastapi.FastAPI = fastapi.FastAPI()\n", "app", "asgi", False),
        ("from flask import Flask\n\napp = Flask(__name__)\n", "app", "wsgi", False),
        (
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
            "create_app",
            "wsgi",
            True,
        ),
    ],
)
def test_an_application_is_found(text: str, name: str, interface: str, factory: bool) -> None:
    (found,) = read("python-applications", "app/main.py", text)
    assert isinstance(found, WebApplication)
    assert (found.name, found.interface, found.factory) == (name, interface, factory)


@pytest.mark.parametrize(
    "text", ["", "# app = Flask(__name__)\n", "import flask\n", "    app = Flask(__name__)\n", "def create_app(): ...\n"]
)
def test_what_is_none_is_not_found(text: str) -> None:
    assert read("python-applications", "main.py", text) == []


def test_a_test_of_an_application_is_none() -> None:
    assert read("python-applications", "test_main.py", "app = Flask(__name__)\n") == []


@given(st.binary(max_size=500))
def test_nothing_stops_the_reader(data: bytes) -> None:
    read("python-applications", "main.py", b"Flask(\n" + data)


def test_a_line_of_ten_megabytes_is_read_quickly() -> None:
    read("python-applications", "main.py", b"app: " + b"x" * 10_000_000 + b" = Flask(__name__)")
