"""The operator's side of the REST door, for the command line: sign in, one request, sign out."""
from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class OperatorError(Exception):
    """What the venue answered, in a line."""


class OperatorLine:
    """A session of the operator at ``url`` (``http://127.0.0.1:8100``)."""

    def __init__(self, url: str, name: str, password: str):
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._csrf = ""
        self._csrf = self.ask("POST", "/session", {"name": name, "password": password})["csrf"]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; OperatorError with the venue's message where it was refused."""
        headers = {"Origin": self.url, "Content-Type": "application/json", "X-CSRF-Token": self._csrf}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            raise OperatorError(_told(refusal)) from None
        except urllib.error.URLError as fault:
            raise OperatorError(f"nobody answers at {self.url}: {fault.reason}") from None

    def close(self) -> None:
        """Sign out."""
        self.ask("DELETE", "/session")


def _told(refusal: urllib.error.HTTPError) -> str:
    try:
        error = json.loads(refusal.read())["error"]
    except (ValueError, KeyError):
        return f"status {refusal.code}"
    return f"{error['code']}: {error['message']}. To do: {error['do']}"
