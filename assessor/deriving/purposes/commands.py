"""What commands are for. Sources: the command-line references of the tools named; `domain-facts` sections 4 and 5.

A program missing here is simply not recognised: nothing is guessed from a name, except for an own script that says
what it renders or checks (last table).
"""

from __future__ import annotations

import re

from assessor.facts.pipelines import Purpose

from .calls import Call
from .rules import Aside, CommandRule, Match, Texts, both, command, exits, has, lacks, option, says, table, tag_of, word

P = Purpose
_DRY = ("--dry-run", "--dry-run=client", "--dry-run=server", "--server-dry-run")


def _image_tags(texts: Texts) -> Texts:
    """The tags of image references; an untagged one means latest."""
    return lambda call: tuple(tag_of(image) or "latest" for image in texts(call) if image)


def _pushes(call: Call) -> bool:
    """Say whether a build also pushes: ``--push``, or an output of type registry."""
    return call.has("--push") or any("type=registry" in o or "push=true" in o for o in call.values("--output", "-o", "--set"))


def _applies(call: Call) -> bool:
    return not call.has(*_DRY) and not call.has("--help", "-h")


def _dry_run(call: Call) -> bool:
    return any(name in call.options for name in _DRY) and call.value("--dry-run") != "none"


_pushed = word(1)
_named = option("-t", "--tag")

_IMAGES = (
    # Builds
    command("docker|podman|nerdctl build, docker|nerdctl builder|image build, docker buildx build, buildah bud|build, img build, depot build",
            P.BUILD_IMAGE, subject=_named, tags=_image_tags(_named)),
    command("docker|nerdctl compose build, docker-compose|podman-compose build, docker buildx bake, depot bake, s2i|pack build, buildctl build",
            P.BUILD_IMAGE),
    command("skaffold build|run|dev|deploy, ko build|publish|apply|resolve|create, earthly|kaniko, nixpacks build, apko build|publish", P.BUILD_IMAGE),
    command("mvn|mvnw", P.BUILD_IMAGE, when=says(r"spring-boot:build-image|jib(?:-maven-plugin[\w.:-]*)?:(?:build|dockerBuild)|quarkus\.container-image\.build=true|docker:build|dockerfile:build")),
    command("gradle|gradlew", P.BUILD_IMAGE, when=says(r"\b(?:bootBuildImage|jib|jibDockerBuild|dockerBuild\w*|buildImage)\b")),
    command("nx", P.BUILD_IMAGE, when=says(r"\s(?:container|docker-build|docker|image)(?:\s|$)|:(?:container|docker-build|docker)\b")),
    command("bazel|bazelisk build", P.BUILD_IMAGE, when=says(r"[:/_](?:oci_)?image\b")),
    # Pushes
    command("docker|podman|nerdctl|buildah|img push, docker|podman|nerdctl image|manifest push, buildah manifest push",
            P.PUSH_IMAGE, subject=word(-1), tags=_image_tags(word(-1))),
    command("docker|podman|nerdctl build, docker buildx build, docker image|builder build, depot build, img build", P.PUSH_IMAGE, when=_pushes,
            subject=_named, tags=_image_tags(_named)),
    command("docker buildx bake, depot bake", P.PUSH_IMAGE, when=_pushes),
    command("docker|nerdctl compose push, docker-compose push", P.PUSH_IMAGE),
    command("docker|nerdctl compose build, docker-compose build", P.PUSH_IMAGE, when=has("--push")),
    command("docker buildx imagetools create", P.PUSH_IMAGE, subject=_named, tags=_image_tags(_named)),
    command("buildctl build", P.PUSH_IMAGE, when=says(r"push=true|type=registry")),
    command("kaniko", P.PUSH_IMAGE, when=both(has("--destination", "-d"), lacks("--no-push")),
            subject=option("--destination", "-d"), tags=_image_tags(option("--destination", "-d"))),
    command("skopeo copy|sync", P.PUSH_IMAGE, when=says(r"\sdocker://\S+(?:\s-\S+)*$|--dest"), subject=word(-1), tags=_image_tags(word(-1))),
    command("crane|gcrane|krane push|copy|cp|append|tag, regctl image copy|mod|import, oras copy|cp", P.PUSH_IMAGE, subject=word(-1)),
    command("ko build|publish|apply|resolve|create", P.PUSH_IMAGE, when=both(lacks("--local", "-L"), lambda call: call.value("--push") != "false"),
            tags=option("-t", "--tags")),
    command("pack build", P.PUSH_IMAGE, when=has("--publish"), subject=word(1), tags=_image_tags(word(1))),
    command("apko publish", P.PUSH_IMAGE),
    command("mvn|mvnw", P.PUSH_IMAGE, when=says(r"jib(?:-maven-plugin[\w.:-]*)?:build\b|build-image\.publish=true|container-image\.push=true|docker:push|dockerfile:push|-Dimage\.publish=true")),
    command("gradle|gradlew", P.PUSH_IMAGE, when=says(r"(?:^|[\s:])(?:jib|dockerPush\w*|pushImage|dockerBuildAndPush)(?:\s|$)|--publishImage|container-image\.push=true")),
    command("dotnet publish|build", P.PUSH_IMAGE, when=both(says(r"(?i)publishcontainer|PublishProfile=DefaultContainer"), says("(?i)ContainerRegistry="))),
    command("bazel|bazelisk run", P.PUSH_IMAGE, when=says(r"[:/_.](?:\w*_)?push(?:_\w+)?\b")),
    command("az acr build|import", P.PUSH_IMAGE, subject=option("-t", "--image"), tags=_image_tags(option("-t", "--image"))),
    command("gcloud builds submit, gcloud beta|alpha builds submit", P.PUSH_IMAGE, when=has("-t", "--tag", "--pack"), subject=_named, tags=_image_tags(_named)),
    command("gcloud run deploy, gcloud functions deploy", P.PUSH_IMAGE, when=has("--source")),
    command("skaffold build|run", P.PUSH_IMAGE, when=lambda call: call.has("--push", "--default-repo", "-d") or "SKAFFOLD_DEFAULT_REPO" in call.text),
    command("earthly", P.PUSH_IMAGE, when=has("--push")),
    command("nx", P.PUSH_IMAGE, when=both(has("--push"), says(r"\s(?:container|docker-build|docker|image)(?:\s|$)|:(?:container|docker-build|docker)\b")),
            subject=option("--tags"), tags=_image_tags(option("--tags"))),
    command("heroku container:push, copilot deploy, copilot svc deploy", P.PUSH_IMAGE),
    command("oc start-build", P.PUSH_IMAGE),
)  # fmt: skip

