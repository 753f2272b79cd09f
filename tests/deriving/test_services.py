from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from assessor.deriving.pushes import attribute_pushes
from assessor.deriving.trace import followed
from assessor.facts.base import Fact, Place
from assessor.facts.containers import Dockerfile, ImageBuild, LanguageProject, Service
from assessor.facts.gitops import Application, AppSource
from assessor.facts.manifests import Container, HelmChart, Workload
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization, Repository
from tests.organizations import scan_repository, write

EXPRESS = '{"name": "x", "private": true, "scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}}'
COPY = "FROM node:22\nCOPY . .\n"
GO = 'package main\n\nfunc main() { http.ListenAndServe(":80", nil) }\n'


def services(root: Path, files: Mapping[str, str], name: str = "shop") -> dict[str, Service]:
    return {s.name: s for s in scan_repository(write(root, files), name).of(Service)}


def test_an_application_at_the_root_is_named_like_its_project(tmp_path: Path) -> None:
    found = services(
        tmp_path, {"package.json": EXPRESS.replace('"x"', '"@acme/web"'), "Dockerfile": "FROM node:22\nCOPY . .\nEXPOSE 3000\n"}
    )
    (service,) = found.values()
    assert (service.name, service.language, service.port, service.dockerfile) == (
        "web", "javascript", 3000, Place("shop", "Dockerfile", 1, "FROM node:22"),
    )  # fmt: skip


def test_one_dockerfile_at_the_root_covers_what_it_copies(tmp_path: Path) -> None:
    files = {"api/package.json": EXPRESS, "web/package.json": EXPRESS, "Dockerfile": "FROM node:22\nCOPY api/ /app\n"}
    found = services(tmp_path, files)
    assert [(s.folder, s.dockerfile is not None) for s in found.values()] == [("", True), ("web", False)]


def test_a_variable_source_covers_every_folder_it_may_mean(tmp_path: Path) -> None:
    files = {
        "apps/a/package.json": EXPRESS,
        "apps/b/package.json": EXPRESS,
        "Dockerfile": "FROM node:22\nARG APP\nCOPY apps/${APP} /app\n",
    }
    assert [s.dockerfile is None for s in services(tmp_path, files).values()] == [False]


def test_a_context_elsewhere_is_found_by_what_is_copied(tmp_path: Path) -> None:
    files = {
        "api/go.mod": "module x/api\n",
        "api/main.go": GO,
        "docker/api/Dockerfile": "FROM golang:1\nCOPY api/main.go /src/\n",
    }
    root = write(tmp_path, files)
    (dockerfile,) = scan_repository(root).of(Dockerfile)
    assert dockerfile.context == ""
    (service,) = scan_repository(root).of(Service)
    assert (service.language, service.dockerfile is not None) == ("go", True)


def test_variants_of_one_image_are_one_service_and_named_images_are_several(tmp_path: Path) -> None:
    files = {
        "go.mod": "module x/y\n",
        "main.go": GO,
        "Dockerfile": COPY,
        "Dockerfile.alpine": COPY,
        "Dockerfile.multi-arch": COPY,
        "Dockerfile.multi-stage": COPY,
        "Dockerfile.arm64": COPY,
        "worker.Dockerfile": COPY,
    }
    assert sorted(services(tmp_path, files)) == ["worker", "y"]


def test_images_for_several_platforms_are_one_service_and_those_that_make_packages_none(tmp_path: Path) -> None:
    files = {
        "go.mod": "module x/y\n",
        "main.go": GO,
        "packaging/docker/alpine/Dockerfile": COPY,
        "packaging/docker/distroless/Dockerfile": COPY,
        "packaging/debian/Dockerfile": COPY,
        "packaging/rpm/Dockerfile": COPY,
    }
    found = services(tmp_path, files)
    assert [(s.name, s.folder, s.dockerfile and s.dockerfile.path) for s in found.values()] == [
        ("y", "", "packaging/docker/alpine/Dockerfile")
    ]


def test_a_project_that_a_tool_named_is_named_like_its_repository(tmp_path: Path) -> None:
    assert list(services(tmp_path, {"package.json": EXPRESS.replace('"x"', '"@acme/source"'), "Dockerfile": COPY})) == ["shop"]


