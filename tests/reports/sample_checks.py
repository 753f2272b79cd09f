"""The checks of the sample assessments: a catalogue as long and as varied as a real one."""

from __future__ import annotations

from typing import NamedTuple

from assessor.model import CheckInfo, Task


class Shown(NamedTuple):
    """What the evidence of a step looks like."""

    folder: str
    file: str
    line: int
    excerpt: str


SHOWN = {
    1: Shown("terraform/live", "main.tf", 3, 'backend "s3" {'),
    2: Shown("services", "Dockerfile", 1, "FROM golang:1.25 AS build"),
    3: Shown("charts", "templates/deployment.yaml", 8, "image: registry.example.com/app:1.4.2"),
    4: Shown("clusters/production", "application.yaml", 21, "selfHeal: true"),
    5: Shown(".github/workflows", "drift.yml", 5, "- cron: '0 5 * * *'"),
}

# id, task, weight, effort, scaffold, title
_TABLE = """
iac.defined|iac.infrastructure|5|3||Infrastructure is declared in code
iac.coverage|iac.infrastructure|3|3||Most of what exists is declared
iac.remote-state|iac.remote-state|5|1|terraform-backend|Terraform state lives in a shared backend
iac.state-store-hardened|iac.remote-state|3|1|terraform-backend|The state store is versioned and encrypted
iac.state-lock|iac.state-locking|5|1|terraform-backend|Two people cannot change the same state at once
iac.plan-on-pr|iac.change-flow|3|2|pr-validation|Every change is planned before it is merged
iac.lint|iac.change-flow|1|1|pr-validation|Infrastructure code is linted in CI
iac.provider-lock|iac.modules|1|1||Provider versions are locked
iac.version-pins|iac.modules|1|1||Terraform and provider versions are constrained
iac.module-pins|iac.modules|1|1||Remote modules are pinned to a version
iac.modules-used|iac.modules|1|3||Repeated infrastructure is a module
iac.env-separation|iac.modules|1|3||Environments are separate
iac.state-not-in-git|iac.secrets|3|1||No state file is committed
iac.no-secrets|iac.secrets|3|2||No credentials are committed
iac.secret-backend|iac.secrets|3|2||Secrets come from a secret store
ctr.dockerfile|ctr.containerize|5|1|dockerfile|Every service has a container image
ctr.registry-push|ctr.registry|5|1|image-ci|CI pushes images to a registry
ctr.registry-declared|ctr.registry|3|1|image-registry|The registry is declared in code
ctr.tag-policy|ctr.registry|3|1|image-ci|Images are tagged by commit or version
ctr.image-scan|ctr.image-scan|5|1|image-ci|CI scans the image it built
ctr.scan-gate|ctr.image-scan|3|1|image-ci|Serious findings stop the build
ctr.multistage|ctr.image-quality|1|1||Build tools stay out of the final image
ctr.non-root|ctr.image-quality|1|1||Images do not run as root
ctr.base-pinned|ctr.image-quality|1|1||Base images are pinned
ctr.ignore-file|ctr.image-quality|1|1||The build context leaves out what it can
ctr.supply-chain|ctr.supply-chain|1|2|image-ci|Images carry an SBOM and a signature
ctr.actions-pinned|ctr.supply-chain|1|1||CI steps are pinned by commit
k8s.cluster-iac|k8s.cluster|5|3||The cluster is provisioned with code
k8s.cluster-supported|k8s.cluster|1|2||The cluster version is supported
k8s.manifests|k8s.manifests|5|2|helm-chart|Every containerized service has manifests
k8s.manifests-parse|k8s.manifests|3|1||All manifests are valid
k8s.templating|k8s.templating|5|2|helm-chart|Environments differ by values, not by copies
k8s.chart-quality|k8s.templating|1|1||Charts are linted and documented
k8s.env-parity|k8s.templating|1|2||Two environments or more come from one base
k8s.image-pinned|k8s.workloads|3|1||Workloads pin their images
k8s.resources-probes|k8s.workloads|1|1||Workloads declare resources and probes
k8s.security-context|k8s.workloads|1|1||Workloads drop privileges
k8s.api-current|k8s.workloads|1|1||No removed API version is used
k8s.secrets-encrypted|k8s.secrets|3|2||No plain Secret is committed
gop.controller-declared|gop.controller|5|2|gitops-controller|Argo CD or Flux is installed from git
gop.controller-running|gop.controller|5|2||The controller runs
gop.app-crs|gop.applications|5|1|argocd-application|Every deployed service has an Application
gop.targets-resolve|gop.applications|3|1||Every Application points at something that exists
gop.auto-sync|gop.auto-sync|5|1|argocd-application|Applications sync by themselves
gop.heal-prune|gop.auto-sync|3|1|argocd-application|Manual changes are undone
gop.pr-validation|gop.pr-workflow|5|1|pr-validation|Manifests are validated in pull requests
gop.branch-protection|gop.pr-workflow|5|1||The default branch is protected
gop.codeowners|gop.pr-workflow|1|1||Configuration has owners
gop.pull-not-push|gop.operating-model|3|2||No pipeline pushes to a cluster
gop.workload-coverage|gop.operating-model|3|2|argocd-application|Workloads are reconciled from git
gop.repo-separation|gop.operating-model|1|3||Configuration and code are separate
gop.secrets|gop.operating-model|3|2||Secrets reach the cluster encrypted
aut.iac-drift|aut.drift|5|1|drift-detection|Infrastructure drift is looked for on a schedule
aut.k8s-drift|aut.drift|3|1||Cluster drift is corrected
aut.drift-alert|aut.drift|1|1|drift-detection|Somebody hears about drift
aut.notifications|aut.notifications|5|1|gitops-notifications|Sync events reach people
aut.notify-failures|aut.notifications|3|1|gitops-notifications|Failed syncs reach people
aut.progressive|aut.progressive|5|2|progressive-delivery|Production changes are rolled out step by step
aut.analysis|aut.progressive|3|3|progressive-delivery|Metrics decide whether a rollout goes on
aut.image-automation|aut.automation|1|1||New images arrive by themselves
aut.policy-as-code|aut.automation|1|2||Policies are enforced by the cluster
aut.promotion-preview|aut.automation|1|3||Promotion between environments is a pull request
"""

