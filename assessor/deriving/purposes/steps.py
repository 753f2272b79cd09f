"""What shared steps are for: actions, tasks, orbs, pipes, plug-ins, hooks, templates, by name.

Names carry their system's prefix, except GitHub's actions: ``azure:docker``, ``circleci:circleci/aws-ecr/…``,
``bitbucket:atlassian/…``, ``image:plugins/docker`` (container plug-ins), ``jenkins:docker.push``, ``gitlab:…``,
``hook:…``, ``tekton-task:…``, ``goreleaser:…``. Sources: each step's own reference; `domain-facts` sections 4 and 5.
"""

from __future__ import annotations

from functools import lru_cache

from assessor.facts.pipelines import Purpose

from .delivery_steps import INFRASTRUCTURE, KUBERNETES, REPORTS
from .rules import Inputs, Match, StepRule, is_, mentions, nonzero, on, step, truthy, unless_off, untold

P = Purpose
_SBOM_FORMATS = ("cyclonedx", "spdx", "spdx-json", "github")
_BUILD_ACTIONS = """
    docker/build-push-action docker/bake-action depot/build-push-action depot/bake-action useblacksmith/build-push-action
"""


def _pushes(inputs: Inputs) -> bool:
    """Say whether a build step pushes: false unless it is asked for, or its output is a registry."""
    text = f"{inputs.get('outputs', '')} {inputs.get('set', '')}"
    return truthy(inputs.get("push", "")) or "type=registry" in text or "push=true" in text


def _has_image(inputs: Inputs) -> bool:
    return any("image" in key.lower() and value for key, value in inputs.items() if not key.startswith("env."))


def _attests(kind: str) -> StepRule:
    """Buildx attests what is asked for by its own input or by ``attests``."""
    key = "sbom" if kind == "sbom" else "provenance"
    purpose = P.SBOM if kind == "sbom" else P.PROVENANCE
    when = lambda inputs: truthy(inputs.get(key, "")) or f"type={kind}" in inputs.get("attests", "")  # noqa: E731  used once, here
    return step(_BUILD_ACTIONS, purpose, tool="docker buildx", when=when)


# Build packs of Jenkins X's catalogue that build an image. Its others are for charts, Terraform and environments.
_PACKS = """
    c++ d appserver csharp cwp docker docker-helm go* gradle javascript* jenkins maven* ml-python-*service php python ruby rust
    scala typescript
"""


def _packs(pipeline: str) -> str:
    return " ".join(f"jx:jenkins-x/jx3-pipeline-catalog/tasks/{pack}/{pipeline}.yaml*" for pack in _PACKS.split())


# A reusable workflow named for images that may write packages: nothing but a push needs that grant.
_GRANTED = step(
    """*/*/.github/workflows/*docker* */*/.github/workflows/*image* */*/.github/workflows/*container*""",
    P.PUSH_IMAGE,
    tool="a reusable workflow with packages: write",
    when=is_("permissions.packages", "write"),
    subject="image-names images image image_name image-name",
)

