"""What is known of an organization's Terraform: what templates of infrastructure are filled from.

Names: ``terraform.cloud`` (the cloud to write for: the one that is used or chosen, else the one whose registry gets the
images, else AWS where there is no Terraform that could tell), ``terraform.fresh`` ("yes": no infrastructure is in code yet,
the store of the state aside), ``terraform.region`` (the region of that cloud which most is in), ``terraform.folder`` (where new roots and modules go), ``terraform.roots`` ("yes": the
repository has roots that Terraform itself applies, not only those of OpenTofu or Terragrunt), ``state.kind`` (the kind of
backend that is or would be used), ``state.declared`` ("yes": a bucket or storage account for state is declared, or a root
names one), ``secrets.store`` (vault, where something reads from it), ``secrets.prefix`` (what the names of production's secrets begin
with), ``gitignore.folder`` and ``gitignore.state`` ("missing": no rule keeps local state out of git, and the folder has
no .gitignore yet).

Of a root: ``root.tool``, ``root.backend_file`` (a free file name for a backend), ``root.lock`` and ``root.backend_path`` (missing,
where its state in S3 has no lock, and the file of that backend), ``root.old`` ("yes": it is held at a
version that cannot lock state in S3 by a file), ``root.literal``, ``root.literals`` and ``root.literal_keys`` ("yes", and where, where secrets are written into its files, and
what they are assigned to), ``root.secrets_file`` (a free file name), ``root.reads_secrets`` ("yes": a secret store is read
already), ``root.constrain`` (what a new file can still constrain so that nothing is
left open: core, providers or both), ``root.constraints_file`` (a free name for it) and ``root.pins`` (the providers it uses
without a constraint).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator

from assessor.facts.base import Fact, Place
from assessor.facts.infrastructure import (
    HardcodedSecret,
    IgnoreFile,
    ModuleCall,
    Resource,
    SecretSource,
    Stack,
    TerraformModule,
    TerraformRoot,
)
from assessor.facts.manifests import SecretTool, Workload
from assessor.facts.pipelines import Activity, Pipeline
from assessor.facts.repository import Organization, Repository

from .delivery_evidence import PRODUCTION

Item = tuple[str, str, Place | str]

PINNED = ("aws", "azurerm", "google", "helm", "kubernetes")  # those a template knows a version of
_SIGNS = {
    "aws": re.compile(r"\.dkr\.ecr\.|^uses aws-actions/|^runs (?:aws|eksctl|sam)\Z|^on codebuild\Z"),
    "gcp": re.compile(r"-docker\.pkg\.dev/|^uses google-github-actions/|^runs gcloud\Z|^on cloudbuild\Z"),
    "azure": re.compile(r"\.azurecr\.io|^uses (?i:azure/(?!setup-|k8s-)|azure(?:cli|rm)|docker@)|^runs az\Z|^on azure\Z"),
}
_REGIONS = {
    "aws": (re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d"), ("region",)),
    "gcp": (re.compile(r"[a-z]+-[a-z]+\d+"), ("region", "location")),
    "azure": (re.compile(r"[a-z]+\d?"), ("location",)),
}
_ASIDE = re.compile(r"^\.|^docs?/|^[^/]+\.(?:md|rst|txt)\Z|^(?:LICENSE|NOTICE|CODEOWNERS|Makefile)\Z", re.I)
_BACKEND_FILES = ("backend.tf", "state.tf", "terraform_backend.tf", "remote_state_backend.tf")
_SECRETS_FILES = ("secrets.tf", "secret_store.tf")
_KEY = re.compile(r"[^\w]+")
MAX_PLACES = 280  # characters; an answer is no longer than 300
_CONSTRAINT_FILES = ("versions.tf", "terraform.tf", "required_versions.tf")
# Providers without an API behind them: the check does not ask for their version.
_UTILITIES = {"archive", "external", "http", "local", "null", "random", "template", "time", "tls"}
_APART = ("terraform-state", "project-settings")  # folders of roots that no template adds infrastructure beside
_STORES = {"s3": "bucket", "gcs": "bucket", "azurerm": "storage_account_name"}
_KINDS = {"aws": "s3", "gcp": "gcs", "azure": "azurerm"}
_STORE_TYPES = ("aws_s3_bucket", "google_storage_bucket", "azurerm_storage_account", "AWS::S3::Bucket")
_STATE = re.compile(r"tf-?_?state|terraform-?_?(?:remote-?_?)?state|terraform-?_?backend", re.I)
_LOCKS = {"use_lockfile", "dynamodb_table", "lock_table"}
_BELOW_LOCK_FILES = re.compile(r"(?:^|,)\s*(?:(?:=|<=?)\s*)?v?(?:0\.|1\.\d\b)|~>\s*(?:0\.|1\.\d\.)")


def of_terraform(organization: Organization, repository: Repository, subject: Fact, cloud: str) -> Iterator[Item]:
    """Yield what is known; `cloud` is the one that is used or chosen, "" when neither is known."""
    roots = repository.of(TerraformRoot)
    chosen = list(_cloud(organization, cloud))
    yield from chosen
    found = chosen[0][1] if chosen else ""
    yield from _region(organization, found)
    yield from _kept(organization, found)
    yield "terraform.folder", _folder(repository, roots), roots[0].at if roots else repository.at
    plain = [root for root in roots if root.tool == "terraform"]
    yield "terraform.roots", "yes" if plain else "no", plain[0].at if plain else repository.at
    declared = _store(organization)
    yield "state.declared", "yes" if declared else "no", declared or repository.at
    yield from _ignored(repository, roots)
    vault = [source.at for source in organization.of(SecretSource) if source.tool == "vault"]
    vault += [tool.at for tool in organization.of(SecretTool) if tool.tool == "vault"]
    yield "secrets.store", "vault" if vault else "", vault[0] if vault else repository.at
    for call in organization.of(ModuleCall):
        prefix = call.settings.get("prefix", "")
        if call.source.endswith("/secrets") and prefix and "${" not in prefix and PRODUCTION.search(call.at.path):
            yield "secrets.prefix", prefix, call.at
    if isinstance(subject, TerraformRoot):
        yield from _of_root(repository, subject)


def _cloud(organization: Organization, cloud: str) -> Iterator[Item]:
    """Yield the cloud to write for: without infrastructure that tells, the one that images and pipelines speak of most."""
    if cloud:
        yield "terraform.cloud", cloud, "the cloud that is used or chosen"
        return
    votes = [(name, at) for text, at in _signs(organization) for name, shape in _SIGNS.items() if shape.search(text)]
    if votes:
        counts = Counter(name for name, _ in votes)
        found = max(sorted(counts), key=lambda name: counts[name])
        yield "terraform.cloud", found, next(at for name, at in votes if name == found)
    elif not organization.of(TerraformRoot):
        yield "terraform.cloud", "aws", "no cloud is used yet; --cloud chooses another"


def _signs(organization: Organization) -> Iterator[tuple[str, Place]]:
    """Yield what may name a cloud: where images are pushed to and pulled from, and what pipelines run and run on."""
    for activity in organization.of(Activity):
        yield f"{activity.subject} {' '.join(activity.tags)}", activity.at
    for workload in organization.of(Workload):
        yield from ((container.image, workload.at) for container in workload.containers)
    for pipeline in organization.of(Pipeline):
        yield f"on {pipeline.system}", pipeline.at
        for _, step in pipeline.steps:
            yield f"uses {step.uses}", step.at
            yield from ((f"runs {command.program}", command.at) for command in step.commands)


def _region(organization: Organization, cloud: str) -> Iterator[Item]:
    """Yield the region that most resources and backends of the cloud are in."""
    shape, keys = _REGIONS.get(cloud, (None, ()))
    prefix = {"aws": "aws_", "gcp": "google_", "azure": "azurerm_"}.get(cloud, "")
    if shape is None:
        return
    places = [(r.settings.get(key, ""), r.at) for r in organization.of(Resource) if r.type.startswith(prefix) for key in keys]
    backends = [root.backend for root in organization.of(TerraformRoot) if root.backend and root.backend.type == "s3"]
    places += [(backend.settings.get("region", ""), backend.at) for backend in backends]
    regions = Counter(text for text, _ in places if shape.fullmatch(text))
    if regions:
        best = max(sorted(regions), key=lambda name: regions[name])
        yield "terraform.region", best, next(at for text, at in places if text == best)


def _kept(organization: Organization, cloud: str) -> Iterator[Item]:
    """Yield where state is, or would be, kept: as most other roots keep it, else in the cloud's own store."""
    kept = Counter(root.backend.type for root in organization.of(TerraformRoot) if root.backend and root.backend.type != "local")
    if kept:
        kind = max(sorted(kept), key=lambda name: kept[name])
        yield (
            "state.kind",
            kind,
            next(r.backend.at for r in organization.of(TerraformRoot) if r.backend and r.backend.type == kind),
        )
    else:
        yield "state.kind", _KINDS.get(cloud, ""), "the cloud"
    code = [module.at for module in organization.of(TerraformModule) if not module.folder.endswith(_APART)]
    code += [stack.at for stack in organization.of(Stack)]
    yield "terraform.fresh", "no" if code else "yes", code[0] if code else "nothing is declared in code yet"


