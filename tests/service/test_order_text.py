"""The fast way to write an order and the plain one say the same."""
import msgspec
from running_venue import SYMBOL

from steelyard.service.order_text import OrderTexts


def test_both_ways_to_write_an_order_agree(shared):
    """SERV-006, over orders of every kind and state."""
    async def story(running):
        async with running.client() as client, running.client() as other:
            await other.place(side="sell", price="8003", size="300")
            await client.place(price="8003", size="100", client_order_id="filled")
            await client.place(price="8003", size="500", time_in_force="ioc")
            await client.place(stop_price="7900", trail_offset="5",
                               targets=[{"price": "8100", "share": "0.25"}, {"price": "8200", "share": "0.75"}])
            await client.place(price="8004", size="100", stop_price="7900", targets=[{"price": "8100", "share": "1"}])
            await client.place(size="1000", display_size="100", post_only=True, client_order_id="a/b:c")
            await client.place(size="1000", display_size="0", time_in_force="gtd", expires=4_000_000_000_000)
            await client.place(size="10000000")
            for fields in ({"type": "stop_market", "trigger_price": "7800"},
                           {"type": "stop_limit", "trigger_price": "7800", "price": "7790", "trigger_source": "last"},
                           {"type": "take_profit_limit", "trigger_price": "8300", "price": "8300"},
                           {"type": "trailing_stop", "trail_offset": "50"}):
                await client.ask("order.place", symbol=SYMBOL, side="sell", size="100", **fields)
            await client.ask("order.place", symbol=SYMBOL, side="sell", type="market", close=True)
            await client.ask("order.cancel", client_order_id="a/b:c")
            orders = running.application.orders
            texts, seen = OrderTexts(orders.scales), 0
            for account in orders.table.accounts():
                for order in orders.listing(account):
                    assert msgspec.json.decode(texts.json(order)) == order.wire(orders.scales)
                    assert texts.json(order).encode() == msgspec.json.encode(order.wire(orders.scales))
                    seen += 1
            assert seen > 12
    shared.play(story)
