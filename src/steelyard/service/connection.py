"""One WebSocket connection: messages in, answers and streams out, and how far behind its reader may fall."""
from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from ..views.order import Order
from . import requests
from .errors import ServiceError, broken, from_msgspec
from .streams import CHANNELS_MAX, Channel, encode

if TYPE_CHECKING:
    from .websocket import Door

TEXT, BINARY, PING, CLOSE, CONTINUATION = (
    WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.CLOSE, WSMsgType.CONTINUATION)
_head = msgspec.json.Decoder(requests.Head).decode
_decode = msgspec.json.Decoder(requests.Any).decode


class Connection(WSListener):
    """A client on ``/ws/v1``."""

    def __init__(self, door: Door, address: str, principal):
        self.door, self.address, self.principal = door, address, principal
        self.account = 0 if principal is None else principal.account
        self.who = _who(principal, address)
        self._allowance = door.limits.buckets_of(self.who).passes
        self._inbox = door.inbox
        self.trades_as = _trades_as(principal)
        """The account this connection may trade for, 0 for none."""
        self.channels: dict[str, Channel] = {}
        self.cancels_on_disconnect = False
        self._transport: WSTransport | None = None
        self._socket = None
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._behind: dict[Channel, None] = {}
        self._behind_since = 0.0
        self._closed = False
        self._soft, self._hard = door.work.unsent_soft_bytes, door.work.unsent_hard_bytes

    # ------------------------------------------------------------ the library's callbacks
    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._transport = transport
        self._socket = transport.underlying_transport
        self._socket.set_write_buffer_limits(high=self._soft, low=self._soft // 4)
        self.door.opened(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection ended, by whom ever. What it sent before is done before what its end brings."""
        self._closed = True
        self._inbox.read()
        for channel in self.channels.values():
            self.door.streams.unsubscribe(self, channel)
        self.channels.clear()
        self._behind.clear()
        self.door.closed(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame; messages in several frames are put together within the bound of a message."""
        kind = frame.msg_type
        if kind == TEXT and frame.fin and not self._parts:
            self._inbox.put(self, frame.get_payload_as_bytes())
        elif kind == CLOSE:
            transport.send_close(frame.get_close_code() or WSCloseCode.OK)
            transport.disconnect()
        elif kind in (TEXT, BINARY, CONTINUATION):
            self._part(frame)

    def pause_writing(self) -> None:
        """The reader is slow: streams are conflated from now on."""

    def resume_writing(self) -> None:
        """The reader has caught up: what it missed comes as snapshots."""
        self._catch_up()

    def _part(self, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        self._parts_bytes += len(data)
        if self._parts_bytes > self.door.work.message_bytes:
            self.cut(WSCloseCode.MESSAGE_TOO_BIG, "message_too_big")
            return
        self._parts.append(data)
        if len(self._parts) > 64:
            self.cut(WSCloseCode.POLICY_VIOLATION, "too many fragments")
        elif frame.fin:
            message = b"".join(self._parts)
            self._parts, self._parts_bytes = [], 0
            self._inbox.put(self, message)

    # ------------------------------------------------------------ messages in
    def passes(self, now: float, count: int) -> int:
        """How many of so many messages may still pass; they count then.  SERV-012"""
        return self._allowance(self.who, now, count)

    def receive(self, data: bytes, passes: bool) -> None:
        """Read one message by the decoder of everything, and do what it asks for."""
        door = self.door
        try:
            message = _decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            self._refuse_unread(data, error, passes)
            return
        tag = bytes(message.id)
        if len(tag) > 256:
            self.answer(b"null", None, ServiceError("invalid_value", "id: longer than 256 bytes", "id", "SERV-011",
                                                    "use a short id"))
            return
        try:
            if not passes:
                raise door.limits.take(self.who).error()
            kind = type(message)
            trade = door.trading.get(kind)
            if trade is not None:
                if self.principal is None or "trade" not in self.principal.scopes:
                    self.allowed("trade")
                trade(self, tag, self.account, message)
            else:
                door.handlers[kind](self, tag, message)
        except ServiceError as error:
            self.answer(tag, None, error)
        except Exception as fault:
            self.answer(tag, None, broken(fault, message.__struct_config__.tag))

    def allowed(self, scope: str) -> None:
        """Refuse who is not signed in, or has not this scope."""
        if self.principal is None:
            raise ServiceError("not_signed_in", "this needs an account", None, "SERV-003",
                               "sign in first: op sign_in, or a session cookie")
        if scope not in self.principal.scopes:
            raise ServiceError("missing_scope", f"this needs the scope {scope!r}", None, "PEOP-002",
                               "use a key that has it")

    def _refuse_unread(self, data: bytes, error: Exception, passes: bool) -> None:
        refused = from_msgspec(error)
        tag = b"null"
        try:
            head = _head(data)
            tag = bytes(head.id) if len(head.id) <= 256 else b"null"
            if head.op is None:
                refused = ServiceError("missing_field", "op is missing", "op", "SERV-003", "name an operation")
            elif head.op not in requests.OPERATIONS:
                refused = ServiceError("unknown_operation", f"no operation {head.op[:64]!r}", "op", "SERV-003",
                                       "one of " + ", ".join(requests.OPERATIONS))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            pass
        if not passes:
            refused = self.door.limits.take(self.who).error()
        self.answer(tag, None, refused)

    # ------------------------------------------------------------ out
    def answer(self, tag: bytes, result: Any, error: ServiceError | None) -> None:
        """Answer a message."""
        if self._closed:
            return
        if error is None:
            if type(result) is bytes:
                self._transport.send(TEXT, b"".join((b'{"id":', tag, b',"ok":true,"result":', result, b"}")))
                if self._socket.get_write_buffer_size() > self._hard:
                    self.cut(WSCloseCode.POLICY_VIOLATION, "too_slow")
                return
            text = self.door.texts.json(result).encode() if type(result) is Order else encode(result)
            self.send(b'{"id":%b,"ok":true,"result":%b}' % (tag, text))
        else:
            self.door.refusals += 1
            self.send(b'{"id":%b,"ok":false,"error":%b}' % (tag, encode(error.wire())))

    def send(self, message: bytes) -> None:
        """Send a message that must not be left out; a reader too slow for even these is cut."""
        if self._closed:
            return
        self._transport.send(TEXT, message)
        if self._socket.get_write_buffer_size() > self._hard:
            self.cut(WSCloseCode.POLICY_VIOLATION, "too_slow")

    def send_frames(self, frames: bytes) -> None:
        """:meth:`send` of whole answers that are frames already, one behind the other, in one write."""
        if self._closed:
            return
        self._socket.write(frames)
        if self._socket.get_write_buffer_size() > self._hard:
            self.cut(WSCloseCode.POLICY_VIOLATION, "too_slow")

    def send_stream(self, channel: Channel, message: bytes) -> None:
        """Send a message of a stream, or leave it out where the reader is behind: a snapshot comes later.  SERV-016"""
        if self._closed:
            return
        if channel in self._behind:
            if time.monotonic() - self._behind_since > self.door.work.behind_s:
                self.cut(WSCloseCode.POLICY_VIOLATION, "too_slow")
            return
        if self._socket.get_write_buffer_size() > self._soft:
            if not self._behind:
                self._behind_since = time.monotonic()
            self._behind[channel] = None
            self.door.conflated += 1
            return
        self._transport.send(TEXT, message)

    def _catch_up(self) -> None:
        for channel in self._behind:
            channel.send_unsent()                # while it still counts as behind: the snapshot comes after these
        behind, self._behind = list(self._behind), {}
        for channel in behind:
            if channel.name in self.channels:
                if self._socket.get_write_buffer_size() > self._soft:
                    self._behind[channel] = None
                else:
                    try:
                        self.send(self.door.streams.snapshot(channel))
                    except ServiceError:
                        return                   # the view failed just now: this connection is being ended

    def cut(self, code: WSCloseCode, reason: str) -> None:
        """End the connection and say why."""
        if self._closed:
            return
        self._closed = True
        self.door.cuts += 1
        self._transport.send_close(code, reason.encode())
        if self._socket.get_write_buffer_size() > self._soft:
            self._socket.abort()
        else:
            self._transport.disconnect()

    def subscribe(self, names: list[str], resume: dict[str, int]) -> list[bytes]:
        """Begin to read channels; returns their first messages. Nothing is begun where one is refused."""
        streams = self.door.streams
        if len(set(names) | set(self.channels)) > CHANNELS_MAX:
            raise ServiceError("invalid_value", f"more than {CHANNELS_MAX} channels", "channels", "SERV-015",
                               "unsubscribe what is not needed")
        channels = [streams.channel(name, self.account) for name in names]
        messages = []
        for channel in channels:
            self.channels[channel.name] = channel
            self._behind.pop(channel, None)
            messages += streams.subscribe(self, channel, resume.get(channel.name))
        return messages

    def unsubscribe(self, names: list[str]) -> None:
        """Stop reading channels."""
        for name in names:
            channel = self.channels.pop(name, None)
            if channel is not None:
                self._behind.pop(channel, None)
                self.door.streams.unsubscribe(self, channel)

    def signed_in(self, principal) -> None:
        """From now on this connection acts for ``principal``; streams of another account end."""
        self._inbox.read()                       # what came before is not its doing
        if principal.account != self.account:
            self.unsubscribe([name for name, channel in self.channels.items() if channel.account])
        self.principal, self.account, self.trades_as = principal, principal.account, _trades_as(principal)
        self.who = _who(principal, self.address)
        self._allowance = self.door.limits.buckets_of(self.who).passes


def _trades_as(principal) -> int:
    return principal.account if principal is not None and "trade" in principal.scopes else 0


def _who(principal, address: str) -> str:
    """Whose allowance a connection uses up."""
    if principal is None:
        return f"address:{address}"
    return f"key:{principal.key_id}" if principal.key_id else f"user:{principal.user_id}"
