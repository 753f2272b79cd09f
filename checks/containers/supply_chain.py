"""Whether it can be told where an image, and a step that builds it, comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.checking import HYGIENE, Place, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.pipelines import Pipeline, Purpose
from assessor.facts.repository import Organization

from ..observed import activities, listing, own_images, spread, unseen  # noqa: TID252  the absolute name depends on how the package is installed
from .registry import NO_IMAGE

_NAMES = {Purpose.SIGN: "signature", Purpose.SBOM: "bill of materials", Purpose.PROVENANCE: "provenance"}
_COMMIT = re.compile(r"[0-9a-f]{40}|sha256:[0-9a-f]{64}")
_OWN_FORGE = ("actions/", "github/")


@check(
    "ctr.supply-chain",
    task=Task.SUPPLY_CHAIN,
    weight=HYGIENE,
    scaffold="image-ci",
    frameworks=("DSOMM: Signing of artifacts", "DSOMM: SBOM of components"),
)
def images_are_attested(organization: Organization) -> Verdict:
    """Images carry a signature, a bill of materials or provenance.

    ## Why
    Whoever can push to the registry can replace an image. A signature by the pipeline, and a statement of what went in and
    from which commit, let the cluster refuse anything else and tell in minutes who is affected by a vulnerable library.

    ## Fix
    `docker/build-push-action` attests on request; `cosign` signs without a key in GitHub and GitLab pipelines:

    ```yaml
    - uses: docker/build-push-action@<commit>
      with: {push: true, sbom: true, provenance: mode=max}
    - run: cosign sign --yes "$IMAGE@$DIGEST"
    ```
    """
    if not any(own_images(repository) for repository in organization.repositories):
        return not_applicable(NO_IMAGE)
    found = activities(organization, *_NAMES)
    kinds = [_NAMES[purpose] for purpose in _NAMES if any(a.purpose is purpose for a in found)]
    places = [a.at for a in found]
    if len(kinds) > 1:
        return passed(f"images get {listing(kinds)}", places)
    if kinds:
        return partial(0.5, f"images only get a {kinds[0]}", places)
    images = spread(organization, Purpose.PUSH_IMAGE)
    if images.hiding and not images.doing and not images.lacking:
        return unseen(images, "signed or attested", NO_IMAGE)
    missing = activities(organization, Purpose.PUSH_IMAGE, Purpose.BUILD_IMAGE)
    built = [at for repository in organization.repositories for at in own_images(repository)]
    return failed("images are neither signed nor attested", [a.at for a in missing] or built)


@check("ctr.actions-pinned", task=Task.SUPPLY_CHAIN, weight=HYGIENE, frameworks=("DSOMM: Pinning of artifacts",))
def actions_are_pinned(organization: Organization) -> Verdict:
    """Actions of others are pinned by commit.

    Counted by `uses` of GitHub's workflows, those of the repository's owner like GitHub's own; tasks, orbs and pipes of other systems cannot be pinned by content.

    ## Why
    A tag can be moved: in March 2026 nearly all version tags of a well-known scanner's action pointed to malware for hours,
    and every pipeline that named a tag handed its secrets over. A commit id cannot change.

    ## Fix
    `uses: owner/action@<40-digit commit> # v1.2.3`; Renovate and Dependabot keep both up to date.
    """
    uses = list(dict.fromkeys(_uses(organization)))
    if not uses:
        return not_applicable("no GitHub workflow uses an action of others")
    loose = [(name, at) for name, at in uses if not _COMMIT.fullmatch(name.rpartition("@")[2])]
    if not loose:
        return passed(f"all {len(uses)} uses of actions name a commit", [at for _, at in uses])
    owners = {repository.name: _owner(repository.remote) for repository in organization.repositories}
    others = [(name, at) for name, at in loose if not name.lower().startswith(_OWN_FORGE)]
    foreign = [(name, at) for name, at in others if name.partition("/")[0].lower() != owners.get(at.repository)]
    if not foreign:
        whose = "GitHub's own actions" + (" and those of the repository's owner" if others else "")
        return partial(0.7, f"only {whose} are not pinned by commit", [at for _, at in loose])
    pinned = len(uses) - len(loose)
    summary = f"{len(foreign)} uses of others' actions name a tag or branch: {listing([name for name, _ in foreign])}"
    places = [at for _, at in foreign]
    return partial(0.5 * pinned / len(uses), summary, places) if pinned else failed(summary, places)


def _owner(remote: str) -> str:
    """Return the owner in a repository's address, "" without one: ``https://host/owner/name``, ``git@host:owner/name``."""
    parts = re.split(r"[:/]+", remote.lower().rstrip("/"))
    return parts[-2] if len(parts) > 2 else ""


def _uses(organization: Organization) -> Iterator[tuple[str, Place]]:
    for pipeline in organization.of(Pipeline):
        for _, step in pipeline.steps if pipeline.system == "github" else ():
            if "/" in step.uses and not step.uses.startswith(("./", "docker://", "../")):
                yield step.uses, step.at
