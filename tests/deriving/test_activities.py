"""What steps are for: the tables, one line a claim, and what follows from several steps of a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from assessor.deriving.activities import step_name
from assessor.deriving.purposes.calls import calls
from assessor.deriving.purposes.commands import of_command
from assessor.deriving.purposes.rules import Aside
from assessor.deriving.purposes.steps import of_step
from assessor.facts.pipelines import Activity, Purpose
from assessor.parsing.shell import commands
from tests.organizations import scan_repository, write

P = Purpose


def purposes(line: str) -> set[str]:
    """Return the purposes of a command line."""
    return {str(match.purpose) for command in commands(line) for call in calls(command.argv) for match in of_command(call)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("docker build -t a .", {P.BUILD_IMAGE}),
        ("docker push a:1", {P.PUSH_IMAGE}),
        ("docker --config x push a:1", {P.PUSH_IMAGE}),
        ("docker buildx build --push -t a .", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("docker buildx build --push=false -t a .", {P.BUILD_IMAGE}),
        ("docker buildx build -o type=registry,name=a .", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("docker buildx build --sbom=true --provenance=mode=max .", {P.BUILD_IMAGE, P.SBOM, P.PROVENANCE}),
        ("docker buildx bake --push", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("docker compose push", {P.PUSH_IMAGE}),
        ("/kaniko/executor --context . --destination a", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("kaniko --destination a", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("kaniko --no-push", {P.BUILD_IMAGE}),
        ("buildah push a", {P.PUSH_IMAGE}),
        ("skopeo copy docker-archive:a.tar docker://r/a:1", {P.PUSH_IMAGE}),
        ("skopeo copy docker://r/a:1 oci:a", set()),
        ("ko build ./cmd/app", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("ko build --local ./cmd/app", {P.BUILD_IMAGE}),
        ("./mvnw compile jib:build", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("mvn jib:dockerBuild", {P.BUILD_IMAGE}),
        ("mvn spring-boot:build-image", {P.BUILD_IMAGE}),
        ("mvn spring-boot:build-image -Dspring-boot.build-image.publish=true", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("./gradlew bootBuildImage --publishImage", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("pack build a --publish", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("skaffold build", {P.BUILD_IMAGE}),
        ("skaffold build --default-repo r", {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("az acr build -r r -t a:1 .", {P.PUSH_IMAGE}),
        ("gcloud builds submit --tag a", {P.PUSH_IMAGE}),
        ("gcloud builds submit --config x.yaml", set()),
        ("bazel run //app:push", {P.PUSH_IMAGE}),
        ("bash ./terraform.sh plan production", {P.PLAN}),
        ("bash -eo pipefail ./terraform.sh plan", {P.PLAN}),
        ("bash --login", set()),
        ("helm push chart.tgz oci://r", set()),
        ("git push", {Aside.GIT_PUSH}),
        ("docker run --rm redis redis-cli ping", set()),
        # scans
        ("trivy image a", {P.SCAN_IMAGE}),
        ("trivy --severity HIGH a:1", {P.SCAN_IMAGE}),
        ("trivy fs .", {P.SCAN_FILES}),
        ("trivy config .", {P.SCAN_FILES, P.LINT_IAC}),
        ("trivy image --format spdx-json a", {P.SBOM}),
        ("trivy --version", set()),
        ("docker run aquasec/trivy:0.60.0 image a", {P.SCAN_IMAGE}),
        ("grype a:1", {P.SCAN_IMAGE}),
        ("grype dir:.", {P.SCAN_FILES}),
        ("snyk container test a", {P.SCAN_IMAGE}),
        ("snyk test", {P.SCAN_FILES}),
        ("docker scout cves a", {P.SCAN_IMAGE}),
        ("govulncheck ./...", {P.SCAN_FILES}),
        ("checkov -d .", {P.LINT_IAC}),
        ("syft a -o spdx-json", {P.SBOM}),
        ("cosign sign --yes a", {P.SIGN}),
        ("cosign sign-blob a", set()),
        # infrastructure
        ("terraform -chdir=infra plan", {P.PLAN}),
        ("aws-vault exec prod -- terraform plan", {P.PLAN}),
        ("terragrunt run --all plan", {P.PLAN}),
        ("terragrunt run-all plan -detailed-exitcode", {P.PLAN, Aside.CHANGES}),
        ("docker compose run --rm terraform plan", {P.PLAN}),
        ("terraform plan -destroy", set()),
        ("terraform fmt", {Aside.FORMAT}),
        ("git diff --exit-code", {Aside.GIT_DIFF}),
        ("git diff HEAD~1", set()),
        (r'find . -name main.tf -execdir "$PWD/bin/terraform" validate \;', {P.LINT_IAC}),
        (r"find . -name '*.yaml' -exec kubeconform {} +", {P.SCHEMA}),
        ("docker run --rm -e A -v $PWD:/workspace ${TOOLS} /usr/local/bin/test_lint.sh", {P.LINT_IAC}),
        ("./test_lint.sh", set()),
        ("istioctl analyze --use-kube=false a.yaml", {P.SCHEMA}),
        ("terraform fmt -check", {P.LINT_IAC}),
        ("pulumi preview --expect-no-changes", {P.PLAN, Aside.CHANGES}),
        ("ansible-playbook site.yml --check --diff", {P.PLAN, Aside.CHANGES}),
        ("ansible-playbook site.yml", {P.APPLY}),
        ("aws cloudformation detect-stack-drift --stack-name a", {P.DRIFT}),
        ("npx cdk synth", {P.RENDER}),
        # clusters
        ("kubectl -n x apply -f y", {P.DEPLOY}),
        ("kubectl apply --dry-run=server -f y", {P.SCHEMA}),
        ("kubectl create secret generic a --dry-run=client -o yaml", set()),
        ("kubectl create namespace a", set()),
        ("kubectl set image deployment/a a=b", {P.DEPLOY}),
        ("kubectl get pods", set()),
        ("helm upgrade --install a chart", {P.DEPLOY}),
        ("helm upgrade --dry-run a chart", {P.RENDER}),
        ("helm template chart", {P.RENDER}),
        ("kustomize build . | kubeconform -strict", {P.RENDER, P.SCHEMA}),
        ("conftest test .", {P.POLICY}),
        ("kind create cluster", {Aside.CLUSTER}),
        ("kustomize edit set image a=b", {Aside.EDIT_IMAGE}),
        ("sed -n '/image/p' x", set()),
        ("sed -i 's/image: .*/image: b/' x", {Aside.EDIT_IMAGE}),
        ('curl -d @- "$SLACK_WEBHOOK_URL"', {P.NOTIFY}),
        ("curl https://example.com", set()),
    ],
)
def test_a_command_is_known_for_what_it_does(line: str, expected: set[str]) -> None:
    assert purposes(line) == {str(purpose) for purpose in expected}


@pytest.mark.parametrize(
    ("system", "uses", "inputs", "expected"),
    [
        ("github", "docker/build-push-action@v6", {}, {P.BUILD_IMAGE}),
        ("github", "docker/build-push-action@v6", {"push": "false"}, {P.BUILD_IMAGE}),
        ("github", "docker/build-push-action@v6", {"push": "${{ github.ref == 'x' }}"}, {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("github", "docker/build-push-action@v6", {"outputs": "type=registry"}, {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("github", "aquasecurity/trivy-action@0.1", {}, {P.SCAN_IMAGE}),
        ("github", "aquasecurity/trivy-action@0.1", {"scan-type": "fs"}, {P.SCAN_FILES}),
        ("github", "aquasecurity/trivy-action@0.1", {"scan-type": "config"}, {P.SCAN_FILES, P.LINT_IAC}),
        ("github", "anchore/scan-action@v3", {"image": "a"}, {P.SCAN_IMAGE}),
        ("github", "anchore/scan-action@v3", {"path": "."}, {P.SCAN_FILES}),
        ("github", "snyk/actions/docker@master", {"image": "a"}, {P.SCAN_IMAGE}),
        ("github", "golang/govulncheck-action@v1", {}, {P.SCAN_FILES}),
        ("github", "sigstore/cosign-installer@v3", {}, set()),
        ("github", "slackapi/slack-github-action@v2", {}, {P.NOTIFY}),
        ("azure", "Docker@2", {}, {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("azure", "Docker@2", {"command": "build"}, {P.BUILD_IMAGE}),
        ("azure", "Docker@2", {"command": "login"}, set()),
        ("azure", "HelmDeploy@0", {"command": "upgrade"}, {P.DEPLOY}),
        ("azure", "ms-devlabs.custom-terraform-tasks.TerraformTaskV4@4", {"command": "plan"}, {P.PLAN}),
        ("circleci", "circleci/aws-ecr/build-and-push-image", {"repo": "a"}, {P.PUSH_IMAGE}),
        ("bitbucket", "atlassian/aws-ecr-push-image:2.0.0", {}, {P.PUSH_IMAGE}),
        ("drone", "plugins/docker", {"repo": "a"}, {P.PUSH_IMAGE}),
        ("drone", "plugins/docker", {"dry_run": "true"}, set()),
        ("gitlab", "Jobs/Container-Scanning.gitlab-ci.yml", {}, {P.SCAN_IMAGE}),
        ("gitlab", "Security/Container-Scanning.gitlab-ci.yml", {}, {P.SCAN_IMAGE}),
        ("tekton", "tekton-task:kaniko", {}, {P.PUSH_IMAGE}),
        ("codefresh", "codefresh:build", {"image_name": "a"}, {P.BUILD_IMAGE, P.PUSH_IMAGE}),
        ("codefresh", "codefresh:build", {"image_name": "a", "disable_push": "true"}, {P.BUILD_IMAGE}),
        ("codefresh", "codefresh:push", {"candidate": "${{build}}"}, {P.PUSH_IMAGE}),
        ("github", "acme/ci/.github/workflows/docker-build.yml@v1", {"permissions.packages": "write"}, {P.PUSH_IMAGE}),
        ("github", "acme/ci/.github/workflows/docker-build.yml@v1", {"permissions.packages": "read"}, set()),
        ("github", "acme/ci/.github/workflows/release.yml@v1", {"permissions.packages": "write"}, set()),
        ("github", "./.github/workflows/docker-build.yml", {"permissions.packages": "write"}, set()),
        ("github", "oxsecurity/megalinter@v8", {"env.ENABLE_LINTERS": "ANSIBLE_ANSIBLE_LINT,YAML_YAMLLINT"}, {P.LINT_IAC}),
        ("github", "oxsecurity/megalinter@v8", {"env.ENABLE_LINTERS": "KUBERNETES_KUBECONFORM"}, {P.SCHEMA}),
        ("github", "super-linter/super-linter@v7", {"env.VALIDATE_TERRAFORM_TFLINT": "true"}, {P.LINT_IAC}),
        ("github", "super-linter/super-linter@v7", {}, set()),
    ],
)
def test_a_shared_step_is_known_for_what_it_does(system: str, uses: str, inputs: dict[str, str], expected: set[Purpose]) -> None:
    assert {match.purpose for match in of_step(step_name(system, uses), inputs)} == expected


@pytest.mark.parametrize(
    ("line", "blocking"),
    [("trivy image a", False), ("trivy image --exit-code 0 a", False), ("trivy image --exit-code=1 a", True), ("grype a --fail-on high", True), ("grype a", False), ("wizcli docker scan a", None)],
)  # fmt: skip
def test_a_scanner_that_only_reports_does_not_block(line: str, blocking: bool | None) -> None:
    (found,) = [m for c in calls(tuple(line.split())) for m in of_command(c) if m.purpose is P.SCAN_IMAGE]
    assert found.blocking is blocking


def activities(root: Path, files: dict[str, str]) -> list[Activity]:
    return list(scan_repository(write(root, files)).of(Activity))


def workflow(*steps: str, on: str = "push") -> str:
    return f"on: {on}\njobs:\n  job:\n    steps:\n" + "".join(f"      - {step}\n" for step in steps)


def test_what_a_pipeline_does_to_a_throw_away_cluster_is_marked(tmp_path: Path) -> None:
    found = activities(
        tmp_path, {".github/workflows/e2e.yml": workflow("uses: helm/kind-action@v1", "run: kubectl apply -f k8s")}
    )
    assert [(a.purpose, a.bootstrap) for a in found] == [(P.DEPLOY, True)]


def test_code_that_is_formatted_and_then_compared_is_checked(tmp_path: Path) -> None:
    found = activities(
        tmp_path / "a", {".github/workflows/a.yml": workflow("run: terraform fmt -recursive .", "run: git diff --exit-code")}
    )
    assert [(a.purpose, a.tool) for a in found] == [(P.LINT_IAC, "terraform fmt")]
    assert activities(tmp_path / "b", {".github/workflows/a.yml": workflow("run: terraform fmt -recursive .")}) == []


def test_an_image_named_by_a_variable_has_a_tag_nobody_sees(tmp_path: Path) -> None:
    found = activities(
        tmp_path, {".github/workflows/a.yml": workflow('run: docker push "$IMAGE_URI"', "run: docker push acme/shop")}
    )
    assert [a.tags for a in found] == [(), ("latest",)]


def test_installing_the_controller_is_marked(tmp_path: Path) -> None:
    found = activities(
        tmp_path,
        {
            ".github/workflows/i.yml": workflow(
                "run: helm upgrade --install argocd argo/argo-cd", "run: helm upgrade --install app chart"
            )
        },
    )
    assert [a.bootstrap for a in found] == [True, False]


def test_a_push_to_a_local_registry_is_marked(tmp_path: Path) -> None:
    found = activities(
        tmp_path,
        {".github/workflows/e.yml": workflow("run: docker push localhost:5000/a:1", "run: docker push ghcr.io/acme/kind/a:1")},
    )
    assert [a.bootstrap for a in found] == [True, False]


@pytest.mark.parametrize(
    ("on", "step", "drift"),
    [
        ("{schedule: [{cron: 1 2 * * *}]}", "run: terraform plan -detailed-exitcode", [True]),
        ("{schedule: [{cron: 1 2 * * *}]}", "run: terraform plan", [None]),
        ("pull_request", "run: terraform plan -detailed-exitcode", []),
        ("{schedule: [{cron: 1 2 * * *}]}", "run: molecule test", []),
    ],
)
def test_a_plan_on_a_schedule_looks_for_drift(tmp_path: Path, on: str, step: str, drift: list[bool | None]) -> None:
    found = activities(tmp_path, {".github/workflows/nightly.yml": workflow(step, on=on)})
    assert [a.blocking for a in found if a.purpose is P.DRIFT] == drift


@pytest.mark.parametrize(
    "files",
    [
        {".github/workflows/a.yml": workflow("{run: docker push x, if: false}")},
        {".github/workflows/a.yml": workflow("{run: docker push x, if: '${{ false }}'}")},
        {".github/workflows/a.yml": "on: push\njobs:\n  a:\n    if: false\n    steps:\n      - run: docker push x\n"},
        {".github/workflows/a.yml": workflow("{run: docker push x, shell: python}")},
        {".gitlab-ci.yml": "a:\n  script: docker push x\n  rules: [{when: never}]\n"},
        {".gitlab-ci.yml": ".a:\n  script: docker push x\n"},
        {"azure-pipelines.yml": "trigger: [main]\nsteps:\n  - script: docker push x\n    enabled: false\n"},
    ],
)
def test_what_is_switched_off_does_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert activities(tmp_path, files) == []


def test_an_image_version_written_and_pushed_is_a_commit_back(tmp_path: Path) -> None:
    found = activities(
        tmp_path, {".github/workflows/release.yml": workflow("run: kustomize edit set image a=b", "run: git push")}
    )
    assert [(a.purpose, a.at.line) for a in found] == [(P.COMMIT_BACK, 6)]


def test_a_script_nobody_runs_is_manual_and_one_that_is_run_is_not(tmp_path: Path) -> None:
    found = activities(
        tmp_path,
        {"a.sh": "docker push x:1\n", "b.sh": "docker push y:1\n", ".github/workflows/r.yml": workflow("run: ./a.sh")},
    )
    assert [(a.at.path, a.manual) for a in found if a.purpose is P.PUSH_IMAGE] == [("a.sh", False), ("b.sh", True)]


def test_the_same_line_reached_by_two_jobs_is_seen_in_both(tmp_path: Path) -> None:
    text = "on: push\njobs:\n  a:\n    steps: [{run: make x}]\n  b:\n    steps: [{run: make x}]\n"
    found = activities(tmp_path, {"Makefile": "x:\n\tdocker push r/a:1\n", ".github/workflows/r.yml": text})
    assert [(a.job, a.at.path, a.at.line, a.tags) for a in found] == [("a", "Makefile", 2, ("1",)), ("b", "Makefile", 2, ("1",))]
