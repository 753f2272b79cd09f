"""Azure Pipelines, CircleCI, Jenkins, Cloud Build, Drone, Woodpecker, CodeBuild, Travis, Bitbucket, Buildkite, Tekton, Concourse."""

from __future__ import annotations

import pytest

from assessor.facts.gitops import PlanAutomation
from assessor.facts.pipelines import Event, Pipeline, Runnable
from tests.organizations import read


def pipeline(reader: str, path: str, text: str) -> Pipeline:
    found = [fact for fact in read(reader, path, text) if isinstance(fact, Pipeline)]
    assert len(found) == 1
    return found[0]


def argvs(found: Pipeline) -> list[tuple[str, ...]]:
    return [command.argv for _, step in found.steps for command in step.commands]


def events(found: Pipeline) -> list[Event]:
    return [trigger.event for trigger in found.triggers]


AZURE = """
trigger:
  branches: {include: [main]}
schedules:
  - cron: "0 3 * * *"
stages:
  - stage: Build
    jobs:
      - job: image
        steps:
          - task: Docker@2
            inputs: {command: buildAndPush}
          - ${{ if eq(parameters.scan, true) }}:
              - script: |
                  trivy image app
          - template: steps/lint.yml
  - template: deploy.yml@templates
"""


def test_azure_is_recognised_by_content_under_any_name() -> None:
    found = pipeline("azure-pipelines", "build/image.yml", AZURE)
    assert events(found) == [Event.PUSH, Event.SCHEDULE]
    assert [step.uses for _, step in found.steps] == ["Docker@2", "", "steps/lint.yml", "deploy.yml@templates"]
    assert argvs(found) == [("trivy", "image", "app")]
    assert found.jobs[-1].uses == "deploy.yml@templates"


def test_azure_reads_what_a_template_is_extended_with() -> None:
    text = "trigger: none\nextends:\n  template: v1/base.yml@ms\n  parameters:\n    stages:\n      - stage: a\n        jobs:\n          - job: b\n            steps: [{script: make x}]\n"
    found = pipeline("azure-pipelines", "ci.yml", text)
    assert (argvs(found), events(found)) == ([("make", "x")], [Event.MANUAL])


@pytest.mark.parametrize(
    "text",
    [
        "steps:\n  - name: gcr.io/cloud-builders/docker\n    script: docker build .\n",
        "steps:\n  - image: alpine\n    commands: [make]\n",
        "on: push\njobs:\n  a:\n    steps:\n      - script: x\n",
        "apiVersion: v1\nkind: X\nsteps:\n  - script: x\n",
        "steps:\n  - uses: actions/checkout@v4\n  - script: x\n",
    ],
)
def test_azure_leaves_the_files_of_others_alone(text: str) -> None:
    assert read("azure-pipelines", "x.yml", text) == []


CIRCLE = """
orbs:
  ecr: circleci/aws-ecr@9.0
commands:
  lint:
    steps:
      - run: kubeconform << parameters.folder >>
jobs:
  test:
    docker: [{image: cimg/go}]
    steps:
      - checkout
      - lint
      - when:
          condition: x
          steps:
            - run: {command: helm lint chart, name: chart}
workflows:
  all:
    jobs:
      - test
      - ecr/build-and-push-image:
          repo: app
          filters: {branches: {only: main}}
  nightly:
    triggers: [{schedule: {cron: "0 0 * * *"}}]
    jobs: [test]
"""


def test_circleci_runs_jobs_orbs_and_commands_by_workflow() -> None:
    found = pipeline("circleci", ".circleci/config.yml", CIRCLE)
    assert [(job.id, [t.event for t in job.triggers or ()]) for job in found.jobs] == [
        ("test", [Event.PUSH, Event.PULL_REQUEST]),
        ("ecr/build-and-push-image", [Event.PUSH]),
        ("test", [Event.SCHEDULE]),
    ]
    assert found.jobs[1].steps[0].uses == "circleci/aws-ecr/build-and-push-image"
    assert argvs(found)[:2] == [("kubeconform", "${{ parameters.folder }}"), ("helm", "lint", "chart")]


JENKINS = '''
@Library('shared') _
pipeline {
  triggers { cron('H 2 * * *') }
  stages {
    stage('Plan') {
      when { changeRequest() }
      steps {
        dir('infra') {
          sh """
            terraform plan \\\\
              -detailed-exitcode
          """
        }
        catchError { sh 'tflint' }
        // sh 'docker push commented'
        script {
          docker.withRegistry('https://r') { docker.build('acme/app').push("${env.BUILD_ID}") }
        }
        slackSend channel: '#ops', message: 'done'
      }
    }
  }
}
'''


