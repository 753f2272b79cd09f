"""What shared steps are for: actions, tasks, orbs, pipes, plug-ins, hooks, templates, by name.

Names carry their system's prefix, except GitHub's actions: ``azure:docker``, ``circleci:circleci/aws-ecr/…``,
``bitbucket:atlassian/…``, ``image:plugins/docker`` (container plug-ins), ``jenkins:docker.push``, ``gitlab:…``,
``hook:…``, ``tekton-task:…``, ``goreleaser:…``. Sources: each step's own reference; `domain-facts` sections 4 and 5.
"""

from __future__ import annotations

from functools import lru_cache

from assessor.facts.pipelines import Purpose

from .rules import Aside, Inputs, Match, StepRule, is_, nonzero, on, step, truthy, unless_off

P = Purpose

_BUILD_ACTIONS = "docker/build-push-action docker/bake-action depot/build-push-action depot/bake-action namespacelabs/* useblacksmith/build-push-action"


def _outputs_registry(inputs: Inputs) -> bool:
    """Say whether a build step's output goes to a registry: push is false unless asked for."""
    output = inputs.get("outputs", "")
    return (
        truthy(inputs.get("push", ""))
        or "type=registry" in output
        or "push=true" in output
        or ".output=type=registry" in inputs.get("set", "")
    )


def _is_push_command(inputs: Inputs) -> bool:
    return inputs.get("command", "buildAndPush").lower().replace(" ", "") in ("buildandpush", "push", "pushanimage", "pushimages")