_STEPS = {task.id: int(task.step) for task in Task}
_LIVE = {"k8s.cluster-supported", "gop.controller-running"}
_FRAMEWORKS = (
    ("OpenGitOps 1: Declarative", "State of GitOps: declarative desired state"),
    ("OpenGitOps 2: Versioned and immutable", "DSOMM: Pinning of artifacts"),
    ("OpenGitOps 1: Declarative", "DSOMM: Infrastructure as code"),
    ("OpenGitOps 3: Pulled automatically", "State of GitOps: automatic pull"),
    ("OpenGitOps 4: Continuously reconciled", "State of GitOps: continuous reconciliation"),
)
_WHY = """What nobody can read, nobody can review. A change that is made by hand is gone with the person who made it,
and the next one is made on top of a guess."""
_FIX = """Add the missing block and apply it once:

```hcl
terraform {
  backend "s3" {
    bucket       = "acme-state"
    use_lockfile = true
  }
}
```

Then run `terraform init -migrate-state`. See the [backend documentation](https://developer.hashicorp.com/terraform/language/backend)."""


def _info(line: str) -> CheckInfo:
    id, task, weight, effort, scaffold, title = line.split("|")
    step = _STEPS[task]
    return CheckInfo(
        id=id, title=title, task=task, step=step, weight=int(weight), effort=int(effort), why=_WHY, fix=_FIX,
        frameworks=_FRAMEWORKS[step - 1], scaffold=scaffold or None, gate=id == "iac.state-not-in-git", live=id in _LIVE,
    )  # fmt: skip


CHECKS = tuple(sorted((_info(line) for line in _TABLE.split("\n") if line), key=lambda c: (c.step, c.id)))