def test_several_commands_of_one_module_are_services_of_their_own_dockerfiles(tmp_path: Path) -> None:
    files = {
        "go.mod": "module x/y\n",
        "cmd/a/main.go": GO,
        "cmd/b/main.go": GO,
        "cmd/a/Dockerfile": COPY,
        "cmd/b/Dockerfile": COPY,
    }
    found = services(tmp_path, files)
    assert {(s.name, s.language) for s in found.values()} == {("a", "go"), ("b", "go")}


def test_services_of_one_name_are_named_by_folder(tmp_path: Path) -> None:
    found = services(tmp_path, {"a/web/Dockerfile": COPY, "b/web/Dockerfile": COPY})
    assert sorted(found) == ["a/web", "b/web"]


@pytest.mark.parametrize(
    "files",
    [
        {"go.mod": "module x/cli\n", "main.go": "package main\n\nfunc main() {}\n"},
        {"go.mod": "module x/lib\n", "server/server.go": GO.replace("package main", "package server")},
        {"requirements.txt": "flask\n", "app/views.py": "def f(): ...\n"},
        {"scripts/x/go.mod": "module x\n", "scripts/x/main.go": GO},
        {"tools/x/package.json": EXPRESS},
        {"package.json": '{"private": true, "devDependencies": {"prettier": "3"}}'},
        {"infra/requirements.txt": "pulumi\nflask\n", "infra/__main__.py": "app = Flask(__name__)\n"},
        {"CMakeLists.txt": "", "main.c": "int main() {}"},
        {"terraform/files/lambda.py": "if __name__ == '__main__':\n    main()\n"},
    ],
    ids=["command", "library", "unused-framework", "script", "tool", "formatter", "pulumi", "c", "lambda"],
)
def test_what_does_not_serve_is_no_service(tmp_path: Path, files: Mapping[str, str]) -> None:
    assert services(tmp_path, files) == {}


def test_a_frontend_beside_its_backend_goes_into_the_same_image(tmp_path: Path) -> None:
    vite = '{"private": true, "scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}'
    files = {
        "go.mod": "module x/y\n",
        "main.go": GO,
        "ui/package.json": vite,
        "Dockerfile": "FROM golang:1\nCOPY go.mod ./\nCOPY ui ui\n",
    }
    assert [s.language for s in services(tmp_path, files).values()] == ["go"]


def test_helper_images_are_subjects_only_where_nothing_of_its_own_is_built(tmp_path: Path) -> None:
    helper = {"images/db/Dockerfile": "FROM postgres:17\nRUN apt-get install x\n"}
    assert [s.content for s in services(tmp_path / "a", helper).values()] == ["third-party"]
    assert sorted(services(tmp_path / "b", {**helper, "api/Dockerfile": COPY})) == ["api"]


def test_a_bare_from_counts_once_something_builds_it(tmp_path: Path) -> None:
    bare = {"http/Dockerfile": "FROM nginx:1\n"}
    assert [s.content for s in services(tmp_path / "a", bare).values()] == ["nothing"]
    used = {**bare, "compose.yml": "services:\n  http:\n    build: ./http\n"}
    assert [s.content for s in services(tmp_path / "b", used).values()] == ["third-party"]


def test_the_images_a_build_names_belong_to_the_service(tmp_path: Path) -> None:
    skaffold = "apiVersion: skaffold/v4\nbuild:\n  artifacts:\n  - image: eu.gcr.io/x/api:1\n    context: api\n"
    found = services(tmp_path, {"api/Dockerfile": COPY, "skaffold.yaml": skaffold})
    assert found["api"].images == ("eu.gcr.io/x/api",)


def test_manifests_of_one_folder_are_one_project(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "api"\nrequires-python = ">=3.12"\n',
        "requirements.txt": "flask\n",
        "main.py": "app = Flask(__name__)\n",
    }
    (project,) = scan_repository(write(tmp_path, files)).of(LanguageProject)
    assert (project.name, project.version, project.serves) == ("api", ">=3.12", "Flask in main.py")


