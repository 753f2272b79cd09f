"""What shared steps do to infrastructure, clusters and people: plans, checks, deployments, messages. Names as in `steps`."""

from __future__ import annotations

from collections.abc import Callable

from assessor.facts.pipelines import Purpose

from .rules import Aside, Inputs, StepRule, is_, mentions, on, step, truthy

P = Purpose

_TERRAFORM_TASKS = "azure:terraformtaskv* azure:terraformtask azure:terraformcli azure:terraform"


_COLLECTIONS = "oxsecurity/megalinter* megalinter/megalinter* super-linter/super-linter* github/super-linter*"
_ENVIRONMENT = "env."  # begins the names of a step's environment variables among its inputs


def _asks(*linters: str) -> Callable[[Inputs], bool]:
    """Hold when a collection of linters is told to run one of these; what it runs by itself is not looked at."""

    def asked(inputs: Inputs) -> bool:
        chosen = inputs.get(f"{_ENVIRONMENT}ENABLE_LINTERS", "") + inputs.get(f"{_ENVIRONMENT}ENABLE", "")
        single = tuple(f"{_ENVIRONMENT}VALIDATE_{linter}" for linter in linters)
        return any(linter in chosen for linter in linters) or any(
            truthy(value) for name, value in inputs.items() if name.startswith(single)
        )

    return asked


def _hard(inputs: Inputs) -> bool:
    return not truthy(inputs.get("soft_fail", "false"))


INFRASTRUCTURE: tuple[StepRule, ...] = (
    step(
        """dflook/terraform-plan dflook/tofu-plan dflook/terragrunt-plan hashicorp/tfc-workflows-github/actions/create-run
        op5dev/tf-via-pr diggerhq/digger terrateamio/action circleci:circleci/terraform/plan circleci:pulumi/pulumi/preview""",
        P.PLAN,
    ),
    step("gruntwork-io/terragrunt-action", P.PLAN, when=mentions("tg_command", "plan")),
    step("gruntwork-io/terragrunt-action", P.APPLY, when=mentions("tg_command", "apply")),
    step("gruntwork-io/terragrunt-action", Aside.CHANGES, when=mentions("tg_command", "detailed-exitcode")),
    step("hashicorp/terraform-github-actions", P.PLAN, when=is_("tf_actions_subcommand", "plan")),
    step("hashicorp/terraform-github-actions", P.LINT_IAC, when=is_("tf_actions_subcommand", "validate|fmt")),
    step("pulumi/actions", P.PLAN, when=mentions("command", "preview", "${")),
    step("pulumi/actions", P.APPLY, when=mentions("command", "up", "${")),
    step("pulumi/actions", Aside.CHANGES, when=on("expect-no-changes")),
    step(
        """dflook/terraform-check dflook/tofu-check snyk/driftctl-action driftive/* cresta/atlantis-drift-detection
        cloudposse/github-action-atmos-terraform-drift-detection""",
        P.DRIFT,
    ),
    step(_TERRAFORM_TASKS, P.PLAN, when=is_("command", "plan")),
    step(_TERRAFORM_TASKS, P.LINT_IAC, tool="terraform validate", when=is_("command", "validate.*")),
    step(_TERRAFORM_TASKS, P.APPLY, when=is_("command", "apply")),
    step(_TERRAFORM_TASKS, Aside.CHANGES, when=mentions("commandOptions", "detailed-exitcode")),
    step(
        """azure:azureresourcemanagertemplatedeployment azure:azureresourcegroupdeployment azure:cloudformationcreateorupdatestack
        azure/arm-deploy dflook/terraform-apply dflook/tofu-apply aws-actions/aws-cloudformation-github-deploy
        hashicorp/tfc-workflows-github/actions/apply-run circleci:circleci/terraform/apply circleci:pulumi/pulumi/update""",
        P.APPLY,
    ),
    step("gitlab:terraform*.gitlab-ci.yml gitlab:*components/opentofu/*", P.PLAN),
    step("gitlab:terraform*.gitlab-ci.yml gitlab:*components/opentofu/* gitlab:*sast-iac*", P.LINT_IAC),
    step(
        """bridgecrewio/checkov-action aquasecurity/tfsec-action aquasecurity/tfsec-pr-commenter-action tenable/terrascan-action
        accurics/terrascan-action checkmarx/kics-github-action reviewdog/action-tflint reviewdog/action-tfsec
        reviewdog/action-terraform-validate triat/terraform-security-scan dflook/terraform-validate dflook/terraform-fmt-check
        dflook/tofu-validate dflook/tofu-fmt-check ansible/ansible-lint* scottbrenner/cfn-lint-action snyk/actions/iac
        robertdebock/molecule-action gofrolist/molecule-action circleci:circleci/terraform/validate circleci:circleci/terraform/fmt""",
        P.LINT_IAC,
        gate=_hard,
    ),
    step(_COLLECTIONS, P.LINT_IAC, when=_asks("TERRAFORM", "TERRAGRUNT", "ANSIBLE", "CLOUDFORMATION", "BICEP", "ARM")),
    step("clowdhaus/terraform-composite-actions/pre-commit*", P.LINT_IAC, tool="terraform pre-commit"),
    step(
        "hook:terraform_fmt hook:terragrunt_fmt hook:tofu_fmt hook:terraform-fmt hook:tofu-fmt", P.LINT_IAC, tool="terraform fmt"
    ),
    step(
        "hook:terraform_validate hook:tofu_validate hook:terraform-validate hook:tofu-validate",
        P.LINT_IAC,
        tool="terraform validate",
    ),
    step("hook:terraform_tflint hook:tofu_tflint hook:tflint", P.LINT_IAC, tool="tflint"),
    step("hook:terraform_checkov hook:tofu_checkov hook:checkov*", P.LINT_IAC, tool="checkov"),
    step("hook:terraform_tfsec hook:tfsec hook:terraform_trivy hook:tofu_trivy", P.LINT_IAC, tool="trivy config"),
    step("hook:terrascan hook:kics* hook:cfn-lint* hook:cfn-python-lint hook:ansible-lint hook:packer_validate", P.LINT_IAC),
)