_IMAGES = (
    step(_BUILD_ACTIONS, P.BUILD_IMAGE, tool="docker buildx", subject="context", tags="tags"),
    step(_BUILD_ACTIONS, P.PUSH_IMAGE, tool="docker buildx", when=_pushes, subject="images tags", tags="tags"),
    step("redhat-actions/buildah-build buildpacks/github-actions/* dfreilich/pack-action", P.BUILD_IMAGE, tags="tags"),
    step("dfreilich/pack-action", P.PUSH_IMAGE, when=mentions("args", "--publish")),
    step(
        """redhat-actions/push-to-registry elgohr/publish-docker-github-action
        jerray/publish-docker-action whoan/docker-build-with-cache-action macbre/push-to-ghcr azure/acr-build""",
        P.PUSH_IMAGE,
        tags="tags image_tag",
    ),
    # Named for what it does, whoever's it is. Docker's own `build-push-action` does not match: it pushes on request.
    step(
        "*docker-build-push* *docker-build-and-push* *build-and-push-docker* *build-push-docker*",
        P.PUSH_IMAGE,
        when=unless_off("push", "pushImage"),
        tags="tags tag image_tag",
    ),
    step("int128/kaniko-action aevea/action-kaniko", P.PUSH_IMAGE, when=unless_off("push"), tags="tags tag"),
    step("docker/github-builder/.github/workflows/*", P.PUSH_IMAGE, when=unless_off("push")),
    _GRANTED,
    step(
        "azure:docker azure:dockercompose",
        P.BUILD_IMAGE,
        when=is_("command", "build.*", "buildAndPush"),
        subject="repository",
        tags="tags",
    ),
    step(
        "azure:docker",
        P.PUSH_IMAGE,
        when=is_("command", "(build ?and ?)?push( an image)?", "buildAndPush"),
        subject="repository",
        tags="tags",
    ),
    step("azure:docker", P.SIGN, tool="docker content trust", when=mentions("arguments", "--disable-content-trust=false")),
    step("azure:dockercompose", P.PUSH_IMAGE, when=mentions("action", "push")),
    step("azure:containerbuild", P.PUSH_IMAGE, subject="repository", tags="tags"),
    step(
        """circleci:circleci/docker/publish circleci:circleci/docker/push circleci:circleci/aws-ecr/build*push*
        circleci:circleci/aws-ecr/push* circleci:circleci/gcp-gcr/*push* circleci:circleci/azure-acr/*push*
        circleci:circleci/gcp-artifact-registry/*push*""",
        P.PUSH_IMAGE,
        when=unless_off("deploy"),
        subject="image repo",
        tags="tag tags",
    ),
    step(
        "circleci:circleci/docker/build circleci:circleci/docker/publish circleci:circleci/*/build*",
        P.BUILD_IMAGE,
        when=_has_image,
        subject="image repo",
        tags="tag",
    ),
    step(
        "bitbucket:atlassian/aws-ecr-push-image bitbucket:atlassian/azure-acr-push-image bitbucket:atlassian/google-gcr-push-image",
        P.PUSH_IMAGE,
        subject="IMAGE_NAME",
        tags="TAGS",
    ),
    step(
        """image:plugins/docker image:plugins/ecr image:plugins/gcr image:plugins/gar image:plugins/acr image:plugins/kaniko*
        image:woodpeckerci/plugin-docker* image:woodpeckerci/plugin-kaniko image:banzaicloud/drone-kaniko
        image:*/plugin-docker-buildx""",
        P.PUSH_IMAGE,
        when=lambda inputs: not truthy(inputs.get("dry_run", inputs.get("dry-run", "false"))),
        subject="repo",
        tags="tags",
    ),
    # Codefresh pushes what it builds to its own or the default registry unless told not to.
    step("codefresh:build", P.BUILD_IMAGE, tool="Codefresh", subject="image_name", tags="tag"),
    step(
        "codefresh:build",
        P.PUSH_IMAGE,
        tool="Codefresh",
        when=lambda inputs: not truthy(inputs.get("disable_push", "false")),
        subject="image_name",
        tags="tag tags",
    ),
    step("codefresh:push", P.PUSH_IMAGE, tool="Codefresh", subject="candidate", tags="tag tags"),
    step("cloudbuild:images", P.PUSH_IMAGE, tool="Cloud Build images", subject="images", tags="images"),
    step("jenkins:docker.push", P.PUSH_IMAGE, tool="Docker Pipeline", tags="0"),
    step("jenkins:docker.build", P.BUILD_IMAGE, tool="Docker Pipeline", subject="0"),
    step("jenkins:dockerbuildandpublish", P.PUSH_IMAGE),
    step(
        """tekton-task:kaniko* tekton-task:buildah* tekton-task:jib* tekton-task:buildpacks* tekton-task:ko tekton-task:docker-build*
        tekton-task:s2i* tekton-task:skopeo-copy""",
        P.PUSH_IMAGE,
        subject="IMAGE image",
        tags="IMAGE image",
    ),
    step(_packs("release"), P.PUSH_IMAGE, tool="jenkins-x"),
    step(_packs("pullrequest"), P.BUILD_IMAGE, tool="jenkins-x"),
    step(
        "concourse:registry-image concourse:docker-image",
        P.PUSH_IMAGE,
        subject="repository",
        tags="tag tag_file additional_tags version",
    ),
    step("concourse:oci-build-task", P.BUILD_IMAGE, tool="oci-build-task"),
    step("concourse:docker-image", P.BUILD_IMAGE, when=lambda inputs: "build" in inputs, subject="build"),
    step("cluster-build:*", P.PUSH_IMAGE, subject="image", tags="image"),
    step("buildkite:docker-compose", P.PUSH_IMAGE, when=on("push")),
    step("buildkite:*docker-ecr-publish*", P.PUSH_IMAGE),
    step(
        "goreleaser:dockers goreleaser:dockers_v2 goreleaser:docker_manifests goreleaser:kos",
        P.PUSH_IMAGE,
        tool="goreleaser",
        when=lambda inputs: not truthy(inputs.get("skip_push", "false")),
        tags="image_templates name_template tags",
    ),
    step("goreleaser:dockers goreleaser:dockers_v2 goreleaser:kos", P.BUILD_IMAGE, tool="goreleaser"),
    step("azd:containerapp azd:aks", P.PUSH_IMAGE, tool="azd"),  # other hosts are given code
    step("gitlab:*auto-devops.gitlab-ci.yml gitlab:jobs/build.*gitlab-ci.yml gitlab:docker.gitlab-ci.yml", P.PUSH_IMAGE),
)