_IMAGES = (
    step(_BUILD_ACTIONS, P.BUILD_IMAGE, tool="docker buildx", subject="context", tags="tags"),
    step(_BUILD_ACTIONS, P.PUSH_IMAGE, tool="docker buildx", when=_outputs_registry, subject="images tags", tags="tags"),
    step("redhat-actions/buildah-build ko-build/setup-ko-build docker/build-action mr-smithers-excellent/docker-build-push elgohr/publish-docker-github-action", P.BUILD_IMAGE, tags="tags"),
    step("redhat-actions/push-to-registry mr-smithers-excellent/docker-build-push elgohr/publish-docker-github-action jerray/publish-docker-action", P.PUSH_IMAGE, tags="tags"),
    step("whoan/docker-build-with-cache-action macbre/push-to-ghcr azure/acr-build philips-software/docker-ci-scripts google-github-actions/build-and-push* kciter/aws-ecr-action", P.PUSH_IMAGE, tags="tags image_tag image_name"),
    step("int128/kaniko-action aevea/action-kaniko", P.PUSH_IMAGE, when=unless_off("push"), tags="tags tag"),
    step("docker/github-builder/*build.yml* docker/github-builder/*bake.yml* *docker*build*push*.yml* *build*push*docker*.yml* *build*push*image*.yml* *docker*publish*.yml* *push*image*.yml*", P.PUSH_IMAGE, when=unless_off("push")),
    step("snok/container-retention-policy", P.BUILD_IMAGE, when=lambda inputs: False),
    step("buildpacks/github-actions/* dfreilich/pack-action", P.BUILD_IMAGE),
    step("dfreilich/pack-action", P.PUSH_IMAGE, when=lambda inputs: "--publish" in inputs.get("args", "")),
    # Azure Pipelines
    step("azure:docker azure:dockercompose azure:containerbuild azure:dockerinstaller-build", P.BUILD_IMAGE, when=is_("command", "build.*", "buildAndPush"), subject="repository", tags="tags"),
    step("azure:docker azure:containerbuild", P.PUSH_IMAGE, tool="Docker task", when=_is_push_command, subject="repository", tags="tags"),
    step("azure:dockercompose", P.PUSH_IMAGE, when=is_("action", "push.*")),
    # CircleCI
    step("circleci:circleci/docker/publish circleci:circleci/docker/push circleci:circleci/aws-ecr/*push* circleci:circleci/gcp-gcr/*push* circleci:circleci/azure-acr/*push*", P.PUSH_IMAGE, when=unless_off("deploy"), subject="image repo", tags="tag tags"),
    step("circleci:circleci/gcp-artifact-registry/*push* circleci:*/docker*publish circleci:*/kaniko*", P.PUSH_IMAGE, tags="tag tags"),
    step("circleci:circleci/docker/build circleci:circleci/docker/publish circleci:circleci/aws-ecr/build* circleci:circleci/gcp-gcr/build*", P.BUILD_IMAGE, subject="image repo", tags="tag"),
    # Bitbucket, container plug-ins, Cloud Build, Jenkins, Travis, Tekton
    step("bitbucket:atlassian/aws-ecr-push-image bitbucket:atlassian/azure-acr-push* bitbucket:*/docker-push* bitbucket:*google-artifact-registry* bitbucket:*ecr-push*", P.PUSH_IMAGE, subject="IMAGE_NAME", tags="TAGS"),
    step("image:plugins/docker image:plugins/ecr image:plugins/gcr image:plugins/gar image:plugins/acr image:plugins/kaniko* image:*woodpeckerci/plugin-docker* image:woodpeckerci/plugin-kaniko image:*/drone-docker* image:*/drone-kaniko* image:*/buildx image:*plugin-docker-buildx image:banzaicloud/drone-kaniko", P.PUSH_IMAGE,
         when=lambda inputs: not truthy(inputs.get("dry_run", "false")) and not truthy(inputs.get("dry-run", "false")), subject="repo", tags="tags"),
    step("cloudbuild:images", P.PUSH_IMAGE, tool="Cloud Build images", subject="images", tags="images"),
    step("jenkins:docker.push", P.PUSH_IMAGE, tool="Docker Pipeline", tags="0"),
    step("jenkins:docker.build jenkins:docker.build.* jenkins:*.docker.build", P.BUILD_IMAGE, tool="Docker Pipeline", subject="0"),
    step("jenkins:dockerbuildandpublish jenkins:dockerpush jenkins:pushimage jenkins:dockerbuildpush jenkins:builddockerimage", P.PUSH_IMAGE),
    step("tekton-task:*kaniko* tekton-task:*buildah* tekton-task:*jib* tekton-task:*buildpacks* tekton-task:ko tekton-task:*docker-build* tekton-task:*docker-buildx* tekton-task:*orka*push tekton-task:skopeo-copy tekton-task:s2i*", P.PUSH_IMAGE, subject="IMAGE image", tags="IMAGE"),
    step("jx:*jx3-pipeline-catalog/tasks/*/release.yaml* jx:*build-container*build.yaml* jx:*kaniko*", P.PUSH_IMAGE, tool="jenkins-x",
         when=lambda inputs: True),
    step("jx:*jx3-pipeline-catalog/tasks/*/pullrequest.yaml*", P.BUILD_IMAGE, tool="jenkins-x"),
    step("buildkite:docker-compose buildkite:*/docker-compose", P.PUSH_IMAGE, tool="docker compose", when=on("push", "push.0")),
    step("buildkite:*docker-build-push* buildkite:*docker-ecr-publish* buildkite:*docker-image-push*", P.PUSH_IMAGE),
    # What a release tool or a template does
    step("goreleaser:dockers goreleaser:dockers_v2 goreleaser:docker_manifests goreleaser:kos", P.PUSH_IMAGE, tool="goreleaser",
         when=lambda inputs: not truthy(inputs.get("skip_push", "false")), tags="image_templates name_template tags"),
    step("goreleaser:dockers goreleaser:dockers_v2 goreleaser:kos", P.BUILD_IMAGE, tool="goreleaser"),
    step("gitlab:*auto-devops.gitlab-ci.yml gitlab:jobs/build.gitlab-ci.yml gitlab:jobs/build.latest.gitlab-ci.yml gitlab:docker.gitlab-ci.yml gitlab:*/docker/* gitlab:*to-be-continuous/docker/*", P.PUSH_IMAGE, tool="GitLab template"),
    step("jenkins:kubernetesdeploy jenkins:openshiftbuild", P.BUILD_IMAGE, when=lambda inputs: False),
)  # fmt: skip


def _scans_image(inputs: Inputs) -> bool:
    """trivy-action scans an image by default; a path with another type, or a bill of materials, is something else."""
    return is_("scan-type", "image", "image")(inputs) and inputs.get("format", "") not in (
        "cyclonedx",
        "spdx",
        "spdx-json",
        "github",
    )


def _snyk_gate(inputs: Inputs) -> bool:
    return "monitor" not in inputs.get("command", "")


