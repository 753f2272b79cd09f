"""Links a place to the forge that hosts its repository, at the commit that was scanned.

Address shapes: GitHub `/blob/SHA/path#L3`, GitLab `/-/blob/SHA/path#L3`, Bitbucket Cloud `/src/SHA/path#lines-3`,
Azure DevOps `?path=/path&version=GCSHA&line=3…`, Gitea, Forgejo and Codeberg `/src/commit/SHA/path#L3`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from assessor.facts.base import FILES
from assessor.model import Evidence

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?!//)(?P<path>[^\s:].*)")
_URL = re.compile(
    r"(?:https?|ssh|git)(?:\+\w+)?://(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?P<port>:\d+)?/(?P<path>\S+)"
)
_PAGE = re.compile(
    r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/[A-Za-z0-9/_.~%#?=&+:,-]*"
)  # no user, nothing that ends an attribute
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HOSTS = (
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("bitbucket", "bitbucket"),
    ("codeberg", "gitea"),
    ("gitea", "gitea"),
    ("forgejo", "gitea"),
)


@dataclass(frozen=True, slots=True)
class Forge:
    """Where a repository can be browsed. `base` is its page, "" when the remote is unknown or has no known page."""

    kind: str = ""
    base: str = ""
    commit: str = ""

    def link(self, path: str, line: int) -> str:
        """Return the address of a line of a file as scanned, "" when it has none."""
        if not self.base or not self.commit or not path or path.startswith(("/", "arn:")):
            return ""
        file = quote(path.encode("utf-8", "replace"), safe="/")
        match self.kind:
            case "github":
                plain = "?plain=1" if line and path.lower().endswith(".md") else ""  # else the line is lost in the rendering
                return f"{self.base}/blob/{self.commit}/{file}{plain}" + (f"#L{line}" if line else "")
            case "gitlab":
                return f"{self.base}/-/blob/{self.commit}/{file}" + (f"#L{line}" if line else "")
            case "bitbucket":
                return f"{self.base}/src/{self.commit}/{file}" + (f"#lines-{line}" if line else "")
            case "gitea":
                return f"{self.base}/src/commit/{self.commit}/{file}" + (f"#L{line}" if line else "")
            case "azure":
                at = f"&line={line}&lineEnd={line + 1}&lineStartColumn=1&lineEndColumn=1" if line else ""
                return f"{self.base}?path=/{file}&version=GC{self.commit}{at}"
        return ""


def place_link(place: Evidence, forges: Mapping[str, Forge]) -> str:
    """Return the address of a place: of a line of a file, or of what was seen in a forge; "" if it has none."""
    if place.source == FILES:
        return forges.get(place.repository, Forge()).link(place.path, place.line)
    return place.path if _PAGE.fullmatch(place.path) else ""


def forge(remote: str, commit: str) -> Forge:
    """Return where a remote can be browsed; https only, credentials dropped, whatever the remote's own scheme."""
    match = _URL.fullmatch(remote.strip()) or _SCP.fullmatch(remote.strip())
    if match is None:
        return Forge()
    host = match["host"].lower()
    path = match["path"].strip("/").removesuffix(".git")
    if not path or ".." in path.split("/"):
        return Forge()
    commit = commit if _COMMIT.fullmatch(commit) else ""
    if host in ("dev.azure.com", "ssh.dev.azure.com", "vs-ssh.visualstudio.com") or host.endswith(".visualstudio.com"):
        return _azure(host, path, commit)
    kind = next((kind for part, kind in _HOSTS if part in host.split(".") or host.startswith(part)), "")
    port = (match.groupdict().get("port") or "") if remote.startswith("http") else ""
    return Forge(kind, f"https://{host}{port}/{quote(path, safe='/~-._')}" if kind else "", commit)


def _azure(host: str, path: str, commit: str) -> Forge:
    """Read `v3/ORG/PROJECT/REPO` of ssh and `ORG/PROJECT/_git/REPO` (or the older `PROJECT/_git/REPO`) of https."""
    parts = [quote(part, safe="-._%") for part in path.split("/") if part not in ("_git", "v3", "DefaultCollection")]
    if host not in ("dev.azure.com", "ssh.dev.azure.com", "vs-ssh.visualstudio.com"):
        parts = [host.removesuffix(".visualstudio.com"), *parts]
    if len(parts) == 2:
        parts.append(parts[1])  # a project's default repository is named like the project
    if len(parts) != 3:
        return Forge()
    organization, project, repository = parts
    return Forge("azure", f"https://dev.azure.com/{organization}/{project}/_git/{repository}", commit)
