"""Whether new image versions arrive without anybody copying a tag."""

from __future__ import annotations

from assessor.checking import HYGIENE, Task, Verdict, check, failed, partial, passed
from assessor.facts.gitops import UpdateBot
from assessor.facts.pipelines import Activity, Purpose
from assessor.facts.repository import Organization


@check(
    "aut.image-automation",
    task=Task.AUTOMATION,
    weight=HYGIENE,
    scaffold="renovate",
    frameworks=("DSOMM: Automated PRs for patches",),
)
def images_are_updated(organization: Organization) -> Verdict:
    r"""Image versions in git are updated automatically.

    Counted: the Argo CD Image Updater, Flux image automation, Renovate or Dependabot where they cover images or
    charts, and pipelines that write a version back. A bot that covers only libraries or actions counts in part.

    ## Why
    Copied tags are copied late, and sometimes wrongly; base images with known holes stay for months.

    ## Fix
    Let Renovate look at manifests as well:

    ```json
    {
      "extends": ["config:recommended"],
      "kubernetes": {"managerFilePatterns": ["/\\.yaml$/"]}
    }
    ```
    """
    bots = organization.of(UpdateBot)
    covering = [bot for bot in bots if bot.images]
    if covering:
        tools = ", ".join(sorted({bot.tool for bot in covering}))
        return passed(f"images are updated by {tools}", [bot.at for bot in sorted(covering, key=lambda b: not b.policy)])
    activities = [a for a in organization.of(Activity) if not a.manual]
    written = [a for a in activities if a.purpose is Purpose.COMMIT_BACK]
    if written:
        return passed("pipelines write new image versions into git", [a.at for a in written])
    running = [a for a in activities if a.purpose is Purpose.UPDATE_BOT]
    if bots or running:
        scope = ", ".join(sorted({item for bot in bots for item in bot.scope})) or "an unknown scope"
        return partial(0.4, f"a bot updates {scope}, not images", [*(bot.at for bot in bots), *(a.at for a in running)])
    return failed("nothing updates image versions")
