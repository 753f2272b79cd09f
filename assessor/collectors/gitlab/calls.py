"""The calls to GitLab, and the rights they need. https://docs.gitlab.com/api/rest/."""

from __future__ import annotations

from assessor.collectors.forges.calls import Call, table

READ, REPORTER, DEVELOPER = "read_api", "read_api and the role Reporter", "read_api and the role Developer"

GROUP = Call("/groups/{group}", READ, "whether the group exists", least=True)
PROJECTS = Call("/groups/{group}/projects", READ, "projects of a group and its subgroups, their merge checks", least=True)
PROJECT = Call("/projects/{project}", READ, "whether a project that files refer to exists")
BRANCH = Call("/projects/{project}/repository/branches/{branch}", REPORTER, "whether the branch is protected, and from whom")
RULES = Call("/projects/{project}/approval_rules", DEVELOPER, "approvals that are required (Premium and Ultimate)")
SCHEDULES = Call("/projects/{project}/pipeline_schedules", DEVELOPER, "schedules that are switched off")
SCHEDULED = Call("/projects/{project}/pipeline_schedules/{schedule}/pipelines", DEVELOPER, "the last runs of a schedule")
PIPELINES = Call("/projects/{project}/pipelines", REPORTER, "the last pipelines of merge requests")
REQUESTS = Call("/projects/{project}/merge_requests", REPORTER, "merged merge requests")
APPROVALS = Call("/projects/{project}/merge_requests/{request}/approvals", REPORTER, "who approved one")
NOTES = Call("/projects/{project}/merge_requests/{request}/notes", REPORTER, "when it was first looked at")
CALLS = (GROUP, PROJECTS, PROJECT, BRANCH, RULES, SCHEDULES, SCHEDULED, PIPELINES, REQUESTS, APPROVALS, NOTES)


def permissions(_settings: object) -> str:
    """Return the least scopes and role of a token, and the calls they are for."""
    return f"""\
GitLab: a token in GITLAB_TOKEN. Every call is a GET.

Group access token (or personal access token of a member) with the role Developer and the scopes:
  read_api          everything below
  read_repository   cloning

With a lesser role, what needs it is not observed. Without a token, public data is read; approvals and schedules are not observed.

Calls:
{table(CALLS)}
"""
