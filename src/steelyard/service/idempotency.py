"""Client order ids: the same request again gets the order it made, the same name with other contents is a conflict.
SERV-008

What an order was asked for is known by the view of orders, from the journal if need be; here are the names of requests
that are not decided yet.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..views.order import contents_of
from ..views.orders import OrdersView
from .errors import ServiceError
from .order_text import as_wire


class _OnItsWay:
    """A named request not decided yet, and who sent it again meanwhile."""

    __slots__ = ("contents", "waiting", "then")

    def __init__(self, contents: bytes):
        self.contents = contents
        self.waiting: list[tuple[Any, Any]] = []
        self.then: list[Callable[[], None]] = []


class ClientNames:
    """Names of orders by account."""

    def __init__(self, orders: OrdersView):
        self.orders = orders
        self._on_their_way: dict[tuple[int, str], _OnItsWay] = {}

    def repeated(self, target, tag, account: int, name: str, record: bytes) -> bool:
        """Whether an order was asked for before under this name; then it is answered, now or once it is decided."""
        contents = contents_of(record)
        first = self._on_their_way.get((account, name))
        if first is not None:
            if first.contents != contents:
                raise _conflict(name)
            first.waiting.append((target, tag))
            return True
        order = self.orders.known_client_id(account, name)
        if order is None:
            self._on_their_way[account, name] = _OnItsWay(contents)
            return False
        if order.contents != contents:
            raise _conflict(name)
        target.answer(tag, {**order.wire(self.orders.scales), "repeated": True}, None)
        return True

    def decided(self, account: int, name: str, result: Any, error: ServiceError | None) -> None:
        """The first request was decided: who sent it again gets the same. A name whose order was refused is free."""
        first = self._on_their_way.pop((account, name), None)
        for target, tag in first.waiting if first else ():
            target.answer(tag, None if error else {**as_wire(result, self.orders.scales), "repeated": True}, error)
        for act in first.then if first else ():
            act()

    def after(self, account: int, name: str, act: Callable[[], None]) -> bool:
        """Have ``act``, which must not raise, called once the request of this name is decided; False where none is on
        its way."""
        first = self._on_their_way.get((account, name))
        if first is not None:
            first.then.append(act)
        return first is not None

    def order_id(self, account: int, name: str) -> int | None:
        """The order of a name."""
        order = self.orders.known_client_id(account, name)
        return None if order is None else order.order_id


def _conflict(name: str) -> ServiceError:
    return ServiceError("conflict", f"client_order_id {name!r} already names an order with other contents",
                        "client_order_id", "SERV-008", "choose another name, or send exactly the first request")
