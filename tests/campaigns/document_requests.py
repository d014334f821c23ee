"""Requests made from the OpenAPI document, fast: schemathesis makes a pool of cases for every operation, and most
requests are recombinations of them. Every answer is held against the document.

A case costs schemathesis 10 to 40 ms, a recombination a twentieth of one; so a tenth of the requests are fresh and
the rest are their fields exchanged, spoiled, left out, or set to what the venue itself answered before (ids, cursors).
"""
from __future__ import annotations

import copy
import http.client
import json
import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from ..rest.fuzzing import operations_of, plain_document
from .hostile import WORDS, value

FRESH = 0.1
"""Share of requests that schemathesis makes itself."""
LEFT_OUT = ("/session", "/password")
"""They would end the session that asks, or hash a password for every request."""
COSTLY = {"/paper": 0.05, "/users": 0.05, "/plan/": 0.25}
"""Share of an ordinary operation's requests for those that make a user for good, or calculate for seconds."""
KNOWN = {"symbol": ["XBTUSD", "XBTUSD", "ETHUSD", "xbtusd"], "side": ["buy", "sell"], "type": ["limit", "market"],
         "size": ["100", "1", "1000000"], "price": ["7000.0", "7900.5", "0.5"], "asset": ["XBT"],
         "amount": ["0.01", "1"], "leverage": ["1", "10", "100"], "stop_price": ["6000.0"], "share": ["0.5", "1"],
         "trigger_price": ["6500.0"], "trail_offset": ["10.0"], "limit": [1, 100], "count": [1, 50],
         "margin_mode": ["isolated", "cross"], "venue": ["bitmex", "binance", "bybit"], "entry": ["60000"],
         "stop": ["58000"], "speed": [1, 60]}
"""Values that reach past the first objection."""


@dataclass
class Case:
    """One request: what fills the path, the query, and the body (None where there is none)."""

    path: dict[str, Any]
    query: dict[str, Any]
    body: Any

    def url(self, template: str) -> str:
        """Path and query as they go on the wire."""
        for name, one in self.path.items():
            template = template.replace(f"{{{name}}}", quote(str(one).encode("utf-8", "replace"), safe=""))
        pairs = [(name, one) for name, one in self.query.items() if one is not None]
        if not pairs:
            return template
        texts = [(name, one if isinstance(one, str | list) else json.dumps(one)) for name, one in pairs]
        return template + "?" + urlencode(texts, doseq=True, errors="replace")


