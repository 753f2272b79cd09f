"""Whether applications are built as container images."""

from __future__ import annotations

from assessor.checking import CORE, Task, Verdict, check, failed, partial, passed
from assessor.facts.containers import Service


@check(
    "ctr.dockerfile",
    task=Task.CONTAINERIZE,
    weight=CORE,
    scaffold="dockerfile",
    effort=2,
    frameworks=("OpenGitOps 2: Versioned and immutable", "DSOMM: Defined build process"),
)
def service_has_an_image(service: Service) -> Verdict:
    """The application is built as a container image.

    ## Why
    An image is the one artifact that holds an application with everything it needs. What was tested is what runs, on
    every machine, and Kubernetes and GitOps can only deploy what has one.

    A Dockerfile or Containerfile counts, and so does every other way the repository declares that its image is built:
    Cloud Native Buildpacks, ko, Jib, the .NET SDK, Bazel, Nix, Source-to-Image. Libraries, command-line tools and images
    that only serve development (dev containers, debug variants, test runners) are not asked for.

    ## Fix
    Add a Dockerfile that builds in one stage and runs in another:

    ```dockerfile
    FROM golang:1.25 AS build
    WORKDIR /src
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    RUN CGO_ENABLED=0 go build -o /app ./cmd/app

    FROM gcr.io/distroless/static:nonroot
    COPY --from=build /app /app
    USER 65532:65532
    ENTRYPOINT ["/app"]
    ```

    Or let buildpacks find out how: `pack build IMAGE --path .`.

    ## References
    - https://docs.docker.com/build/building/best-practices/
    - https://buildpacks.io/docs/
    """
    if service.dockerfile is not None:
        if service.content == "nothing":
            return failed("its Dockerfile only names a base image: nothing goes into it", [service.dockerfile])
        if service.content == "third-party":
            return partial(
                0.5, "an image without any content of the repository's own: only third-party software", [service.dockerfile]
            )
        return passed("its image is built from a Dockerfile", [service.dockerfile])
    if service.build is not None:
        return passed(f"its image is built by {service.build_tool}", [service.build])
    return failed(f"it runs as a service ({service.why}) and nothing builds an image of it", [service.at])
