"""Whether secrets stay out of infrastructure code, and where they come from instead."""

from __future__ import annotations

from assessor.checking import SUPPORT, Task, Verdict, check, failed, not_applicable, not_observed, partial, passed
from assessor.facts.infrastructure import HardcodedSecret, Resource, SecretInput, SecretSource, Stack, TerraformModule
from assessor.facts.repository import Repository


@check(
    "iac.no-secrets",
    task=Task.IAC_SECRETS,
    weight=SUPPORT,
    gate=True,
    frameworks=("DSOMM: Environment depending configuration parameters (secrets)",),
)
def no_secrets_in_code(repository: Repository) -> Verdict:
    """No secret is written into infrastructure code or environment files.

    Only forms and assignments that are hardly ever anything else count. Placeholders, references and the documented
    example keys do not; values made for trying things out make it partial.

    ## Why
    Everybody who ever cloned the repository has the secret, and so has everybody they shared it with.

    ## Fix
    Change the secret first: it is known. Then read it where it is used, from a store:

    ```hcl
    ephemeral "aws_secretsmanager_secret_version" "database" {
      secret_id = "prod/database"
    }
    ```

    For a database on AWS, `manage_master_user_password = true` needs no secret in the code at all.

    ## References
    - https://developer.hashicorp.com/terraform/language/manage-sensitive-data
    """
    secrets = repository.of(HardcodedSecret)
    real = [fact for fact in secrets if not fact.demo]
    if real:
        names = ", ".join(sorted({fact.name for fact in real})[:4])
        return failed(f"{len(real)} secret{'s' if len(real) > 1 else ''} written into files: {names}", [fact.at for fact in real])
    if secrets:
        return partial(0.5, f"{len(secrets)} values only meant for trying out", [fact.at for fact in secrets])
    code = (*repository.of(TerraformModule), *repository.of(Stack), *repository.of(Resource))
    if not code:
        return not_applicable("no infrastructure code", [repository.at])
    return passed("no secret was found in infrastructure code and environment files")


@check(
    "iac.secret-backend",
    task=Task.IAC_SECRETS,
    weight=SUPPORT,
    scaffold="secret-store",
    effort=2,
    frameworks=("DSOMM: Environment depending configuration parameters (secrets)",),
)
def secrets_come_from_a_store(repository: Repository) -> Verdict:
    """Secrets that infrastructure needs come from a secret store.

    ## Why
    A secret that is passed by hand is copied, kept in shells and CI settings, and never changed.

    ## Fix
    Keep it in Vault, AWS Secrets Manager, Azure Key Vault or a SOPS file and read it there. Prefer ephemeral resources
    and write-only arguments (Terraform 1.11): an ordinary data source copies the secret into the state.

    ```hcl
    ephemeral "vault_kv_secret_v2" "database" {
      mount = "kv"
      name  = "prod/database"
    }
    ```
    """
    inputs = repository.of(SecretInput)
    found = repository.of(SecretSource)
    sources = [fact for fact in found if fact.tool != "random"]  # what makes a secret up keeps none
    literal = [fact for fact in repository.of(HardcodedSecret) if fact.infrastructure]
    if not (inputs or found or literal):
        return not_applicable("no secret enters the infrastructure code", [repository.at])
    given = [fact for fact in inputs if fact.source == "variable"]
    if not sources:
        if literal:
            return failed("secrets are written in place and no secret store is used", [fact.at for fact in literal])
        if given:
            return not_observed(
                "secrets are given at run time; where they are kept cannot be seen here", [fact.at for fact in given]
            )
        return passed("secrets are passed between resources and never written down", [fact.at for fact in (*inputs, *found)])
    tools = ", ".join(sorted({fact.tool for fact in sources}))
    if literal:
        share = 1 - len(literal) / (len(literal) + len(inputs) + len(sources))
        return partial(share, f"{tools} in use, but {len(literal)} secrets are written in place", [fact.at for fact in literal])
    kept = "; ephemeral values stay out of the state" if any(fact.ephemeral for fact in sources) else ""
    return passed(f"secrets come from: {tools}{kept}", [fact.at for fact in sources])
