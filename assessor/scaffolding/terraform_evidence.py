"""What is known of an organization's Terraform: what templates of infrastructure are filled from.

Names: ``terraform.cloud`` (the cloud to write for: the one that is used or chosen, else the one whose registry gets the
images, else AWS where there is no Terraform that could tell), ``terraform.fresh`` ("yes": no infrastructure is in code yet,
the store of the state aside), ``terraform.folder`` (where new roots and modules go), ``terraform.roots`` ("yes": the
repository has roots that Terraform itself applies, not only those of OpenTofu or Terragrunt), ``state.kind`` (the kind of
backend that is or would be used), ``state.declared`` ("yes": a bucket or storage account for state is declared, or a root
names one), ``gitignore.folder`` and ``gitignore.state`` ("missing": no rule keeps local state out of git, and the folder has
no .gitignore yet).

Of a root: ``root.tool``, ``root.backend_file`` (a free file name for a backend), ``root.old`` ("yes": it is held at a
version that cannot lock state in S3 by a file), ``root.constrain`` (what a new file can still constrain so that nothing is
left open: core, providers or both), ``root.constraints_file`` (a free name for it) and ``root.pins`` (the providers it uses
without a constraint).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator

from assessor.facts.base import Fact, Place
from assessor.facts.containers import LanguageProject
from assessor.facts.infrastructure import IgnoreFile, Resource, Stack, TerraformModule, TerraformRoot
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization, Repository

Item = tuple[str, str, Place | str]

PINNED = ("aws", "azurerm", "google", "helm", "kubernetes")  # those a template knows a version of
_REGISTRIES = {
    "aws": re.compile(r"\.dkr\.ecr\."),
    "gcp": re.compile(r"-docker\.pkg\.dev|\bgcr\.io/"),
    "azure": re.compile(r"\.azurecr\.io"),
}
_BACKEND_FILES = ("backend.tf", "state.tf", "terraform_backend.tf", "remote_state_backend.tf")
_CONSTRAINT_FILES = ("versions.tf", "terraform.tf", "required_versions.tf")
# Providers without an API behind them: the check does not ask for their version.
_UTILITIES = {"archive", "external", "http", "local", "null", "random", "template", "time", "tls"}
_STORES = {"s3": "bucket", "gcs": "bucket", "azurerm": "storage_account_name"}
_KINDS = {"aws": "s3", "gcp": "gcs", "azure": "azurerm"}
_STORE_TYPES = ("aws_s3_bucket", "google_storage_bucket", "azurerm_storage_account", "AWS::S3::Bucket")
_STATE = re.compile(r"tf-?_?state|terraform-?_?(?:remote-?_?)?state|terraform-?_?backend", re.I)
_BELOW_LOCK_FILES = re.compile(r"(?:^|,)\s*(?:(?:=|<=?)\s*)?v?(?:0\.|1\.\d\b)|~>\s*(?:0\.|1\.\d\.)")


def of_terraform(organization: Organization, repository: Repository, subject: Fact, cloud: str) -> Iterator[Item]:
    """Yield what is known; `cloud` is the one that is used or chosen, "" when neither is known."""
    roots = repository.of(TerraformRoot)
    chosen = list(_cloud(organization, cloud))
    yield from chosen
    yield from _kept(organization, chosen[0][1] if chosen else "")
    yield "terraform.folder", _folder(repository, roots), roots[0].at if roots else repository.at
    plain = [root for root in roots if root.tool == "terraform"]
    yield "terraform.roots", "yes" if plain else "no", plain[0].at if plain else repository.at
    declared = _store(organization)
    yield "state.declared", "yes" if declared else "no", declared or repository.at
    yield from _ignored(repository, roots)
    if isinstance(subject, TerraformRoot):
        yield from _of_root(repository, subject)


def _cloud(organization: Organization, cloud: str) -> Iterator[Item]:
    """Yield the cloud to write for: without infrastructure that tells, the one whose registry gets the images."""
    if cloud:
        yield "terraform.cloud", cloud, "the cloud that is used or chosen"
        return
    for push in organization.of(Activity):
        if push.purpose is Purpose.PUSH_IMAGE:
            target = f"{push.subject} {' '.join(push.tags)}"
            found = next((name for name, shape in _REGISTRIES.items() if shape.search(target)), "")
            if found:
                yield "terraform.cloud", found, push.at
                return
    if not organization.of(TerraformRoot):
        yield "terraform.cloud", "aws", "no cloud is used yet; --cloud chooses another"


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
    code = [module.at for module in organization.of(TerraformModule) if not module.folder.endswith("terraform-state")]
    code += [stack.at for stack in organization.of(Stack)]
    yield "terraform.fresh", "no" if code else "yes", code[0] if code else "nothing is declared in code yet"


def _folder(repository: Repository, roots: tuple[TerraformRoot, ...]) -> str:
    """Return the folder that holds all roots; without roots, one that keeps infrastructure apart from application code."""
    if not roots:
        return "infrastructure" if repository.of(LanguageProject) else "."
    folders = [root.folder for root in roots]
    return (posixpath.commonpath(folders) if all(folders) else "") or "."


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
    yield "root.old", "yes" if _BELOW_LOCK_FILES.search(root.required_version) else "no", root.at
    yield "root.constraints_file", _free(repository, root.folder, _CONSTRAINT_FILES), root.at
    loose = sorted(name for name, text in root.providers.items() if not text and name not in _UTILITIES)
    # A lock file holds providers at versions that are not known here; a constraint could contradict it.
    open_ = loose and not (root.states_providers or root.lock_file) and all(name in PINNED for name in loose)
    parts = [name for name, wanted in (("core", not root.required_version), ("providers", open_)) if wanted]
    if parts and (open_ or not loose):
        yield "root.constrain", "both" if len(parts) == 2 else parts[0], root.at
        yield "root.pins", " ".join(loose), root.at


def _free(repository: Repository, folder: str, names: tuple[str, ...]) -> str:
    return next((name for name in names if posixpath.join(folder, name) not in repository.file_set), "")


def _ignored(repository: Repository, roots: tuple[TerraformRoot, ...]) -> Iterator[Item]:
    rules = [pattern for file in repository.of(IgnoreFile) if file.at.path.endswith(".gitignore") for pattern in file.patterns]
    if any("tfstate" in pattern and not pattern.startswith("!") for pattern in rules):
        return
    for folder in (".", _folder(repository, roots)):
        if posixpath.normpath(posixpath.join(folder, ".gitignore")) not in repository.file_set:
            yield "gitignore.folder", folder, repository.at
            yield "gitignore.state", "missing", repository.at
            return
