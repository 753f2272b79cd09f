"""What protects the bucket that holds Terraform's state."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from assessor.checking import SUPPORT, Place, Task, Verdict, check, graded, not_applicable, not_observed, passed
from assessor.facts.aws import StateBucket
from assessor.facts.infrastructure import ModuleCall, Resource, TerraformRoot
from assessor.facts.repository import Organization
from assessor.parsing.hcl import is_dynamic

from ..live import both  # noqa: TID252  the absolute name depends on how the package is installed
from ..observed import listing  # noqa: TID252  as above


@check(
    "iac.state-store-hardened",
    task=Task.REMOTE_STATE,
    weight=SUPPORT,
    scaffold="terraform-backend",
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def state_store_is_hardened(organization: Organization) -> Verdict:
    """The state's bucket keeps versions, encrypts, and is closed to the public.

    What S3 says of the bucket counts beside what is declared: the account's block of public access closes it as well as
    its own, and new objects are encrypted since January 2023.

    ## Why
    State holds secrets, and an older version of it is the only way back from a broken one.

    ## Fix
    Declare the bucket where everybody can see its settings:

    ```hcl
    resource "aws_s3_bucket_versioning" "state" {
      bucket = aws_s3_bucket.state.id
      versioning_configuration { status = "Enabled" }
    }

    resource "aws_s3_bucket_public_access_block" "state" {
      bucket                  = aws_s3_bucket.state.id
      block_public_acls       = true
      block_public_policy     = true
      ignore_public_acls      = true
      restrict_public_buckets = true
    }
    ```
    """
    return both(_declared(organization), _seen(organization))


def _declared(organization: Organization) -> Verdict:
    backends = [root.backend for root in organization.of(TerraformRoot) if root.backend and root.backend.type in _STORES]
    if not backends:
        return not_applicable("no state is kept in a bucket or storage account")
    names = {name for backend in backends if (name := backend.settings.get(_STORES[backend.type], "")) and not is_dynamic(name)}
    beside = _beside(organization)
    found = [_store(resource, beside) for resource in organization.of(Resource) if _is_store(resource, names)]
    modules = [call.at for call in organization.of(ModuleCall) if _STATE_MODULE.search(call.source)]
    if modules:
        return passed("a module made for it sets up the state's bucket", modules)
    if not found:
        return not_observed("the state's bucket is not declared in what was scanned", [backends[0].at])
    share = sum(len(good) for good, _, _ in found) / sum(len(good) + len(bad) for good, bad, _ in found)
    missing = sorted({name for _, bad, _ in found for name in bad})
    told = f"missing: {', '.join(missing)}" if missing else "versions, encryption and closed access are declared"
    return graded(share, f"the state's store: {told}" if missing else told, [at for _, _, at in found])


def _seen(organization: Organization) -> Verdict | None:
    """Judge the buckets as AWS shows them; None where no setting of one is known."""
    known = [(bucket, *_protections(bucket)) for bucket in organization.of(StateBucket)]
    known = [(bucket, has, lacks) for bucket, has, lacks in known if has or lacks]
    if not known:
        return None
    share = sum(len(has) for _, has, _ in known) / sum(len(has) + len(lacks) for _, has, lacks in known)
    missing = sorted({f"{name} of {bucket.name}" for bucket, _, lacks in known for name in lacks})
    places = [bucket.at for bucket, _, lacks in sorted(known, key=lambda item: not item[2])]
    return graded(share, f"missing: {listing(missing)}" if missing else "versions, encryption and closed access are on", places)


def _protections(bucket: StateBucket) -> tuple[list[str], list[str]]:
    told = {
        "versioning": bucket.versioning,
        "encryption": None if bucket.encryption is None else bool(bucket.encryption),
        "closed access": bucket.closed,
    }
    return [name for name, holds in told.items() if holds], [name for name, holds in told.items() if holds is False]


_STORES = {"s3": "bucket", "gcs": "bucket", "azurerm": "storage_account_name"}
_STORE_TYPES = {"aws_s3_bucket", "google_storage_bucket", "azurerm_storage_account", "AWS::S3::Bucket"}
_STATE_NAME = re.compile(
    r"tf-?_?state|terraform-?_?(?:remote-?_?)?state|(?:^|[-_])state-?_?(?:bucket|store)|terraform-?_?backend", re.I
)
_STATE_MODULE = re.compile(r"tfstate-backend|remote-state-s3|terraform-state|state-storage|tf-?state", re.I)


def _is_store(resource: Resource, names: set[str]) -> bool:
    if resource.type not in _STORE_TYPES:
        return False
    given = {resource.settings.get(key, "") for key in ("bucket", "name", "BucketName")}
    return bool(given & names) or bool(_STATE_NAME.search(f"{resource.name} {' '.join(sorted(given))}"))


_REFERENCE = re.compile(r"aws_s3_bucket\.(?=([^.]+)\.)")


def _beside(organization: Organization) -> Mapping[str, set[str]]:
    """Return the types of resources that say they are about a bucket, by the bucket's name in the code."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for resource in organization.of(Resource):
        for name in _REFERENCE.findall(resource.settings.get("bucket", "")):
            found[name].add(resource.type)
    return found


def _store(store: Resource, beside: Mapping[str, set[str]]) -> tuple[list[str], list[str], Place]:
    """Return which protections a store has, which it lacks, and where it is declared."""
    types = beside.get(store.name, set())
    settings = store.settings
    if store.type == "google_storage_bucket":
        has = {
            "versioning": settings.get("versioning.enabled") == "true",
            "closed access": settings.get("public_access_prevention") == "enforced"
            or settings.get("uniform_bucket_level_access") == "true",
        }
    elif store.type == "azurerm_storage_account":
        has = {
            "versioning": settings.get("blob_properties.versioning_enabled") == "true",
            "closed access": "false"
            in (
                settings.get("allow_nested_items_to_be_public"),
                settings.get("allow_blob_public_access"),
                settings.get("public_network_access_enabled"),
            ),
        }
    elif store.type == "AWS::S3::Bucket":
        has = {
            "versioning": settings.get("VersioningConfiguration.Status") == "Enabled",
            "encryption": any(name.startswith("BucketEncryption") for name in settings),
            "closed access": any(name.startswith("PublicAccessBlockConfiguration") for name in settings),
        }
    else:
        has = {
            "versioning": settings.get("versioning.enabled") == "true" or "aws_s3_bucket_versioning" in types,
            "encryption": "server_side_encryption_configuration" in settings
            or "aws_s3_bucket_server_side_encryption_configuration" in types,
            "closed access": "aws_s3_bucket_public_access_block" in types,
        }
    return [name for name, holds in has.items() if holds], [name for name, holds in has.items() if not holds], store.at
