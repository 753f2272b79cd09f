"""The calls to GitHub, and the rights they need. https://docs.github.com/en/rest."""

from __future__ import annotations

from assessor.collectors.forges.calls import Call, rights, table

ORGANIZATION = Call("/orgs/{owner}", "Metadata: read", "how many repositories there are", least=True)
USER = Call("/users/{owner}", "Metadata: read", "whether it is a user rather than an organization", least=True)
REPOSITORIES = Call("/orgs/{owner}/repos", "Metadata: read", "the repositories of an organization", least=True)
OF_USER = Call("/users/{owner}/repos", "Metadata: read", "the public repositories of a user", least=True)
ME = Call("/user", "", "whose token it is")
MINE = Call("/user/repos", "Metadata: read", "the repositories of the user whose token it is, private ones too")
REPOSITORY = Call("/repos/{owner}/{name}", "Metadata: read", "whether a repository that files refer to exists")
RULES = Call("/repos/{owner}/{name}/rules/branches/{branch}", "Metadata: read", "the rules of rulesets in force")
BRANCH = Call("/repos/{owner}/{name}/branches/{branch}", "Contents: read", "whether the branch is protected")
PROTECTION = Call(
    "/repos/{owner}/{name}/branches/{branch}/protection", "Administration: read", "classic protection: reviews and checks"
)
WORKFLOWS = Call("/repos/{owner}/{name}/actions/workflows", "Actions: read", "workflows that are switched off")
RUNS = Call("/repos/{owner}/{name}/actions/runs", "Actions: read", "the last runs on a schedule and for pull requests")
GRAPHQL = Call("/graphql", "Pull requests: read, Contents: read", "reviews of merged pull requests, in one query", method="POST")
CALLS = (
    ORGANIZATION, USER, REPOSITORIES, OF_USER, ME, MINE, REPOSITORY, RULES, BRANCH, PROTECTION, WORKFLOWS, RUNS, GRAPHQL,
)  # fmt: skip

MERGED = """
query($owner: String!, $name: String!, $ref: String!, $branch: String!, $count: Int!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) { refUpdateRule { requiredApprovingReviewCount requiredStatusCheckContexts } }
    pullRequests(states: MERGED, baseRefName: $branch, first: $count, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes {
        number createdAt mergedAt author { __typename login }
        reviews(first: 20) { nodes { state submittedAt author { __typename login } } }
      }
    }
  }
}
"""


def permissions(_settings: object) -> str:
    """Return the least rights of a token, and the calls they are for."""
    fine = "\n".join(f"  {right}" for right in rights(CALLS))
    return f"""\
GitHub: a token in GITHUB_TOKEN or GH_TOKEN. Every call is a GET, except one GraphQL query, which is a POST that only reads.

Fine-grained personal access token or GitHub App, owned by or installed for the organization, for all its repositories:
{fine}
  Contents: read is also what cloning needs. Without Administration: read, classic branch protection is not observed.

Classic personal access token (it cannot be limited to reading):
  repo, read:org   for private repositories; classic branch protection also needs a user who administers the repository
  none             for public repositories: a token without any scope

Without a token, public data is read at 60 requests an hour; reviews and classic protection are not observed.

Calls:
{table(CALLS)}
"""
