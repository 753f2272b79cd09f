"""gitops-assess: how far an organization is on the way to GitOps, and what comes next."""

from __future__ import annotations

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up only when asked: the look-up would double the time of ``--help``."""
    if name == "__version__":
        from importlib.metadata import version

        return version("gitops-assess")
    raise AttributeError(name)
