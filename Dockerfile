# A static binary in an empty image. Both ports listen on loopback, as without a container: right for a sidecar, which shares its
# pod's network. To reach them from elsewhere: -e SENDGATE_GRPC_LISTEN=0.0.0.0:7070 -e SENDGATE_HTTP_LISTEN=0.0.0.0:7071
FROM rust:1.90-slim-bookworm AS build
WORKDIR /src
COPY . .
# `--target` is given so that build scripts and procedural macros stay dynamic.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
    && RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --bin sendgate --target "$target" \
    && install -D "target/$target/release/sendgate" /image/sendgate \
    && install -d /image/data

FROM scratch
COPY --from=build --chown=65532:65532 /image/ /
USER 65532:65532
ENV SENDGATE_STORE_URL=file:/data/sendgate.redb
VOLUME /data
EXPOSE 7070 7071
# SIGTERM drains.
ENTRYPOINT ["/sendgate"]
CMD ["serve"]
