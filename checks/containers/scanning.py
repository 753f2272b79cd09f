"""Whether images are scanned for known vulnerabilities, and whether findings stop anything."""

from __future__ import annotations

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
from assessor.facts.aws import EcrRegistry, EcrRepository
from assessor.facts.infrastructure import ModuleCall, Resource
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization

from ..live import both  # noqa: TID252  the absolute name depends on the installation
from ..observed import activities, listing, manual, own_images, spread, unseen  # noqa: TID252  as above
from .registry import NO_IMAGE, registries


@check(
    "ctr.image-scan",
    task=Task.IMAGE_SCAN,
    weight=CORE,
    scaffold="image-ci",
    frameworks=("DSOMM: Test of virtualized environments",),
)
def images_are_scanned(organization: Organization) -> Verdict:
    """Pipelines scan the images they build for known vulnerabilities.

    Counted by repository that builds an image of its own. What looks at source code, lock files, configuration or
    infrastructure (`trivy fs`, `trivy config`, govulncheck, Checkov) does not see the image and is not counted, nor is a
    script that no pipeline runs.

    ## Why
    Most of what an image holds nobody of the team wrote: the base image and its packages. Their vulnerabilities only show
    in a scan of the image itself.

    ## Fix
    Scan the image after the build and before the push, and let serious findings stop the pipeline:

    ```yaml
    - uses: aquasecurity/trivy-action@<commit>
      with:
        image-ref: ghcr.io/${{ github.repository }}:${{ github.sha }}
        exit-code: "1"
        severity: CRITICAL,HIGH
        ignore-unfixed: true
    ```
    """
    images = spread(organization, Purpose.SCAN_IMAGE)
    found = [a for repository in images.doing for a in activities(repository, Purpose.SCAN_IMAGE)]
    if not images.doing and not images.lacking:
        return unseen(images, "scanned", NO_IMAGE)
    builds = [a.at for repository in images.lacking for a in activities(repository, Purpose.PUSH_IMAGE, Purpose.BUILD_IMAGE)]
    missing = builds or [at for repository in images.lacking for at in own_images(repository)]
    if not images.doing:
        return _unscanned(organization, [a.at for a in manual(organization, Purpose.SCAN_IMAGE)], missing)
    if not images.lacking:
        return passed(f"images are scanned by {listing([a.tool for a in found])}", [a.at for a in found])
    total = len(images.doing) + len(images.lacking)
    summary = f"pipelines of {len(images.doing)} of {total} repositories scan their images"
    return graded(images.share, summary, [*missing[:4], *(a.at for a in found)])


def _unscanned(organization: Organization, by_hand: list[Place], missing: list[Place]) -> Verdict:
    if by_hand:
        return failed("images are only scanned by a script that no pipeline runs", by_hand)
    files = activities(organization, Purpose.SCAN_FILES)
    if files:
        return failed(
            f"{listing([a.tool for a in files])} scans files, not the image that is built", [*(a.at for a in files), *missing]
        )
    return failed("no pipeline scans the images that are built", missing)


@check(
    "ctr.scan-gate",
    task=Task.IMAGE_SCAN,
    weight=SUPPORT,
    scaffold="image-ci",
    frameworks=("DSOMM: Test of virtualized environments",),
)
def scans_stop_the_pipeline(organization: Organization) -> Verdict:
    """Serious findings of an image scan stop the pipeline.

    ## Why
    A report that nobody has to read is soon not read. Trivy ends with success whatever it finds unless it is given an exit
    code, and the job of GitLab's template is allowed to fail.

    ## Fix
    Trivy: `exit-code: "1"` with `severity` and `ignore-unfixed`. Grype: `fail-on: high`. GitLab: `allow_failure: false` on
    the `container_scanning` job. Take `continue-on-error` and `|| true` away.
    """
    scans = activities(organization, Purpose.SCAN_IMAGE)
    if not scans:
        return unseen(spread(organization, Purpose.SCAN_IMAGE), "scanned", "no pipeline scans images")
    told = [scan for scan in scans if scan.blocking is not None]
    if not told:
        return not_observed("what happens on findings is set where the scanner is managed", [a.at for a in scans])
    return _gate(told, [scan for scan in told if scan.blocking])


