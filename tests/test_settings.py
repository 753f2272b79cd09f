"""Settings: clear errors that name file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.errors import UsageError
from assessor.settings import Settings, load_settings


def load(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "gitops-assess.yaml"
    file.write_text(text)
    return load_settings(file)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n") == Settings()


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
organization: acme
steps: [1, 2]
ignore: [iac.lint]
exclude: ["legacy/**"]
thresholds: {score: 80, coverage: 40}
teams: {platform: ["infra-*"]}
waivers:
  - {check: iac.state-lock, owner: jane, reason: moving, until: 2027-01-31}
""",
    )
    assert settings.organization == "acme"
    assert [int(step) for step in settings.path] == [1, 2]
    assert settings.thresholds.score == 80
    assert settings.team_of("infra-live") == "platform"
    assert settings.team_of("shop") == ""
    assert settings.waivers[0].until == "2027-01-31"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("organisation: acme\n", ":1: unknown key 'organisation'; did you mean 'organization'?"),
        ("steps: [1]\nthresholds:\n  scores: 3\n", ":3: unknown key 'thresholds.scores'; did you mean 'score'?"),
        (
            "waivers:\n- check: a\n  owner: b\n  reason: c\n  untill: 2027-01-01\n",
            ":5: unknown key 'waivers.untill'; did you mean 'until'?",
        ),
        ("steps: [1, 9]\n", ":1: steps.1: Expected `int` <= 5"),
        ("\nthresholds: {score: high}\n", ":2: thresholds.score: Expected `float`, got `str`"),
        ("waivers:\n- {check: a, owner: b, reason: c}\n", ":2: waivers.0: Object missing required field `until`"),
        ("waivers:\n- {check: a, owner: b, reason: c, until: soon}\n", "'soon' is not a date"),
        ("a: [\n", "not valid YAML"),
        ("- a list\n", "must be a mapping"),
        ("a: " + "[" * 5000, "levels deep"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert str(tmp_path / "gitops-assess.yaml") in str(caught.value)
    assert caught.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings(tmp_path / "absent.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x00\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings(tmp_path / "binary.yaml")