def _trivy_scans_image(inputs: Inputs) -> bool:
    """trivy-action scans an image unless it is given another type; in the formats of SBOMs it only lists."""
    return is_("scan-type", "image", "image")(inputs) and inputs.get("format", "") not in _SBOM_FORMATS


_TRIVY = "aquasecurity/trivy-action"
_SCANS = (
    step(_TRIVY, P.SCAN_IMAGE, tool="trivy", when=_trivy_scans_image, gate=nonzero("exit-code"), subject="image-ref input"),
    step(
        _TRIVY,
        P.SCAN_FILES,
        tool="trivy",
        when=lambda i: not _trivy_scans_image(i),
        gate=nonzero("exit-code"),
        subject="scan-ref",
    ),
    step(_TRIVY, P.LINT_IAC, tool="trivy config", when=is_("scan-type", "config"), gate=nonzero("exit-code"), subject="scan-ref"),
    step(_TRIVY, P.SBOM, tool="trivy", when=lambda inputs: inputs.get("format", "") in _SBOM_FORMATS),
    step("anchore/scan-action", P.SCAN_IMAGE, tool="grype", when=on("image"), gate=unless_off("fail-build"), subject="image"),
    step("anchore/scan-action", P.SCAN_FILES, tool="grype", when=lambda i: "image" not in i, gate=unless_off("fail-build")),
    step("snyk/actions/docker", P.SCAN_IMAGE, tool="snyk", gate=lambda i: "monitor" not in i.get("command", ""), subject="image"),
    step("snyk/actions/* snyk/actions", P.SCAN_FILES, tool="snyk", when=lambda inputs: "image" not in inputs),
    step(
        "docker/scout-action",
        P.SCAN_IMAGE,
        when=mentions("command", "cves", "quickview", "compare"),
        gate=on("exit-code"),
        subject="image",
    ),
    step("azure/container-scan crazy-max/ghaction-container-scan", P.SCAN_IMAGE, when=_has_image, subject="image-name image"),
    step(
        "aws-actions/vulnerability-scan-github-action-for-amazon-inspector",
        P.SCAN_IMAGE,
        when=is_("artifact_type", "container"),
        gate=on("critical_threshold", "high_threshold"),
        subject="artifact_path",
    ),
    step("sysdiglabs/scan-action", P.SCAN_IMAGE, gate=unless_off("stop-on-failed-policy-eval"), subject="image-tag"),
    step(
        """paloaltonetworks/prisma-cloud-scan lacework/lw-scanner-action quay/clair-action crowdstrike/fcs-action
        crowdstrike/container-image-scan-action stackrox/roxctl-scan-action""",
        P.SCAN_IMAGE,
        when=_has_image,
        gate=untold,
        subject="image_name image",
    ),
    step(
        "azure:trivy azure:aquascanner azure:prismacloudscan azure:snyksecurityscan",
        P.SCAN_IMAGE,
        when=_has_image,
        gate=untold,
        subject="image dockerImageName",
    ),
    step(
        "microsoft/security-devops-action azure:microsoftsecuritydevops", P.SCAN_IMAGE, when=mentions("categories", "container")
    ),
    step(
        "circleci:snyk/snyk/scan circleci:anchore/anchore-engine/* circleci:*/trivy* circleci:*/grype*",
        P.SCAN_IMAGE,
        when=_has_image,
        gate=untold,
        subject="image image_name docker-image-name",
    ),
    step(
        "bitbucket:aquasecurity/* bitbucket:snyk/snyk-scan bitbucket:sysdiglabs/*",
        P.SCAN_IMAGE,
        when=lambda i: _has_image(i) or i.get("LANGUAGE") == "docker" or i.get("scanType") == "image",
        gate=untold,
        subject="IMAGE_NAME imageRef",
    ),
    step(
        """jenkins:aqua jenkins:aquamicroscanner jenkins:prismacloudscanimage jenkins:twistlockscan jenkins:anchore
        jenkins:grypescan jenkins:neuvector jenkins:sysdigimagescan""",
        P.SCAN_IMAGE,
        gate=untold,
    ),
    step(
        "tekton-task:*trivy* tekton-task:*grype* tekton-task:*image-scan* tekton-task:*clair* tekton-task:acs-image-check",
        P.SCAN_IMAGE,
        gate=untold,
        subject="image IMAGE",
    ),
    step(
        """gitlab:jobs/container-scanning.*gitlab-ci.yml gitlab:security/container-scanning.gitlab-ci.yml
        gitlab:*components/container-scanning/* gitlab:*auto-devops.gitlab-ci.yml""",
        P.SCAN_IMAGE,
        gate=lambda inputs: inputs.get("allow_failure") == "false",  # the template allows its job to fail
    ),
    step("image:*/drone-trivy image:plugins/trivy", P.SCAN_IMAGE, when=_has_image, gate=untold),
    step(
        """github/codeql-action/analyze golang/govulncheck-action actions/dependency-review-action google/osv-scanner-action*
        gitlab:*sast.gitlab-ci.yml gitlab:*dependency-scanning*""",
        P.SCAN_FILES,
    ),
)