_SCANS = (
    step("aquasecurity/trivy-action aquasecurity/trivy-action/*", P.SCAN_IMAGE, tool="trivy", when=_scans_image, gate=nonzero("exit-code"), subject="image-ref input"),
    step("aquasecurity/trivy-action", P.SCAN_FILES, tool="trivy", when=lambda inputs: not _scans_image(inputs), gate=nonzero("exit-code"), subject="scan-ref"),
    step("aquasecurity/trivy-action", P.LINT_IAC, tool="trivy config", when=is_("scan-type", "config"), gate=nonzero("exit-code"), subject="scan-ref"),
    step("aquasecurity/trivy-action anchore/sbom-action anchore/syft-action", P.SBOM, when=lambda inputs: "image" in inputs or "path" in inputs or inputs.get("format", "") in ("cyclonedx", "spdx", "spdx-json", "github") or ("scan-type" not in inputs and "image-ref" not in inputs)),
    step("anchore/scan-action", P.SCAN_IMAGE, tool="grype", when=on("image"), gate=unless_off("fail-build"), subject="image"),
    step("anchore/scan-action", P.SCAN_FILES, tool="grype", when=lambda inputs: "image" not in inputs, gate=unless_off("fail-build")),
    step("snyk/actions/docker", P.SCAN_IMAGE, tool="snyk", gate=_snyk_gate, subject="image"),
    step("snyk/actions snyk/actions/node snyk/actions/python* snyk/actions/golang snyk/actions/maven* snyk/actions/gradle* snyk/actions/dotnet", P.SCAN_FILES, tool="snyk", gate=_snyk_gate),
    step("snyk/actions/iac", P.LINT_IAC, tool="snyk iac", gate=_snyk_gate),
    step("docker/scout-action", P.SCAN_IMAGE, tool="docker scout", when=lambda inputs: any(w in inputs.get("command", "") for w in ("cves", "quickview", "compare")), gate=on("exit-code"), subject="image"),
    step("azure/container-scan crazy-max/ghaction-container-scan phonito/phonito-vulnerability-scan-action synopsys-sig/* thomasvjoseph/*", P.SCAN_IMAGE, subject="image-name image", when=lambda inputs: any("image" in key for key in inputs)),
    step("aws-actions/vulnerability-scan-github-action-for-amazon-inspector", P.SCAN_IMAGE, tool="inspector", when=is_("artifact_type", "container"), gate=on("critical_threshold", "high_threshold"), subject="artifact_path"),
    step("sysdiglabs/scan-action", P.SCAN_IMAGE, tool="sysdig", gate=unless_off("stop-on-failed-policy-eval"), subject="image-tag"),
    step("paloaltonetworks/prisma-cloud-scan lacework/lw-scanner-action wiz-sec/* quay/clair-action addnab/clair-* alexbarbato/* deepfence/* crowdstrike/container-image-scan-action crowdstrike/fcs-action rapid7/image-scan-action jfrog/frogbot", P.SCAN_IMAGE, gate=lambda inputs: None, subject="image_name image", when=lambda inputs: any("image" in key.lower() for key in inputs)),
    step("azure:trivy azure:trivy-image azure:aquascanner azure:aquasec* azure:prismacloud* azure:snyksecurityscan azure:anchore*", P.SCAN_IMAGE, when=lambda inputs: truthy(inputs.get("image", inputs.get("dockerImageName", inputs.get("imageName", "")))) , gate=lambda inputs: None, subject="image dockerImageName"),
    step("azure:microsoftsecuritydevops azure:containerscan", P.SCAN_IMAGE, when=lambda inputs: "trivy" in inputs.get("tools", "") or "container" in inputs.get("categories", "").lower(), gate=on("break")),
    step("microsoft/security-devops-action", P.SCAN_IMAGE, when=lambda inputs: "container" in inputs.get("categories", "").lower(), gate=on("break")),
    step("circleci:*trivy*/*image* circleci:cci-x/trivy/* circleci:snyk/snyk/scan circleci:anchore/anchore-engine/* circleci:*/twistlock* circleci:*prisma* circleci:*/grype/*", P.SCAN_IMAGE, when=lambda inputs: any("image" in key for key in inputs), gate=lambda inputs: None, subject="image image_name docker-image-name"),
    step("bitbucket:aquasecurity/aqua* bitbucket:aquasecurity/trivy* bitbucket:snyk/snyk-scan bitbucket:sysdiglabs/* bitbucket:anchore/*", P.SCAN_IMAGE, when=lambda inputs: any("image" in key.lower() for key in inputs) or inputs.get("LANGUAGE") == "docker" or inputs.get("scanType") == "image", gate=lambda inputs: None, subject="IMAGE_NAME imageRef"),
    step("jenkins:aqua jenkins:aquamicroscanner jenkins:prismacloudscanimage jenkins:twistlockscan jenkins:anchore jenkins:grypescan jenkins:neuvector jenkins:sysdigimagescan jenkins:qualysvulnerabilityanalyzer jenkins:scanimage jenkins:trivyscan", P.SCAN_IMAGE, gate=lambda inputs: None),
    step("tekton-task:*trivy* tekton-task:*grype* tekton-task:*anchore* tekton-task:*clair* tekton-task:*image-scan* tekton-task:acs-image-check tekton-task:*roxctl-scan* tekton-task:*sysdig*", P.SCAN_IMAGE, gate=lambda inputs: None, subject="image IMAGE"),
    step("stackrox/roxctl-* stackrox/kube-linter-action/image", P.SCAN_IMAGE, when=lambda inputs: any("image" in key for key in inputs)),
    step("gitlab:*container-scanning* gitlab:*container_scanning* gitlab:*auto-devops.gitlab-ci.yml gitlab:*trivy*image* gitlab:*image-scan*", P.SCAN_IMAGE, tool="GitLab container scanning", gate=lambda inputs: inputs.get("allow_failure") == "false"),
    step("*container-scan*.yml* *image-scan*.yml* *scan-image*.yml* *scan-container*.yml* *trivy-image*.yml*", P.SCAN_IMAGE, tool="reusable workflow", gate=lambda inputs: None),
    step("plugins/trivy image:*plugins/trivy* image:aquasec/trivy* image:*drone-trivy*", P.SCAN_IMAGE, tool="trivy", when=lambda inputs: any("image" in key for key in inputs), gate=lambda inputs: None),
    step("github/codeql-action/analyze golang/govulncheck-action actions/dependency-review-action google/osv-scanner-action* ossf/scorecard-action", P.SCAN_FILES),
)  # fmt: skip

