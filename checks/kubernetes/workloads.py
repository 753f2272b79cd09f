"""How containers run: which image, with what resources, probes and privileges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from assessor.checking import HYGIENE, SUPPORT, Place, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.facts.cluster import Cluster
from assessor.facts.containers import ImageBuild
from assessor.facts.manifests import Container, Kustomization, Workload
from assessor.facts.repository import Repository
from assessor.parsing.yaml import is_dynamic

_MOVING = {"", "latest", "stable", "edge", "nightly", "main", "master", "dev", "develop", "head", "canary", "snapshot"}
_SHORT_LIVED = {"Job", "CronJob", "ScaledJob"}
Answer = Callable[[Workload, Container], "list[bool | None]"]


@check("k8s.image-pinned", task=Task.WORKLOADS, weight=SUPPORT, frameworks=("OpenGitOps 2: Versioned and immutable",))
def images_are_pinned(where: Repository | Cluster) -> Verdict:
    """Every image is named by a fixed tag or a digest.

    Judged in files, and in clusters where they are asked. A tag that a kustomization sets, or that a build tool writes into the manifest, counts as fixed. Images a template
    leaves to the install are not judged.

    ## Why
    `latest` means whatever was pushed last: two nodes may run different code from the same commit, and going back to an
    earlier commit does not bring the earlier image back.

    ## Fix
    Name a version or a digest, and let a bot or the pipeline raise it by commit:

    ```yaml
    image: registry.example.com/orders:1.4.2
    ```

    ## References
    - https://kubernetes.io/docs/concepts/containers/images/#image-names
    """
    written: set[str] = set()
    if isinstance(where, Repository):
        written = {name for build in where.of(Kustomization) for name, tag in build.images.items() if tag.lower() not in _MOVING}
        written |= {build.image for build in where.of(ImageBuild) if build.image}
    elif reason := _lacking(where):
        return reason
    loose: list[Place] = []
    seen = unknown = 0
    for workload, container in _containers(where):
        pinned = None if not container.image else _is_pinned(container.image, written)
        if pinned is None:
            unknown += bool(container.image)
            continue
        seen += 1
        if not pinned:
            loose.append(_at(workload, container))
    if not seen:
        return not_observed(f"all {unknown} images are set at install time") if unknown else not_applicable("no workloads")
    summary = f"{seen - len(loose)} of {seen} images are pinned" + (f", {unknown} set at install time" if unknown else "")
    share = 1 - len(loose) / seen
    if not loose:
        return passed(summary, [_at(*next(_containers(where)))])
    return partial(share, summary, loose) if share >= 0.8 else failed(summary, loose)


def _is_pinned(image: str, written: set[str]) -> bool | None:
    """Say whether an image is fixed; None when a template decides."""
    if "@sha256:" in image:
        return True
    name, _, tag = image.rpartition(":")
    if not name or "/" in tag:
        name, tag = image, ""
    if is_dynamic(tag) or "$" in tag or (not tag and (is_dynamic(image) or "$" in image)):
        return None
    return image in written or name in written or (tag.lower() not in _MOVING and not is_dynamic(tag))


def _containers(where: Repository | Cluster) -> Iterator[tuple[Workload, Container]]:
    """Yield the containers that files declare, or those that run and are not the cluster's own."""
    if isinstance(where, Repository):
        workloads = where.of(Workload)
    else:
        workloads = tuple(running.workload for running in where.workloads if not running.system)
    for workload in workloads:
        for container in workload.containers:
            yield workload, container


def _lacking(cluster: Cluster) -> Verdict | None:
    """Return the verdict on a cluster whose workloads were not seen at all."""
    return None if cluster.workloads else not_observed("no workload of the cluster could be seen", [cluster.at])


def _at(workload: Workload, container: Container) -> Place:
    if workload.at.live:
        return msgspec.structs.replace(workload.at, excerpt=f"image: {container.image}")
    return Place(workload.at.repository, workload.at.path, container.line, f"image: {container.image}")


@check("k8s.resources-probes", task=Task.WORKLOADS, weight=HYGIENE, effort=2)
def resources_and_probes_are_set(where: Repository | Cluster) -> Verdict:
    """Containers say what they need and how to tell that they are well.

    Requests, limits, liveness and readiness, each counted by itself; jobs and init containers need no probes. What a
    template leaves to its values is not judged.

    ## Why
    Without requests the scheduler guesses, without limits one container starves its neighbours, without probes a
    rollout goes on although the new version does not answer, and a GitOps controller reports it healthy.

    ## Fix
    ```yaml
    resources:
      requests: {cpu: 50m, memory: 64Mi}
      limits: {memory: 128Mi}
    readinessProbe:
      httpGet: {path: /healthz, port: http}
    livenessProbe:
      httpGet: {path: /healthz, port: http}
    ```

    ## References
    - https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    """

    def answer(workload: Workload, container: Container) -> list[bool | None]:
        answers = [container.requests, container.limits]
        if not container.init and workload.type not in _SHORT_LIVED:
            answers += [container.liveness, container.readiness]
        return answers

    return _share(where, answer, "requests, limits and probes are set")


@check("k8s.security-context", task=Task.WORKLOADS, weight=HYGIENE)
def containers_have_no_needless_rights(where: Repository | Cluster) -> Verdict:
    """Containers run as an ordinary user and cannot gain privileges.

    ## Why
    A process that breaks out of a container has on the node the rights it had inside.

    ## Fix
    ```yaml
    securityContext:
      runAsNonRoot: true
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
    ```

    ## References
    - https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    def answer(_: Workload, container: Container) -> list[bool | None]:
        return [False, False] if container.privileged else [container.non_root, container.no_escalation]

    return _share(where, answer, "non-root and no-escalation settings are made")


def _share(where: Repository | Cluster, answer: Answer, what: str) -> Verdict:
    """Judge a repository or cluster by the share of its containers' settings that are made: 80 % passes, 40 % in part."""
    if isinstance(where, Cluster) and (reason := _lacking(where)):
        return reason
    yes = total = 0
    lacking: list[Place] = []
    for workload, container in _containers(where):
        known = [value for value in answer(workload, container) if value is not None]
        yes, total = yes + sum(known), total + len(known)
        if not all(known):
            lacking.append(_at(workload, container))
    if not total:
        some = any(True for _ in _containers(where))
        return not_observed("every setting is left to a template's values") if some else not_applicable("no containers")
    share = yes / total
    summary = f"{yes} of {total} {what}"
    if share >= 0.8:
        return passed(summary, lacking or [_at(*next(_containers(where)))])
    return partial(share, summary, lacking) if share >= 0.4 else failed(summary, lacking)
