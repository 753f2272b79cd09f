"""Policy as code: Kyverno, Gatekeeper, Kubernetes admission policies, Kubewarden, and Rego for conftest."""

from __future__ import annotations

from collections.abc import Iterator

from assessor.facts.gitops import PolicySet
from assessor.reading import Source, reader

from .objects import Manifest, get, items, mapping, text

GATEKEEPER_CONSTRAINTS = "constraints.gatekeeper.sh"


def read_kyverno(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Kyverno policy: enforced if a rule denies what violates it; mutating and generating rules act by nature.

    What does not say so only audits, the verification of images too.
    """
    spec = manifest.spec
    rules = items(spec, "rules")
    if not rules:
        return
    actions = {text(spec, "validationFailureAction")} | {text(rule, "validate", "failureAction") for rule in rules}
    actions |= {text(verified, "failureAction") for rule in rules for verified in items(rule, "verifyImages")}
    acts = any(get(rule, key) is not None for rule in rules for key in ("mutate", "generate"))
    enforced = acts or any(action.lower() == "enforce" for action in actions)
    yield PolicySet(at=manifest.place, tool="kyverno", enforced=enforced)


def read_kyverno_cel(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a policy of Kyverno's newer kinds (``policies.kyverno.io``): ``Deny`` is the default action."""
    actions = [text(action) for action in items(manifest.spec, "validationActions")]
    yield PolicySet(at=manifest.place, tool="kyverno", enforced="Deny" in actions or not actions)


def read_constraint(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Gatekeeper constraint; its action is ``deny`` unless it says otherwise."""
    action = text(manifest.spec, "enforcementAction") or "deny"
    yield PolicySet(at=manifest.place, tool="gatekeeper", enforced=action in ("deny", "scoped"))


def read_constraint_template(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Gatekeeper template: a rule that only constraints put into force."""
    yield PolicySet(at=manifest.place, tool="gatekeeper", enforced=None)


def read_admission_binding(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Kubernetes admission policy put into force by its binding."""
    actions = [text(action) for action in items(manifest.spec, "validationActions")]
    yield PolicySet(at=manifest.place, tool="validating-admission-policy", enforced="Deny" in actions)


def read_admission_policy(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Kubernetes admission policy; alone, without a binding, it does nothing."""
    yield PolicySet(at=manifest.place, tool="validating-admission-policy", enforced=None)


def read_kubewarden(manifest: Manifest) -> Iterator[PolicySet]:
    """Yield a Kubewarden policy; its mode is ``protect`` unless it says otherwise."""
    if text(manifest.spec, "module") or mapping(manifest.spec, "policies"):
        yield PolicySet(at=manifest.place, tool="kubewarden", enforced=text(manifest.spec, "mode") != "monitor")


@reader("rego-policies", names=("*.rego",))
def read_rego(source: Source) -> Iterator[PolicySet]:
    """Yield a Rego policy for conftest: whether it is enforced depends on the pipeline that runs it."""
    if source.name.endswith("_test.rego"):
        return
    line = source.line_with("package ")
    text = source.text
    if line and ("deny" in text or "violation" in text or "warn" in text):
        yield PolicySet(at=source.place(line), tool="conftest", enforced=None)