def test_an_ignore_file_of_the_context_applies(tmp_path: Path) -> None:
    files = {"docker/web/Dockerfile": "FROM a\nCOPY src /src\n", "src/x.py": "", ".dockerignore": ".git\n"}
    (dockerfile,) = scan_repository(write(tmp_path, files)).of(Dockerfile)
    assert dockerfile.ignore_file == ".dockerignore"


# Pushes


API = Service(at=Place("shop", "api/Dockerfile", 1), name="api", folder="api", dockerfile=Place("shop", "api/Dockerfile", 1))
WEB = Service(at=Place("shop", "web/Dockerfile", 1), name="web", folder="web", dockerfile=Place("shop", "web/Dockerfile", 1))


def push(subject: str, line: int = 1, *, manual: bool = False, bootstrap: bool = False) -> Activity:
    at = Place("shop", "ci.yml", line)
    return Activity(at=at, purpose=Purpose.PUSH_IMAGE, tool="docker", subject=subject, manual=manual, bootstrap=bootstrap)


@pytest.mark.parametrize(
    ("subject", "api", "web"),
    [
        ("ghcr.io/acme/api:${{ github.sha }}", True, False),
        ("./web", False, True),
        ("ghcr.io/acme/${{ matrix.service }}:1", True, True),
        ("ghcr.io/acme/other:1", False, False),
    ],
)
def test_a_push_belongs_to_the_service_it_names(subject: str, api: bool, web: bool) -> None:
    found = list(attribute_pushes([API, WEB], (), [push(subject)]))
    assert [bool(s.pushed_by) for s in found] == [api, web]


def test_the_only_service_gets_every_push_and_learns_its_image() -> None:
    (found,) = attribute_pushes([API], (), [push("quay.io/acme/shop:1", 4)])
    assert (found.images, found.pushed_by) == (("quay.io/acme/shop",), (Place("shop", "ci.yml", 4),))


def test_a_push_nobody_runs_or_into_a_throw_away_registry_is_none() -> None:
    (found,) = attribute_pushes([API], (), [push("api", manual=True), push("api", bootstrap=True)])
    assert found.pushed_by == ()


def test_an_image_that_depends_on_a_variable_has_no_name() -> None:
    build = ImageBuild(
        at=Place("shop", "compose.yml", 1), tool="compose", folder="api", dockerfile="api/Dockerfile", image="$REPO/api"
    )
    (found,) = attribute_pushes([API], [build], ())
    assert found.images == ("api",)


# Workloads and applications


def workload(repository: str, path: str, image: str, chart: str = "") -> Workload:
    return Workload(
        at=Place(repository, path, 1), group="apps", version="v1", type="Deployment", name="w", chart=chart,
        containers=(Container(name="c", image=image, line=5),),
    )  # fmt: skip


def organization(*facts: tuple[str, Fact], service: Service = API) -> Service:
    config = [fact for name, fact in facts if name == "config"]
    files = ("apps/api/deployment.yaml", "charts/api/templates/d.yaml")
    repositories = (
        Repository(at=Place("shop", ""), name="shop", path="shop", facts=(service, *(f for n, f in facts if n == "shop"))),
        Repository(
            at=Place("config", ""),
            name="config",
            path="config",
            facts=tuple(config),
            files=files,
            remote="https://x.test/acme/config.git",
        ),
    )
    joined = followed.derive(Organization(at=Place("", ""), name="acme", repositories=repositories))
    (found,) = (fact for fact in joined if isinstance(fact, Service))
    assert isinstance(found, Service)
    return found


PUSHED = msgspec.structs.replace(API, images=("ghcr.io/acme/api",))


def test_an_image_is_recognised_behind_another_registry_and_tag() -> None:
    at = workload("config", "apps/api/deployment.yaml", "mirror.local:5000/acme/api:2@sha256:a")
    assert organization(("config", at), service=PUSHED).workloads == (at.at,)


def test_another_image_of_the_same_last_name_is_not_the_service() -> None:
    assert (
        organization(
            ("config", workload("config", "apps/api/deployment.yaml", "ghcr.io/stranger/api:2")), service=PUSHED
        ).workloads
        == ()
    )