KUBERNETES: tuple[StepRule, ...] = (
    step(_COLLECTIONS, P.SCHEMA, when=_asks("KUBERNETES")),
    step(
        """fluxcd/flux-schema/actions/validate instrumenta/kubeval-action datreeio/action-datree kubevious/cli azure/k8s-lint
        image:*/kubeconform hook:kubeconform* hook:kubeval* hook:k8svalidate hook:kubernetes-validate""",
        P.SCHEMA,
    ),
    step(
        """stackrox/kube-linter-action instrumenta/conftest-action kubescape/github-action zegl/kube-score
        hook:kube-linter hook:conftest* hook:kyverno* hook:pluto hook:kubescape hook:polaris""",
        P.POLICY,
    ),
    step("bridgecrewio/checkov-action", P.POLICY, when=mentions("framework", "kubernetes", "helm", "kustomize"), gate=_hard),
    step(
        """karancode/kustomize-github-action azure/k8s-bake allenporter/flux-local/action/* zapier/kubechecks hook:kustomize*
        dag-andersen/argocd-diff-preview""",
        P.RENDER,
    ),
    step("jx:jenkins-x/jx3-pipeline-catalog/tasks/environment/pullrequest.yaml*", P.RENDER, tool="jenkins-x"),
    step("hook:helmlint* hook:helm-lint* hook:helm_lint hook:chart-testing* d3adb5/helm-unittest-action", P.LINT_CHART),
    step("azure:helmdeploy", P.LINT_CHART, when=is_("command", "lint")),
    step("azure:helmdeploy", P.DEPLOY, when=is_("command", "upgrade|install"), subject="namespace"),
    step("azure:kubernetesmanifest", P.DEPLOY, when=is_("action", "deploy|promote|patch", "deploy"), subject="namespace"),
    step("azure:kubernetesmanifest", P.RENDER, when=is_("action", "bake")),
    step(
        "azure:kubernetes azure:kubectl", P.DEPLOY, when=is_("command", "apply|replace|set|create", "apply"), subject="namespace"
    ),
    step("concourse:helm concourse:helm3 concourse:kubernetes concourse:k8s", P.DEPLOY, subject="release chart"),
    step("azure/k8s-deploy deliverybot/helm vimeda/helm koslib/helm-eks-action", P.DEPLOY, subject="namespace"),
    step("helmfile/helmfile-action", P.DEPLOY, when=mentions("helmfile-args", "apply", "sync")),
    step("helmfile/helmfile-action", P.RENDER, when=mentions("helmfile-args", "template", "diff", "lint")),
    step(
        "steebchen/kubectl actions-hub/kubectl kodermax/kubectl-aws-eks ianbelcher/eks-kubectl-action",
        P.DEPLOY,
        when=mentions("args", "apply", "set image"),
    ),
    step(
        """circleci:circleci/kubernetes/create-or-update-resource circleci:circleci/*/update-container-image
        circleci:circleci/helm/upgrade-helm-chart circleci:circleci/helm/install-helm-chart
        circleci:circleci/aws-eks/create-or-update-resource""",
        P.DEPLOY,
        subject="namespace",
    ),
    step(
        "bitbucket:atlassian/kubectl-run bitbucket:atlassian/*-kubectl-run bitbucket:atlassian/azure-aks-deploy",
        P.DEPLOY,
        when=lambda inputs: any(verb in inputs.get("KUBECTL_COMMAND", "apply") for verb in ("apply", "set", "replace")),
    ),
    step("image:*/drone-helm* image:*/drone-kubernetes image:*/gke-deploy", P.DEPLOY),
    step("jenkins:kubernetesdeploy jenkins:openshiftdeploy", P.DEPLOY),
    step("tekton-task:kubectl-deploy* tekton-task:helm-upgrade* tekton-task:kubernetes-actions", P.DEPLOY),
    step("gitlab:*auto-devops.gitlab-ci.yml gitlab:jobs/deploy.*gitlab-ci.yml", P.DEPLOY),
)

