"""Exchanges on this machine, on one port each, REST for their markets included.

They speak what Kraken (ticker, version 2), Bitstamp (trades) and Coinbase's exchange (ticker) speak.
"""
from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response


class LocalExchange:
    """One exchange: ``tell(price)`` says a price to every client that subscribed; ``cut`` drops them."""

    id = ""

    def __init__(self, port: int):
        self.port, self.price = port, 10_000.0
        self.subscribed: list = []
        self.connections = 0
        self.asked: list[str] = []
        self._server = None

    async def start(self) -> None:
        self._server = await serve(self._client, "127.0.0.1", self.port, process_request=self._http)

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        self.subscribed = []

    async def cut(self) -> None:
        """Drop every connection, as a network does."""
        clients, self.subscribed = self.subscribed, []
        for client in clients:
            client.transport.abort()
        await asyncio.sleep(0)

    async def tell(self, price: float) -> None:
        self.price = price
        for client in list(self.subscribed):
            await self._send(client, self.ticker())

    def _http(self, connection, request):
        """Plain HTTP is answered from the exchange's REST; everything else becomes a WebSocket."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        self.asked.append(request.path)
        answer = json.dumps(self.rest(request.path.split("?")[0])).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(answer)),
                           "Connection": "close"})
        return Response(HTTPStatus.OK.value, "OK", headers, answer)

    async def _client(self, client) -> None:
        self.connections += 1
        await self.greet(client)
        try:
            async for text in client:
                answer = self.take(json.loads(text))
                if answer is not None:
                    await self._send(client, answer)
                    self.subscribed.append(client)
                    await self._send(client, self.ticker())
        except ConnectionClosed:
            pass
        finally:
            if client in self.subscribed:
                self.subscribed.remove(client)

    @staticmethod
    async def _send(client, message) -> None:
        await client.send(json.dumps(message))

    async def greet(self, client) -> None:
        """What the exchange says first."""

    def rest(self, path: str):
        raise NotImplementedError

    def take(self, message: dict):
        """The answer to a subscription; None for anything else."""
        raise NotImplementedError

    def ticker(self) -> dict:
        raise NotImplementedError

    def options(self) -> dict:
        """What the library's constructor needs to come here."""
        raise NotImplementedError


class LocalKraken(LocalExchange):
    """Ticker of the WebSocket API, version 2."""

    id = "kraken"

    def options(self) -> dict:
        web, rest = f"ws://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port}"
        return {"urls": {"api": {"public": rest, "private": rest, "ws": {
            "public": web, "publicV2": web + "/v2", "private": web, "privateV2": web + "/v2"}}}}

    def rest(self, path: str):
        if path.endswith("AssetPairs"):
            return {"error": [], "result": {"XXBTZUSD": {
                "altname": "XBTUSD", "wsname": "XBT/USD", "aclass_base": "currency", "base": "XXBT",
                "aclass_quote": "currency", "quote": "ZUSD", "lot": "unit", "pair_decimals": 1, "lot_decimals": 8,
                "cost_decimals": 5, "lot_multiplier": 1, "leverage_buy": [], "leverage_sell": [], "fees": [[0, 0.26]],
                "fees_maker": [[0, 0.16]], "fee_volume_currency": "ZUSD", "margin_call": 80, "margin_stop": 40,
                "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online"}}}
        if path.endswith("Assets"):
            return {"error": [], "result": {
                "XXBT": {"aclass": "currency", "altname": "XBT", "decimals": 10, "display_decimals": 5,
                         "status": "enabled"},
                "ZUSD": {"aclass": "currency", "altname": "USD", "decimals": 4, "display_decimals": 2,
                         "status": "enabled"}}}
        return {"error": [], "result": {}}

    async def greet(self, client) -> None:
        await self._send(client, {"channel": "status", "type": "update", "data": [
            {"version": "2.0.9", "system": "online", "api_version": "v2", "connection_id": 12345}]})

    def take(self, message: dict):
        if message.get("method") != "subscribe" or message["params"]["channel"] != "ticker":
            return None
        return {"method": "subscribe", "req_id": message.get("req_id", 0), "success": True,
                "result": {"channel": "ticker", "snapshot": True, "symbol": message["params"]["symbol"][0]}}

    def ticker(self) -> dict:
        return {"channel": "ticker", "type": "update", "data": [{
            "symbol": "BTC/USD", "bid": self.price - 1, "bid_qty": 0.5, "ask": self.price + 1, "ask_qty": 0.7,
            "last": self.price, "volume": 100.5, "vwap": self.price, "low": self.price, "high": self.price,
            "change": 0.0, "change_pct": 0.0}]}


