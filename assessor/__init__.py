"""gitops-assess: how far an organization is on the way to GitOps, and what comes next."""

from importlib.metadata import version

__version__ = version("gitops-assess")
