"""`gitops-assess permissions`: the least rights a live source needs."""

from __future__ import annotations

from typing import Annotated

import typer


def permissions(source: Annotated[str, typer.Argument(help="aws, kubernetes, github or gitlab.")]) -> None:
    """Print the least rights a live source needs: an IAM policy, a ClusterRole, token scopes. All are read-only."""
    from assessor.collectors.live import collector

    typer.echo(collector(source).permissions().rstrip())