_SUPPLY_CHAIN = (
    step("anchore/sbom-action syft/* cyclonedx/* spdx/* advanced-security/spdx-dependency-submission-action kubernetes-sigs/bom", P.SBOM),
    step(_BUILD_ACTIONS, P.SBOM, tool="docker buildx", when=lambda inputs: truthy(inputs.get("sbom", "")) or "type=sbom" in inputs.get("attests", "")),
    step(_BUILD_ACTIONS, P.PROVENANCE, tool="docker buildx", when=lambda inputs: truthy(inputs.get("provenance", "")) or "type=provenance" in inputs.get("attests", "")),
    step("actions/attest-build-provenance actions/attest slsa-framework/slsa-github-generator/* philips-labs/slsa-provenance-action", P.PROVENANCE, tool="SLSA provenance"),
    step("actions/attest-sbom", P.SBOM),
    step("sigstore/gh-action-sigstore-* notaryproject/notation-action/sign sigstore/cosign-action mattermost/notation-sign-action", P.SIGN),
    step("goreleaser:docker_signs", P.SIGN, tool="goreleaser"),
    step("goreleaser:signs", P.SIGN, tool="goreleaser"),
    step("goreleaser:sboms", P.SBOM, tool="goreleaser"),
    step("goreleaser:attestations", P.PROVENANCE, tool="goreleaser"),
    step("azure:manifestgeneratortask azure:sbomtool* azure:notation*", P.SBOM),
    step("tekton-task:*cosign*sign* tekton-task:*sign-image*", P.SIGN),
)  # fmt: skip


def _says(key: str, *words: str) -> bool:
    return any(word in key.lower() for word in words)


