"""How a version gets from one environment to the next, and whether a change can be tried before it is merged."""

from __future__ import annotations

from assessor.checking import HYGIENE, Task, Verdict, check, failed, not_applicable, partial, passed
from assessor.facts.gitops import Application, Controller, Promotion
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization


@check(
    "aut.promotion-preview",
    task=Task.AUTOMATION,
    weight=HYGIENE,
    scaffold="promotion",
    effort=3,
    frameworks=("OpenGitOps 2: Versioned and immutable",),
)
def versions_are_promoted(organization: Organization) -> Verdict:
    """Versions are promoted by a tool, and pull requests get a preview.

    Promotion: Kargo, the GitOps Promoter, or a pipeline that writes a version into the next environment's files.
    Preview: an ApplicationSet with a pull request generator, a ResourceSet for pull requests, a preview of Jenkins X.

    ## Why
    Copying a tag from staging to production by hand skips a step now and then. A preview shows a change to those who
    must approve it.

    ## Fix
    Add an ApplicationSet with a `pullRequest` generator for previews, and let a tool or a pull request of a pipeline
    move versions between the folders of the environments.
    """
    jenkins_x = any(controller.product == "jenkins-x" for controller in organization.of(Controller))  # names none in files
    if not (organization.of(Application) or jenkins_x):
        return not_applicable("no applications are declared")
    found = organization.of(Promotion)
    previews = [p.at for p in found if p.preview]
    promoted = [p.at for p in found if not p.preview]
    promoted += [a.at for a in organization.of(Activity) if a.purpose is Purpose.COMMIT_BACK and not a.manual]
    if previews and promoted:
        return passed("versions are promoted by a tool, and pull requests get a preview", [*promoted, *previews])
    if promoted:
        return partial(0.5, "versions are promoted by a tool; pull requests get no preview", promoted)
    if previews:
        return partial(0.5, "pull requests get a preview; no tool promotes versions", previews)
    return failed("no tool promotes versions, and pull requests get no preview")
