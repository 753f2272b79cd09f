"""What commands are for. Sources: the command-line references of the tools named; `domain-facts` sections 4 and 5.

A program missing here is simply not recognised: nothing is guessed from a name, except for an own script that says
what it renders or checks (last table).
"""

from __future__ import annotations

import re

from assessor.facts.pipelines import Purpose

from .calls import Call, vocabulary
from .delivery_commands import INFRASTRUCTURE, KUBERNETES, REPORTS
from .rules import CommandRule, Match, Texts, both, command, exits, has, lacks, option, says, table, tag_of, untold, word

P = Purpose
_ENDS_OPEN = re.compile(r"(?:\$\{?\w+\}?|\}\}|\$\([^)]*\)|%\w+%|tpl-[\w.-]*)\Z")


def _image_tags(texts: Texts) -> Texts:
    """The tags of image references; an untagged one means latest, one that ends in a variable may hold a tag."""
    return lambda call: tuple(
        tag_of(image) or "latest" for image in texts(call) if image and (tag_of(image) or not _ENDS_OPEN.search(image))
    )


def _pushes(call: Call) -> bool:
    """Say whether a build also pushes: ``--push``, or an output of type registry."""
    return call.has("--push") or any("type=registry" in o or "push=true" in o for o in call.values("--output", "-o", "--set"))


_named = option("-t", "--tag")

_IMAGES = (
    # Builds
    command(
        """docker|podman|nerdctl build, docker|nerdctl builder|image build, docker buildx build,
        buildah bud|build, img build, depot build""",
        P.BUILD_IMAGE,
        subject=_named,
        tags=_image_tags(_named),
    ),
    command(
        """docker|nerdctl compose build, docker-compose|podman-compose build, docker buildx bake, depot bake,
        s2i|pack build, buildctl build""",
        P.BUILD_IMAGE,
    ),
    command(
        """skaffold build|run|dev, ko build|publish|apply|resolve|create, kaniko, nixpacks build,
        apko build|publish""",
        P.BUILD_IMAGE,
    ),
    command(
        "mvn|mvnw",
        P.BUILD_IMAGE,
        when=says(
            r"spring-boot:build-image|jib(?:-maven-plugin[\w.:-]*)?:(?:build|dockerBuild)|container-image\.build=true"
            r"|docker(?:file)?:build"
        ),
    ),
    command("gradle|gradlew", P.BUILD_IMAGE, when=says(r"\b(?:bootBuildImage|jib|jibDockerBuild|dockerBuild\w*|buildImage)\b")),
    command("earthly", P.BUILD_IMAGE, when=says(r"--push|docker|image|container")),
    command(
        "nx", P.BUILD_IMAGE, when=says(r"\s(?:container|docker-build|docker|image)(?:\s|$)|:(?:container|docker-build|docker)\b")
    ),
    command("bazel|bazelisk build", P.BUILD_IMAGE, when=says(r"[:/_](?:oci_)?image\b")),
    # Pushes
    command(
        """docker|podman|nerdctl|buildah|img push, docker|podman|nerdctl image|manifest push,
        buildah manifest push""",
        P.PUSH_IMAGE,
        subject=word(-1),
        tags=_image_tags(word(-1)),
    ),
    command(
        """docker|podman|nerdctl build, docker buildx build, docker image|builder build, depot build, img build""",
        P.PUSH_IMAGE,
        when=_pushes,
        subject=_named,
        tags=_image_tags(_named),
    ),
    command("docker buildx bake, depot bake", P.PUSH_IMAGE, when=_pushes),
    command("docker|nerdctl compose push, docker-compose push", P.PUSH_IMAGE),
    command("docker|nerdctl compose build, docker-compose build", P.PUSH_IMAGE, when=has("--push")),
    command("docker buildx imagetools create", P.PUSH_IMAGE, subject=_named, tags=_image_tags(_named)),
    command("buildctl build", P.PUSH_IMAGE, when=says(r"push=true|type=registry")),
    command(
        "kaniko",
        P.PUSH_IMAGE,
        when=both(has("--destination", "-d"), lacks("--no-push")),
        subject=option("--destination", "-d"),
        tags=_image_tags(option("--destination", "-d")),
    ),
    command(
        "skopeo copy|sync",
        P.PUSH_IMAGE,
        when=says(r"\sdocker://\S+(?:\s-\S+)*$|--dest"),
        subject=word(-1),
        tags=_image_tags(word(-1)),
    ),
    command(
        "crane|gcrane|krane push|copy|cp|append|tag, regctl image copy|mod|import, oras copy|cp", P.PUSH_IMAGE, subject=word(-1)
    ),
    command(
        "ko build|publish|apply|resolve|create",
        P.PUSH_IMAGE,
        when=both(lacks("--local", "-L"), lambda call: call.value("--push") != "false"),
        tags=option("-t", "--tags"),
    ),
    command("pack build", P.PUSH_IMAGE, when=has("--publish"), subject=word(1), tags=_image_tags(word(1))),
    command("apko publish", P.PUSH_IMAGE),
    command(
        "mvn|mvnw",
        P.PUSH_IMAGE,
        when=says(
            r"jib(?:-maven-plugin[\w.:-]*)?:build\b|build-image\.publish=true|container-image\.push=true"
            r"|(?:docker|dockerfile|k8s|oc):push"
        ),
    ),
    command(
        "gradle|gradlew",
        P.PUSH_IMAGE,
        when=says(
            r"(?:^|[\s:])(?:jib|dockerPush\w*|pushImage|dockerBuildAndPush)(?:\s|$)|--publishImage|container-image\.push=true"
        ),
    ),
    command(
        "dotnet publish|build",
        P.PUSH_IMAGE,
        when=both(says(r"(?i)publishcontainer|PublishProfile=DefaultContainer"), says("(?i)ContainerRegistry=")),
    ),
    command("bazel|bazelisk run", P.PUSH_IMAGE, when=says(r"[:/_.](?:\w*_)?push(?:_\w+)?\b")),
    command("az acr build|import", P.PUSH_IMAGE, subject=option("-t", "--image"), tags=_image_tags(option("-t", "--image"))),
    command(
        "gcloud builds submit, gcloud beta|alpha builds submit",
        P.PUSH_IMAGE,
        when=has("-t", "--tag", "--pack"),
        subject=_named,
        tags=_image_tags(_named),
    ),
    command("gcloud run deploy, gcloud functions deploy", P.PUSH_IMAGE, when=has("--source")),
    command(
        "skaffold build|run",
        P.PUSH_IMAGE,
        when=lambda call: call.has("--push", "--default-repo", "-d") or "SKAFFOLD_DEFAULT_REPO" in call.text,
    ),
    command("earthly", P.PUSH_IMAGE, when=has("--push")),
    command(
        "nx",
        P.PUSH_IMAGE,
        when=both(has("--push"), says(r"\s(?:container|docker-build|docker|image)(?:\s|$)|:(?:container|docker-build|docker)\b")),
        subject=option("--tags"),
        tags=_image_tags(option("--tags")),
    ),
    command("heroku container:push, copilot deploy, copilot svc deploy", P.PUSH_IMAGE),
    command("oc start-build", P.PUSH_IMAGE),
)

