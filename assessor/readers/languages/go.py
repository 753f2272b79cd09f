"""Reads Go modules, and the source files that make them programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.containers import LanguageProject, Program
from assessor.reading import Source, reader

from .values import port_of

_MODULE = re.compile(r"(?m)^module\s+\"?([^\s\"]+)")
_VERSION = re.compile(r"(?m)^go\s+([\d.]+)")
_INFRASTRUCTURE = re.compile(
    r"(?m)^[ \t]*(?:require[ \t]+)?github\.com/(?:pulumi/pulumi/sdk|aws/aws-cdk-go|hashicorp/terraform-plugin-(?:sdk|framework)|gruntwork-io/terratest)"
)


@reader("go-module", names=("go.mod",))
def read_module(source: Source) -> Iterator[LanguageProject]:
    """Yield the module. Whether it is a program or a library, its sources tell."""
    content = source.text
    module, version = _MODULE.search(content), _VERSION.search(content)
    if not module:
        return
    yield LanguageProject(
        at=source.place(content.count("\n", 0, module.start()) + 1),
        language="go",
        folder=source.folder,
        name=module[1],
        version=version[1] if version else "",
        package_manager="go",
        framework="infrastructure" if _INFRASTRUCTURE.search(content) else "",
    )


_MAIN = re.compile(rb"^package main\b", re.M)
_SERVES = re.compile(
    rb"\b(\.?ListenAndServe(?:TLS)?\(|http\.Serve\(|grpc\.NewServer\(|fiber\.New\(|echo\.New\(|gin\.(?:Default|New)\(|net\.Listen\(|"
    rb"ctrl\.NewManager\(|manager\.New\(|fasthttp\.ListenAndServe|chi\.NewRouter\(|mux\.NewRouter\(|iris\.New\(|\.NewConsumerGroup\(|"
    rb"worker\.New\(|kratos\.New\(|micro\.NewService\(|fx\.New\()"
)
_PORT = re.compile(rb"""["'](?:[\w.]*:)?(\d{4,5})["']""")
_GENERATED = b"// Code generated "


@reader("go-program", names=("*.go",))
def read_program(source: Source) -> Iterator[Program]:
    """Yield a file of a main package, or one that listens for requests. Tests and generated files are neither."""
    data = source.data[:400_000]
    if source.name.endswith("_test.go") or _GENERATED in data[:2000]:
        return
    main = _MAIN.search(data) if b"package main" in data else None
    served = _SERVES.search(data)
    if not main and not served:
        return
    found = served or main
    port = _PORT.search(data) if served else None
    yield Program(
        at=source.place(data.count(b"\n", 0, found.start()) + 1 if found else 0),
        language="go",
        main=bool(main),
        serves=served[1].decode("ascii", "replace").strip(".(") if served else "",
        port=port_of(port[1].decode()) if port else 0,
    )
