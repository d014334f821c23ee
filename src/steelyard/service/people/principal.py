"""Who a request comes from, once that is known, and what they may do."""
from __future__ import annotations

import msgspec

SCOPES = ("read", "trade", "transfer", "operator")
"""``read`` looks, ``trade`` places and changes orders and positions, ``transfer`` moves cash and keys, ``operator``
switches the venue. Every other scope contains ``read``.  PEOP-002"""


class Principal(msgspec.Struct, frozen=True):
    """One signed-in request or connection.  PEOP-001

    ``account`` is the engine's account, 0 for an operator who does not trade. ``key_id`` is empty for a browser
    session, ``session_id`` (the hash of the token) for a key.
    """

    account: int
    scopes: frozenset[str]
    user_id: int
    name: str = ""
    key_id: str = ""
    session_id: str = ""
    operator: bool = False
    paper: bool = False
    """Made with one click, and without a password so far."""
    expires_ms: int = 0
    """Wall clock, 0 = never."""

    def may(self, scope: str) -> bool:
        """Whether this one has the scope."""
        return scope in self.scopes


def scopes_of(names, operator: bool = False) -> frozenset[str]:
    """The scopes with what they contain; ``operator`` falls away for those who are none.

    >>> sorted(scopes_of(["trade", "operator"]))
    ['read', 'trade']
    """
    return frozenset(name for name in names if name != "operator" or operator) | {"read"}