_TRIVY_WORDS = vocabulary(
    "image i fs filesystem rootfs repo repository config conf k8s kubernetes sbom server vm plugin module version completion "
    "convert clean registry vex aws client help db r s"
)


def _old_trivy(call: Call) -> bool:
    """Before 0.20 the image followed without a sub-command."""
    return bool(call.words) and call.words[0] not in _TRIVY_WORDS and not call.has("--version", "-v", "--help")


def _lists_only(call: Call) -> bool:
    """A bill of materials is listed instead of a scan."""
    return call.value("--format", "-f") in ("cyclonedx", "spdx", "spdx-json", "github") or call.has("--download-db-only")


def _scans(call: Call) -> bool:
    return not _lists_only(call)


_SCANS = (
    command("trivy image|i", P.SCAN_IMAGE, when=_scans, gate=exits("--exit-code"), subject=word(-1)),
    command("trivy", P.SCAN_IMAGE, when=both(_old_trivy, _scans), gate=exits("--exit-code"), subject=word(-1)),
    command("trivy client", P.SCAN_IMAGE, gate=exits("--exit-code"), subject=word(-1)),
    command(
        "trivy fs|filesystem|rootfs|repo|repository|config|conf|sbom",
        P.SCAN_FILES,
        when=_scans,
        gate=exits("--exit-code"),
        subject=word(-1),
    ),
    command(
        "grype",
        P.SCAN_IMAGE,
        when=lambda call: bool(call.words) and not re.match(r"dir:|file:|sbom:|\.|db$|version$|completion$", call.words[0]),
        gate=has("--fail-on", "-f"),
        subject=word(0),
    ),
    command("grype", P.SCAN_FILES, when=says(r"\s(?:dir|file|sbom):|\s\."), gate=has("--fail-on", "-f")),
    command("snyk container test|monitor", P.SCAN_IMAGE, gate=lambda call: "test" in call.words, subject=word(2)),
    command(
        """snyk test|monitor|code, osv-scanner, govulncheck, npm|yarn|pnpm audit, pip-audit, safety check|scan,
        nancy, dependency-check, bundler-audit""",
        P.SCAN_FILES,
    ),
    command("docker scout cves|quickview", P.SCAN_IMAGE, gate=has("--exit-code", "-e"), subject=word(2)),
    command("docker scan", P.SCAN_IMAGE, subject=word(1)),
    command("osv-scanner scan image", P.SCAN_IMAGE, subject=word(2)),
    command("osv-scanner", P.SCAN_IMAGE, when=has("--docker", "-D")),
    command(
        """anchorectl image add|check|vulnerabilities, anchore-cli image add|vuln|wait,
        anchore-cli evaluate check""",
        P.SCAN_IMAGE,
        gate=lambda call: call.has("--fail-based-on-results", "-f") or "check" in call.words,
    ),
    command("clairctl report, clair-scanner|klar|inline_scan", P.SCAN_IMAGE),
    command(
        """twistcli images scan, wizcli docker scan, wizcli scan container-image,
        lacework vulnerability container, lw-scanner image evaluate, sysdig-cli-scanner|scannercli,
        orca-cli image scan""",
        P.SCAN_IMAGE,
        gate=untold,
    ),
    command("jfrog|jf docker scan, fcs scan image", P.SCAN_IMAGE),
    command("checkov", P.SCAN_IMAGE, when=has("--docker-image", "--image"), gate=lacks("--soft-fail", "-s")),
    command(
        """gcloud artifacts docker images scan|list-vulnerabilities,
        gcloud beta|alpha artifacts docker images scan""",
        P.SCAN_IMAGE,
        gate=untold,
    ),
    command("aws ecr start-image-scan|describe-image-scan-findings, aws ecr wait image-scan-complete", P.SCAN_IMAGE, gate=untold),
    command("inspector-sbomgen container", P.SCAN_IMAGE, gate=untold),
)

