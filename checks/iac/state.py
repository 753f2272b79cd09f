"""Where Terraform keeps its state."""

from __future__ import annotations

from assessor.checking import CORE, Task, Verdict, check, failed, passed
from assessor.facts.infrastructure import TerraformRoot


@check("iac.remote-state", task=Task.REMOTE_STATE, weight=CORE, scaffold="terraform-backend", frameworks=("OpenGitOps 2",))
def state_is_remote(root: TerraformRoot) -> Verdict:
    """Terraform state lives in a shared backend.

    ## Why
    State on one machine is lost with it, and two people who each have a copy destroy each other's changes.

    ## Fix
    Add a `backend` block (S3, GCS, azurerm …) or a `cloud` block to the root module and run `terraform init -migrate-state`.
    """
    if root.backend is None:
        return failed("no backend block: state is a local file", [root.at])
    if root.backend.type == "local":
        return failed("the local backend keeps state on one machine", [root.backend.at])
    return passed(f"state is kept in {root.backend.type}", [root.backend.at])
