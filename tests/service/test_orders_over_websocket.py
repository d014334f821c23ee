"""Orders over the WebSocket of a real server: answers, errors, ids, names."""


def test_an_order_is_answered_when_it_is_durable_and_decided(shared):
    """SERV-003, SERV-009: the id is the sequence of its command."""
    async def story(running):
        async with running.client() as client:
            expected = running.venue.next_sequence
            answer = await client.place()
            assert answer["ok"], answer
            order = answer["result"]
            assert (order["order_id"], order["state"], order["price"], order["size"]) == (
                str(expected), "open", "7990.0", "100")
            canceled = await client.ask("order.cancel", order_id=order["order_id"])
            assert canceled["result"]["state"] == "canceled"
    shared.play(story)
