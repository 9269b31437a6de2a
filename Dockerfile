# syntax=docker/dockerfile:1
# One file for every function's image: a static binary and the certificate authorities, nothing else.
#
#   docker build --build-arg FUNCTION=check-stock --tag saga-shop/check-stock .
#
# `./makew images` does it for all of them. FILES says where the binary comes from: `build` compiles it
# here; `prebuilt` takes it from the build context, where `./makew images --prebuilt` has put it.
ARG FILES=build
# The channel of rust-toolchain.toml; a test compares them.
ARG RUST=1.95.0

# All functions are built at once, so that all their images cost one build, and with them the stand-ins for a
# cluster without Azure.
FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /shop
COPY . .
# glibc linked statically: it resolves names without any file in the image, and its allocator stands up
# to many threads, which that of musl does not.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/shop/target,sharing=locked \
    set -eu; \
    host=$(rustc --print host-tuple); \
    set --; \
    for program in functions/* tools/stand-in; do set -- "$@" --bin "${program##*/}"; done; \
    RUSTFLAGS='-C target-feature=+crt-static' \
        cargo build --release --locked --target "$host" "$@"; \
    mkdir /out; \
    for program in functions/* tools/stand-in; do cp "target/$host/release/${program##*/}" /out/; done; \
    cp /etc/ssl/certs/ca-certificates.crt /out/

FROM scratch AS prebuilt
COPY . /out/

# hadolint ignore=DL3006
FROM ${FILES} AS files

FROM scratch
ARG FUNCTION
ARG DESCRIPTION
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="${FUNCTION}" \
      org.opencontainers.image.description="${DESCRIPTION}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=files --chmod=0444 /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=files --chmod=0555 /out/${FUNCTION} /function
# The payment provider is called over TLS, and a client of HTTP is not even built without authorities.
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# A number, since there is no /etc/passwd, and Kubernetes' `runAsNonRoot` asks for one.
USER 65532:65532
# Which port it listens on, and whether on more than loopback, is set by the platform.
ENTRYPOINT ["/function"]