@dataclass
class Operation:
    """An operation of the document: its cases, and what it may answer."""

    method: str
    path: str
    source: Any
    answers: dict[str, tuple[str, Any]]
    """Status -> media type, validator of the body (None where it is not JSON)."""
    pool: list[Case] = field(default_factory=list)
    share: float = 1.0

    def fill(self, count: int, start: int) -> None:
        """Let schemathesis make so many cases, half of them against the document."""
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not (self.source.body or self.source.query):
                continue                                 # a path is any text: nothing about it can be wrong

            @settings(max_examples=max(2, count // 2), deadline=None, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))
            @seed(start)
            @given(case=self.source.as_strategy(generation_mode=mode))
            def make(case):
                body = case.body if isinstance(case.body, dict | list | str | int | float | bool) else None
                self.pool.append(Case(copy.deepcopy(dict(case.path_parameters or {})),
                                      copy.deepcopy(dict(case.query or {})), copy.deepcopy(body)))
            with suppress(Unsatisfiable):
                make()


def read_document(document: dict, url: str, wanted: int, start: int) -> list[Operation]:
    """Every operation that is asked, with its pool, for ``wanted`` requests altogether."""
    components, found = plain_document(document)["components"], []
    for source in operations_of(document, url, ()):
        if any(source.path.endswith(word) for word in LEFT_OUT):
            continue
        answers = {}
        for status, one in document["paths"][source.path][source.method]["responses"].items():
            (media, content), = one["content"].items()
            schema = {**content["schema"], "components": components}
            answers[status] = media, jsonschema_rs.validator_for(schema) if media == "application/json" else None
        share = next((share for word, share in COSTLY.items() if word in source.path), 1.0)
        found.append(Operation(source.method.upper(), source.path, source, answers, share=share))
    each = wanted / sum(one.share for one in found)
    for operation in found:
        operation.fill(int(each * operation.share * FRESH), start)
    return found


class Learned:
    """What the venue answered under every name: ids, cursors, symbols; the last 200 of each."""

    def __init__(self):
        self.values: dict[str, list] = {name: list(known) for name, known in KNOWN.items()}

    def take(self, answer: Any) -> None:
        """Remember the simple fields of an answer."""
        for item in answer.get("items", [answer])[:5] if isinstance(answer, dict) else ():
            for name, one in item.items() if isinstance(item, dict) else ():
                if isinstance(one, str | int):
                    kept = self.values.setdefault(name, [])
                    kept.append(one)
                    if name in ("order_id", "key", "liquidation_id"):
                        self.values.setdefault("id", []).append(one)
                    if len(kept) > 200:
                        del kept[:50]
        if isinstance(answer, dict) and isinstance(answer.get("next"), str):
            self.values.setdefault("cursor", []).append(answer["next"])
            del self.values["cursor"][:-200]
        del self.values.setdefault("id", [])[:-200]


def recombined(pool: list[Case], dice: random.Random, learned: Learned) -> Case:
    """A case of the pool with one to four of its fields changed."""
    made = copy.deepcopy(dice.choice(pool))
    other = dice.choice(pool)
    for _ in range(dice.randint(1, 4)):
        part = dice.choice([name for name in ("path", "query", "body") if getattr(made, name)] or ["body"])
        mine = getattr(made, part)
        if isinstance(mine, dict):
            _change(mine, getattr(other, part), dice, learned, part == "path")
        elif isinstance(other.body, dict):
            made.body = copy.deepcopy(other.body)
        elif made.body is not None:
            made.body = value(dice)
    return made


def _change(mine: dict, other: Any, dice: random.Random, learned: Learned, is_path: bool) -> None:
    """Exchange, set, spoil, remove or add one field, here or deeper."""
    name = dice.choice(list(mine)) if mine else dice.choice(WORDS)
    inner = mine.get(name)
    if isinstance(inner, list) and inner and isinstance(inner[0], dict) and dice.random() < 0.7:
        inner, other = inner[0], None
    if isinstance(inner, dict) and dice.random() < 0.7:
        return _change(inner, other.get(name) if isinstance(other, dict) else None, dice, learned, False)
    kind = dice.random()
    if kind < 0.3 and learned.values.get(name):
        mine[name] = dice.choice(learned.values[name])
    elif kind < 0.55 and isinstance(other, dict) and other:
        taken = name if is_path else dice.choice(list(other))
        mine[taken] = copy.deepcopy(other.get(taken, ""))
    elif kind < 0.85 or is_path:
        mine[name] = value(dice)
    elif kind < 0.95:
        mine.pop(name, None)
    else:
        mine[dice.choice(WORDS)] = value(dice)
    if is_path and (str(mine[name]).strip("/.") == "" or "/" in str(mine[name])):
        mine[name] = "x"                         # another path is another operation


def broken(body: bytes, dice: random.Random) -> bytes:
    """A body cut, doubled, or with a byte too many."""
    cut = dice.randrange(len(body) + 1)
    return body[:cut] + dice.choice((b"", b"\x00", b"\xff", b"}", body, b"[" * 3000)) + body[cut + 1:]


class Asking(threading.Thread):
    """Sends requests of every operation in turn over one connection that stays open, and notes what is wrong."""

    def __init__(self, operations: list[Operation], person, count: int, number: int, of: int, start: int,
                 learned: Learned):
        super().__init__(daemon=True)
        self.number, self.of = number, of
        self.operations, self.person, self.count, self.learned = operations, person, count, learned
        self.dice = random.Random(start + number)
        self.statuses: dict[int, int] = {}
        self.wrong: dict[tuple, str] = {}
        self.fault: BaseException | None = None
        self._headers = {"Cookie": person.cookie, "X-CSRF-Token": person.session["csrf"], "Origin": person.node.url}
        self._connection = http.client.HTTPConnection("127.0.0.1", person.node.port, timeout=60)

    def run(self) -> None:
        try:
            self._fresh()
            shares = [one.share for one in self.operations]
            while (left := self.count - sum(self.statuses.values())) > 0:
                for operation in self.dice.choices(self.operations, shares, k=min(left, 1000)):
                    self._ask(operation, recombined(operation.pool, self.dice, self.learned))
        except BaseException as fault:
            self.fault = fault

    def _fresh(self) -> None:
        """Every case of this thread's operations as schemathesis made it."""
        for operation in self.operations:
            for case in operation.pool[self.number::self.of]:
                self._ask(operation, case)

    def _ask(self, operation: Operation, case: Case) -> None:
        headers, body = self._headers, None
        if case.body is not None:
            headers = {**headers, "Content-Type": "application/json"}
            body = json.dumps(case.body).encode()
            if self.dice.random() < 0.02:
                body = broken(body, self.dice)
        url = case.url(operation.path)
        if len(url) > 15_000:
            return
        self._connection.request(operation.method, url, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        objection = self._objection(operation, answer.status, answer.headers.get_content_type(), text)
        if objection:
            key = operation.method, operation.path, answer.status, objection[:40]
            self.wrong.setdefault(key, f"{operation.method} {url[:500]} {(body or b'')[:500]!r}: {answer.status} "
                                       f"{objection[:500]}; {text[:500]!r}")

    def _objection(self, operation: Operation, status: int, media: str, text: bytes) -> str:
        if status >= 500:
            return "the server failed"
        described = operation.answers.get(str(status))
        if described is None:
            return "a status the document does not have"
        wanted, validator = described
        if media != wanted:
            return f"{media} is not {wanted}"
        if validator is None:
            return ""
        try:
            found = json.loads(text)
        except ValueError as error:
            return f"no JSON: {error}"
        if status < 300:
            self.learned.take(found)
        if validator.is_valid(found):
            return ""
        return next(str(error) for error in validator.iter_errors(found))[:500]


def ask_everything(document: dict, people: list, count: int, start: int) -> tuple[dict[int, int], list[str]]:
    """``count`` requests by several people at once: statuses with their numbers, and what was wrong."""
    operations = read_document(document, people[0].node.url, count, start)
    learned = Learned()
    threads = [Asking(operations, person, count // len(people), number, len(people), start, learned)
               for number, person in enumerate(people)]
    for thread in threads:
        thread.start()
    statuses: dict[int, int] = {}
    wrong: list[str] = []
    for thread in threads:
        thread.join()
        if thread.fault is not None:
            raise thread.fault
        wrong += [one for one in thread.wrong.values() if one not in wrong]
        for status, times in thread.statuses.items():
            statuses[status] = statuses.get(status, 0) + times
    return dict(sorted(statuses.items())), wrong
