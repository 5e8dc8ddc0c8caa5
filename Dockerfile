# codechunk-doctor without anything else: docker run --rm -v "$PWD:/work:ro" codechunk-doctor check --offline
FROM python:3.13-slim-trixie AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY doctor doctor
COPY checks checks
COPY docs/man docs/man
RUN ["python", "-I", "-m", "venv", "/opt/codechunk-doctor"]
RUN ["/opt/codechunk-doctor/bin/python", "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", "."]

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="codechunk-doctor" \
      org.opencontainers.image.description="Diagnoses an installation of codechunking" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/codechunk-doctor /opt/codechunk-doctor
# No name and no home are needed; whoever mounts files of a user of theirs gives --user.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/opt/codechunk-doctor/bin/codechunk-doctor"]