def test_jenkins_is_lexed_for_shells_images_plug_ins_and_triggers() -> None:
    found = pipeline("jenkins", "Jenkinsfile", JENKINS)
    steps = [step for _, step in found.steps]
    assert argvs(found) == [("terraform", "plan", "-detailed-exitcode"), ("tflint",)]
    assert [step.folder for step in steps if step.commands] == ["infra", ""]
    assert [step.tolerated for step in steps if step.commands] == [False, True]
    assert {"jenkins:docker.build", "jenkins:docker.push", "jenkins:slackSend"} <= {step.uses for step in steps}
    assert set(events(found)) == {Event.PUSH, Event.PULL_REQUEST, Event.SCHEDULE}
    assert found.unresolved == ("library shared",)


def test_cloud_build_is_recognised_by_content_and_pushes_its_images() -> None:
    text = "steps:\n  - name: gcr.io/cloud-builders/docker\n    args: [build, -t, app, .]\n  - name: alpine\n    entrypoint: sh\n    args:\n      - -c\n      - |\n        cd infra\n        terraform plan\nimages: [app]\n"
    found = pipeline("cloud-build", "ci/release.yaml", text)
    assert argvs(found) == [("docker", "build", "-t", "app", "."), ("cd", "infra"), ("terraform", "plan")]
    assert [c.at.line for _, s in found.steps for c in s.commands][-1] == 10
    assert [step.uses for _, step in found.steps][-1] == "cloudbuild:images"
    assert events(found) == [Event.OTHER]


@pytest.mark.parametrize(
    "text",
    ["steps:\n  - name: two words\n    args: [x]\n", "steps:\n  - run: x\n", "steps:\n  - name: a\n    args: [b]\nkind: X\n"],
)
def test_cloud_build_leaves_the_files_of_others_alone(text: str) -> None:
    assert read("cloud-build", "x.yaml", text) == []


CODEFRESH = """
version: '1.0'
stages: [build]
steps:
  image:
    type: build:1.0.0
    image_name: acme/shop
    disable_push: true
  checks:
    type: parallel
    steps:
      scan:
        image: snyk/snyk-cli
        commands:
          - snyk container test acme/shop
  publish:
    type: push
    candidate: ${{image}}
    tags: [latest]
"""


def test_codefresh_is_recognised_by_content_and_has_typed_steps() -> None:
    found = pipeline("codefresh", "build/ci.yml", CODEFRESH)
    assert [step.uses for _, step in found.steps] == ["codefresh:build", "", "", "codefresh:push"]
    assert found.jobs[0].steps[0].inputs["disable_push"] == "true"
    assert argvs(found) == [("snyk", "container", "test", "acme/shop")]
    assert events(found) == [Event.OTHER]


@pytest.mark.parametrize(
    "text",
    ["version: '3'\nsteps:\n  a: {type: build}\n", "version: '1.0'\nsteps: [a]\n", "version: 1.0\nservers: {}\nsteps: {a: {}}\n"],
)
def test_codefresh_leaves_the_files_of_others_alone(text: str) -> None:
    assert read("codefresh", "a.yml", text) == []


INLINE = """
Resources:
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      Source:
        Type: CODEPIPELINE
        BuildSpec: !Sub |
          version: 0.2
          phases:
            build:
              commands:
                - docker push "${Repository}:1"
"""


def test_a_build_specification_inside_a_template_keeps_its_lines() -> None:
    found = pipeline("codebuild-inline", "pipeline.yaml", INLINE)
    assert argvs(found) == [("docker", "push", "${Repository}:1")]
    assert [command.at.line for _, step in found.steps for command in step.commands] == [13]


def test_drone_has_a_pipeline_a_document_and_plug_ins() -> None:
    text = "kind: pipeline\nname: a\nsteps:\n  - name: push\n    image: plugins/docker\n    settings: {repo: acme/app, tags: [latest]}\ntrigger: {event: [push, cron]}\n---\nkind: secret\nname: b\n"
    found = pipeline("drone", ".drone.yml", text)
    assert events(found) == [Event.PUSH, Event.SCHEDULE]
    assert (found.jobs[0].steps[0].uses, found.jobs[0].steps[0].inputs["repo"]) == ("plugins/docker", "acme/app")


