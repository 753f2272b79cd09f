"""`gitops-assess permissions`: the least rights a live source needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def permissions(
    source: Annotated[str, typer.Argument(help="aws, kubernetes, github or gitlab.")],
    config: Annotated[Path | None, typer.Option(help="A settings file, where it asks for more than the default.")] = None,
) -> None:
    """Print the least rights a live source needs: an IAM policy, a ClusterRole, token scopes. All are read-only."""
    from assessor.collectors.live import collector
    from assessor.settings import LiveSettings, load_settings

    live = load_settings(config).live if config else LiveSettings()
    typer.echo(collector(source).permissions(getattr(live, source, None)).rstrip())
