"""Update bots and what they cover."""

from __future__ import annotations

import pytest

from assessor.facts.gitops import UpdateBot
from assessor.readers.gitops.bots import read_json
from tests.organizations import read


def bots(reader: str, path: str, content: str) -> list[UpdateBot]:
    return [fact for fact in read(reader, path, content) if isinstance(fact, UpdateBot)]


@pytest.mark.parametrize(
    ("content", "images"),
    [
        ('{"extends": ["config:recommended"]}', True),
        ('{"enabledManagers": ["gomod", "npm"]}', False),
        ('{"enabledManagers": ["kustomize"]}', True),
        ('{"docker": {"enabled": false}, "extends": []}', False),
        ('{"extends": [":disableDocker"]}', False),
        ('{"packageRules": [{"matchDatasources": ["docker"], "enabled": false}]}', False),
        ('{"packageRules": [{"matchDatasources": ["docker"], "matchPackageNames": ["a"], "enabled": false}]}', True),
        ("{\n  // all of it\n  extends: ['config:recommended',],\n  url: 'https://a//b', /* c */\n}", True),
    ],
)
def test_renovate_covers_images_unless_its_managers_or_rules_leave_them_out(content: str, images: bool) -> None:
    assert [bot.images for bot in bots("renovate", "renovate.json5", content)] == [images]


def test_renovate_is_not_there_when_disabled_broken_or_elsewhere() -> None:
    assert not bots("renovate", "renovate.json", '{"enabled": false, "extends": []}')
    assert not bots("renovate", "renovate.json", "not json")
    assert not bots("renovate", "charts/renovate.json", '{"extends": []}')


def test_a_renovate_that_one_runs_oneself_may_have_its_configuration_under_another_name() -> None:
    assert bots("renovate", ".github/renovate-config.json5", '{platform: "github", repositories: ["acme/charts"]}')
    assert not bots("renovate", ".github/renovate-preset.json5", '{"packageRules": []}')


def test_renovate_may_stand_in_package_json() -> None:
    assert bots("renovate-package", "package.json", '{"name": "a", "renovate": {"extends": ["config:base"]}}')
    assert not bots("renovate-package", "package.json", '{"devDependencies": {"renovate": "1"}}')


def test_dependabot_says_what_it_covers() -> None:
    content = (
        "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n  - package-ecosystem: docker\n    directory: /\n"
    )
    (bot,) = bots("dependabot", ".github/dependabot.yml", content)
    assert (bot.images, bot.scope, bot.at.line) == (True, ("docker", "npm"), 5)


def test_json_with_comments_keeps_addresses_and_lines() -> None:
    value = read_json('{\n  // "a": 1,\n  "url": "https://example.com//x",\n  b: \'c\',\n}')
    assert dict(value) == {"url": "https://example.com//x", "b": "c"}
    assert value.lines["b"] == 4