def _folder(repository: Repository, roots: tuple[TerraformRoot, ...]) -> str:
    """Return the folder beside the roots; without roots, one that keeps infrastructure apart from whatever else there is."""
    if not roots:
        return "infrastructure" if any(not _ASIDE.search(path) for path in repository.files) else "."
    common = _common(roots)
    return (posixpath.dirname(common) if any(root.folder == common for root in roots) else common) or "."


def _common(roots: tuple[TerraformRoot, ...]) -> str:
    """Return the folder that holds all roots, those apart aside; "" for the top."""
    folders = [root.folder for root in roots if not root.folder.endswith(_APART)]
    return posixpath.commonpath(folders) if folders and all(folders) else ""


def _store(organization: Organization) -> Place | None:
    """Return where a store of state is declared, or named by a root."""
    for root in organization.of(TerraformRoot):
        name = root.backend.settings.get(_STORES.get(root.backend.type, ""), "") if root.backend else ""
        if root.backend and name and "${" not in name:
            return root.backend.at
    for resource in organization.of(Resource):
        given = (resource.settings.get(key, "") for key in ("bucket", "name", "BucketName"))
        if resource.type in _STORE_TYPES and _STATE.search(" ".join((resource.name, *given))):
            return resource.at
    return None


def _of_root(repository: Repository, root: TerraformRoot) -> Iterator[Item]:
    yield "root.tool", root.tool, root.at
    yield "root.backend_file", _free(repository, root.folder, _BACKEND_FILES), root.at
    backend = root.backend
    if backend and backend.type == "s3" and not (backend.partial or backend.inherited or backend.settings.keys() & _LOCKS):
        yield "root.lock", "missing", backend.at
        yield "root.backend_path", backend.at.path, backend.at
    yield from _literals(repository, root)
    yield "root.old", "yes" if _BELOW_LOCK_FILES.search(root.required_version) else "no", root.at
    yield "root.constraints_file", _free(repository, root.folder, _CONSTRAINT_FILES), root.at
    loose = sorted(name for name, text in root.providers.items() if not text and name not in _UTILITIES)
    # A lock file holds providers at versions that are not known here; a constraint could contradict it.
    open_ = loose and not (root.states_providers or root.lock_file) and all(name in PINNED for name in loose)
    parts = [name for name, wanted in (("core", not root.required_version), ("providers", open_)) if wanted]
    if parts and (open_ or not loose):
        yield "root.constrain", "both" if len(parts) == 2 else parts[0], root.at
        yield "root.pins", " ".join(loose), root.at


