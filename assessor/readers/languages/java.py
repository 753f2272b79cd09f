"""Reads Java and Kotlin projects: Maven, Gradle and sbt builds, the images they build, and application classes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assessor.facts.base import Fact
from assessor.facts.containers import ImageBuild, LanguageProject, Program
from assessor.parsing.xml import Element, elements
from assessor.reading import Source, reader

# Build plug-ins that make a runnable application of a project.
_RUN_PLUGINS = {
    "spring-boot-maven-plugin": "Spring Boot", "quarkus-maven-plugin": "Quarkus", "micronaut-maven-plugin": "Micronaut",
    "liberty-maven-plugin": "Open Liberty", "helidon-maven-plugin": "Helidon", "wildfly-maven-plugin": "WildFly",
    "payara-micro-maven-plugin": "Payara", "tomcat7-maven-plugin": "Tomcat", "jetty-maven-plugin": "Jetty",
}  # fmt: skip
# Plug-ins and extensions that build an image. Spring Boot's, Ktor's and Micronaut's can, but most who apply them never do:
# they count where the build configures an image, or where a pipeline runs their goal.
_IMAGE_PLUGINS = {
    "jib-maven-plugin": "jib", "docker-maven-plugin": "docker-maven-plugin", "dockerfile-maven-plugin": "dockerfile-maven-plugin",
    "kubernetes-maven-plugin": "jkube", "openshift-maven-plugin": "jkube", "fabric8-maven-plugin": "jkube",
    "quarkus-container-image-jib": "quarkus jib", "quarkus-container-image-docker": "quarkus docker",
    "quarkus-container-image-buildpack": "quarkus buildpacks", "quarkus-container-image-podman": "quarkus podman",
}  # fmt: skip
_SERVER_LIBRARIES = re.compile(
    r"spring-boot-starter-(?:web|webflux|data-rest|jetty|undertow|batch|amqp)|spring-kafka|quarkus-(?:rest|resteasy|vertx|grpc)"
    r"|micronaut-http-server|ktor-server|grpc-(?:netty|services|server)|javalin|dropwizard-core|vertx-web|spark-core|jersey-server"
    r"|undertow-core|helidon-webserver|armeria|http4k-server|kafka-clients|jetty-server|tomcat-embed",
)


@reader("maven-project", names=("pom.xml",))
def read_pom(source: Source) -> Iterator[Fact]:
    """Yield the project of a pom.xml, and the image build its plug-ins declare."""
    parts = list(elements(source.text))
    if not parts or parts[0].name != "project":
        return
    values = {e.path.removeprefix("project/"): e.text for e in reversed(parts) if e.path.count("/") <= 2}
    packaging = values.get("packaging", "jar")
    plugins = _artifacts(parts, "plugin")
    dependencies = _artifacts(parts, "dependency")
    applies = {name: e for name, e in plugins.items() if "pluginManagement" not in e.path}
    plugin = next((name for name in _RUN_PLUGINS if name in applies), "")
    serves = ""
    if packaging == "war":
        serves = "war packaging"
    elif plugin and packaging != "pom":
        serves = f"{_RUN_PLUGINS[plugin]} plug-in"
    library = next((m.group() for name in dependencies if (m := _SERVER_LIBRARIES.search(name))), "")
    yield LanguageProject(
        at=source.place(applies[plugin].line if plugin else next((e.line for e in parts if e.path == "project/artifactId"), 1)),
        language="java",
        folder=source.folder,
        name=values.get("artifactId", ""),
        version=next(
            (
                values[key]
                for key in ("properties/java.version", "properties/maven.compiler.release", "properties/maven.compiler.source")
                if values.get(key)
            ),
            "",
        ),
        entry_points=(serves,) if serves else (),
        published=not serves and packaging not in ("pom", "war") and "distributionManagement/repository" in values,
        package_manager="maven",
        serves=serves,
        framework=library,
    )
    tool = next((name for name in _IMAGE_PLUGINS if name in applies or name in dependencies), "")
    if packaging == "pom":
        return
    if tool:
        place = source.place((applies.get(tool) or dependencies[tool]).line)
        yield ImageBuild(at=place, tool=_IMAGE_PLUGINS[tool], folder=source.folder, image=_jib_image(parts))
    elif plugin == "spring-boot-maven-plugin" and (line := _build_image_line(parts)):
        yield ImageBuild(
            at=source.place(line), tool="buildpacks (spring-boot:build-image)", folder=source.folder, image=_jib_image(parts)
        )


def _build_image_line(parts: list[Element]) -> int:
    """Return the line that binds Spring Boot's goal build-image or configures its image, 0 if none does."""
    for element in parts:
        goal = element.path.endswith("/goals/goal") and element.text.startswith("build-image")
        if goal or element.path.endswith(("/plugin/configuration/image", "/plugin/configuration/image/name")):
            return element.line
    return 0


def _artifacts(parts: list[Element], kind: str) -> dict[str, Element]:
    """Return the artifacts named by elements of a kind."""
    return {e.text: e for e in reversed(parts) if e.path.endswith(f"/{kind}/artifactId")}


