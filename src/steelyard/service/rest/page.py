"""The OpenAPI document as a page to read: plain HTML, no script, nothing from elsewhere."""
from __future__ import annotations

from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:13px/1.5 ui-monospace,monospace}h2{margin-top:2.5rem;text-transform:capitalize}
details{border:1px solid #8884;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
summary code{font-weight:600}.scope{opacity:.75;font-size:.85em;margin-left:.5em}table{border-collapse:collapse}
td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}"""


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, one in operations.items():
            groups.setdefault(one["tags"][0], []).append(_operation(document, method, path, one))
    parts = [f"<h2>{escape(name)}</h2>{''.join(found)}" for name, found in groups.items()]
    info = document["info"]
    schemas = "".join(_schema(name, one) for name, one in sorted(document["components"]["schemas"].items()))
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
            '<body><main>'
            f'<h1>{escape(info["title"])} API {escape(info["version"])}</h1><p>{escape(info["description"])}</p>'
            '<p>The document itself: <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
            f"{''.join(parts)}<h2>Things</h2>{schemas}</main></body></html>")


def _operation(document: dict, method: str, path: str, one: dict) -> str:
    scope = one.get("x-scope", "everybody")
    rows = [(parameter["name"], f"{parameter['in']}, {_kind(parameter['schema'])}",
             "required" if parameter.get("required") else "") for parameter in one.get("parameters", ())]
    table = _table(rows) if rows else ""
    body = one.get("requestBody")
    takes = f"<p>Takes {_kind(body['content']['application/json']['schema'])}.</p>" if body else ""
    answers = _table([(status, escape(found["description"]),
                       ", ".join(_kind(media["schema"]) for media in found.get("content", {}).values()))
                      for status, found in one["responses"].items()])
    return (f"<details><summary><code>{method.upper()} {escape(path)}</code> {escape(one['summary'])}"
            f"<span class=scope>{escape(scope)}</span></summary><p>{escape(one.get('description') or '')}</p>"
            f"{table}{takes}{answers}</details>")


def _schema(name: str, one: dict) -> str:
    required = set(one.get("required", ()))
    rows = [(f"<code>{escape(field)}</code>", _kind(kind), "" if field in required else "optional")
            for field, kind in one.get("properties", {}).items()]
    return (f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
            f"<p>{escape(one.get('description', ''))}</p>{_table(rows)}</details>")


def _table(rows) -> str:
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _kind(schema: dict) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "items" in schema.get("properties", {}):
        return f"a page of {_kind(schema['properties']['items']['items'])}"
    return escape(str(schema.get("type", "anything")))
