"""Derives facts about GitOps: resolved applications, installed controllers, who hears of it."""

from __future__ import annotations

from .base import Deriver, Joiner
from .gitops_controllers import (
    controllers_of_applications,
    controllers_of_pipelines,
    controllers_of_stacks,
    installed_controllers,
)
from .gitops_events import resolved_routes
from .gitops_flux import patched_applications, resolved_applications
from .gitops_resources import applications_of_resources

DERIVERS: tuple[Deriver, ...] = (
    applications_of_resources,
    resolved_applications,
    patched_applications,
    controllers_of_applications,
    controllers_of_pipelines,
    controllers_of_stacks,
    installed_controllers,
)
JOINERS: tuple[Joiner, ...] = (resolved_routes,)