REPORTS: tuple[StepRule, ...] = (
    step(
        """*/*slack* *slack*/* */*discord* */*telegram* */*mattermost* */*google-chat* */*ms-teams* */*msteams* */*microsoft-teams*
        */*send-mail* */*send-email* */*pagerduty* */*opsgenie* */*zulip* azure:*slack* azure:*sendmail* azure:sendemail""",
        P.NOTIFY,
    ),
    step(
        """jasonetco/create-an-issue peter-evans/create-issue-from-file peter-evans/create-or-update-comment imjohnbo/issue-bot
        dacbd/create-issue-action actions-ecosystem/action-create-issue marocchino/sticky-pull-request-comment
        jayqi/failed-build-issue-action""",
        P.NOTIFY,
    ),
    step("actions/github-script", P.NOTIFY, when=mentions("script", "issues.create", "createcomment", "updatecomment")),
    step("concourse:*slack* concourse:*email* concourse:*teams* concourse:cogito", P.NOTIFY),
    step(
        """jenkins:slacksend jenkins:mail jenkins:emailext jenkins:office365connectorsend jenkins:discordsend jenkins:rocketsend
        jenkins:mattermostsend jenkins:googlechatnotification""",
        P.NOTIFY,
    ),
    step(
        """stefanzweifel/git-auto-commit-action endbug/add-and-commit ad-m/github-push-action peter-evans/create-pull-request
        devops-infra/action-commit-push planetscale/ghcommit-action""",
        Aside.GIT_PUSH,
    ),
    step("mikefarah/yq jacobtomlinson/gha-find-replace", Aside.EDIT_IMAGE, when=mentions("cmd", "image", "tag")),
    step("fjogeleit/yaml-update-action", P.COMMIT_BACK),
    step("renovatebot/github-action image:renovate/renovate* gitlab:*renovate*", P.UPDATE_BOT),
    step(
        """helm/kind-action engineerd/setup-kind container-tools/kind-action medyagh/setup-minikube manusa/actions-setup-minikube
        absaoss/k3d-action nolar/setup-k3d-k3s rinx/setup-k3d balchua/microk8s-actions debianmaster/actions-k3s
        jupyterhub/action-k3s-helm fluxcd/pkg/actions/kind chainguard-dev/actions/setup-kind replicatedhq/*/create-cluster""",
        Aside.CLUSTER,
    ),
)