_INFRASTRUCTURE = (
    step("dflook/terraform-plan dflook/tofu-plan hashicorp/tfc-workflows-github/actions/create-run gruntwork-io/terragrunt-action op5dev/tf-via-pr diggerhq/digger terrateamio/action azure/arm-deploy spacelift-io/*", P.PLAN,
         when=lambda inputs: not _says(inputs.get("tg_command", "plan"), "apply", "fmt", "validate")),
    step("hashicorp/terraform-github-actions", P.PLAN, when=is_("tf_actions_subcommand", "plan")),
    step("pulumi/actions", P.PLAN, tool="pulumi", when=is_("command", "preview|.*preview.*")),
    step("pulumi/actions", P.APPLY, tool="pulumi", when=is_("command", "up|update|.*\\$\\{\\{.*")),
    step("pulumi/actions dflook/terraform-check dflook/tofu-check", Aside.CHANGES, when=lambda inputs: truthy(inputs.get("expect-no-changes", ("path" in inputs and "true") or "")) ),
    step("dflook/terraform-check dflook/tofu-check *drift-detection-action* *terraform-drift* cloudposse/github-action-atmos-terraform-drift-detection cloudposse/github-action-atmos-terraform-plan-drift snyk/driftctl-action *driftctl* *driftive* *drift-detection*.yml* *drift*.yml@*", P.DRIFT, gate=lambda inputs: True),
    step("azure:terraformtaskv* azure:terraformtask azure:terraformcli azure:terraform", P.PLAN, tool="terraform task", when=is_("command", "plan")),
    step("azure:terraformtaskv* azure:terraformtask azure:terraformcli azure:terraform", P.LINT_IAC, tool="terraform validate", when=is_("command", "validate|validateall")),
    step("azure:terraformtaskv* azure:terraformtask azure:terraformcli azure:terraform", P.APPLY, tool="terraform task", when=is_("command", "apply")),
    step("azure:azureresourcemanagertemplatedeployment azure:azureresourcegroupdeployment azure:pulumi azure:cloudformationcreateorupdatestack", P.APPLY),
    step("dflook/terraform-apply dflook/tofu-apply aws-actions/aws-cloudformation-github-deploy hashicorp/tfc-workflows-github/actions/apply-run", P.APPLY),
    step("circleci:circleci/terraform/plan circleci:pulumi/pulumi/preview", P.PLAN),
    step("circleci:circleci/terraform/apply circleci:pulumi/pulumi/update circleci:circleci/aws-cdk/deploy", P.APPLY),
    step("circleci:circleci/terraform/validate circleci:circleci/terraform/fmt", P.LINT_IAC),
    step("gitlab:*terraform* gitlab:*opentofu*", P.PLAN, tool="GitLab template"),
    step("gitlab:*terraform* gitlab:*opentofu* gitlab:*sast-iac*", P.LINT_IAC, tool="GitLab template"),
    step("bridgecrewio/checkov-action aquasecurity/tfsec* tfsec/* terraform-linters/tflint-action reviewdog/action-tflint reviewdog/action-tfsec reviewdog/action-terraform-validate reviewdog/action-trivy checkmarx/kics* triat/terraform-security-scan dflook/terraform-validate dflook/terraform-fmt-check dflook/tofu-validate dflook/tofu-fmt-check ansible/ansible-lint* gofrolist/molecule-action scottbrenner/cfn-lint-action stelligent/cfn_nag tenable/terrascan-action accurics/terrascan-action snyk/actions/iac robertdebock/molecule-action aws-cloudformation/cloudformation-guard*", P.LINT_IAC,
         gate=lambda inputs: not truthy(inputs.get("soft_fail", "false"))),
    step("hashicorp/terraform-github-actions", P.LINT_IAC, when=is_("tf_actions_subcommand", "validate|fmt")),
    step("clowdhaus/terraform-composite-actions/pre-commit* antonbabenko/pre-commit-terraform*", P.LINT_IAC, tool="terraform pre-commit"),
    step("hook:terraform_fmt hook:terragrunt_fmt hook:tofu_fmt hook:terraform-fmt hook:tofu-fmt", P.LINT_IAC, tool="terraform fmt"),
    step("hook:terraform_validate hook:terragrunt_validate hook:tofu_validate hook:terraform-validate hook:tofu-validate", P.LINT_IAC, tool="terraform validate"),
    step("hook:terraform_tflint hook:tofu_tflint hook:tflint", P.LINT_IAC, tool="tflint"),
    step("hook:terraform_tfsec hook:tfsec hook:terraform_checkov hook:tofu_checkov hook:checkov* hook:terraform_trivy hook:tofu_trivy hook:terrascan hook:kics hook:cfn-lint* hook:cfn-python-lint hook:ansible-lint hook:cloudformation* hook:terraform_wrapper_module_for_each hook:packer_validate", P.LINT_IAC, tool="security lint",
         when=lambda inputs: True),
)  # fmt: skip