def test_a_name_alone_counts_only_in_the_same_repository() -> None:
    assert organization(("config", workload("config", "apps/api/deployment.yaml", "any/api:1"))).workloads == ()
    assert len(organization(("shop", workload("shop", "k8s/api.yaml", "any/api:1"))).workloads) == 1


def test_a_chart_of_the_services_name_runs_it() -> None:
    chart = HelmChart(at=Place("config", "charts/api/Chart.yaml", 1), folder="charts/api", name="api")
    at = workload("config", "charts/api/templates/d.yaml", "tpl-Values.image.repository:tpl-Values.image.tag", "charts/api")
    assert organization(("config", chart), ("config", at)).workloads == (at.at,)


def test_the_application_whose_source_holds_the_workload_deploys_it() -> None:
    at = workload("config", "apps/api/deployment.yaml", "ghcr.io/acme/api")
    source = AppSource(repository="git@x.test:acme/config.git", path="apps/api")
    application = Application(
        at=Place("config", "argocd.yaml", 3), product="argocd", type="Application", name="api", sources=(source,)
    )
    other = msgspec.structs.replace(application, at=Place("config", "argocd.yaml", 9), sources=(AppSource(path="apps/web"),))
    assert organization(("config", at), ("config", application), ("config", other), service=PUSHED).applications == (
        application.at,
    )


@pytest.mark.parametrize(
    ("address", "path", "deploys"),
    [
        ("https://x.test/acme/config.git", "apps/{{path.basename}}", True),
        ("https://x.test/acme/config.git", "apps/api/{{env}}", True),
        ("https://x.test/acme/config.git", "apps/api2/{{env}}", False),
        ("https://x.test/acme/config.git", "ap{{path}}", False),  # may be any folder: nothing tells which
        ("https://x.test/acme/{{repo}}.git", "apps/api/{{env}}", False),
    ],
)
def test_a_source_whose_path_is_known_at_run_time_may_deploy_what_is_below_its_fixed_part(
    address: str, path: str, deploys: bool
) -> None:
    at = workload("config", "apps/api/deployment.yaml", "ghcr.io/acme/api")
    source = AppSource(repository=address, path=path)
    application = Application(
        at=Place("config", "sets.yaml", 3), product="argocd", type="ApplicationSet", name="apps", sources=(source,)
    )
    found = organization(("config", at), ("config", application), service=PUSHED)
    assert found.applications == ((application.at,) if deploys else ())


def test_tooling_at_the_root_is_not_what_an_image_of_a_folder_is_made_of(tmp_path: Path) -> None:
    files = {
        "package.json": EXPRESS,
        "pb/a.proto": "",
        "src/c/main.cpp": "",
        "src/c/Dockerfile": "FROM gcc:15\nCOPY pb/a.proto /\nCOPY ./src/c/ /c\n",
    }
    found = services(tmp_path, files)
    assert [(s.name, s.language, s.dockerfile is None) for s in found.values()] == [("x", "javascript", True), ("c", "", False)]


def test_the_only_dockerfile_of_a_folder_is_named_by_the_folder(tmp_path: Path) -> None:
    files = {f"components/{name}/tool.Dockerfile": "FROM alpine:3\nCOPY app /app\n" for name in ("server", "blob", "proxy")}
    found = services(tmp_path, {**files, "docker/api.Dockerfile": "FROM alpine:3\nCOPY app /app\n"})
    assert set(found) == {"server", "blob", "proxy", "api"}


def test_a_base_of_a_cloud_is_a_variant_of_one_image(tmp_path: Path) -> None:
    files = dict.fromkeys(("Dockerfile", "Dockerfile-mariner", "Dockerfile.azurelinux"), COPY)
    assert len(services(tmp_path, {**files, "package.json": EXPRESS})) == 1


def test_a_pipeline_in_the_folder_of_a_service_pushes_that_one() -> None:
    pushed = msgspec.structs.replace(push("$REGISTRY/$IMAGE"), at=Place("repo", f"{WEB.folder}/buildspec.yml", 5))
    found = {service.name: bool(service.pushed_by) for service in attribute_pushes([API, WEB], (), [pushed])}
    assert found == {API.name: False, WEB.name: True}