_TRIVY_WORDS = frozenset(
    {
        "image",
        "i",
        "fs",
        "filesystem",
        "rootfs",
        "repo",
        "repository",
        "config",
        "conf",
        "k8s",
        "kubernetes",
        "sbom",
        "server",
        "vm",
    }
) | {"plugin", "module", "version", "completion", "convert", "clean", "registry", "vex", "aws", "client", "help", "db", "r", "s"}


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
    command("trivy fs|filesystem|rootfs|repo|repository|config|conf|sbom", P.SCAN_FILES, when=_scans, gate=exits("--exit-code"), subject=word(-1)),
    command("grype", P.SCAN_IMAGE, when=lambda call: bool(call.words) and not re.match(r"dir:|file:|sbom:|\.|db$|version$|completion$", call.words[0]),
            gate=has("--fail-on", "-f"), subject=word(0)),
    command("grype", P.SCAN_FILES, when=says(r"\s(?:dir|file|sbom):|\s\."), gate=has("--fail-on", "-f")),
    command("snyk container test|monitor", P.SCAN_IMAGE, gate=lambda call: "test" in call.words, subject=word(2)),
    command("snyk test|monitor|code, osv-scanner, govulncheck, npm|yarn|pnpm audit, pip-audit, safety check|scan, nancy, dependency-check, bundler-audit", P.SCAN_FILES),
    command("docker scout cves|quickview", P.SCAN_IMAGE, gate=has("--exit-code", "-e"), subject=word(2)),
    command("docker scan", P.SCAN_IMAGE, subject=word(1)),
    command("osv-scanner scan image", P.SCAN_IMAGE, subject=word(2)),
    command("osv-scanner", P.SCAN_IMAGE, when=has("--docker", "-D")),
    command("anchorectl image add|check|vulnerabilities, anchore-cli image add|vuln|wait, anchore-cli evaluate check", P.SCAN_IMAGE,
            gate=lambda call: call.has("--fail-based-on-results", "-f") or "check" in call.words),
    command("clairctl report, clair-scanner|klar|inline_scan", P.SCAN_IMAGE),
    command("twistcli images scan, wizcli docker scan, wizcli scan container-image, lacework vulnerability container, lw-scanner image evaluate, sysdig-cli-scanner|scannercli, orca-cli image scan", P.SCAN_IMAGE, gate=lambda call: None),
    command("jfrog|jf docker scan, fcs scan image", P.SCAN_IMAGE),
    command("checkov", P.SCAN_IMAGE, when=has("--docker-image", "--image"), gate=lacks("--soft-fail", "-s")),
    command("gcloud artifacts docker images scan|list-vulnerabilities, gcloud beta|alpha container|artifacts images|docker scan", P.SCAN_IMAGE, gate=lambda call: None),
    command("gcloud artifacts docker images scan|list-vulnerabilities, gcloud beta|alpha artifacts docker images scan", P.SCAN_IMAGE, gate=lambda call: None),
    command("aws ecr start-image-scan|describe-image-scan-findings, aws ecr wait image-scan-complete", P.SCAN_IMAGE, gate=lambda call: None),
    command("inspector-sbomgen container", P.SCAN_IMAGE, gate=lambda call: None),
)  # fmt: skip

