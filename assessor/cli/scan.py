"""`gitops-assess scan`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assessor.cli._history import VARIABLE, KeepDays, KeepLast
from assessor.errors import UsageError

ONE_PER_CORE = 0


def scan(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A git work tree, a bare repository, a plain folder, or a folder of repositories.",
            show_default="the current folder; with --github or --gitlab, their repositories",
        ),
    ] = None,
    ref: Annotated[str, typer.Option(help="Read this commit, branch or tag from the object store, without a checkout.")] = "",
    format: Annotated[
        list[str] | None, typer.Option("--format", "-f", help="table, json, html, markdown …; repeatable.", show_default="table")
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", help="A file for a format; repeatable. Its ending names the format if --format does not."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The settings file.", show_default="gitops-assess.yaml beside the organization")
    ] = None,
    steps: Annotated[str, typer.Option(help="Narrow the path, e.g. 1,2,3 or 1-3.")] = "",
    select: Annotated[list[str] | None, typer.Option(help="Only these checks (ids or prefixes such as iac); repeatable.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave these checks out; repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave these paths out, e.g. 'legacy/**'; repeatable.")] = None,
    checks: Annotated[
        list[Path] | None, typer.Option("--checks", help="A folder with checks of your own. Its code runs.")
    ] = None,
    aws: Annotated[bool, typer.Option("--aws", help="Ask AWS as well, read-only, with your credentials.")] = False,
    aws_profile: Annotated[
        list[str] | None, typer.Option(help="An AWS profile to ask with, in place of the default one; repeatable.")
    ] = None,
    aws_region: Annotated[
        list[str] | None, typer.Option(help="A region to ask; repeatable.", show_default="every enabled one")
    ] = None,
    kube: Annotated[
        bool, typer.Option("--kube", help="Ask a Kubernetes cluster as well, read-only, with your kubeconfig.")
    ] = False,
    context: Annotated[
        list[str] | None, typer.Option(help="A context of your kubeconfig; repeatable.", show_default="the current one")
    ] = None,
    github: Annotated[
        list[str] | None, typer.Option(help="Scan a GitHub organization and ask it; repeatable. Token: GITHUB_TOKEN.")
    ] = None,
    github_url: Annotated[str, typer.Option(help="A GitHub Enterprise Server.", show_default="github.com")] = "",
    gitlab: Annotated[
        list[str] | None, typer.Option(help="Scan a GitLab group and ask it; repeatable. Token: GITLAB_TOKEN.")
    ] = None,
    gitlab_url: Annotated[str, typer.Option(help="A self-managed GitLab.", show_default="gitlab.com")] = "",
    clones: Annotated[
        Path | None,
        typer.Option(help="Where repositories of GitHub or GitLab are cloned.", show_default="~/.cache/gitops-assess/clones"),
    ] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Clone and scan archived repositories too.")] = False,
    forks: Annotated[bool, typer.Option("--forks", help="Clone and scan forks too.")] = False,
    evidence: Annotated[
        Path | None, typer.Option(help="Take live evidence from a file written with --save-evidence; ask nobody.")
    ] = None,
    save_evidence: Annotated[Path | None, typer.Option(help="Keep what live systems said in a file (JSON, no secrets).")] = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="An earlier assessment to compare with: a JSON file, or a kept run (latest, a number, a day)."),
    ] = None,
    store: Annotated[
        str,
        typer.Option(
            "--store",
            envvar=VARIABLE,
            help="Keep the assessment: in an SQLite file, in postgresql://user@host/database, or in your data folder (`default`).",
            show_default="nothing is kept",
        ),
    ] = "",
    keep_last: KeepLast = 0,
    keep_days: KeepDays = 0,
    fail_under: Annotated[float | None, typer.Option(min=0, max=100, help="Exit with 1 if the score is lower.")] = None,
    min_level: Annotated[int | None, typer.Option(min=0, max=5, help="Exit with 1 if the maturity level is lower.")] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Worker processes.", show_default="one per core")
    ] = ONE_PER_CORE,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep what was read for the next scan.")] = True,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a scan that was interrupted.")] = False,
    executor: Annotated[
        str, typer.Option(help="Do the work on a Dask cluster: dask://host:port.", show_default="this machine's cores")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Score repositories against the five steps towards GitOps: from files and git history and, when asked, live systems."""
    from assessor.cli import _history, _outputs, _scanning

    if resume and not cache:
        raise UsageError(
            "--resume: what was found is kept in the cache folder, and --no-cache keeps nothing", "Drop one of the two."
        )
    targets = _outputs.plan(format or [], output or [])
    keeper = _history.Keeper(store, baseline or "", keep_last, keep_days)
    request = _scanning.Request(
        paths=tuple(paths or (() if github or gitlab else (Path(),))),
        ref=ref,
        config=config,
        steps=steps,
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        exclude=tuple(exclude or ()),
        checks=tuple(checks or ()),
        jobs=jobs,
        cache=cache,
        resume=resume,
        executor=executor,
        quiet=quiet,
        live=_scanning.Live(
            aws=aws,
            aws_profiles=tuple(aws_profile or ()),
            aws_regions=tuple(aws_region or ()),
            kubernetes=kube,
            contexts=tuple(context or ()),
            github=tuple(github or ()),
            github_url=github_url,
            gitlab=tuple(gitlab or ()),
            gitlab_url=gitlab_url,
            clones=clones,
            archived=archived,
            forks=forks,
            evidence=evidence,
            save=save_evidence,
        ),
    )
    taken_at = _scanning.now()
    assessment = _scanning.run(request)
    with keeper.keep(assessment, taken_at) as (earlier, history):
        _outputs.write(assessment, targets, earlier, history)
    if shortfall := _outputs.shortfall(assessment, fail_under, min_level):
        typer.echo(shortfall, err=True)
        raise typer.Exit(1)