def _gate(scans: list[Activity], blocking: list[Activity]) -> Verdict:
    if len(blocking) == len(scans):
        return passed("findings stop the pipeline", [a.at for a in scans])
    advice = [a.at for a in scans if not a.blocking]
    if not blocking:
        return partial(0.4, "findings are reported, and the pipeline goes on", advice)
    return partial(0.4 + 0.6 * len(blocking) / len(scans), f"{len(blocking)} of {len(scans)} scans stop the pipeline", advice)


@check(
    "ctr.registry-scan",
    task=Task.IMAGE_SCAN,
    weight=SUPPORT,
    scaffold="registry",
    frameworks=("DSOMM: Test of virtualized environments",),
)
def registry_scans(organization: Organization) -> Verdict:
    """The registry scans what it keeps.

    ## Why
    A scan in the pipeline knows what was known on that day. The registry looks again when a vulnerability is published, at
    the images that are running.

    ## Fix
    ECR: one setting for the whole registry and region replaces the deprecated one of each repository:

    ```hcl
    resource "aws_ecr_registry_scanning_configuration" "this" {
      scan_type = "ENHANCED"
      rule {
        scan_frequency = "CONTINUOUS_SCAN"
        repository_filter {
          filter      = "*"
          filter_type = "WILDCARD"
        }
      }
    }
    ```

    With AWS asked, what ECR applies to each repository in each region counts as well.

    Google Cloud: enable `containerscanning.googleapis.com`. Azure: Defender for Containers.
    """
    if not any(own_images(repository) for repository in organization.repositories):
        return not_applicable(NO_IMAGE)
    return both(_declared_scans(organization), _running_scans(organization))


def _running_scans(organization: Organization) -> Verdict | None:
    """Judge ECR by how many repositories it scans, by the registry's rules or their own; None where that is not known."""
    known = [found for found in organization.of(EcrRepository) if found.scanning]
    if not known:
        return None
    bare = [found for found in known if found.scanning == "MANUAL"]
    told = f"ECR scans {len(known) - len(bare)} of {len(known)} repositories"
    told += f", not {listing([found.name for found in bare])}" if bare else ""
    places = [*(found.at for found in bare), *(registry.at for registry in organization.of(EcrRegistry))]
    return graded(1 - len(bare) / len(known), told, places)


def _declared_scans(organization: Organization) -> Verdict:
    whole = [r.at for r in organization.of(Resource) if _covers_registry(r)]
    if whole:
        return passed("the registry scans what is pushed to it", whole)
    declared = [at for _, at in registries(organization)]
    if not declared:
        return not_observed("no registry is declared; whether it scans can only be asked of the registry")
    single = [r.at for r in organization.of(Resource) if _scans_on_push(r)]
    single += [m.at for m in organization.of(ModuleCall) if _module_scans(m)]
    if not single:
        return failed("no registry that is declared scans its images", declared)
    return graded(
        len(single) / max(len(declared), len(single)), f"{len(single)} of {len(declared)} registries scan on push", declared
    )


def _covers_registry(resource: Resource) -> bool:
    settings = " ".join(resource.settings.values())
    if resource.type == "google_project_service":
        return "containerscanning" in settings or "ondemandscanning" in settings
    if resource.type == "azurerm_security_center_subscription_pricing":
        return "Standard" in settings and ("Containers" in settings or "ContainerRegistry" in settings)
    if resource.type not in ("aws_ecr_registry_scanning_configuration", "AWS::ECR::RegistryScanningConfiguration"):
        return resource.type in ("aws_inspector2_enabler",) and "ECR" in settings
    return "MANUAL" not in settings


def _scans_on_push(resource: Resource) -> bool:
    keys = ("image_scanning_configuration.scan_on_push", "ImageScanningConfiguration.ScanOnPush")
    if any(resource.settings.get(key, "").lower() == "true" for key in keys):
        return True
    return resource.settings.get("vulnerability_scanning_config.enablement_config", "") == "INHERITED"


def _module_scans(module: ModuleCall) -> bool:
    """The ECR module of terraform-aws-modules scans on push unless it is told not to."""
    return (
        "terraform-aws-modules/ecr/" in module.source and module.settings.get("repository_image_scan_on_push", "true") != "false"
    )