_KUBERNETES = (
    step("fluxcd/flux-schema/actions/validate docker://ghcr.io/yannh/kubeconform* instrumenta/kubeval-action yokawasa/action-setup-kube-tools-validate nlamirault/helm-kubeconform-action bmuschko/setup-kubeconform-run datreeio/action-datree kubevious/cli stefanprodan/kube-tools", P.SCHEMA),
    step("azure/k8s-lint makocchi-sec/* lgou2w/kubeconform* hadenlabs/action-kubeconform*", P.SCHEMA),
    step("image:*kubeconform* hook:kubeconform* hook:kubeval* hook:k8svalidate hook:kubernetes-validate", P.SCHEMA),
    step("stackrox/kube-linter-action instrumenta/conftest-action open-policy-agent/conftest* kubescape/github-action fairwindsops/polaris* fairwindsops/pluto* zegl/kube-score* kyverno/action-install-cli-run redhat-cop/confbatstest hook:kube-linter hook:conftest* hook:kyverno* hook:pluto hook:kubescape hook:polaris", P.POLICY),
    step("bridgecrewio/checkov-action", P.POLICY, when=lambda inputs: _says(inputs.get("framework", ""), "kubernetes", "helm", "kustomize"), gate=lambda inputs: not truthy(inputs.get("soft_fail", "false"))),
    step("karancode/kustomize-github-action azure/k8s-bake allenporter/flux-local/action/* *argocd-diff-preview* zapier/kubechecks* hook:kustomize* *flux-local*", P.RENDER),
    step("hook:helmlint* hook:helm-lint* hook:chart-testing* hook:helm_lint hook:gruntwork-helmlint azure:helmdeploy-lint", P.LINT_CHART),
    step("d3adb5/helm-unittest-action helm/chart-testing-lint-action *helm-lint-action* wearefrank/ci-helm-lint", P.LINT_CHART),
    step("azure:helmdeploy", P.LINT_CHART, when=is_("command", "lint")),
    step("azure:helmdeploy", P.DEPLOY, tool="HelmDeploy", when=is_("command", "upgrade|install|rollback", "ls"), subject="namespace"),
    step("azure:kubernetesmanifest", P.DEPLOY, when=is_("action", "deploy|promote|patch", "deploy"), subject="namespace"),
    step("azure:kubernetesmanifest", P.RENDER, when=is_("action", "bake")),
    step("azure:kubernetes azure:kubectl", P.DEPLOY, when=is_("command", "apply|replace|set|create", "apply"), subject="namespace"),
    step("azure/k8s-deploy azure/k8s-create-secret-deploy statsig-io/kubernetes* bitovi/github-actions-deploy-eks* deliverybot/helm vimeda/helm bitovi/* koslib/helm-eks-action google-github-actions/deploy-gke* rancher/deploy* glopezep/helm helmfile/helmfile-action", P.DEPLOY,
         when=lambda inputs: "helmfile-args" not in inputs or _says(inputs["helmfile-args"], "apply", "sync"), subject="namespace"),
    step("helmfile/helmfile-action", P.RENDER, when=lambda inputs: _says(inputs.get("helmfile-args", ""), "template", "diff", "lint")),
    step("steebchen/kubectl actions-hub/kubectl kodermax/kubectl-aws-eks consensys/kubernetes-action ianbelcher/eks-kubectl-action danielr1996/kubectl-action", P.DEPLOY, when=lambda inputs: _says(" ".join(inputs.values()), "apply", "set image")),
    step("circleci:circleci/kubernetes/create-or-update-resource circleci:circleci/kubernetes/update-container-image circleci:circleci/helm/upgrade-helm-chart circleci:circleci/helm/install-helm-chart circleci:circleci/aws-eks/update-container-image circleci:circleci/aws-eks/create-or-update-resource", P.DEPLOY, subject="namespace"),
    step("bitbucket:atlassian/kubectl-run bitbucket:atlassian/aws-eks-kubectl-run bitbucket:atlassian/google-gke-kubectl-run bitbucket:atlassian/azure-aks-deploy bitbucket:*aks-helm-deploy", P.DEPLOY, when=lambda inputs: _says(inputs.get("KUBECTL_COMMAND", "apply"), "apply", "set", "replace")),
    step("image:*drone-helm* image:*drone-kubernetes* image:*plugin-kubernetes* image:*gke-deploy*", P.DEPLOY),
    step("jenkins:kubernetesdeploy jenkins:openshiftdeploy jenkins:helminstall jenkins:helmupgrade jenkins:openshift.apply jenkins:deploytokubernetes", P.DEPLOY),
    step("tekton-task:*kubectl-deploy* tekton-task:*helm-upgrade* tekton-task:*openshift-client* tekton-task:*kubernetes-actions*", P.DEPLOY),
    step("gitlab:*auto-devops.gitlab-ci.yml gitlab:jobs/deploy.*", P.DEPLOY, tool="GitLab template"),
)  # fmt: skip

