# Both commands in one image: the exporter by default, the predictor with the
# argument "predictor". Build it with make docker, which first makes
# ./drift_exporter and .build/image. For another platform: make crossbuild, then
#   docker build --platform linux/arm64 --build-arg BINARY=.build/linux-arm64/drift_exporter .
FROM scratch

ARG BINARY=drift_exporter
ARG VERSION=unknown
ARG REVISION=unknown

LABEL org.opencontainers.image.title="drift_exporter" \
      org.opencontainers.image.description="Prometheus exporter for the drift of machine-learning models, with the predictor of a loan model" \
      org.opencontainers.image.source="https://github.com/drift-exporter/drift_exporter" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# The certificates to trust; then /data for the log, and /tmp.
COPY .build/image/root/ /
COPY --chown=65532:65532 .build/image/user/ /
COPY LICENSE NOTICE /
COPY ${BINARY} /bin/drift_exporter

# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# The default of --predictions.log is predictions.db in this directory.
WORKDIR /data
VOLUME /data
EXPOSE 8001 5000
ENTRYPOINT ["/bin/drift_exporter"]
