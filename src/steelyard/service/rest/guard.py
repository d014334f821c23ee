"""The outermost layer of the REST door: bodies have a bound, and whatever breaks is answered in the one form."""
from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import TooLarge, error_answer, fault_answer


class Guard:
    """ASGI around the routes."""

    def __init__(self, app: ASGIApp, body_bytes_max: int):
        self.app, self.body_bytes_max = app, body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, read = False, 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.body_bytes_max:
                raise TooLarge(self.body_bytes_max)
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if self._says_too_large(scope):
                raise TooLarge(self.body_bytes_max)
            await self.app(scope, bounded, noted)
        except TooLarge as error:
            if not begun:
                await error_answer(error)(scope, receive, send)
        except Exception as fault:
            response = fault_answer(fault, f"{scope['method']} {scope['path']}")
            if not begun:
                await response(scope, receive, send)

    def _says_too_large(self, scope: Scope) -> bool:
        for name, value in scope["headers"]:
            if name == b"content-length":
                return not value.isdigit() or len(value) > 15 or int(value) > self.body_bytes_max
        return False
