"""Handlers of people: signing in and out, one-click users, passwords, API keys.

What waits for the database or a password hash runs in a thread; accounts are opened through the operations.
"""
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .. import people as service_people
from ..eligibility import Standing
from ..errors import ServiceError
from ..people import Arrived, Opening, Principal, SignedIn
from ..people.cookies import clear_cookies, set_cookies
from ..people.opening import open_account
from . import things
from .call import Call


async def sign_in(call: Call) -> things.SignedIn:
    """Begin a session with name and password."""
    _refuse_other_pages(call)
    people = call.services.people
    return await _begun(call, await _in_line(call, people.sign_in, call.body.name, call.body.password, call.address))


async def register(call: Call) -> things.SignedIn:
    """Make a user with a name and a password, open their account, sign them in."""
    _refuse_other_pages(call)
    standing, body = _standing(call, call.body), call.body
    begun = await _in_line(call, call.services.people.register, body.name, body.password, call.address,
                           _stated(standing))
    return await _begun(call, begun, standing)


async def paper(call: Call) -> things.SignedIn:
    """One click: a user without a password, their account, paper money, signed in. Who states a jurisdiction and a
    client class is bound by its rules (ELIG-010)."""
    _refuse_other_pages(call)
    if not call.services.settings.paper:
        raise ServiceError("not_found", "This venue gives no paper money.", rule="PEOP-010",
                           do="Register with a name and a password, or ask the operator.")
    standing = _standing(call, call.query)
    return await _begun(call, await asyncio.to_thread(call.services.people.paper, call.address, _stated(standing)),
                        standing)


async def eligibility(call: Call) -> dict:
    """The words to sign up with, and what the rules of a jurisdiction and client class say about every instrument."""
    if call.services.eligibility is None:
        raise ServiceError("not_available", "This venue knows no eligibility table.", rule="ELIG-014",
                           do="Sign up without a jurisdiction.")
    return call.services.eligibility.listing(_standing(call, call.query))


async def session(call: Call) -> things.SignedIn:
    """Who is signed in, if anybody; a session lives on by this."""
    principal = call.principal
    if not principal.session_id:
        return _thing(principal, None)
    people, cookie = call.services.people, call.request.headers.get("cookie", "")
    renewed = await asyncio.to_thread(people.renew, principal)
    if renewed is not principal:
        _set_cookies(call, people.token_of_cookie(cookie), people.csrf_of_cookie(cookie))
    return _thing(renewed, people.csrf_of_cookie(cookie))


async def sign_out(call: Call) -> things.Done:
    """End the session."""
    if call.principal.session_id:
        await asyncio.to_thread(call.services.people.sign_out, call.principal)
        call.headers += [("set-cookie", text) for text in clear_cookies(call.is_https)]
    return things.Done(True)


async def change_password(call: Call) -> things.Done:
    """Another password; all other sessions end, API keys stay."""
    body = call.body
    await _in_line(call, call.services.people.change_password, call.principal, body.old_password, body.new_password,
                   call.address)
    return things.Done(True)


async def list_keys(call: Call) -> dict:
    """Your API keys, newest first."""
    keys = await asyncio.to_thread(call.services.people.keys, call.principal)
    return {"items": [_key(key) for key in keys], "next": None}


async def make_key(call: Call) -> dict:
    """A new API key; its secret is in this answer and nowhere else."""
    wanted = call.body
    key, secret = await asyncio.to_thread(
        lambda: call.services.people.add_key(
            call.principal, label=wanted.label, scopes=wanted.scopes, addresses=wanted.addresses,
            expires_ms=wanted.expires, public_key=wanted.public_key))
    return {**_key(key), "secret": secret}


async def remove_key(call: Call) -> things.Done:
    """Delete an API key."""
    await asyncio.to_thread(call.services.people.remove_key, call.principal, call.path("key"))
    return things.Done(True)


# ---------------------------------------------------------------- parts
async def _in_line(call: Call, work: Callable, *arguments) -> Any:
    return await asyncio.wrap_future(call.services.people.in_line(work, *arguments))


def _refuse_other_pages(call: Call) -> None:
    Arrived(call.request.method, "", call.request.headers, b"", call.address).refuse_other_pages()


def _standing(call: Call, asked) -> Standing:
    """The jurisdiction and client class that were asked for, checked against the table."""
    eligibility = call.services.eligibility
    return Standing() if eligibility is None else eligibility.checked(asked.jurisdiction, asked.client)


def _stated(standing: Standing) -> tuple[str, str] | None:
    return (standing.jurisdiction, standing.client) if standing.jurisdiction else None


async def _begun(call: Call, begun: SignedIn, standing: Standing | None = None) -> things.SignedIn:
    if begun.opening is not None and begun.principal.account:
        if standing is not None and call.services.eligibility is not None:
            call.services.eligibility.learn(begun.opening.account, standing)
        await _open(call, begun.opening)
    _set_cookies(call, begun.token, begun.csrf)
    return _thing(begun.principal, begun.csrf)


async def _open(call: Call, opening: Opening) -> None:
    await open_account(call.services.venue, opening, call.services.eligibility)
    await asyncio.to_thread(call.services.people.opened, opening.account)


def _set_cookies(call: Call, token: str, csrf: str) -> None:
    seconds = call.services.people.settings.session_days * 86_400
    call.headers += [("set-cookie", text) for text in set_cookies(token, csrf, seconds, call.is_https)]


def _thing(principal: Principal, csrf: str | None) -> things.SignedIn:
    scopes = [scope for scope in service_people.SCOPES if principal.may(scope)]
    return things.SignedIn(principal.name or None, principal.account or None, scopes, principal.operator,
                           principal.paper, principal.expires_ms or None, csrf)


def _key(key) -> dict:
    return {"key": key.key_id, "label": key.label, "kind": key.kind, "scopes": list(key.scopes),
            "addresses": list(key.addresses), "expires": key.expires_ms or None, "created": key.created_ms}
