"""The OpenAPI document, made of the endpoints that are served and the structs they speak."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from zvonok.wire import errors

from .endpoints import Endpoint

ANY_ERROR = (429, 503)
AUTH_ERRORS = (401, 403, 404)
BODY_ERRORS = (400, 413, 415, 422)
SCHEMES = {
    "school": "The key of the school, which `make up` prints.",
    "moderator": "The grant of a host of this lesson, or the key of the school.",
    "grant": "A grant from `POST /api/links/{token}/enter`.",
    "media": "A token from `POST /api/lessons/{lesson}/media-tokens`.",
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    kinds = [
        kind
        for endpoint in endpoints
        for kind in (endpoint.body, endpoint.reply)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    ]
    _, schemas = msgspec.json.schema_components(
        [errors.ErrorReply, *kinds], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Zvonok", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": text}
                for name, text in SCHEMES.items()
            },
        },
    }


def endpoint_for(document_of: Sequence[Endpoint]) -> Endpoint:
    """Serves the document of these endpoints."""
    body = msgspec.json.encode(document(document_of))

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return Endpoint(
        method="GET", path="/api/openapi.json", handler=show, summary="This document.", reply=dict
    )


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    statuses = {*ANY_ERROR, *endpoint.errors}
    if endpoint.auth != "none":
        statuses.update(AUTH_ERRORS)
    if endpoint.body is not None:
        statuses.update(BODY_ERRORS)
    reply: dict[str, Any] = {"description": endpoint.summary}
    if endpoint.reply is not None:
        reply["content"] = _content(endpoint.reply)
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", endpoint.path)
        ],
        "responses": {
            str(endpoint.status): reply,
            **{
                str(status): {"description": "Refused.", "content": _content(errors.ErrorReply)}
                for status in sorted(statuses)
            },
        },
    }
    if endpoint.auth != "none":
        operation["security"] = [{endpoint.auth: []}]
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.body)}
    return operation


def _content(kind: Any) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string"}}}
    if kind is dict:
        return {"application/json": {"schema": {"type": "object"}}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