_SUPPLY_CHAIN = (
    command("cosign sign, notation sign, docker trust sign, rekor-cli upload", P.SIGN, subject=word(-1)),
    command("docker push", P.SIGN, tool="docker content trust", when=says(r"--disable-content-trust=false")),
    command(
        "cosign attest|attach",
        P.PROVENANCE,
        when=lambda call: "sbom" not in call.text.lower() and "cyclonedx" not in call.text and "spdx" not in call.text,
    ),
    command("cosign attest|attach", P.SBOM, when=says(r"(?i)sbom|cyclonedx|spdx")),
    command(
        """syft, docker sbom, bom generate, sbom-tool generate, tern report, cdxgen,
        cyclonedx-gomod|cyclonedx-py|cyclonedx-npm|cyclonedx-bom, spdx-sbom-generator, inspector-sbomgen""",
        P.SBOM,
        when=lacks("--version", "--help"),
    ),
    command("trivy image|fs|filesystem|rootfs|repo", P.SBOM, when=_lists_only),
    command("docker scout sbom", P.SBOM),
    command(
        "docker buildx build, docker build, docker buildx bake",
        P.SBOM,
        when=lambda call: call.has("--sbom") or "type=sbom" in call.text,
    ),
    command(
        "docker buildx build, docker build, docker buildx bake",
        P.PROVENANCE,
        when=lambda call: call.has("--provenance") or "type=provenance" in call.text,
    ),
    command("witness run, gh attestation create", P.PROVENANCE),
)


COMMANDS: dict[str, tuple[CommandRule, ...]] = table(*_IMAGES, *_SCANS, *_SUPPLY_CHAIN, *INFRASTRUCTURE, *KUBERNETES, *REPORTS)

# An own script or target whose name says what it renders or checks, though it is written in a language not read here.
_OWN = (
    (
        re.compile(
            r"(?:helm|kustomize|manifests?|k8s|kube|flux|argocd)[-_](?:diff|render|template|build)"
            r"|(?:diff|render|template)[-_](?:helm|kustomize|manifests?|k8s|flux|all)"
        ),
        P.RENDER,
    ),
    (
        re.compile(
            r"(?:manifests?|k8s|kube|flux|kustomize)[-_](?:validate|check|verify)"
            r"|(?:validate|check|verify)[-_](?:manifests?|k8s|kube|flux|kustomize)"
        ),
        P.SCHEMA,
    ),
    (re.compile(r"(?:helm|charts?)[-_](?:lint|test|validate)|(?:lint|test|validate)[-_](?:helm|charts?)"), P.LINT_CHART),
    (re.compile(r"terraform[-_](?:lint|validate|fmt|check)|(?:lint|validate|fmt|check)[-_](?:terraform|tf)"), P.LINT_IAC),
)


def of_command(call: Call) -> list[Match]:
    """Return what a call is for."""
    return [match for rule in COMMANDS.get(call.program, ()) if (match := rule.match(call))]


def of_own_name(name: str) -> list[Match]:
    """Return what an own script or target is for, by its name."""
    return [Match(purpose, name) for pattern, purpose in _OWN if pattern.search(name)]
