"""Secrets of Kubernetes workloads in git."""

from __future__ import annotations

from assessor.checking import SUPPORT, Task, Verdict, check, failed, partial, passed
from assessor.facts.infrastructure import HardcodedSecret
from assessor.facts.manifests import HelmChart, KubernetesObject, SecretManifest
from assessor.facts.repository import Repository

from ..gitops.shares import count  # noqa: TID252  the absolute name depends on the installation


@check(
    "k8s.secrets-encrypted",
    task=Task.K8S_SECRETS,
    weight=SUPPORT,
    effort=2,
    frameworks=("DSOMM: Environment depending configuration parameters (secrets)",),
)
def secrets_are_not_plain(repository: Repository) -> Verdict:
    """No secret of a workload stands in git as plain text.

    Base64 is an encoding, not encryption. Looked at are Secrets, literal variables of containers, chart values,
    Kustomize generators, and the code and configuration a workload is built from; templates, references (`op://`,
    `ref+vault://`) and placeholders are no values. Defaults of charts and code that are plainly samples, and values in
    folders for trying things out, count in part; a word like `postgres` in what is applied as it stands is a password.
    A repository without manifests that holds no secret either passes: the claim is about what is in git.

    ## Why
    Whoever can read the repository, or any copy of it, has the secret, and its history keeps it after it is deleted.

    ## Fix
    Replace the value at its source first: it is known. Then let the cluster fetch it, or commit it encrypted:

    ```yaml
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: orders-db}
    spec:
      secretStoreRef: {kind: ClusterSecretStore, name: vault}
      target: {name: orders-db}
      dataFrom:
        - extract: {key: orders/db}
    ```

    ## References
    - https://kubernetes.io/docs/concepts/configuration/secret/
    - https://external-secrets.io/
    - https://getsops.io/
    """
    found = repository.of(SecretManifest)
    written = repository.of(HardcodedSecret)
    applied = [s for s in found if not s.test and (s.values == "plain" or (s.values == "demo" and s.where != "values"))]
    plain = [(s.name, s.at) for s in applied]
    plain += [(s.name, s.at) for s in written if not s.demo]
    if plain:
        names = ", ".join(sorted({name for name, _ in plain})[:3])
        return failed(f"{count(len(plain), 'plain secret')} in git: {names}", [place for _, place in plain])
    sample = [s.at for s in found if s.values in ("plain", "demo")] + [s.at for s in written]
    if sample:
        return partial(0.5, f"{count(len(sample), 'sample or trial secret')} in git", sample)
    if found:
        kinds = ", ".join(sorted({s.values for s in found}))
        return passed(f"{count(len(found), 'Secret')}, none with a plain value ({kinds})", [s.at for s in found])
    places = [o.at for o in repository.of(KubernetesObject)] + [c.at for c in repository.of(HelmChart)]
    if places:
        return passed("no Secret and no literal secret among the manifests", places[:1])
    return passed("no Kubernetes manifests, and no secret written into another file")