def _literals(repository: Repository, root: TerraformRoot) -> Iterator[Item]:
    """Yield where secrets are written into the files of a root, as many as an answer can hold."""
    found = [
        secret
        for secret in repository.of(HardcodedSecret)
        if secret.infrastructure and not secret.demo and secret.at.path.rpartition("/")[0] == root.folder
    ]
    yield "root.secrets_file", _free(repository, root.folder, _SECRETS_FILES), root.at
    stores = [s.at for s in repository.of(SecretSource) if s.tool not in ("random", "managed", "write-only")]
    yield "root.reads_secrets", "yes" if stores else "no", stores[0] if stores else root.at
    if found:
        places = [f"{secret.at.path}:{secret.at.line} ({_KEY.sub('_', secret.name)})" for secret in found]
        shown = next(n for n in range(len(places), 0, -1) if len(", ".join(places[:n])) < MAX_PLACES or n == 1)
        more = f" and {len(places) - shown} more" if shown < len(places) else ""
        yield "root.literal", "yes", found[0].at
        yield "root.literals", ", ".join(places[:shown]) + more, found[0].at
        keys = dict.fromkeys(_KEY.sub("_", secret.name).lower() for secret in found)
        yield "root.literal_keys", ", ".join(list(keys)[:8]), found[0].at


def _free(repository: Repository, folder: str, names: tuple[str, ...]) -> str:
    return next((name for name in names if posixpath.join(folder, name) not in repository.file_set), "")


def _ignored(repository: Repository, roots: tuple[TerraformRoot, ...]) -> Iterator[Item]:
    rules = [pattern for file in repository.of(IgnoreFile) if file.at.path.endswith(".gitignore") for pattern in file.patterns]
    if any("tfstate" in pattern and not pattern.startswith("!") for pattern in rules):
        return
    for folder in (".", _common(roots) or "."):
        if posixpath.normpath(posixpath.join(folder, ".gitignore")) not in repository.file_set:
            yield "gitignore.folder", folder, repository.at
            yield "gitignore.state", "missing", repository.at
            return
