# One image for every room: broker (with Mosquitto as its child), bridge, web.
# BASE may be any Debian 13 image with Python 3.11–3.13. For backups it has pg_dump, as new as docker-compose.yml's server.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY . .
# The build backend brings its own Node for the browser side; nothing of it reaches the image below.
RUN python3 -m venv /opt/wattline \
    && /opt/wattline/bin/pip install --no-cache-dir .

FROM ${BASE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mosquitto postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 wattline \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin wattline \
    && install -d -o wattline -g wattline -m 0700 /data /metrics \
    && install -d -o wattline -g wattline -m 0750 /secrets
COPY --from=build /opt/wattline /opt/wattline
ENV PATH=/opt/wattline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WATTLINE_DATA=/data \
    WATTLINE_BIND=0.0.0.0
USER wattline
WORKDIR /data
VOLUME /data
# Alone it is the whole product on SQLite with the embedded broker; docker-compose.yml runs its rooms one by one.
CMD ["wattline", "up"]
