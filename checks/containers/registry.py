"""Whether images reach a registry, which, and under what tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assessor.checking import (
    CORE,
    SUPPORT,
    Place,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)
from assessor.facts.aws import EcrRepository
from assessor.facts.infrastructure import ModuleCall, Resource
from assessor.facts.pipelines import Activity, Pipeline, PipelineStep, Purpose
from assessor.facts.repository import Organization

from ..live import both  # noqa: TID252  as below
from ..observed import (  # noqa: TID252  the absolute name depends on how the package is installed
    Spread,
    activities,
    builds_images,
    listing,
    manual,
    own_images,
    spread,
    unseen,
)
from .tags import kinds as tags_of

Pipelines = dict[tuple[str, str], list[Pipeline]]  # by repository and path
NO_IMAGE = "no repository builds an image of its own"

_RESOURCES = frozenset(
    {
        "aws_ecr_repository", "aws_ecrpublic_repository", "google_artifact_registry_repository", "google_container_registry",
        "azurerm_container_registry", "azapi_container_registry", "digitalocean_container_registry", "scaleway_registry_namespace",
        "ibm_cr_namespace", "oci_artifacts_container_repository", "harbor_project", "quay_repository", "awscc_ecr_repository",
        "yandex_container_registry", "alicloud_cr_repo", "alicloud_cr_ee_repo", "artifactory_local_docker_v2_repository",
        "AWS::ECR::Repository", "AWS::ECR::PublicRepository", "Microsoft.ContainerRegistry/registries",
    }
)  # fmt: skip
_TYPE = re.compile(
    r"(?i)(?:^|[/:.\-])(?:ecr(?:public)?|containerregistry|artifactregistry)[/:.]\w*[:/]?(?:repository|registry|registries)$"
)
_MODULE = re.compile(r"(?i)(?:^|[/_-])(?:ecr|acr|container-?registry|artifact-?registry)(?:$|[/_.?-])")
_FORGE = re.compile(
    r"(?i)(?:^|//)(?:ghcr\.io|docker\.io|index\.docker\.io|registry\.hub\.docker\.com|quay\.io|registry\.gitlab\.com|\$\{?CI_REGISTRY\w*)"
)
_LOGINS = ("docker/login-action", "redhat-actions/podman-login")  # without `registry` at Docker Hub
_OTHER_LOGINS = re.compile(r"ecr-login|acr-login|docker-login|gcloud|azure/login|configure-aws")
_HOST = re.compile(r"^(?:docker://)?((?:[\w-]+\.)+[\w-]+(?::\d+)?|\$\{?CI_REGISTRY\w*\}?)/")


@check(
    "ctr.registry-push",
    task=Task.REGISTRY,
    weight=CORE,
    scaffold="image-ci",
    frameworks=("OpenGitOps 2: Versioned and immutable", "DSOMM: Defined build process"),
)
def images_are_pushed(organization: Organization) -> Verdict:
    """Pipelines push the images they build to a registry.

    Counted by repository that builds an image of its own. A push in a script or make target that no pipeline runs is no
    automation, and one to a throw-away registry of a test does not deliver anything.

    ## Why
    An image pushed from somebody's machine cannot be traced to a commit, and nobody else can build it again. What a
    cluster is to pull has to be in a registry first.

    ## Fix
    Build and push in the pipeline of the default branch or of tags, and name the image after the commit:

    ```yaml
    - uses: docker/build-push-action@<commit>
      with:
        push: true
        tags: ghcr.io/${{ github.repository }}:${{ github.sha }}
    ```
    """
    images = spread(organization, Purpose.PUSH_IMAGE)
    if not images.doing and not images.lacking:
        return unseen(images, "pushed", NO_IMAGE)
    found = [a.at for repository in images.doing for a in activities(repository, Purpose.PUSH_IMAGE)]
    by_hand = [a.at for repository in images.lacking for a in manual(repository, Purpose.PUSH_IMAGE)]
    if not images.doing:
        summary = "images are only pushed by hand" if by_hand else _unpushed(images)
        return failed(summary, by_hand or [at for repository in images.lacking for at in own_images(repository)])
    if not images.lacking:
        return passed("pipelines push images to a registry", found)
    missing = [own_images(repository)[0] for repository in images.lacking]
    total = len(images.doing) + len(images.lacking)
    return graded(images.share, f"pipelines of {len(images.doing)} of {total} repositories push images", [*missing, *found])


def _unpushed(images: Spread) -> str:
    if any(builds_images(repository) for repository in images.lacking):
        return "images are built, but no pipeline pushes them to a registry"
    return "no image is built of what runs here, and none is pushed to a registry"


@check(
    "ctr.registry-declared", task=Task.REGISTRY, weight=SUPPORT, scaffold="registry", frameworks=("OpenGitOps 1: Declarative",)
)
def registry_is_declared(organization: Organization) -> Verdict:
    """The registry is declared as infrastructure.

    A registry that comes with a forge (GitHub, GitLab, Docker Hub, Quay) has nothing to declare. Repositories that only
    exist in ECR are half of it, and with AWS asked those beside the declared ones count as well.

    ## Why
    Retention, immutability, encryption and who may push are settings of the registry. Made by hand they differ from one
    repository to the next and nobody reviews them.

    ## Fix
    ```hcl
    resource "aws_ecr_repository" "app" {
      name                 = "app"
      image_tag_mutability = "IMMUTABLE"
    }
    ```
    """
    if not any(own_images(repository) for repository in organization.repositories):
        return not_applicable(NO_IMAGE)
    declared = registries(organization)
    running = organization.of(EcrRepository)
    if declared:
        summary = f"declared as {listing([name for name, _ in declared])}"
        return both(passed(summary, [at for _, at in declared]), _all_declared(running))
    if running:
        return partial(0.5, f"{len(running)} ECR repositories exist, and none is declared", [found.at for found in running])
    pushes = activities(organization, Purpose.PUSH_IMAGE)
    pipelines = _pipelines(organization)
    told = {push: forge for push in pushes if (forge := _is_forge(push, _of(pipelines, push))) is not None}
    if told and all(told.values()):
        return not_applicable("images go to the registry of a forge, which needs no declaration", [a.at for a in told])
    images = spread(organization, Purpose.PUSH_IMAGE)
    if not pushes and not images.lacking:
        return unseen(images, "pushed", NO_IMAGE)
    built = [at for repository in organization.repositories for at in own_images(repository)]
    return failed("no registry is declared", [a.at for a in pushes] or built)


def _all_declared(running: tuple[EcrRepository, ...]) -> Verdict | None:
    """Judge running repositories by how many are declared, at least half; None where that cannot be told of any."""
    known = [found for found in running if found.declared is not None]
    if not known:
        return None
    by_hand = [found for found in known if not found.declared]
    if not by_hand:
        return passed(f"so are the {len(known)} repositories in ECR", [found.at for found in known])
    told = f"{len(by_hand)} of {len(known)} repositories in ECR are not: {listing([found.name for found in by_hand])}"
    return partial(1 - len(by_hand) / len(known) / 2, told, [found.at for found in by_hand])


def registries(organization: Organization) -> list[tuple[str, Place]]:
    """Return the registries that are declared: type or module, and where."""
    found = [(r.type, r.at) for r in organization.of(Resource) if r.type in _RESOURCES or _TYPE.search(r.type)]
    return found + [(f"module {m.name}", m.at) for m in organization.of(ModuleCall) if not m.local and _MODULE.search(m.source)]


def _pipelines(organization: Organization) -> Pipelines:
    found: Pipelines = {}
    for pipeline in organization.of(Pipeline):
        found.setdefault((pipeline.at.repository, pipeline.at.path), []).append(pipeline)
    return found


def _of(pipelines: Pipelines, activity: Activity) -> Sequence[Pipeline]:
    """Return what the file an activity stands in declares, and the one that starts it."""
    files = dict.fromkeys((activity.at.path, activity.pipeline))
    return [pipeline for path in files for pipeline in pipelines.get((activity.at.repository, path), ())]


def _is_forge(push: Activity, pipelines: Sequence[Pipeline]) -> bool | None:
    """Say whether an image goes to a forge's registry: by its name, or by those its pipelines name; None if none tells."""
    named = [host for host in (_HOST.match(name) for name in (push.subject, *push.tags)) if host]
    if named:
        return all(_FORGE.match(host[1]) for host in named)
    jobs = [job for pipeline in pipelines if pipeline.at.path == push.pipeline for job in pipeline.jobs if job.id == push.job]
    said = {_names_a_forge(job.steps) for job in jobs}
    if said <= {None}:
        said = {_names_a_forge([step for _, step in pipeline.steps]) for pipeline in pipelines}
    return True if True in said else False if False in said else None


