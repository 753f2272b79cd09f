"""Reads Ansible playbooks and roles, and the clusters they set up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.infrastructure import Resource, Stack
from assessor.parsing.yaml import Map
from assessor.reading import Source, reader

MAX_BLOCKS = 5  # nested blocks of tasks looked into
MAX_NAME = 200  # characters of a role's name

_PLAY = {
    "tasks",
    "roles",
    "pre_tasks",
    "post_tasks",
    "handlers",
    "vars",
    "vars_files",
    "become",
    "gather_facts",
    "connection",
    "collections",
}
_TASK = {"name", "when", "register", "notify", "loop", "with_items", "become", "block", "tags", "include_tasks", "import_tasks"}
_PLAYBOOK = re.compile(rb"^[ \t]*(?:-[ \t]*)?(?:hosts|(?:ansible\.builtin\.)?import_playbook)\s*:", re.M)
_ROLE_TASKS = re.compile(r"(?:^|/)tasks/main\.ya?ml$", re.I)
# Roles and collections that set up a cluster, by a part of their name.
_CLUSTER_ROLE = re.compile(
    r"(?:^|[._/-])(k3s|rke2|kubespray|kubeadm|k0s|microk8s|openshift[_-]install)(?:$|[._/-])|^geerlingguy\.(kubernetes)$", re.I
)
_CLUSTER_TASK = re.compile(
    r"\bkubeadm init\b|\bk3s server\b|get\.k3s\.io|\bget\.rke2\.io|\bk0s (?:install|start)\b|openshift-install create"
)
# Modules that make a cloud's cluster, by the last part of their full name.
_CLUSTER_MODULE = {
    "eks_cluster": "AWS::EKS::Cluster",
    "aws_eks_cluster": "AWS::EKS::Cluster",
    "gcp_container_cluster": "google_container_cluster",
    "azure_rm_aks": "Microsoft.ContainerService/managedClusters",
    "digital_ocean_kubernetes": "digitalocean_kubernetes_cluster",
}


@reader("ansible", names=("*.yml", "*.yaml"))
def read_ansible(source: Source) -> Iterator[Fact]:
    """Yield a playbook (a list of plays) or a role's tasks."""
    if _ROLE_TASKS.search(source.path):
        yield from _role(source)
    elif b"apiVersion:" not in source.data[:4096] and _PLAYBOOK.search(source.data):
        yield from _playbook(source)


def _playbook(source: Source) -> Iterator[Fact]:
    value = source.yaml
    if not isinstance(value, list):
        return
    plays = [item for item in value if isinstance(item, Map) and _is_play(item)]
    if not plays:
        return
    yield Stack(at=source.place(plays[0].line), tool="ansible", name=source.name, declares=len(plays))
    for play in plays:
        yield from _play_clusters(source, play)


def _is_play(item: Map) -> bool:
    if any(key.rpartition(".")[2] == "import_playbook" for key in item):
        return True
    return isinstance(item.get("hosts"), str | list) and not _PLAY.isdisjoint(item)


def _play_clusters(source: Source, play: Map) -> Iterator[Resource]:
    roles = play.get("roles")
    for index, role in enumerate(roles if isinstance(roles, list) else []):
        name = role.get("role", role.get("name")) if isinstance(role, dict) else role
        yield from _role_cluster(source, name, play.line_of("roles", index))
    for key in ("tasks", "pre_tasks", "post_tasks"):
        yield from _task_clusters(source, play.get(key))


def _role_cluster(source: Source, name: object, line: int) -> Iterator[Resource]:
    """Yield the cluster that a role of this name sets up."""
    found = _CLUSTER_ROLE.search(name[:MAX_NAME]) if isinstance(name, str) else None
    if found:
        kind = (found.group(1) or found.group(2)).lower()
        yield Resource(at=source.place(line), tool="ansible", type=f"{kind} cluster", name=str(name)[:MAX_NAME])


def _role(source: Source) -> Iterator[Fact]:
    value = source.yaml
    if not isinstance(value, list):
        return
    tasks = [item for item in value if isinstance(item, Map) and not _TASK.isdisjoint(item)]
    if tasks:
        top = source.path.count("/") == 1
        yield Stack(
            at=source.place(tasks[0].line), tool="ansible", name=_role_name(source.path), declares=len(tasks), library=top
        )
        yield from _task_clusters(source, value)


def _role_name(path: str) -> str:
    return path.rpartition("/tasks/")[0].rpartition("/")[2]


def _task_clusters(source: Source, tasks: object, depth: int = 0) -> Iterator[Resource]:
    """Yield the clusters that tasks make by a cloud's module, by the usual installers or by a role they include."""
    for task in tasks if isinstance(tasks, list) else []:
        if not isinstance(task, Map):
            continue
        if depth < MAX_BLOCKS:
            yield from _task_clusters(source, task.get("block"), depth + 1)
        for key, value in task.items():
            module = key.rpartition(".")[2]
            if module in ("include_role", "import_role") and isinstance(value, Map):
                yield from _role_cluster(source, value.get("name"), value.line_of("name"))
            text = (
                value
                if isinstance(value, str)
                else str(value.get("cmd", value.get("url", "")))
                if isinstance(value, dict)
                else ""
            )
            at = source.place(task.lines.get(key, task.line))
            if module in _CLUSTER_MODULE and isinstance(value, dict) and value.get("state") != "absent":
                yield Resource(at=at, tool="ansible", type=_CLUSTER_MODULE[module], name=str(value.get("name", ""))[:80])
            elif module in ("shell", "command", "get_url", "raw", "script") and (found := _CLUSTER_TASK.search(text[:2000])):
                yield Resource(
                    at=at,
                    tool="ansible",
                    type=f"{found.group().split()[0].removeprefix('get.').partition('.')[0]} cluster",
                    name="",
                )
