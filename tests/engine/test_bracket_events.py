"""What BRACKET_CHANGED and the events of stops and targets say. Rule BRKT-011."""
from test_brackets import BOB, BUY, SELL, Venue, bracketed


def test_every_change_is_told_with_what_is_protected_and_where():
    """BRKT-011: entry, stop, side, protected and filled lots, the stop asked for and the one that stands."""
    venue = Venue()
    events = bracketed(venue)
    entry = venue.order_id
    names = ("order_id", "side", "size_lots", "remaining_lots", "price_ticks", "price_units")
    assert [int(venue.of(events, "BRACKET_CHANGED")[-1][name]) for name in names] == [entry, BUY, 0, 0, 950, 0]
    changed = venue.of(venue.place(BOB, SELL, 4, price_ticks=1_000), "BRACKET_CHANGED")[-1]
    assert [int(changed[name]) for name in names] == [entry, BUY, 4, 4, 950, 9_500]
    accepted = [event for event in venue.of(venue.events, "TRIGGER_ACCEPTED")][-1]
    assert int(changed["maker_order_id"]) == int(accepted["order_id"]) >= 1 << 62
    assert int(accepted["flags"]) & venue.codes.FLAG_BRACKET_STOP
    targets = [event for event in venue.of(venue.events, "ORDER_RESTED") if int(event["order_id"]) >= 1 << 62]
    assert targets and all(int(event["flags"]) & venue.codes.FLAG_BRACKET_TARGET for event in targets)
