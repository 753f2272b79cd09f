"""Whether images are small, safe and repeatable, as far as their Dockerfiles tell."""

from __future__ import annotations

import re

from assessor.checking import (
    HYGIENE,
    Task,
    Verdict,
    check,
    failed,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.facts.base import Place
from assessor.facts.containers import Dockerfile, Stage
from assessor.parsing.images import parse_image

_MINIMAL = re.compile(
    r"distroless|chainguard|wolfi|(?:^|/)scratch$|(?:^|/)static(?:$|[:-])|-micro\b|ubi\d*-minimal|ubi\d*/ubi-minimal|busybox"
)
_SLIM = re.compile(r"alpine|slim|minimal|chiseled|-jre|(?:^|/)(?:nginx|httpd|caddy|redis|postgres|haproxy|envoy|traefik)\b", re.I)
# Bases that hold compilers and package managers, or build by themselves when something is built on them.
_TOOLCHAIN = re.compile(
    r"(?:^|/)(?:golang|rust|maven|gradle|gcc|buildpack-deps|sbt|swift|node|python|ruby|php|openjdk|sdk)(?:[:@]|$)|jdk|onbuild",
    re.I,
)
_FLOATING = frozenset(
    ("", "latest", "stable", "edge", "main", "master", "nightly", "dev", "lts", "current", "rolling", "mainline")
)
# On Windows its administrators; nanoserver runs as ContainerUser unless told otherwise, its other bases do not.
_ROOT = frozenset(("root", "0", "containeradministrator", "administrator", r"nt authority\system"))
_WINDOWS = re.compile(r"(?:^|/)windows(?:/|$)|nanoserver|windowsservercore", re.I)
_NON_ROOT_BASES = re.compile(
    r":[\w.-]*nonroot|chainguard/|cgr\.dev/|bitnami/|nginx-unprivileged|openshift|ubi\d*/(?:nodejs|python|go-toolset|openjdk)|chiseled|paketo|nanoserver"
)


def _skip(dockerfile: Dockerfile) -> Verdict | None:
    """Return the verdict of a Dockerfile none of these questions is about."""
    if dockerfile.idle:
        return not_applicable("it only names a base, and nothing builds it", [dockerfile.at])
    if dockerfile.development:
        return not_applicable("an image for development, not a product", [dockerfile.at])
    return None


def _at(dockerfile: Dockerfile, line: int) -> Place:
    return Place(dockerfile.at.repository, dockerfile.at.path, line, dockerfile.at.excerpt if line == dockerfile.at.line else "")


@check(
    "ctr.multistage", task=Task.IMAGE_QUALITY, weight=HYGIENE, scaffold="dockerfile", frameworks=("DSOMM: Defined build process",)
)
def image_ships_no_build_tools(dockerfile: Dockerfile) -> Verdict:
    """The image ships no build tools.

    ## Why
    Compilers, package caches and sources in an image are what scanners complain about and attackers use, and they make
    every pull slower.

    ## Fix
    Build in a first stage and copy only the result into a small base:

    ```dockerfile
    FROM node:22 AS build
    WORKDIR /app
    COPY . .
    RUN npm ci && npm run build

    FROM node:22-slim
    COPY --from=build /app/dist /app
    ```

    ## References
    - https://docs.docker.com/build/building/multi-stage/
    """
    if skip := _skip(dockerfile):
        return skip
    final = dockerfile.final
    base = final[-1]
    if _MINIMAL.search(base.base):
        return passed(f"it is built on {base.base}", [_at(dockerfile, base.line)])
    if len(dockerfile.stages) > len(final):
        return passed(f"{len(dockerfile.stages)} stages: what it is built with stays behind", [_at(dockerfile, final[0].line)])
    if base.dynamic:
        return not_observed("a single stage, and its base is an argument without a default", [_at(dockerfile, base.line)])
    if _SLIM.search(base.base):
        return partial(0.5, f"a single stage on the slim base {base.base}", [_at(dockerfile, base.line)])
    if not dockerfile.runs:
        if not _TOOLCHAIN.search(base.base):
            return not_applicable("nothing is built or installed in it", [_at(dockerfile, base.line)])
        return failed(f"a single stage on {base.base}: the build tools of its base are shipped", [_at(dockerfile, base.line)])
    return failed(f"a single stage on {base.base}: what it is built with is shipped", [_at(dockerfile, base.line)])


@check(
    "ctr.non-root",
    task=Task.IMAGE_QUALITY,
    weight=HYGIENE,
    scaffold="dockerfile",
    frameworks=("DSOMM: Running containers as non-root",),
)
def image_runs_without_root(dockerfile: Dockerfile) -> Verdict:
    """The image does not run as root.

    ## Why
    Root in a container is one kernel or runtime bug away from root on the node, and clusters that enforce the restricted
    Pod Security Standard refuse to start it.

    ## Fix
    Create a user and end the last stage with it; a number lets Kubernetes verify `runAsNonRoot`:

    ```dockerfile
    RUN adduser -D -u 10001 app
    USER 10001
    ```

    ## References
    - https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    if skip := _skip(dockerfile):
        return skip
    base = dockerfile.final[-1]
    stage = next((s for s in dockerfile.final if s.user is not None), None)
    if stage is None or stage.user is None:
        if _NON_ROOT_BASES.search(base.base):
            return passed(f"its base {base.base} runs as another user", [_at(dockerfile, base.line)])
        name = parse_image(base.base).path
        if base.dynamic and ("$" in name or not name):
            return not_observed("no USER, and its base is an argument without a default", [_at(dockerfile, base.line)])
        usual = "ContainerAdministrator" if _WINDOWS.search(base.base) else "root"
        return failed(
            f"no USER in the image that is shipped: it runs as its base does, usually as {usual}",
            [_at(dockerfile, dockerfile.final[0].line)],
        )
    user = stage.user.partition(":")[0].strip("\"'").lower()
    place = _at(dockerfile, stage.user_line or stage.line)
    if "$" in user:
        return partial(0.5, f"its user is the variable {stage.user}", [place])
    if user in _ROOT or not user:
        return failed("it runs as root", [place])
    return passed(f"it runs as {user}", [place])


@check(
    "ctr.base-pinned",
    task=Task.IMAGE_QUALITY,
    weight=HYGIENE,
    scaffold="dockerfile",
    frameworks=("OpenGitOps 2: Versioned and immutable", "DSOMM: Pinning of artifacts"),
)
def bases_are_pinned(dockerfile: Dockerfile) -> Verdict:
    """Base images are pinned.

    Counted are the bases of the stages that the last one needs: a stage beside them never reaches the image.

    ## Why
    A tag is moved by whoever owns it. Two builds of one commit then differ, and a base that was taken over enters unseen.

    ## Fix
    Pin by digest and let Renovate or Dependabot move it:

    ```dockerfile
    FROM node:22.11-slim@sha256:<digest>
    ```

    ## References
    - https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
    """
    if skip := _skip(dockerfile):
        return skip
    bases = [s for s in dockerfile.shipped if not s.from_stage and s.base.lower() != "scratch"]
    if not bases:
        return not_applicable("no base image but scratch", [dockerfile.at])
    graded = [(_pin(stage), stage) for stage in bases]
    known = [(pin, stage) for pin, stage in graded if pin is not None]
    if not known:
        return not_observed("its bases are arguments without defaults", [_at(dockerfile, s.line) for s in bases])
    floating = [stage for pin, stage in known if pin == 0]
    if floating:
        return failed(f"{floating[0].base} is not pinned to a version", [_at(dockerfile, s.line) for s in floating])
    tagged = [stage for pin, stage in known if pin == 1]
    if tagged:
        return partial(0.5, f"{tagged[0].base} is pinned to a tag, not to a digest", [_at(dockerfile, s.line) for s in tagged])
    return passed("every base is pinned to a digest", [_at(dockerfile, s.line) for _, s in known])


def _pin(stage: Stage) -> int | None:
    """Grade a base: 2 digest, 1 version tag, 0 moving tag or none; None when it depends on an unknown argument."""
    reference = parse_image(stage.base)
    if reference.digest:
        return 2
    if "$" in reference.tag or (stage.dynamic and not reference.tag):
        return None
    return 0 if reference.tag.lower() in _FLOATING else 1


@check("ctr.ignore-file", task=Task.IMAGE_QUALITY, weight=HYGIENE, scaffold="dockerfile")
def context_is_filtered(dockerfile: Dockerfile) -> Verdict:
    """What goes into the build is filtered by an ignore file.

    ## Why
    Without one `COPY . .` takes along the git history, local credentials and build output: images grow, caches break,
    secrets leak.

    ## Fix
    Put a `.dockerignore` beside the build context and list what no build needs:

    ```
    .git
    .env*
    node_modules
    **/*.md
    ```

    ## References
    - https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    if skip := _skip(dockerfile):
        return skip
    if not dockerfile.holds_own_content:
        return not_applicable("it takes nothing from its build context", [dockerfile.at])
    if dockerfile.ignore_file:
        return passed("an ignore file filters its context", [Place(dockerfile.at.repository, dockerfile.ignore_file)])
    return failed(f"no .dockerignore in its context ({dockerfile.context or '.'})", [dockerfile.at])
