"""Reads .NET projects: the SDK they use, what they reference, and whether the SDK publishes them as an image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.containers import ImageBuild, LanguageProject
from assessor.parsing.xml import Element, elements
from assessor.reading import Source, reader

_SERVER_SDKS = {
    "microsoft.net.sdk.web": "web SDK",
    "microsoft.net.sdk.worker": "worker SDK",
    "microsoft.net.sdk.functions": "functions SDK",
}
_CONTAINER_PROPERTY_NAMES = (
    "ContainerRepository ContainerImageName ContainerBaseImage ContainerRegistry ContainerImageTag ContainerImageTags ContainerFamily "
    "EnableSdkContainerSupport PublishContainer"
)
_CONTAINER_PROPERTIES = frozenset(_CONTAINER_PROPERTY_NAMES.split())
_CLIENT = re.compile(r"-(?:android|ios|maccatalyst|tizen|browser|windows\d)|\b(?:android|ios|maccatalyst)\b", re.I)


@reader("dotnet-project", names=("*.csproj", "*.fsproj", "*.vbproj"))
def read_project(source: Source) -> Iterator[Fact]:
    """Yield the project, and the image its SDK publishes where it is set up to."""
    parts = list(elements(source.text))
    if not parts or parts[0].name != "Project":
        return
    values = {e.name: e.text for e in reversed(parts) if e.path.startswith("Project/PropertyGroup/")}
    packages = {
        e.attributes.get("Include", "") for e in parts if e.name in ("PackageReference", "FrameworkReference", "Reference")
    }
    if _is_test(values, packages):
        return
    serves = _serves(parts, values, packages)
    executable = values.get("OutputType", "").lower() == "exe"
    name = re.sub(r"\.(?:cs|fs|vb)proj$", "", source.name, flags=re.I)
    yield LanguageProject(
        at=source.place(parts[0].line),
        language={"f": "f#", "v": "vb.net"}.get(source.name.rpartition(".")[2][:1].lower(), "c#"),
        folder=source.folder,
        name=name,
        version=values.get("TargetFramework", "") or values.get("TargetFrameworks", ""),
        entry_points=(serves,) if serves else (("executable",) if executable else ()),
        published=not serves and (values.get("GeneratePackageOnBuild", "").lower() == "true" or "PackageId" in values),
        package_manager="nuget",
        serves=serves,
    )
    container = next((e for e in parts if e.name in _CONTAINER_PROPERTIES and e.text.lower() != "false"), None)
    if container:
        image = values.get("ContainerRepository", "") or values.get("ContainerImageName", "")
        yield ImageBuild(
            at=source.place(container.line), tool="dotnet publish", folder=source.folder, image="" if "$" in image else image
        )


@reader("dotnet-properties", names=("Directory.Build.props", "Directory.Build.targets"))
def read_properties(source: Source) -> Iterator[ImageBuild]:
    """Yield the image publishing that is set up for every project below a folder."""
    container = next((e for e in elements(source.text) if e.name in _CONTAINER_PROPERTIES and e.text.lower() != "false"), None)
    if container:
        yield ImageBuild(at=source.place(container.line), tool="dotnet publish", folder=source.folder, name="*")


def _is_test(values: dict[str, str], packages: set[str]) -> bool:
    known = {"Microsoft.NET.Test.Sdk", "xunit", "xunit.v3", "NUnit", "MSTest", "MSTest.TestFramework"}
    return values.get("IsTestProject", "").lower() == "true" or bool(packages & known)


def _serves(parts: list[Element], values: dict[str, str], packages: set[str]) -> str:
    """Return what shows that it runs as a service. An Aspire AppHost orchestrates others; mobile and Pulumi programs do not serve."""
    sdks = [sdk.partition("/")[0].lower() for e in parts if e.name == "Project" for sdk in e.attributes.get("Sdk", "").split(";")]
    sdks += [e.attributes.get("Name", "").lower() for e in parts if e.name == "Sdk"]
    orchestrates = any("apphost" in sdk for sdk in sdks) or values.get("IsAspireHost", "").lower() == "true"
    frameworks = f"{values.get('TargetFramework', '')};{values.get('TargetFrameworks', '')}"
    if (
        orchestrates
        or _CLIENT.search(frameworks)
        or any(p == "Pulumi" or p.startswith(("Pulumi.", "Amazon.CDK")) for p in packages)
    ):
        return ""
    if values.get("OutputType", "").lower() == "library" and "AzureFunctionsVersion" not in values:
        return ""
    if values.get("AzureFunctionsVersion"):
        return "Azure Functions"
    sdk = next((sdk for sdk in sdks if sdk in _SERVER_SDKS), "")
    if sdk:
        return _SERVER_SDKS[sdk]
    executable = values.get("OutputType", "").lower() == "exe"
    server = {
        "Microsoft.AspNetCore.App",
        "Grpc.AspNetCore",
        "Microsoft.Extensions.Hosting",
        "Confluent.Kafka",
        "RabbitMQ.Client",
    } & packages
    return f"executable with {min(server)}" if executable and server else ""
