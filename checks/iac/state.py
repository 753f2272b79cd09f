"""Where Terraform keeps its state, and what protects it."""

from __future__ import annotations

from assessor.checking import (
    CORE,
    SUPPORT,
    Task,
    Verdict,
    check,
    failed,
    not_observed,
    partial,
    passed,
)  # fmt: skip
from assessor.facts.infrastructure import (
    Backend,
    HardcodedSecret,
    IgnoreFile,
    SeenBackend,
    StateFile,
    TerraformRoot,
)  # fmt: skip
from assessor.facts.repository import Repository
from assessor.parsing.hcl import is_dynamic

from ..live import both  # noqa: TID252  the absolute name depends on how the package is installed

# Backends by how they lock, from each backend's client in Terraform's sources; `azure` is azurerm's old name.
ALWAYS_LOCK = {"azurerm", "azure", "gcs", "kubernetes", "pg", "cos", "oci", "remote", "cloud", "etcdv3", "manta"}
REMOVED = {"artifactory", "azure", "etcd", "etcdv3", "manta", "swift"}


@check(
    "iac.remote-state",
    task=Task.REMOTE_STATE,
    weight=CORE,
    scaffold="terraform-backend",
    frameworks=("OpenGitOps 2: Versioned and immutable", "State of GitOps: version control"),
)
def state_is_remote(root: TerraformRoot) -> Verdict:
    """Terraform state lives in a shared backend.

    ## Why
    State on one machine is lost with it, and two people who each have a copy destroy each other's changes.

    ## Fix
    Add a backend to the root module and move the state with `terraform init -migrate-state`:

    ```hcl
    terraform {
      backend "s3" {
        bucket       = "company-terraform-state"
        key          = "network/terraform.tfstate"
        region       = "eu-central-1"
        encrypt      = true
        use_lockfile = true
      }
    }
    ```

    A backend block in a module that another module calls has no effect; it belongs in the root.

    With AWS asked, the bucket must exist, too.

    ## References
    - https://developer.hashicorp.com/terraform/language/backend
    """
    backend = root.backend
    if backend is None:
        return _no_backend(root)
    if backend.type == "local":
        return failed("the local backend keeps state on one machine", [backend.at])
    if not backend.type or is_dynamic(backend.type):
        return not_observed("the kind of backend is worked out at run time", [backend.at])
    told = f"state is kept in {_name(backend)}"
    if backend.type in REMOVED:
        told += ", a backend newer versions of Terraform no longer have"
    return both(passed(told, [backend.at]), _bucket(root.seen))


def _bucket(seen: SeenBackend | None) -> Verdict | None:
    """Judge the bucket as AWS shows it; None where nothing is known of it."""
    if seen is None or seen.exists is None:
        return None
    if not seen.exists:
        return failed("AWS knows no bucket of that name", [seen.at])
    return passed("the bucket exists" if seen.applied is not False else "the bucket exists, without this state yet", [seen.at])


def _no_backend(root: TerraformRoot) -> Verdict:
    if root.uncertain:
        return not_observed(root.uncertain, [root.at])
    if root.unreadable:
        return not_observed("a file of the module could not be read, and no backend was found in the others", root.unreadable)
    return failed("no backend block: state is a local file", [root.at])


def _name(backend: Backend) -> str:
    names = {"cloud": "HCP Terraform", "remote": "HCP Terraform", "http": "an HTTP backend"}
    return names.get(backend.type, backend.type) + (" (inherited)" if backend.inherited else "")