def _names_a_forge(steps: Sequence[PipelineStep]) -> bool | None:
    """Say whether all registries that steps sign in at, or are given, are those of forges; None where there are none."""
    if any(_OTHER_LOGINS.search(step.uses) for step in steps):
        return False
    named = [step for step in steps if "registry" in step.inputs or step.uses.startswith(_LOGINS)]
    return all(_FORGE.match(step.inputs.get("registry", "docker.io")) for step in named) if named else None


@check(
    "ctr.tag-policy",
    task=Task.REGISTRY,
    weight=SUPPORT,
    scaffold="image-ci",
    frameworks=("OpenGitOps 2: Versioned and immutable", "DSOMM: Artifact versioning"),
)
def tags_are_unique(organization: Organization) -> Verdict:
    """Images are tagged by commit or version.

    ## Why
    Git can only say what runs if a tag means one image for ever. `latest`, or the name of a branch, means another image
    after every build: a rollback does nothing, and two pods of one deployment can differ.

    ## Fix
    Tag with `${{ github.sha }}`, `$CI_COMMIT_SHA` or the version of a release, and let the registry refuse to overwrite a
    tag (`image_tag_mutability = "IMMUTABLE"` in ECR, or `IMMUTABLE_WITH_EXCLUSION` where one tag has to move).
    """
    pushes = activities(organization, Purpose.PUSH_IMAGE)
    if not pushes:
        return unseen(spread(organization, Purpose.PUSH_IMAGE), "pushed", "no pipeline pushes images")
    return both(_written_tags(organization, pushes), _mutability(organization, pushes))