class LocalBitstamp(LocalExchange):
    """Live trades of the WebSocket API, version 2."""

    id = "bitstamp"

    def options(self) -> dict:
        rest = f"http://127.0.0.1:{self.port}/api"
        return {"urls": {"api": {"public": rest, "private": rest, "ws": f"ws://127.0.0.1:{self.port}"}}}

    def rest(self, path: str):
        if "currencies" in path:
            return [{"name": name, "currency": code, "type": kind, "symbol": code, "decimals": decimals, "logo": "",
                     "available_supply": "", "deposit": "Enabled", "withdrawal": "Enabled", "networks": []}
                    for name, code, kind, decimals in (("Bitcoin", "BTC", "crypto", 8),
                                                       ("US dollar", "USD", "fiat", 2))]
        return [{"name": "BTC/USD", "market_symbol": "btcusd", "base_currency": "BTC", "base_decimals": 8,
                 "counter_currency": "USD", "counter_decimals": 0, "minimum_order_value": "10", "trading": "Enabled",
                 "instant_order_counter_decimals": 2, "instant_and_market_orders": "Enabled",
                 "description": "Bitcoin / U.S. dollar", "market_type": "SPOT", "url_symbol": "btc-usd",
                 "minimum_order": "10.0 USD"}]

    def take(self, message: dict):
        if message.get("event") != "bts:subscribe":
            return None
        return {"event": "bts:subscription_succeeded", "channel": message["data"]["channel"], "data": {}}

    def ticker(self) -> dict:
        return {"event": "trade", "channel": "live_trades_btcusd", "data": {
            "buy_order_id": 1, "sell_order_id": 2, "amount_str": "0.1", "amount": 0.1, "timestamp": "1584642064",
            "microtimestamp": "1584642064685000", "id": 1, "type": 0, "price_str": str(self.price),
            "price": self.price}}


class LocalCoinbase(LocalExchange):
    """Ticker of the exchange's WebSocket feed."""

    id = "coinbaseexchange"

    def options(self) -> dict:
        rest = f"http://127.0.0.1:{self.port}"
        return {"urls": {"api": {"public": rest, "private": rest, "ws": f"ws://127.0.0.1:{self.port}"}}}

    def rest(self, path: str):
        if "currencies" in path:
            return [{"id": code, "name": code, "min_size": "0.01", "status": "online", "message": "",
                     "max_precision": "0.01", "convertible_to": [], "details": {"type": kind},
                     "default_network": "", "supported_networks": []}
                    for code, kind in (("BTC", "crypto"), ("USD", "fiat"))]
        return [{"id": "BTC-USD", "base_currency": "BTC", "quote_currency": "USD", "quote_increment": "0.01",
                 "base_increment": "0.00000001", "display_name": "BTC-USD", "min_market_funds": "1",
                 "margin_enabled": False, "post_only": False, "limit_only": False, "cancel_only": False,
                 "status": "online", "status_message": "", "trading_disabled": False, "fx_stablecoin": False}]

    def take(self, message: dict):
        if message.get("type") != "subscribe":
            return None
        return {"type": "subscriptions", "channels": [{"name": "ticker", "product_ids": ["BTC-USD"]}]}

    def ticker(self) -> dict:
        price = f"{self.price:.2f}"
        return {"type": "ticker", "sequence": 1, "product_id": "BTC-USD", "price": price, "open_24h": price,
                "volume_24h": "1", "low_24h": price, "high_24h": price, "volume_30d": "1",
                "best_bid": f"{self.price - 1:.2f}", "best_bid_size": "1", "best_ask": f"{self.price + 1:.2f}",
                "best_ask_size": "1", "side": "buy", "time": "2026-02-01T01:40:16.253563Z", "trade_id": 1,
                "last_size": "0.1"}
