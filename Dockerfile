# docker build -t spendfold .
# docker run --rm spendfold                   the sample, results stay in the container
# docker compose up --build                   the sample, results in ./results (see compose.yaml)
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/srv" spendfold run -c c.csv -p p.csv

# ---- build -----------------------------------------------------------------------------------
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The dependencies, in a layer that holds until Cargo.toml or Cargo.lock change: they are built for
# an empty program. Cargo reads no manifest whose targets are missing, hence benches/.
COPY Cargo.toml Cargo.lock ./
COPY benches benches
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked

# The program. assets/ is compiled in (include_bytes!), README.md is named by Cargo.toml.
# COPY keeps the files' times, which may be older than the build of the empty program: without the
# touch cargo would take that one for up to date.
COPY README.md ./
COPY assets assets
COPY src src
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked

# ---- run -------------------------------------------------------------------------------------
# The same Debian release as above, hence the same C library.
FROM debian:bookworm-slim

RUN groupadd --gid 10001 spendfold \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin spendfold

WORKDIR /srv
# The out-dir of a plain `run`, writable for the user below; a mount takes its place.
RUN install -d -o spendfold -g spendfold results
COPY data data
COPY --from=build /build/target/release/spendfold /usr/local/bin/spendfold

# By number, so that an orchestrator can tell that it is not root.
USER 10001:10001
ENTRYPOINT ["spendfold"]
CMD ["run"]
