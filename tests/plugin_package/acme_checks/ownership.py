"""Every repository says who owns it."""

from assessor.checking import HYGIENE, Task, Verdict, check, failed, passed
from assessor.facts.repository import Repository

from .readers import Owners


@check("acme.owned", task=Task.OPERATING_MODEL, weight=HYGIENE)
def repository_is_owned(repository: Repository) -> Verdict:
    """Every repository names its owners.

    ## Why
    Nobody repairs what nobody owns.

    ## Fix
    Write the owners' names into a file `OWNERS`.
    """
    owners = repository.of(Owners)
    if not owners:
        return failed("no OWNERS file")
    return passed(f"owned by {', '.join(owners[0].names)}", [owners[0].at])