def test_woodpecker_steps_may_be_a_mapping_and_have_their_own_events() -> None:
    found = pipeline(
        "woodpecker",
        ".woodpecker/a.yaml",
        "steps:\n  lint:\n    image: alpine\n    commands: [make lint]\n    when: [{event: pull_request}]\n",
    )
    assert argvs(found) == [("make", "lint")]
    assert [t.event for t in found.jobs[0].triggers or ()] == [Event.PULL_REQUEST]


def test_codebuild_travis_and_buildkite_are_scripts() -> None:
    assert argvs(
        pipeline("codebuild", "ci/buildspec.yml", "version: 0.2\nphases:\n  build:\n    commands:\n      - docker push x\n")
    ) == [("docker", "push", "x")]
    travis = pipeline("travis", ".travis.yml", "script: make test\ndeploy:\n  provider: script\n  script: docker push x\n")
    assert argvs(travis) == [("make", "test"), ("docker", "push", "x")]
    kite = pipeline(
        "buildkite",
        ".buildkite/pipeline.yml",
        "steps:\n  - label: scan\n    command: trivy image x\n    soft_fail: true\n    plugins:\n      - docker-compose#v5: {push: app}\n",
    )
    assert argvs(kite) == [("trivy", "image", "x")]
    assert kite.jobs[0].tolerated
    assert kite.jobs[0].steps[1].inputs == {"push": "app"}


def test_bitbucket_has_sections_pipes_and_parallel_steps() -> None:
    text = "pipelines:\n  pull-requests:\n    '**':\n      - parallel:\n          - step:\n              script:\n                - helm lint chart\n                - pipe: atlassian/aws-ecr-push-image:1.0\n                  variables: {IMAGE_NAME: app}\n"
    found = pipeline("bitbucket-pipelines", "bitbucket-pipelines.yml", text)
    assert events(found) == [Event.PULL_REQUEST]
    assert [step.uses for _, step in found.steps] == ["atlassian/aws-ecr-push-image:1.0", ""]
    assert argvs(found) == [("helm", "lint", "chart")]


TEKTON = """
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: pr
  annotations: {pipelinesascode.tekton.dev/on-event: "[pull_request]", pipelinesascode.tekton.dev/on-target-branch: "[main]"}
spec:
  pipelineSpec:
    tasks:
      - name: build
        taskRef: {name: kaniko}
      - name: lint
        taskSpec:
          steps:
            - image: alpine/helm
              command: [helm]
              args: [lint, chart]
---
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: shared}
spec:
  steps:
    - image: golang
      script: |
        make test
"""


def test_tekton_runs_tasks_and_keeps_tasks_to_be_started() -> None:
    facts = read("tekton", ".tekton/pr.yaml", TEKTON)
    (found,) = [fact for fact in facts if isinstance(fact, Pipeline)]
    assert events(found) == [Event.PULL_REQUEST]
    assert [step.uses for _, step in found.steps] == ["tekton-task:kaniko", ""]
    assert argvs(found) == [("helm", "lint", "chart")]
    assert [(r.runner, r.name) for r in facts if isinstance(r, Runnable)] == [("tekton-task", "shared")]


def test_lighthouse_files_are_started_by_what_they_are_named_for() -> None:
    text = "apiVersion: tekton.dev/v1beta1\nkind: PipelineRun\nspec:\n  pipelineSpec:\n    tasks:\n      - name: a\n        taskSpec:\n          steps:\n            - image: uses:jenkins-x/jx3-pipeline-catalog/tasks/go/release.yaml@versionStream\n"
    found = pipeline("tekton", ".lighthouse/jenkins-x/release.yaml", text)
    assert events(found) == [Event.PUSH]
    assert found.jobs[0].steps[0].uses.startswith("jx:jenkins-x/jx3-pipeline-catalog/tasks/go/release.yaml")


@pytest.mark.parametrize(
    ("path", "text", "tool", "drift"),
    [
        ("atlantis.yaml", "version: 3\ndrift: {enabled: true}\n", "atlantis", False),
        ("digger.yml", "projects:\n  - name: a\n    drift_detection: true\n", "digger", True),
        (".terrateam/config.yml", "drift:\n  enabled: true\n", "terrateam", True),
        (".spacelift/config.yml", "version: 2\n", "spacelift", False),
    ],
)
def test_services_beside_ci_say_whether_they_look_for_drift(path: str, text: str, tool: str, drift: bool) -> None:
    (found,) = read("terraform-automation", path, text)
    assert isinstance(found, PlanAutomation)
    assert (found.tool, found.drift, found.plan_on_pr) == (tool, drift, True)