@check(
    "iac.state-lock",
    task=Task.STATE_LOCKING,
    weight=CORE,
    scaffold="terraform-backend",
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def state_is_locked(root: TerraformRoot) -> Verdict:
    """Two people cannot change the same state at once.

    S3 locks only when told to, by `use_lockfile` or `dynamodb_table`; HTTP only with a lock address; OSS only with a
    table. Azure, Google Cloud Storage, Kubernetes, PostgreSQL, HCP Terraform and others always lock.

    With AWS asked, a lock table must exist and have the key `LockID`. A lock object of the state in its bucket, now or among
    earlier versions, proves that something locks where files leave it open; that none was seen proves nothing.

    ## Why
    Two applies at the same time corrupt the state, and with it the knowledge of what exists.

    ## Fix
    For S3 (Terraform 1.10 or OpenTofu 1.10 and newer):

    ```hcl
    backend "s3" {
      # bucket, key, region
      use_lockfile = true
    }
    ```

    A DynamoDB lock table works too. Terraform 1.11 deprecates it, OpenTofu keeps it.

    ## References
    - https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
    - https://opentofu.org/docs/language/settings/backends/s3/
    """
    backend = root.backend
    if backend is None:
        verdict = _no_backend(root)
        return (
            failed("state is a local file: nothing keeps others from changing theirs", [root.at])
            if verdict.status == "fail"
            else verdict
        )
    at = [backend.at]
    if not backend.type or is_dynamic(backend.type):
        return not_observed("the kind of backend is worked out at run time", at)
    if backend.type == "local":
        return failed("the local backend only locks on one machine", at)
    if backend.type in ALWAYS_LOCK:
        return passed(f"{_name(backend)} always locks", at)
    return both(_LOCKS.get(backend.type, _unknown)(root, backend), _lock(root.seen))


def _lock(seen: SeenBackend | None) -> Verdict | None:
    """Judge the lock as AWS shows it: a lock object proves one, a table must be there and have the key; None tells nothing."""
    if seen and seen.table is False and seen.table_at:
        return failed("the lock table does not exist, or its key is not LockID", [seen.table_at])
    if seen and seen.lock_seen:
        return passed("a lock of this state was seen in the bucket", [seen.at])
    if seen and seen.table and seen.table_at:
        return passed("the lock table exists", [seen.table_at])
    return None


def _s3(root: TerraformRoot, backend: Backend) -> Verdict:
    settings = backend.settings
    if settings.get("use_lockfile") == "true":
        return passed("S3 locks with a lock file", [backend.at])
    table = settings.get("dynamodb_table") or settings.get("lock_table")
    if table:
        advice = "" if root.tool == "opentofu" else "; Terraform 1.11 deprecates this for use_lockfile, OpenTofu does not"
        return passed(f"S3 locks with a DynamoDB table{advice}", [backend.at])
    if is_dynamic(settings.get("use_lockfile", "")):
        return not_observed("use_lockfile is worked out at run time", [backend.at])
    if backend.partial:
        return not_observed("the backend is partial and none of the settings seen say how it locks", [backend.at])
    return failed("S3 does not lock: neither use_lockfile nor dynamodb_table is set", [*root.backend_files, backend.at])


def _http(root: TerraformRoot, backend: Backend) -> Verdict:
    if backend.settings.get("lock_address"):
        return passed("the HTTP backend has a lock address", [backend.at])
    if backend.partial:
        return not_observed("a lock address may come from the environment (TF_HTTP_LOCK_ADDRESS)", [backend.at])
    return failed("the HTTP backend has no lock address", [backend.at])


def _oss(root: TerraformRoot, backend: Backend) -> Verdict:
    if backend.settings.get("tablestore_table"):
        return passed("OSS locks with a Tablestore table", [backend.at])
    if backend.partial:
        return not_observed("the backend is partial and none of the settings seen name a Tablestore table", [backend.at])
    return failed("OSS does not lock: tablestore_table is not set", [backend.at])


def _consul(root: TerraformRoot, backend: Backend) -> Verdict:
    if backend.settings.get("lock") == "false":
        return failed("locking is switched off", [backend.at])
    return passed("Consul locks unless told not to", [backend.at])


def _unknown(root: TerraformRoot, backend: Backend) -> Verdict:
    if backend.type in REMOVED:
        return failed(f"the {backend.type} backend does not lock", [backend.at])
    return not_observed(f"whether the backend {backend.type!r} locks is not known", [backend.at])


_LOCKS = {"s3": _s3, "http": _http, "oss": _oss, "consul": _consul}


@check(
    "iac.state-not-in-git",
    task=Task.IAC_SECRETS,
    weight=SUPPORT,
    scaffold="gitignore-terraform",
    gate=True,
    frameworks=("OpenGitOps 2: Versioned and immutable", "DSOMM: Environment depending configuration parameters (secrets)"),
)
def state_is_not_in_git(repository: Repository) -> Verdict:
    """Neither state nor secret values lie in the infrastructure code.

    A state file holds every attribute of every resource in clear text, so it and a hard-coded secret are the same
    fault. Demonstration values make it partial. An ignore rule is only missed where state is a local file: with a
    remote backend there is nothing to ignore.

    ## Why
    What is in git is in every clone for ever. State in git also gets merged, which no state survives.

    ## Fix
    Move the state to a backend, then take the file out and change every secret it held:

    ```sh
    terraform init -migrate-state
    git rm --cached terraform.tfstate terraform.tfstate.backup
    echo '*.tfstate*' >> .gitignore
    ```

    Removing a file from the newest commit does not remove it from history: treat its secrets as known.

    ## References
    - https://developer.hashicorp.com/terraform/language/state/sensitive-data
    """
    states = [fact.at for fact in repository.of(StateFile)]
    if states:
        return failed(f"{len(states)} Terraform state file{'s' if len(states) > 1 else ''} in git", states)
    secrets = [fact for fact in repository.of(HardcodedSecret) if fact.infrastructure]
    real = [fact.at for fact in secrets if not fact.demo]
    if real:
        return failed(f"{len(real)} secret value{'s' if len(real) > 1 else ''} written into infrastructure code", real)
    if secrets:
        return partial(0.5, "demonstration secrets are written into infrastructure code", [fact.at for fact in secrets])
    local = [root.at for root in repository.of(TerraformRoot) if _keeps_local_state(root)]
    if local and not _ignores_state(repository):
        return partial(0.7, "no state file is in git, but state is local and no ignore rule keeps it out", local)
    return passed("no state file and no secret value in infrastructure code")


def _keeps_local_state(root: TerraformRoot) -> bool:
    return not root.uncertain and (root.backend is None or root.backend.type == "local")


def _ignores_state(repository: Repository) -> bool:
    files = (fact for fact in repository.of(IgnoreFile) if fact.at.path.endswith(".gitignore"))
    return any("tfstate" in pattern and not pattern.startswith("!") for file in files for pattern in file.patterns)