_SUPPLY_CHAIN = (
    step("anchore/sbom-action actions/attest-sbom kubernetes-sigs/bom azure:manifestgeneratortask", P.SBOM),
    _attests("sbom"),
    _attests("provenance"),
    step(
        "actions/attest-build-provenance actions/attest slsa-framework/slsa-github-generator/* philips-labs/slsa-provenance-action",
        P.PROVENANCE,
    ),
    step("sigstore/gh-action-sigstore-* notaryproject/notation-action/sign azure:notation", P.SIGN),
    step("goreleaser:docker_signs goreleaser:signs", P.SIGN, tool="goreleaser"),
    step("goreleaser:sboms", P.SBOM, tool="goreleaser"),
    step("goreleaser:attestations", P.PROVENANCE, tool="goreleaser"),
)

STEPS: tuple[StepRule, ...] = (*_IMAGES, *_SCANS, *_SUPPLY_CHAIN, *INFRASTRUCTURE, *KUBERNETES, *REPORTS)


@lru_cache(maxsize=4096)
def _rules(name: str) -> tuple[StepRule, ...]:
    return tuple(rule for rule in STEPS if rule.pattern.fullmatch(name))


def of_step(name: str, inputs: Inputs) -> list[Match]:
    """Return what a shared step is for, by its normalised name: by what it may do only where nothing else tells."""
    found = [(rule, match) for rule in _rules(name) if (match := rule.match(name, inputs))]
    known = any(rule is not _GRANTED for rule, _ in found)
    return [match for rule, match in found if not (known and rule is _GRANTED)]
