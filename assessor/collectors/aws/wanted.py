"""What scanned Terraform backends name: buckets, the states in them, and lock tables. Nothing else of S3 is looked into."""

from __future__ import annotations

from dataclasses import dataclass, field

from assessor.facts.infrastructure import TerraformRoot
from assessor.facts.repository import Organization
from assessor.parsing.hcl import is_dynamic


@dataclass(slots=True)
class Wanted:
    """Buckets with the keys of their states (those that are written out), and lock tables by name and region."""

    buckets: dict[str, set[str]] = field(default_factory=dict)
    tables: set[tuple[str, str]] = field(default_factory=set)  # "" for the region where none is written


def wanted(declared: Organization) -> Wanted:
    """Return what the S3 backends of an organization name literally."""
    found = Wanted()
    for root in declared.of(TerraformRoot):
        if root.backend is None or root.backend.type != "s3":
            continue
        settings = {name: value for name, value in root.backend.settings.items() if value and not is_dynamic(value)}
        bucket, region = settings.get("bucket", ""), settings.get("region", "")
        if bucket:
            keys = found.buckets.setdefault(bucket, set())
            keys |= {settings["key"]} if "key" in settings else set()
        for table in {settings.get("dynamodb_table", ""), settings.get("lock_table", "")} - {""}:
            found.tables.add((table, region))
    return found
