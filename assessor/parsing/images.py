"""Image references: ``registry.example/team/app:1.2@sha256:…`` taken apart.

The rule that tells a registry from the first part of a path (it has a dot, a colon, or is ``localhost``) is the one of
https://github.com/distribution/reference.
"""

from __future__ import annotations

from dataclasses import dataclass

_OFFICIAL = ("docker.io/library/", "index.docker.io/library/", "library/")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image as someone wrote it. Empty parts were not given."""

    registry: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def parse_image(text: str) -> ImageReference:
    """Take an image reference apart; anything is accepted."""
    text = text.strip().removeprefix("docker://").removeprefix("oci://")
    rest, _, digest = text.partition("@")
    head, _, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}/{last}" if head else last
    registry, slash, below = path.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost" or "$" in registry):
        return ImageReference(registry, below, tag, digest)
    return ImageReference("", path, tag, digest)


def repository_of(text: str) -> str:
    """Return what identifies an image across registries: its path in lower case, without registry, tag and digest."""
    for prefix in _OFFICIAL:
        text = text.removeprefix(prefix)
    return parse_image(text).path.lower()
