"""Whether the same code gives the same infrastructure tomorrow, and whether it is reused rather than copied."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assessor.checking import (
    HYGIENE,
    Task,
    Verdict,
    check,
    failed,
    graded,
    not_applicable,
    not_observed,
    partial,
    passed,
)  # fmt: skip
from assessor.facts.infrastructure import ModuleCall, TerraformModule, TerraformRoot
from assessor.facts.repository import Repository
from assessor.parsing.hcl import is_dynamic

_BRANCH = re.compile(r"^(?:main|master|develop|dev|trunk|head|latest|refs/heads/.*)$", re.I)
# Providers without an API behind them: an unpinned one changes nothing outside.
_UTILITIES = {"archive", "external", "http", "local", "null", "random", "template", "time", "tls"}


@check("iac.provider-lock", task=Task.IAC_MODULES, weight=HYGIENE, frameworks=("OpenGitOps 2: Versioned and immutable",))
def providers_are_locked(root: TerraformRoot) -> Verdict:
    """The exact provider versions are recorded beside the root module.

    ## Why
    Without `.terraform.lock.hcl`, two runs of the same commit may use different providers, and nobody checks their hashes.

    ## Fix
    Run `terraform init` (or `terraform providers lock -platform=linux_amd64 -platform=darwin_arm64`) and commit
    `.terraform.lock.hcl`. Take it out of `.gitignore` if it is there.
    """
    if root.lock_file:
        return passed("the lock file is committed", [root.at])
    if root.tool != "terragrunt" and not (root.providers or root.modules):
        return not_applicable("it uses no provider", [root.at])
    return failed("no .terraform.lock.hcl beside it", [root.at])


@check(
    "iac.version-pins",
    task=Task.IAC_MODULES,
    weight=HYGIENE,
    scaffold="terraform-versions",
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def versions_are_constrained(module: TerraformModule) -> Verdict:
    """Terraform and its providers are held to versions.

    A lower bound is enough: it says what the code was written for, and published modules should not say more.
    A Terragrunt unit is held by the `ref` of its source.

    ## Why
    A provider's next major version renames and removes resources; the code then fails on the day it is needed.

    ## Fix
    ```hcl
    terraform {
      required_version = "~> 1.11"
      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = "~> 6.0"
        }
      }
    }
    ```
    """
    if module.tool == "terragrunt":
        return _unit(module)
    providers = {name: text for name, text in module.providers.items() if text or name not in _UTILITIES}
    loose = sorted(name for name, text in providers.items() if not text)
    core = bool(module.required_version)
    if core and not loose:
        return passed("Terraform and its providers are constrained", [module.at])
    if not core and len(loose) == len(providers):
        return failed("neither Terraform nor a provider is constrained", [module.at])
    missing = ([] if core else ["required_version"]) + [f"provider {name}" for name in loose]
    return partial(0.5, f"without a version: {', '.join(missing[:6])}", [module.at])


def _unit(module: TerraformModule) -> Verdict:
    source = next(iter(module.modules), None)
    version = source.version if source is not None and not source.local and not is_dynamic(source.version) else ""
    if source is not None and version and not _BRANCH.match(version):
        return passed(f"the unit's module is held at {version}", [source.at])
    held = bool(module.required_version) + (bool(module.providers) and all(module.providers.values()))
    if held or source is None or is_dynamic(source.source):
        return graded(held / 2, "versions come from the files it includes", [module.at]) if held else _unseen(module)
    return failed("the unit's module is not held at a version", [source.at])


def _unseen(module: TerraformModule) -> Verdict:
    return not_observed("the unit's module is worked out at run time", [module.at])


@check("iac.module-pins", task=Task.IAC_MODULES, weight=HYGIENE, frameworks=("OpenGitOps 2: Versioned and immutable",))
def modules_are_pinned(repository: Repository) -> Verdict:
    """Modules from elsewhere are held at a version.

    ## Why
    A module without a version is whatever its author published last.

    ## Fix
    Give registry modules a `version`, and git sources a tag or commit: `source = "git::https://…//vpc?ref=v1.4.0"`.
    """
    calls = [call for call in _calls(repository) if not call.local and call.source]
    if not calls:
        return not_applicable("no module from elsewhere is used", [repository.at])
    known = [call for call in calls if not (is_dynamic(call.source) and not call.version) and not is_dynamic(call.version)]
    if not known:
        return not_observed("the modules' sources or versions are worked out at run time", [call.at for call in calls])
    loose = [call for call in known if not call.version or _BRANCH.match(call.version)]
    share = 1 - len(loose) / len(known)
    if loose:
        return graded(share, f"{len(loose)} of {len(known)} modules from elsewhere have no version", [call.at for call in loose])
    return passed(f"all {len(known)} modules from elsewhere have a version", [call.at for call in known])


def _calls(repository: Repository) -> list[ModuleCall]:
    units = [call for root in repository.of(TerraformRoot) if root.tool == "terragrunt" for call in root.modules]
    return list({call.at: call for call in (*repository.of(ModuleCall), *units)}.values())


@check("iac.modules-used", task=Task.IAC_MODULES, weight=HYGIENE, effort=2)
def modules_are_used(repository: Repository) -> Verdict:
    """What is needed twice is a module.

    ## Why
    Copies drift apart: the fix reaches one environment and not the other.

    ## Fix
    Move the resources several roots share into `modules/<name>` (or take a registry module), and call it from each root
    with the few values that differ.
    """
    roots = repository.of(TerraformRoot)
    if not roots:
        return not_applicable("no Terraform root", [repository.at])
    calls = _calls(repository)
    if calls:
        return passed(f"{len(calls)} module calls", [call.at for call in calls])
    copies = _copies(roots)
    if copies:
        return failed(f"{len(copies)} roots declare the same kinds of resources without a shared module", [r.at for r in copies])
    total = sum(len(root.resources) for root in roots)
    if total > 40:
        return failed(f"{total} resources and no module", [root.at for root in roots])
    return partial(0.5, "everything is declared in place; small enough not to hurt yet", [root.at for root in roots])


def _copies(roots: Iterable[TerraformRoot]) -> list[TerraformRoot]:
    """Return the roots that declare the same kinds of resources as another one, three kinds at least."""
    kinds: dict[tuple[str, ...], list[TerraformRoot]] = {}
    for root in roots:
        types = tuple(sorted({resource.type for resource in root.resources}))
        if len(types) >= 3:
            kinds.setdefault(types, []).append(root)
    return [root for same in kinds.values() if len(same) > 1 for root in same]


# Words that also mean other things only count when they are all of a name.
_ENVIRONMENT = re.compile(
    r"(?:^|[-_./])(dev(?:elopment)?|qa|uat|stag(?:e|ing)|stg|integration|pre-?prod(?:uction)?|prod(?:uction)?|prd|non-?prod|sandbox|sbx)(?=[-_./]|$)"
    r"|(?:^|/)(test(?:ing)?|int|live|acc(?:eptance)?|canary|demo)(?=[./]|$)",
    re.I,
)
_SAME = {
    "development": "dev",
    "testing": "test",
    "staging": "stage",
    "stg": "stage",
    "production": "prod",
    "prd": "prod",
    "integration": "int",
    "acceptance": "acc",
}


@check("iac.env-separation", task=Task.IAC_MODULES, weight=HYGIENE, effort=2)
def environments_are_separate(repository: Repository) -> Verdict:
    """Environments are separate roots, variable files or workspaces.

    ## Why
    A change that can only be tried in production is tried in production.

    ## Fix
    Give each environment its own state and values: a folder per environment that calls the same modules, or one root with
    `dev.tfvars` and `prod.tfvars` and a state key for each.
    """
    roots = repository.of(TerraformRoot)
    if not roots:
        return not_applicable("no Terraform root", [repository.at])
    found: dict[str, TerraformRoot] = {}
    for root in roots:
        for name in _environments(root):
            found.setdefault(name, root)
    places = [root.at for root in found.values()]
    if len(found) >= 2:
        return passed(f"environments: {', '.join(sorted(set(found) - {'workspace'}))}", places)
    if found:
        return partial(0.5, f"one environment can be told: {next(iter(found))}", places)
    return failed("no environments can be told apart", [root.at for root in roots])


def _environments(root: TerraformRoot) -> set[str]:
    """Return the environments a root's folder, its files and those given to it are named for; workspaces stand for two."""
    files = {item.at.path.rpartition("/")[2] for item in (*root.resources, *root.modules) if item.at.path.startswith(root.folder)}
    words = (
        (match.group(1) or match.group(2)).lower().replace("-", "")
        for text in (root.folder, *root.variable_files, *(at.path for at in root.backend_files), *files)
        for match in _ENVIRONMENT.finditer(text)
    )
    found = {_SAME.get(word, word) for word in words}
    selected = root.backend is not None and any(
        name in root.backend.settings for name in ("workspaces.tags", "workspaces.prefix")
    )
    if selected or any("terraform.workspace" in text for r in root.resources for text in r.settings.values()):
        found |= {"workspace", "workspaces"}
    return found