_SUPPLY_CHAIN = (
    command("cosign sign, notation sign, docker trust sign, rekor-cli upload", P.SIGN, subject=word(-1)),
    command("docker push", P.SIGN, tool="docker content trust", when=says(r"--disable-content-trust=false")),
    command("cosign attest|attach", P.PROVENANCE, when=lambda call: "sbom" not in call.text.lower() and "cyclonedx" not in call.text and "spdx" not in call.text),
    command("cosign attest|attach", P.SBOM, when=says(r"(?i)sbom|cyclonedx|spdx")),
    command("syft, docker sbom, bom generate, sbom-tool generate, tern report, cdxgen, cyclonedx-gomod|cyclonedx-py|cyclonedx-npm|cyclonedx-bom, spdx-sbom-generator, inspector-sbomgen", P.SBOM,
            when=lacks("--version", "--help")),
    command("trivy image|fs|filesystem|rootfs|repo", P.SBOM, when=_lists_only),
    command("docker scout sbom", P.SBOM),
    command("docker buildx build, docker build, docker buildx bake", P.SBOM, when=lambda call: call.has("--sbom") or "type=sbom" in call.text),
    command("docker buildx build, docker build, docker buildx bake", P.PROVENANCE, when=lambda call: call.has("--provenance") or "type=provenance" in call.text),
    command("witness run, gh attestation create", P.PROVENANCE),
)  # fmt: skip


def _plans(call: Call) -> bool:
    return not call.has("-destroy", "--destroy")


_INFRASTRUCTURE = (
    command("terraform|tofu|terragrunt|terramate plan, terragrunt run-all|plan-all plan, terragrunt plan-all, atmos terraform plan, cdktf diff|plan", P.PLAN, when=_plans),
    command("terragrunt run", P.PLAN, when=both(says(r"\splan\b"), _plans)),
    command("terramate run", P.PLAN, when=both(says(r"(?:terraform|tofu|terragrunt)\s.*\bplan\b"), _plans)),
    command("pulumi preview, pulumi stack preview, cdk diff, bicep what-if, az deployment group|sub|mg|tenant what-if", P.PLAN),
    command("aws cloudformation create-change-set", P.PLAN),
    command("aws cloudformation deploy, sam deploy", P.PLAN, when=has("--no-execute-changeset")),
    command("ansible-playbook|ansible-pull", P.PLAN, when=has("--check", "-C")),
    command("digger|terrateam|spacectl|tfcmt|tfnotify", P.PLAN, when=says(r"\bplan\b|\bpreview\b")),
    command("terraform|tofu|terragrunt plan, terragrunt run-all plan, terragrunt run, terramate run", Aside.CHANGES, when=says(r"-detailed-?exit-?code")),
    command("pulumi preview|up|refresh", Aside.CHANGES, when=has("--expect-no-changes")),
    command("cdk diff", Aside.CHANGES, when=has("--fail")),
    command("ansible-playbook", Aside.CHANGES, when=both(has("--check", "-C"), has("--diff", "-D"))),
    command("terraform|tofu|terragrunt|terramate apply, terragrunt run-all|apply-all apply, terragrunt apply-all, cdktf deploy", P.APPLY),
    command("terragrunt run", P.APPLY, when=says(r"\sapply\b")),
    command("pulumi up|update, cdk deploy, sst|serverless|sls deploy, eksctl create cluster, eksctl create|upgrade nodegroup, az deployment group|sub|mg|tenant create", P.APPLY),
    command("aws cloudformation deploy|create-stack|update-stack, sam deploy, aws cloudformation execute-change-set", P.APPLY, when=lacks("--no-execute-changeset")),
    command("ansible-playbook", P.APPLY, when=lacks("--check", "-C", "--syntax-check", "--list-tasks", "--list-hosts")),
    command("driftctl scan, snyk iac describe, driftive", P.DRIFT, gate=lambda call: True),
    command("aws cloudformation detect-stack-drift|detect-stack-set-drift|describe-stack-drift-detection-status, cdk drift, pulumi refresh", P.DRIFT,
            when=lambda call: call.program != "pulumi" or call.has("--expect-no-changes", "--preview-only")),
    # Checks of what is declared
    command("terraform|tofu fmt", P.LINT_IAC, tool="terraform fmt", when=has("-check", "--check", "-diff")),
    command("terraform|tofu|terragrunt validate, terragrunt run-all validate, terragrunt validate-inputs", P.LINT_IAC, tool="terraform validate"),
    command("terraform|tofu test", P.LINT_IAC, tool="terraform test"),
    command("terragrunt hclfmt, terragrunt hcl fmt|format|validate", P.LINT_IAC, tool="terragrunt hclfmt"),
    command("tflint|tfsec|terrascan|kics|regula|cfn-lint|cfn_nag|cfn_nag_scan|cfn-guard|ansible-lint|terraform-compliance", P.LINT_IAC,
            when=lacks("--version", "--init", "-v")),
    command("molecule test|converge|check|idempotence", P.LINT_IAC),
    command("molecule", P.LINT_IAC, when=has("-s", "--all")),
    command("checkov", P.LINT_IAC, when=lambda call: not call.has("--docker-image", "--image", "--version"), gate=lacks("--soft-fail", "-s")),
    command("trivy config|conf", P.LINT_IAC, gate=exits("--exit-code")),
    command("ansible-playbook", P.LINT_IAC, tool="ansible-playbook --syntax-check", when=has("--syntax-check")),
    command("aws cloudformation validate-template, sam validate, snyk iac test, bicep build|lint, az bicep build|lint, packer validate, pulumi policy, wizcli iac scan", P.LINT_IAC),
    command("cdk|cdktf synth|synthesize, cdk8s synth", P.RENDER),
)  # fmt: skip

