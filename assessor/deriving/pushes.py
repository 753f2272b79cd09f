"""Gives services the images they are pushed as, and the pipeline steps that push them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from assessor.facts.base import Place
from assessor.facts.containers import ImageBuild, Service
from assessor.facts.pipelines import Activity, Purpose
from assessor.parsing.images import parse_image, repository_of

from .base import enclosing

MAX_PUSHES = 10
_DYNAMIC = re.compile(r"[$<{%]|tpl-")


def attribute_pushes(services: list[Service], builds: Iterable[ImageBuild], activities: Iterable[Activity]) -> Iterator[Service]:
    """Yield the services with `images` and `pushed_by`."""
    pushes = [a for a in activities if a.purpose is Purpose.PUSH_IMAGE and not a.manual and not a.bootstrap]
    known = list(builds)
    folders = {service.folder for service in services if service.folder and (service.dockerfile or service.build)}
    homes = [enclosing(folders, push.at.path) for push in pushes]
    for service in services:
        images = {_bare(b.image) for b in known if b.image and _builds(b, service)}
        if any(name.rpartition("/")[2] for name in images):
            images = {image for image in images if image}
        places: list[Place] = []
        for push, home in zip(pushes, homes, strict=True):
            elsewhere = home is not None and not f"{service.folder}/".startswith(f"{home}/")
            if _pushes(push, service, images, alone=len(services) == 1, elsewhere=elsewhere):
                places.append(push.at)
                if (
                    push.subject
                    and not _DYNAMIC.search(push.subject)
                    and "/" in push.subject
                    and not push.subject.startswith((".", "/"))
                ):
                    images.add(_bare(push.subject))
        yield msgspec.structs.replace(
            service, images=tuple(sorted(i for i in images if i)), pushed_by=tuple(sorted(set(places)))[:MAX_PUSHES]
        )


def _bare(image: str) -> str:
    """Return an image's name as written, without tag and digest; "" when it depends on a variable."""
    if _DYNAMIC.search(parse_image(image).path):
        return ""
    reference = parse_image(image)
    registry = "" if _DYNAMIC.search(reference.registry) else reference.registry
    return f"{registry}/{reference.path}" if registry else reference.path


def _builds(build: ImageBuild, service: Service) -> bool:
    if build.dockerfile:
        return service.dockerfile is not None and build.dockerfile.lower() == service.dockerfile.path.lower()
    return build.at == service.build or (build.folder == service.folder and service.dockerfile is None)


def _pushes(push: Activity, service: Service, images: Iterable[str], *, alone: bool, elsewhere: bool) -> bool:
    """Say whether a step pushes a service's image: by name, by folder, in a loop over all, or because there is no other.

    A pipeline `elsewhere`, in the folder of another service, pushes that one's unless it names this one.
    """
    subject = push.subject.strip()
    if not (service.dockerfile or service.build):
        return False
    if alone or not subject:
        return not elsewhere
    path = subject.removeprefix("./").strip("/")
    if path and path in (service.folder, service.dockerfile.path if service.dockerfile else None):
        return True
    name = parse_image(subject).name
    if _DYNAMIC.search(name):
        return not elsewhere  # a matrix or loop: the name only exists at run time
    return name.lower() in {service.name.lower(), *(repository_of(image).rpartition("/")[2] for image in images)}
