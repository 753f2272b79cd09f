"""Reads Rust crates: Cargo.toml, and where their programs start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import LanguageProject, Program
from assessor.reading import Source, reader

from .values import first_of, table, text

FRAMEWORKS = (
    "axum",
    "actix-web",
    "rocket",
    "warp",
    "tonic",
    "poem",
    "salvo",
    "tide",
    "hyper",
    "ntex",
    "gotham",
    "loco-rs",
    "kube",
    "rdkafka",
    "lapin",
)


@reader("rust-project", names=("Cargo.toml",))
def read_cargo(source: Source) -> Iterator[LanguageProject]:
    """Yield the crate of a Cargo.toml; a virtual workspace has none."""
    config = source.toml
    package = table(config.get("package"))
    if not package:
        return
    dependencies = {**table(config.get("dependencies")), **table(config, "workspace", "dependencies")}
    binaries = config.get("bin")
    names = [text(table(item).get("name")) for item in binaries] if isinstance(binaries, list) else []
    described = {"description", "license", "repository", "documentation"} & package.keys()
    yield LanguageProject(
        at=source.place(source.line_with("[package]") or 1),
        language="rust",
        folder=source.folder,
        name=text(package.get("name")),
        version=text(package.get("rust-version")),
        entry_points=tuple(f"binary {name}" for name in sorted(filter(None, names))[:20]),
        published=package.get("publish") is not False and ("lib" in config or len(described) >= 3) and not names,
        package_manager="cargo",
        framework=first_of(FRAMEWORKS, dependencies),
    )


_MAIN = re.compile(rb"^[ \t]*(?:pub\s+)?(?:async\s+)?fn\s+main\s*\(", re.M)
_SERVES = re.compile(
    rb"\b(axum::serve|HttpServer::new|Server::builder|rocket::build|warp::serve|TcpListener::bind|#\[launch\]|Server::bind|Controller::new)"
)


@reader("rust-program", names=("main.rs", "src/bin/*.rs", "**/src/bin/*.rs"))
def read_program(source: Source) -> Iterator[Program]:
    """Yield where a program starts."""
    main = _MAIN.search(source.data[:400_000])
    served = _SERVES.search(source.data[:400_000])
    if main or served:
        line = source.data.count(b"\n", 0, (served or main).start()) + 1 if (served or main) else 0  # type: ignore[union-attr]  # one matched
        yield Program(at=source.place(line), language="rust", main=True, serves=served[1].decode() if served else "")