_KUBERNETES = (
    command("helm|helm3 template, helm secrets template, kustomize build, kubectl|oc kustomize, flux build|diff, flux-local build|diff|test|get, argocd-diff-preview|flate|kubechecks|dyff, helm diff", P.RENDER),
    command("helmfile template|diff|build, helm-diff, jsonnet, tk show|diff|export, cue vet|export|eval, timoni build|vet, kluctl render|diff, argocd app diff|manifests, werf render, kpt fn", P.RENDER),
    command("skaffold render|diagnose", P.RENDER),
    command("helm|helm3 upgrade|install", P.RENDER, when=_dry_run),
    command("kubeconform|kubeval|kubernetes-validate|kubevious|kubectl-validate|datree|flux-schema", P.SCHEMA, when=lacks("-v", "--version")),
    command("kubectl validate, flux migrate, kubectl|oc diff, flux schema", P.SCHEMA),
    command("kubectl|oc apply|create|replace", P.SCHEMA, tool="kubectl dry run", when=_dry_run),
    command("conftest test|verify, kyverno apply|test, kube-linter lint, kube-score score, polaris audit, pluto detect|detect-files|detect-helm, gator test|verify, opa test|eval|check, kubesec scan, kubescape scan, kubent, kubepug, nova find, regal lint, trivy k8s", P.POLICY),
    command("checkov", P.POLICY, when=says(r"--framework[= ]\S*(?:kubernetes|helm|kustomize)"), gate=lacks("--soft-fail", "-s")),
    command("helm|helm3 lint, helm unittest, ct lint|install|lint-and-install, helmfile lint|test, chart-testing lint, chart-verifier", P.LINT_CHART),
    # Pushed to clusters
    command("kubectl|oc apply|replace|patch|set, kubectl|oc create, oc new-app", P.DEPLOY,
            when=lambda call: _applies(call) and _changes(call), subject=option("-f", "-k", "--filename", "--kustomize")),
    command("helm|helm3 upgrade|install, helm secrets upgrade|install, helmfile apply|sync, helmsman", P.DEPLOY, when=_applies, subject=word(1)),
    command("skaffold run|deploy, kapp deploy, kluctl deploy, tk apply, werf converge, timoni apply, garden deploy, okteto deploy, devspace deploy, kubecfg update, ko apply|create", P.DEPLOY, when=_applies),
    command("az aks command invoke", P.DEPLOY, when=says(r"kubectl|helm")),
    command("flux install|bootstrap", P.DEPLOY, subject=lambda call: ("flux",)),
    command("kubectl|oc|argocd app diff", P.RENDER),
    command("flux diff, argocd app diff, kubectl diff, helm diff, helmfile diff", Aside.CHANGES, when=lacks("--help")),
)  # fmt: skip

