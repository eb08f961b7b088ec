"""The configuration of nginx, the only front door."""

import json
import os
import pwd
import resource
from dataclasses import dataclass
from pathlib import Path

from zvonok.service.descriptors import BACKLOG, backlog_limit
from zvonok.service.settings import Settings
from zvonok.up.certificates import Files
from zvonok.wire import cross_origin

CONNECTIONS = 16384
"""Of one worker, which may get all of them: of 2000 people a WebSocket, which is two, and six more
that a browser opens for a page."""
SPARE_FILES = 512
"""Descriptors of a worker beside its connections: the files it sends, its logs."""
BODY_BYTES = 256 * 1024
"""A browser's longest offer is 80 KB."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), "
        "fullscreen=(self), autoplay=(self), screen-wake-lock=(self), picture-in-picture=(self), "
        "geolocation=(), payment=(), usb=(), serial=(), midi=()"
    ),
    # Addresses of lessons are keys to them.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def _error(code: str, message: str, **details: object) -> str:
    """The one error shape, for what nginx says by itself."""
    return json.dumps({"error": {"code": code, "message": message, "details": details}})


UNAVAILABLE = _error("unavailable", "The server is starting. Try again.", retry_after=1)
TOO_LARGE = _error("too_large", "The request is too large.", limit=BODY_BYTES)
BAD_REQUEST = _error("bad_request", "This is no request that can be served.")


@dataclass(frozen=True)
class Site:
    """What the configuration is made of."""

    settings: Settings
    folder: Path
    """For nginx's temporary files."""
    client: Path
    """The built client."""
    certificates: Files
    ipv6: bool


def nginx_config(site: Site) -> str:
    """A whole nginx.conf; works with nginx 1.18 and newer, as root and as anybody else."""
    http = site.settings.http_port
    https = site.settings.https_port
    loopback = [f"127.0.0.1:{http}", *([f"[::1]:{http}"] if site.ipv6 else [])]
    everywhere = [f"{https} ssl", *([f"[::]:{https} ssl"] if site.ipv6 else [])]
    files = min(CONNECTIONS + SPARE_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    return f"""\
daemon off;
{_user()}worker_processes 2;
worker_rlimit_nofile {files};
worker_shutdown_timeout 1s;
pid {_quoted(site.settings.run_dir / "nginx.pid")};
error_log stderr warn;

events {{
    worker_connections {max(files - SPARE_FILES, files // 2)};
}}

http {{
{_indented(_http(site.folder))}

    upstream signaling {{
        server unix:{site.settings.socket("signaling")};
        keepalive 64;
    }}

    # This machine, and a front door of the operator's own, whose word on the client's
    # address counts.
    server {{
{_listen(loopback)}
        set_real_ip_from 127.0.0.1;
        set_real_ip_from ::1;
        real_ip_header X-Forwarded-For;
{_indented(_server(site, "$outer_scheme"), 8)}
    }}

    server {{
{_listen(everywhere)}
        ssl_certificate {_quoted(site.certificates.server)};
        ssl_certificate_key {_quoted(site.certificates.server_key)};
        # A request over plain HTTP to this port: send it where it meant to go.
        error_page 497 =301 https://$http_host$request_uri;
{_indented(_server(site, "$scheme"), 8)}
    }}
}}
"""


def _http(folder: Path) -> str:
    temporary = "\n".join(
        f"{name}_temp_path {_quoted(folder / name)};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""\
{temporary}

access_log off;
server_tokens off;
sendfile on;
tcp_nopush on;
keepalive_timeout 30s;
client_header_timeout 15s;
client_body_timeout 15s;
client_max_body_size {BODY_BYTES};

gzip on;
gzip_static on;
gzip_vary on;
gzip_min_length 1024;
gzip_types text/css text/javascript application/json application/manifest+json image/svg+xml;

ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:tls:2m;
ssl_session_timeout 1d;
ssl_session_tickets off;

charset utf-8;
charset_types text/css text/javascript text/plain application/json;
default_type application/octet-stream;
types {{
    text/html html;
    text/css css;
    text/javascript js mjs;
    text/plain txt;
    application/json json map;
    application/manifest+json webmanifest;
    application/wasm wasm;
    image/svg+xml svg;
    image/png png;
    image/jpeg jpg jpeg;
    image/webp webp;
    image/x-icon ico;
    audio/mpeg mp3;
    audio/ogg ogg;
    audio/wav wav;
    font/woff2 woff2;
}}

map $http_upgrade $connection_header {{
    default upgrade;
    '' '';
}}
map $http_x_forwarded_proto $outer_scheme {{
    default $scheme;
    https https;
}}
{_cross_origin_values()}"""


def _server(site: Site, scheme: str) -> str:
    return f"""\
root {_quoted(site.client)};
add_header X-Content-Type-Options nosniff always;

location / {{
    try_files $uri /index.html;
{_headers("no-cache")}
}}
location /assets/ {{
    # Their names change with their content.
    try_files $uri =404;
{_headers("public, max-age=31536000, immutable")}
}}
location = /ca.crt {{
    alias {_quoted(site.certificates.authority)};
    types {{}}
    default_type application/x-x509-ca-cert;
{_headers("no-cache")}
}}
# The private door's names must not look as if they were answered here.
location = /healthz {{ return 404; }}
location = /metrics {{ return 404; }}
location ~ /\\. {{ return 404; }}

location /api/ {{
    proxy_pass http://signaling;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_header;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto {scheme};
    # Longer than the pause between two pings of a WebSocket.
    proxy_read_timeout 90s;
    proxy_send_timeout 90s;
    # Said once, by the header of the whole server.
    proxy_hide_header X-Content-Type-Options;
    error_page 400 408 = @bad_request;
    error_page 413 @too_large;
    error_page 500 502 503 504 = @unavailable;
}}
location @bad_request {{
{_indented(_own_words())}
    return 400 '{BAD_REQUEST}';
}}
location @too_large {{
{_indented(_own_words())}
    return 413 '{TOO_LARGE}';
}}
location @unavailable {{
{_indented(_own_words())}
    add_header Retry-After 1 always;
    return 503 '{UNAVAILABLE}';
}}"""


def _cross_origin_values() -> str:
    """Variables with the value of each header, empty where other origins have no business."""
    paths = "|".join(cross_origin.PATHS)
    return "\n".join(
        f"map $uri {_variable(name)} {{\n    default '';\n    '~^({paths})(/|$)' '{value}';\n}}"
        for name, value in cross_origin.HEADERS.items()
    )


def _own_words() -> str:
    """What goes with every error of the API that nginx tells by itself."""
    # A header without a value is not sent.
    shared = [f"add_header {name} {_variable(name)} always;" for name in cross_origin.HEADERS]
    nosniff = "add_header X-Content-Type-Options nosniff always;"
    return "\n".join(["default_type application/json;", nosniff, *shared])


def _variable(header: str) -> str:
    return "$" + header.lower().replace("-", "_")


def _headers(cache: str) -> str:
    # Repeated in each location: one add_header of its own drops all inherited ones.
    lines = [f'add_header {name} "{value}" always;' for name, value in HEADERS.items()]
    return _indented("\n".join([*lines, f'add_header Cache-Control "{cache}";']))


def _user() -> str:
    """Workers of a root's nginx would become nobody and could not read a folder in /root."""
    return f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""


def _listen(addresses: list[str]) -> str:
    backlog = min(BACKLOG, backlog_limit())
    return _indented("\n".join(f"listen {one} backlog={backlog};" for one in addresses), 8)


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _indented(text: str, depth: int = 4) -> str:
    return "\n".join(" " * depth + line if line else line for line in text.splitlines())
