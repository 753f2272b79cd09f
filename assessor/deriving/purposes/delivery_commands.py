"""What commands do to infrastructure, clusters and people: plans, checks, deployments, messages. Sources as in `commands`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.pipelines import Purpose

from .calls import Call, vocabulary
from .rules import Aside, CommandRule, both, command, exits, has, lacks, option, says, word

P = Purpose
Rules = Iterator[tuple[str, CommandRule]]
_DRY = ("--dry-run", "--server-dry-run")


def _applies(call: Call) -> bool:
    return not call.has(*_DRY) and not call.has("--help", "-h")


def _dry_run(call: Call) -> bool:
    return any(name in call.options for name in _DRY) and call.value("--dry-run") != "none"


def _plans(call: Call) -> bool:
    return not call.has("-destroy", "--destroy")


INFRASTRUCTURE: tuple[Rules, ...] = (
    command(
        """terraform|tofu|terragrunt|terramate plan, terragrunt run-all plan, terragrunt plan-all,
        atmos terraform plan, cdktf diff|plan""",
        P.PLAN,
        when=_plans,
    ),
    command("terragrunt run", P.PLAN, when=both(says(r"\splan\b"), _plans)),
    command("terramate run", P.PLAN, when=both(says(r"(?:terraform|tofu|terragrunt)\s.*\bplan\b"), _plans)),
    command(
        """pulumi preview, pulumi stack preview, cdk diff, bicep what-if,
        az deployment group|sub|mg|tenant what-if""",
        P.PLAN,
    ),
    command("aws cloudformation create-change-set", P.PLAN),
    command("aws cloudformation deploy, sam deploy", P.PLAN, when=has("--no-execute-changeset")),
    command("ansible-playbook|ansible-pull", P.PLAN, when=has("--check", "-C")),
    command("digger|terrateam|spacectl|tfcmt|tfnotify", P.PLAN, when=says(r"\bplan\b|\bpreview\b")),
    command(
        "terraform|tofu|terragrunt plan, terragrunt run-all plan, terragrunt run, terramate run",
        Aside.CHANGES,
        when=says(r"-detailed-?exit-?code"),
    ),
    command("pulumi preview|up|refresh", Aside.CHANGES, when=has("--expect-no-changes")),
    command("cdk diff", Aside.CHANGES, when=has("--fail")),
    command("ansible-playbook", Aside.CHANGES, when=both(has("--check", "-C"), has("--diff", "-D"))),
    command(
        """terraform|tofu|terragrunt|terramate apply, terragrunt run-all apply, terragrunt apply-all,
        cdktf deploy""",
        P.APPLY,
    ),
    command("terragrunt run", P.APPLY, when=says(r"\sapply\b")),
    command(
        """pulumi up|update, cdk deploy, sst|serverless|sls deploy, eksctl create cluster,
        eksctl create|upgrade nodegroup, az deployment group|sub|mg|tenant create""",
        P.APPLY,
    ),
    command(
        """aws cloudformation deploy|create-stack|update-stack, sam deploy, aws cloudformation execute-change-set""",
        P.APPLY,
        when=lacks("--no-execute-changeset"),
    ),
    command("ansible-playbook", P.APPLY, when=lacks("--check", "-C", "--syntax-check", "--list-tasks", "--list-hosts")),
    command("driftctl scan, snyk iac describe, driftive", P.DRIFT, gate=lambda call: True),
    command(
        """aws cloudformation detect-stack-drift|detect-stack-set-drift|describe-stack-drift-detection-status,
        cdk drift, pulumi refresh""",
        P.DRIFT,
        when=lambda call: call.program != "pulumi" or call.has("--expect-no-changes", "--preview-only"),
    ),
    # Checks of what is declared
    command("terraform|tofu fmt", P.LINT_IAC, tool="terraform fmt", when=has("-check", "--check", "-diff")),
    command("terraform|tofu fmt", Aside.FORMAT, tool="terraform fmt", when=lacks("-check", "--check", "-diff")),
    command("git diff", Aside.GIT_DIFF, when=has("--exit-code", "--quiet")),
    command("git diff-index|diff-files", Aside.GIT_DIFF),
    # Google's image of developer tools for Terraform modules: formats, validates and lints them
    command("test_lint", P.LINT_IAC, tool="developer-tools", when=says(r"\A/usr/local/bin/test_lint\.sh")),
    command(
        "terraform|tofu|terragrunt validate, terragrunt run-all validate, terragrunt validate-inputs",
        P.LINT_IAC,
        tool="terraform validate",
    ),
    command("terraform|tofu test", P.LINT_IAC, tool="terraform test"),
    command("terragrunt hclfmt, terragrunt hcl fmt|format|validate", P.LINT_IAC, tool="terragrunt hclfmt"),
    command(
        """tflint|tfsec|terrascan|kics|regula|cfn-lint|cfn_nag|cfn_nag_scan|cfn-guard|ansible-lint|terraform-compliance""",
        P.LINT_IAC,
        when=lacks("--version", "--init", "-v"),
    ),
    command("molecule test|converge|check|idempotence", P.LINT_IAC),
    command("molecule", P.LINT_IAC, when=has("-s", "--all")),
    command(
        "checkov",
        P.LINT_IAC,
        when=lambda call: not call.has("--docker-image", "--image", "--version"),
        gate=lacks("--soft-fail", "-s"),
    ),
    command("trivy config|conf", P.LINT_IAC, gate=exits("--exit-code")),
    command("ansible-playbook", P.LINT_IAC, tool="ansible-playbook --syntax-check", when=has("--syntax-check")),
    command(
        """aws cloudformation validate-template, sam validate, snyk iac test, bicep build|lint,
        az bicep build|lint, packer validate, pulumi policy, wizcli iac scan""",
        P.LINT_IAC,
    ),
    command("cdk|cdktf synth|synthesize, cdk8s synth", P.RENDER),
)

_NOT_DEPLOYING = vocabulary("namespace ns secret configmap cm serviceaccount token job clusterrolebinding pod pods")


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


KUBERNETES: tuple[Rules, ...] = (
    command(
        """helm|helm3 template, helm secrets template, kustomize build, kubectl|oc kustomize, flux build|diff,
        flux-local build|diff|test|get, argocd-diff-preview|flate|kubechecks|dyff, helm diff""",
        P.RENDER,
    ),
    command(
        """helmfile template|diff|build, helm-diff, jsonnet, tk show|diff|export, cue vet|export|eval,
        timoni build|vet, kluctl render|diff, argocd app diff|manifests, werf render, kpt fn""",
        P.RENDER,
    ),
    command("skaffold render|diagnose, fleet test|target", P.RENDER),
    command("fleet apply", P.RENDER, when=has("-o", "--output")),
    command("helm|helm3 upgrade|install", P.RENDER, when=_dry_run),
    command(
        "kubeconform|kubeval|kubernetes-validate|kubevious|kubectl-validate|datree|flux-schema",
        P.SCHEMA,
        when=lacks("-v", "--version"),
    ),
    command("kubectl validate, flux migrate, kubectl|oc diff, flux schema, istioctl analyze|validate", P.SCHEMA),
    command("kubectl|oc apply|replace", P.SCHEMA, tool="kubectl dry run", when=_dry_run),
    command(
        """conftest test|verify, kyverno apply|test, kube-linter lint, kube-score score, polaris audit,
        pluto detect|detect-files|detect-helm, gator test|verify, opa test|eval|check, kubesec scan,
        kubescape scan, kubent, kubepug, nova find, regal lint, trivy k8s""",
        P.POLICY,
    ),
    command("checkov", P.POLICY, when=says(r"--framework[= ]\S*(?:kubernetes|helm|kustomize)"), gate=lacks("--soft-fail", "-s")),
    command(
        """helm|helm3 lint, helm unittest, ct lint|install|lint-and-install, helmfile lint|test,
        chart-testing lint, chart-verifier""",
        P.LINT_CHART,
    ),
    # Pushed to clusters
    command(
        "kubectl|oc apply|replace|patch|set, kubectl|oc create, oc new-app",
        P.DEPLOY,
        when=lambda call: _applies(call) and _changes(call),
        subject=option("-f", "-k", "--filename", "--kustomize"),
    ),
    command(
        "helm|helm3 upgrade|install, helm secrets upgrade|install, helmfile apply|sync, helmsman",
        P.DEPLOY,
        when=_applies,
        subject=word(1),
    ),
    command(
        """skaffold run|deploy, kapp deploy, kluctl deploy, tk apply, werf converge, timoni apply, garden deploy,
        okteto deploy, devspace deploy, kubecfg update, ko apply|create""",
        P.DEPLOY,
        when=_applies,
    ),
    # Cloud Deploy runs Skaffold against its targets: https://cloud.google.com/deploy/docs/promote-release
    command(
        "gcloud deploy releases create", P.DEPLOY, tool="Cloud Deploy", when=both(_applies, lacks("--disable-initial-rollout"))
    ),
    command("gcloud deploy releases promote", P.DEPLOY, tool="Cloud Deploy", when=_applies),
    command("az aks command invoke", P.DEPLOY, when=says(r"kubectl|helm")),
    command("flux install|bootstrap", P.DEPLOY, subject=lambda call: ("flux",)),
    command("flux diff, argocd app diff, kubectl diff, helm diff, helmfile diff", Aside.CHANGES, when=lacks("--help")),
)

_WEBHOOK = re.compile(
    r"(?i)hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|webhook|api\.telegram\.org|\.pagerduty\.com|opsgenie"
    r"|chat\.googleapis|(?:slack|discord|teams|mattermost|chat|alert|notif|rocket)\w{0,40}?(?:hook|url)"
)


def _posts(call: Call) -> bool:
    return bool(_WEBHOOK.search(call.text))


REPORTS: tuple[Rules, ...] = (
    command("curl|wget|http|https|Invoke-RestMethod|Invoke-WebRequest", P.NOTIFY, tool="webhook", when=_posts),
    command(
        """gh issue create|comment|edit|reopen, glab issue create|note, gh pr create|comment, glab mr create|note""", P.NOTIFY
    ),
    command(
        """slack|slackcat|sendmail|mail|mailx|mutt|swaks|apprise|shoutrrr, aws sns publish, aws ses send-email,
        tfcmt|tfnotify""",
        P.NOTIFY,
    ),
    command("kustomize edit", Aside.EDIT_IMAGE, when=says(r"\bset\s+image\b")),
    command(
        "yq|sed|perl|dasel",
        Aside.EDIT_IMAGE,
        when=both(says(r"\s-\w*i|--in-?place|\sput\s"), says(r"(?i)image|\btag\b|newTag|digest")),
    ),
    command("git push", Aside.GIT_PUSH, when=lacks("--tags", "--delete", "-d")),
    command("gh pr create, hub pull-request, glab mr create", Aside.GIT_PUSH),
    command("jx updatebot|promote, jx gitops upgrade, fluxctl release, gitopscli", P.COMMIT_BACK),
    command("renovate|updatecli", P.UPDATE_BOT),
    command(
        """kind create, k3d cluster create, k3d create, minikube start, microk8s start, talosctl cluster create,
        vcluster create, ctlptl create, k3s server, k0s server, crc start""",
        Aside.CLUSTER,
    ),
    command("curl|wget", Aside.CLUSTER, when=says(r"get\.k3s\.io|get\.k0s\.sh")),
    command("kind load, k3d image import, minikube image", Aside.CLUSTER),
)