_NOT_DEPLOYING = frozenset(
    {"namespace", "ns", "secret", "configmap", "cm", "serviceaccount", "token", "job", "clusterrolebinding", "pod", "pods"}
)


def _changes(call: Call) -> bool:
    """Say whether a change of the cluster is a deployment: making a namespace or deleting a pod is not."""
    verb, rest = call.words[0], call.words[1:2]
    if verb == "delete":
        return False
    if verb == "set":
        return rest == ("image",)
    if verb == "create":
        return call.has("-f", "-k", "--filename") or not (rest and rest[0] in _NOT_DEPLOYING)
    return True


_WEBHOOK = re.compile(
    r"(?i)hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|webhook\.office\.com|api\.telegram\.org|api\.pagerduty|events\.pagerduty|opsgenie|chat\.googleapis|(?:slack|discord|teams|mattermost|chat|gchat|alert|notif\w*|rocket\w*)_?\w*(?:webhook|hook|url)|webhook_?url|webhook"
)


def _posts(call: Call) -> bool:
    return bool(_WEBHOOK.search(call.text))


_REPORTS = (
    command("curl|wget|http|https|Invoke-RestMethod|Invoke-WebRequest", P.NOTIFY, tool="webhook", when=_posts),
    command("gh issue create|comment|edit|reopen, glab issue create|note, gh pr create|comment, glab mr create|note", P.NOTIFY),
    command("slack|slackcat|sendmail|mail|mailx|mutt|swaks|apprise|shoutrrr, aws sns publish, aws ses send-email, tfcmt|tfnotify", P.NOTIFY),
    command("kustomize edit", Aside.EDIT_IMAGE, when=says(r"\bset\s+image\b")),
    command("yq|sed|perl|jq|envsubst|dasel", Aside.EDIT_IMAGE, when=says(r"(?i)image|tag|newTag|version|digest")),
    command("git push", Aside.GIT_PUSH, when=lacks("--tags", "--delete", "-d")),
    command("gh pr create, hub pull-request, glab mr create", Aside.GIT_PUSH),
    command("jx updatebot|promote, jx gitops upgrade, fluxctl release, gitopscli", P.COMMIT_BACK),
    command("renovate|updatecli", P.UPDATE_BOT),
    command("kind create, k3d cluster create, k3d create, minikube start, microk8s start, talosctl cluster create, vcluster create, ctlptl create, k3s server, k0s server, crc start", Aside.CLUSTER),
    command("curl|wget", Aside.CLUSTER, when=says(r"get\.k3s\.io|get\.k0s\.sh")),
    command("kind load, k3d image import, minikube image", Aside.CLUSTER),
)  # fmt: skip

COMMANDS: dict[str, tuple[CommandRule, ...]] = table(*_IMAGES, *_SCANS, *_SUPPLY_CHAIN, *_INFRASTRUCTURE, *_KUBERNETES, *_REPORTS)

# An own script or target whose name says what it renders or checks, though it is written in a language not read here.
_OWN = (
    (re.compile(r"(?:helm|kustomize|manifests?|k8s|kube|flux|argocd)[-_](?:diff|render|template|build)|(?:diff|render|template)[-_](?:helm|kustomize|manifests?|k8s|flux|all)"), P.RENDER),
    (re.compile(r"(?:manifests?|k8s|kube|flux|kustomize)[-_](?:validate|check|verify)|(?:validate|check|verify)[-_](?:manifests?|k8s|kube|flux|kustomize)"), P.SCHEMA),
    (re.compile(r"(?:helm|charts?)[-_](?:lint|test|validate)|(?:lint|test|validate)[-_](?:helm|charts?)"), P.LINT_CHART),
    (re.compile(r"terraform[-_](?:lint|validate|fmt|check)|(?:lint|validate|fmt|check)[-_](?:terraform|tf)"), P.LINT_IAC),
)  # fmt: skip


def of_command(call: Call) -> list[Match]:
    """Return what a call is for."""
    return [match for rule in COMMANDS.get(call.program, ()) if (match := rule.match(call))]


def of_own_name(name: str) -> list[Match]:
    """Return what an own script or target is for, by its name."""
    return [Match(purpose, name) for pattern, purpose in _OWN if pattern.search(name)]
