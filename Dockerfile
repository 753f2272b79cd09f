ARG PYTHON_VERSION=3.13.15

FROM python:${PYTHON_VERSION}-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY assessor assessor
COPY checks checks
COPY reports reports
COPY scaffolds scaffolds
# The environment has no pip of its own: what is not there needs no updates. Nor has it the Kubernetes client's second copy, for
# asynchronous programs, which is half of it.
RUN python3 -m venv /opt/pip \
    && python3 -m venv --without-pip /opt/venv \
    && /opt/pip/bin/python -m pip --python /opt/venv/bin/python install --no-cache-dir --constraint constraints.txt '.[postgres]' \
    && rm -rf /opt/venv/lib/python3*/site-packages/kubernetes/aio

FROM python:${PYTHON_VERSION}-slim-trixie
# git clones the repositories of a forge; what it brings is bare and only ever read.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --mode=0750 /data \
    && chown 10001:10001 /data
COPY --from=build /opt/venv /opt/venv
# Reports, clones, cache and history go to /data; everything else may be read-only.
ENV PATH="/opt/venv/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/data/cache \
    XDG_DATA_HOME=/data
WORKDIR /scan
# A number, so that Kubernetes can verify runAsNonRoot.
USER 10001:10001
# It runs once and ends: its exit code says whether it is well.
HEALTHCHECK NONE
ENTRYPOINT ["gitops-assess"]
CMD ["--help"]