CONCOURSE = """
resource_types:
  - name: pull-request
    type: registry-image
    source: {repository: teliaoss/github-pr-resource}
resources:
  - name: code
    type: git
    source: {uri: "https://github.com/example/shop", branch: main, private_key: ((key))}
  - name: changes
    type: pull-request
    source: {repository: example/shop}
  - name: nightly
    type: time
    source: {interval: 24h}
  - name: image
    type: docker-image
    source: {repository: ghcr.io/example/shop}
jobs:
  - name: build
    plan:
      - in_parallel:
          steps:
            - get: code
              trigger: true
            - get: tools
      - put: image
        params: {build: code}
        on_failure:
          put: chat
  - name: check
    plan:
      - {get: changes, trigger: true}
      - task: validate
        file: changes/ci/validate.yml
      - try:
          task: render
          config:
            platform: linux
            run:
              path: sh
              args:
                - -c
                - |
                  cd changes
                  helm lint chart
  - name: drift
    plan:
      - {get: nightly, trigger: true}
      - do: [{task: plan, config: {run: {path: terraform, args: [plan, -detailed-exitcode]}}}]
  - name: by-hand
    plan:
      - get: code
"""
TASK = "platform: linux\nimage_resource: {type: registry-image, source: {repository: alpine}}\ninputs: [{name: changes}]\nrun:\n  path: changes/ci/validate.sh\n"


def test_concourse_jobs_are_started_by_what_their_resources_are() -> None:
    found = pipeline("concourse", "ci/pipeline.yml", CONCOURSE)
    started = {job.id: [trigger.event for trigger in job.triggers or ()] for job in found.jobs}
    assert started == {
        "build": [Event.PUSH], "check": [Event.PULL_REQUEST], "drift": [Event.SCHEDULE], "by-hand": [Event.MANUAL],
    }  # fmt: skip
    uses = [step.uses for _, step in found.steps if step.uses]
    assert uses == ["concourse:docker-image", "concourse:put", "concourse-task:changes/ci/validate.yml"]
    assert argvs(found) == [("cd", "changes"), ("helm", "lint", "chart"), ("terraform", "plan", "-detailed-exitcode")]
    put = next(step for _, step in found.steps if step.uses == "concourse:docker-image")
    assert (put.inputs["repository"], put.inputs["build"]) == ("ghcr.io/example/shop", "code")
    assert [step.tolerated for _, step in found.steps if step.name == "render"] == [True]


def test_a_task_of_concourse_can_be_started() -> None:
    (found,) = read("concourse", "ci/validate.yml", TASK)
    assert isinstance(found, Runnable)
    assert (found.runner, found.name) == ("concourse-task", "ci/validate.yml")
    assert [c.argv for step in found.steps for c in step.commands] == [("ci/validate.sh",)]


@pytest.mark.parametrize(
    "text", ["jobs:\n  build:\n    plan: x\n", "jobs:\n  - name: a\n    steps: []\n", "platform: x\nrun: y\n"]
)
def test_other_files_with_jobs_are_not_taken_for_concourse(text: str) -> None:
    assert not list(read("concourse", "a.yml", text))


ARGO = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedules: ["0 3 * * *"]
  workflowSpec:
    templates:
      - name: main
        dag:
          tasks:
            - {name: plan, template: plan}
            - {name: elsewhere, templateRef: {name: tools, template: scan}}
      - name: plan
        script:
          image: hashicorp/terraform
          command: [sh]
          source: |
            terraform plan -detailed-exitcode
      - name: check
        containerSet:
          containers:
            - {name: a, image: alpine/helm, command: [helm], args: [lint, chart]}
"""


def test_workflows_of_argo_run_containers_and_scripts() -> None:
    found = pipeline("argo-workflows", "nightly.yaml", ARGO)
    assert [(trigger.event, trigger.cron) for trigger in found.triggers] == [(Event.SCHEDULE, "0 3 * * *")]
    assert [job.id for job in found.jobs] == ["plan", "check"]
    assert argvs(found) == [("terraform", "plan", "-detailed-exitcode"), ("helm", "lint", "chart")]


@pytest.mark.parametrize("kind", ["Application", "Rollout", "EventSource"])
def test_other_objects_of_argo_are_no_workflows(kind: str) -> None:
    assert not list(read("argo-workflows", "a.yaml", ARGO.replace("CronWorkflow", kind)))
