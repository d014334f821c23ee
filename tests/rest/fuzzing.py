"""Requests made from the OpenAPI document, each answer held against it.

``python tests/rest/fuzzing.py COUNT`` is the campaign: COUNT requests or more against a venue of its own.
"""
from __future__ import annotations

import copy
import sys
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
LEFT_OUT = {"POST /paper": "each makes a user for good", "POST /users": "each makes a user for good",
            "DELETE /session": "it would end the session that asks"}
"""Operations asked by tests of their own only, and why."""


def plain_document(document: dict) -> dict:
    """The document without what it says of signing in, which the caller does; what has named fields has no others."""
    plain = copy.deepcopy(document)
    plain["components"].pop("securitySchemes", None)
    for one in plain["paths"].values():
        for operation in one.values():
            operation.pop("security", None)
    for one in plain["components"]["schemas"].values():
        if one.get("properties"):
            one.setdefault("additionalProperties", False)      # an answer with a field nobody described fails
    return plain


def operations_of(document: dict, url: str, left_out=LEFT_OUT) -> list:
    """The operations of the document but those left out."""
    schema = schemathesis.openapi.from_dict(plain_document(document))
    schema.config.update(base_url=url)
    found = [result.ok() for result in schema.get_all_operations()]
    return [one for one in found
            if f"{one.method.upper()} {one.path.removeprefix('/api/v1')}" not in left_out]


def fuzz(world, document: dict, client, examples: int, mode: GenerationMode, start: int = 1) -> int:
    """Ask every operation so many times as ``client``; gives how many requests that were. An answer that the document
    does not have fails."""
    session = requests.Session()
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items()),
               "X-CSRF-Token": client.csrf, "Origin": world.url}
    asked = count()

    def ask_often(operation):
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))
        @seed(start)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            next(asked)
            case.call_and_validate(base_url=world.url, session=session, headers=headers, checks=CHECKS)
        with suppress(Unsatisfiable):        # nothing about it can be wrong
            ask()

    for operation in operations_of(document, world.url):
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            continue
        ask_often(operation)
    return next(asked)


def campaign(wanted: int) -> None:
    """Rounds of both modes until so many requests were asked, with what they came to."""
    from rest_world import running
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as world:
        world.publish()
        asked, number = 0, 0
        document = world.client().get("/openapi.json").json()
        while asked < wanted:
            number += 1
            client = world.trader() if number % 4 else world.operator()
            for mode in MODES:
                asked += fuzz(world, document, client, 20, mode, number)
            if client.account is None:
                client.post("/operator/status", json={"state": "operating"})
            assert world.cash_atoms() == [0], "cash moved"
            print(f"{asked:,} requests, no 5xx, nothing undocumented, all cash places sum to 0", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