_REPORTS = (
    step("slackapi/slack-github-action 8398a7/action-slack rtcamp/action-slack-notify ravsamhq/notify-slack-action act10ns/slack voxmedia/github-action-slack-notify-build abinoda/slack-action kpritam/slack-job-status-action edge/simple-slack-notify *slack* *discord* *telegram* *mattermost* *google-chat* *ms-teams* *msteams* *microsoft-teams* *action-send-mail* *send-email* *pagerduty* *opsgenie* *zulip*", P.NOTIFY,
         when=lambda inputs: True),
    step("jasonetco/create-an-issue peter-evans/create-issue-from-file peter-evans/create-or-update-comment dacbd/create-issue-action imjohnbo/issue-bot actions-ecosystem/action-create-issue marocchino/sticky-pull-request-comment jayqi/failed-build-issue-action", P.NOTIFY),
    step("actions/github-script", P.NOTIFY, tool="github-script", when=lambda inputs: _says(inputs.get("script", ""), "issues.create", "createcomment", "updatecomment")),
    step("jenkins:slacksend jenkins:mail jenkins:emailext jenkins:office365connectorsend jenkins:discordsend jenkins:rocketsend jenkins:mattermostsend jenkins:googlechatnotification jenkins:telegramsend", P.NOTIFY),
    step("azure:slack* azure:*sendmail* azure:sendemail* azure:teams*", P.NOTIFY),
    step("stefanzweifel/git-auto-commit-action endbug/add-and-commit ad-m/github-push-action peter-evans/create-pull-request cycjimmy/semantic-release* devops-infra/action-commit-push planetscale/ghcommit-action", Aside.GIT_PUSH),
    step("mikefarah/yq jacobtomlinson/gha-find-replace stefanprodan/kube-tools imranismail/setup-kustomize-set", Aside.EDIT_IMAGE, when=lambda inputs: _says(" ".join(inputs.values()), "image", "tag")),
    step("fjogeleit/yaml-update-action *update-kustomize-image* *kustomize-update* *gitops-deploy-action* *update-image-tag* *argocd-deploy* *gitops-update* *deploy-gitops*", P.COMMIT_BACK),
    step("jenkins:gitopsupdate", P.COMMIT_BACK),
    step("renovatebot/github-action image:renovate/renovate* gitlab:*renovate* updatecli/updatecli-action ad-m/renovate*", P.UPDATE_BOT),
    step("helm/kind-action engineerd/setup-kind container-tools/kind-action medyagh/setup-minikube manusa/actions-setup-minikube absaoss/k3d-action nolar/setup-k3d-k3s rinx/setup-k3d balchua/microk8s-actions replicatedhq/compatibility-actions/create-cluster debianmaster/actions-k3s jupyterhub/action-k3s-helm "
         "fluxcd/pkg/actions/kind* kubernetes-sigs/kind* chainguard-dev/actions/setup-kind invisibl-cloud/action-k3s tale/kubectl-action-kind lframosferreira/* cybozu/*kind* azure/setup-kind yokawasa/setup-kind*", Aside.CLUSTER),
)  # fmt: skip

STEPS: tuple[StepRule, ...] = (*_IMAGES, *_SCANS, *_SUPPLY_CHAIN, *_INFRASTRUCTURE, *_KUBERNETES, *_REPORTS)


@lru_cache(maxsize=4096)
def _rules(name: str) -> tuple[StepRule, ...]:
    return tuple(rule for rule in STEPS if rule.pattern.fullmatch(name))


def of_step(name: str, inputs: Inputs) -> list[Match]:
    """Return what a shared step is for, by its normalised name."""
    return [match for rule in _rules(name) if (match := rule.match(name, inputs))]