_FIXED = {"IMMUTABLE": 1.0, "IMMUTABLE_WITH_EXCLUSION": 0.9, "MUTABLE_WITH_EXCLUSION": 0.7, "MUTABLE": 0.5}


def _mutability(organization: Organization, pushes: list[Activity]) -> Verdict | None:
    """Judge whether ECR lets tags move, in the repositories that are pushed to where these can be told from others.

    Where it does, the practice rests on the pipelines alone: half of it holds.
    """
    known = [found for found in organization.of(EcrRepository) if found.mutability in _FIXED]
    if not known:
        return None
    texts = {text.split(":")[0] for push in pushes for text in (push.subject, *push.tags)}
    named = {text[slash.end() :] for text in texts for slash in re.finditer("/", text)}
    known = [found for found in known if found.name in named] or known
    moving = [found for found in known if found.mutability != "IMMUTABLE"]
    share = sum(_FIXED[found.mutability] for found in known) / len(known)
    if not moving:
        return passed("ECR lets no tag move", [found.at for found in known])
    told = f"ECR lets tags move in {len(moving)} of {len(known)} repositories: {listing([found.name for found in moving])}"
    return partial(share, told, [found.at for found in moving])


def _written_tags(organization: Organization, pushes: list[Activity]) -> Verdict:
    pipelines = _pipelines(organization)
    kinds = [(push, tags_of(push, _of(pipelines, push))) for push in pushes]
    known = [(push, kind) for push, kind in kinds if kind]
    if not known:
        return not_observed("the tags are not written in the pipelines", [a.at for a in pushes])
    unique = [push for push, kind in known if kind == {"unique"}]
    moving = [push for push, kind in known if kind == {"moving"}]
    places = [*(push.at for push, kind in known if kind != {"unique"}), *(push.at for push in unique)]
    if len(unique) == len(known):
        return passed("every image is tagged by commit or version", places)
    if len(moving) == len(known):
        return failed("images only have tags that move from one build to the next", places)
    if immutable := [r.at for r in organization.of(Resource) if "IMMUTABLE" in r.settings.get("image_tag_mutability", "")]:
        return passed("tags by commit or version, and the registry does not let them move", [*immutable, *places])
    return partial(0.7 if not moving else 0.5, "some images also have tags that move", places)