def _jib_image(parts: list[Element]) -> str:
    found = next((e.text for e in parts if e.path.endswith(("/to/image", "/image/name"))), "")
    return "" if "$" in found else found[:300]


_GRADLE_RUN = (
    ("org.springframework.boot", "Spring Boot plug-in"), ("io.quarkus", "Quarkus plug-in"), ("io.micronaut.application", "Micronaut plug-in"),
    ("io.ktor.plugin", "Ktor plug-in"),
)  # fmt: skip
_GRADLE_IMAGE = (
    ("com.google.cloud.tools.jib", "jib"), ("com.bmuschko.docker", "gradle docker plug-in"),
    ("com.palantir.docker", "gradle docker plug-in"), ("quarkus-container-image", "quarkus"),
    ("bootBuildImage", "buildpacks (bootBuildImage)"), ("dockerBuild", "micronaut"), ("ktor.docker", "ktor (jib)"),
)  # fmt: skip
_GRADLE_COMMENT = re.compile(r"^\s*(?://|\*)")
_TOOLCHAIN = re.compile(
    r"(?:JavaLanguageVersion\.of\(|sourceCompatibility\s*=\s*(?:JavaVersion\.VERSION_)?['\"]?|jvmToolchain\()(\d[\d.]*)"
)


@reader("gradle-project", names=("build.gradle", "build.gradle.kts"))
def read_gradle(source: Source) -> Iterator[Fact]:
    """Yield the project of a Gradle build, and the image build its plug-ins declare."""
    lines = [(n, line) for n, line in enumerate(source.lines[:5000], 1) if not _GRADLE_COMMENT.match(line)]
    applied = [(n, line) for n, line in lines if "apply false" not in line and "apply(false)" not in line]

    def line_of(word: str) -> int:
        return next((n for n, line in applied if word in line), 0)

    content = "\n".join(line for _, line in applied)
    run = next(((label, n) for word, label in _GRADLE_RUN if (n := line_of(word))), None)
    library = _SERVER_LIBRARIES.search(content)
    if (
        not run
        and library
        and (n := next((n for n, line in applied if re.search(r"['\"`(]application['\"`)]|mainClass|shadowJar", line)), 0))
    ):
        run = (f"application with {library.group()}", n)
    version = _TOOLCHAIN.search(content)
    yield LanguageProject(
        at=source.place(run[1] if run else 1),
        language="kotlin" if "kotlin" in content else "java",
        folder=source.folder,
        version=version[1] if version else "",
        entry_points=(run[0],) if run else (),
        published=not run and bool(re.search(r"maven-publish|com\.vanniktech\.maven\.publish|java-gradle-plugin", content)),
        package_manager="gradle",
        serves=run[0] if run else "",
        framework=library.group() if library else "",
    )
    image = next(((tool, n) for word, tool in _GRADLE_IMAGE if (n := line_of(word))), None)
    if image:
        yield ImageBuild(at=source.place(image[1]), tool=image[0], folder=source.folder)


@reader("sbt-project", names=("build.sbt",))
def read_sbt(source: Source) -> Iterator[Fact]:
    """Yield the project of an sbt build."""
    run = source.line_with(re.compile(r"\b(?:PlayScala|PlayJava|PlayService|JavaServerAppPackaging)\b"))
    docker = source.line_with(re.compile(r"enablePlugins\([^)]{0,300}\bDockerPlugin\b"))
    name = re.search(r'(?m)^[ \t]*name[ \t]*:=\s*"([^"\n]{1,100})"', source.text)
    yield LanguageProject(
        at=source.place(run or 1), language="scala", folder=source.folder, name=name[1] if name else "", package_manager="sbt",
        serves="Play application" if run else "", entry_points=("Play application",) if run else (),
    )  # fmt: skip
    if docker:
        yield ImageBuild(at=source.place(docker), tool="sbt-native-packager", folder=source.folder)


_APPLICATION = re.compile(
    r"@(SpringBootApplication|QuarkusMain|QuarkusApplication|MicronautApplication)\b|\b(SpringApplication|Micronaut|Quarkus|EngineMain)\b\.?(?:run|main)?\("
    r"|\b(embeddedServer|ServerBuilder\s*\.forPort|Javalin\.create|NettyServerBuilder)\("
)
_SOURCES = (
    "*Application.java",
    "*Application.kt",
    "Main.java",
    "Main.kt",
    "App.java",
    "App.kt",
    "*Server.java",
    "*Server.kt",
    "*Service.java",
    "application.kt",
)


@reader("java-program", names=_SOURCES)
def read_program(source: Source) -> Iterator[Program]:
    """Yield a class that starts an application server."""
    line = source.line_with(_APPLICATION)
    if line:
        match = _APPLICATION.search(source.lines[line - 1])
        serves = next((group for group in match.groups() if group), "") if match else ""
        yield Program(at=source.place(line), language="java", main=True, serves=serves)
