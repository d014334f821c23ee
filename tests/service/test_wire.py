"""Compiled reader and writer of common messages, against the decoder and the encoder of everything."""
import asyncio
import json
import random

import msgspec
import numpy as np
from running_venue import SYMBOL

from steelyard.engine.records import as_record, new_commands
from steelyard.kernel import COMPILED
from steelyard.service import requests
from steelyard.service.admission import Admission
from steelyard.service.errors import ServiceError
from steelyard.service.intake import Reader, cancel_record, order_number, plain_limit
from steelyard.service.limits import WorkLimits
from steelyard.service.wire import Reader as WireReader
from steelyard.venues.profile import load_profile

MESSAGES = 100_000 if COMPILED else 3_000
ACCOUNT = 4711
DECODE = msgspec.json.Decoder(requests.Any).decode
TEXTS = {
    "symbol": ["XBTUSD", "XBTUSD", "XBTUSD", "ETHUSD", "xbtusd", "", "XBTUSD "],
    "side": ["buy", "sell", "Buy", "long", ""],
    "type": ["limit", "limit", "market", "stop_limit", ""],
    "size": ["100", "1", "3", "00100", "100.0", "100.5", "0", "-100", "1e3", "9007199254740993", "1" * 17, "1" * 40,
             "", ".5", "5.", "１００", "+1", " 1"],
    "price": ["7000.0", "7000", "7000.5", "7000.50", "7000.55", "0.5", "0.0", "07000.0", "7000.500000000000000000",
              "7000.5000000000000000001", "1073741823.5", "1073741824.0", "7,000", "NaN", "7000."],
    "time_in_force": ["gtc", "ioc", "fok", "gtd", "GTC"],
    "order_id": ["1", "48213", "0", "01", "9" * 18, "9" * 19, "1" + "0" * 19, "client:abc", "-1", "1.0", ""],
    "client_order_id": ["abc"], "display_size": ["100"], "stop_price": ["6000.0"], "oco": ["1"], "unknown": ["x"]}
IDS = ["0", "1", "-1", "01", "1.5", "1e3", "12345678901234567890", '"a"', '"a\\"b"', '"ä"', "null", "true", "[1]",
       '{"a":1}',
       '"' + "x" * 253 + '"', '"' + "x" * 255 + '"', "123456789012345678"]
WORDS = ("true", "false", "null", "1", '"true"')


def made(dice: random.Random) -> bytes:
    """A message, mostly in order, with some of its fields spoiled, repeated, left out or in another order."""
    is_place = dice.random() < 0.7
    fields = ["symbol", "side", "size", "price"] if is_place else ["order_id"]
    fields += [name for name in TEXTS if name not in fields and dice.random() < 0.012]
    pairs = [('"op"', '"order.place"' if is_place else '"order.cancel"')]
    if dice.random() < 0.03:
        pairs[0] = '"op"', dice.choice(('"ping"', '"order.amend"', '"order.cancel_all"', '"fly"', "1"))
    if dice.random() < 0.97:
        pairs.append(('"id"', dice.choice(IDS) if dice.random() < 0.3 else str(dice.randrange(1 << 40))))
    for name in fields:
        options = TEXTS[name]
        text = dice.choice(options) if dice.random() < 0.12 else options[0]
        value = json.dumps(text, ensure_ascii=dice.random() < 0.5) if dice.random() < 0.98 else dice.choice(WORDS)
        pairs.append((f'"{name}"', value))
    for name in ("post_only", "reduce_only", "close"):
        if dice.random() < 0.06:
            pairs.append((f'"{name}"', dice.choice(WORDS)))
    if dice.random() < 0.5:
        dice.shuffle(pairs)
    if dice.random() < 0.03:
        pairs.append(dice.choice(pairs))
    if dice.random() < 0.03:
        pairs.pop(dice.randrange(len(pairs)))
    space = [dice.choice(("", "", "", " ", "  ", "\t", "\n")) if dice.random() < 0.1 else "" for _ in range(8)]
    text = (space[0] + "{" + space[1] + (space[2] + "," + space[3]).join(
        name + space[4] + ":" + space[5] + value for name, value in pairs) + space[6] + "}" + space[7])
    data = bytearray(text.encode())
    if dice.random() < 0.1:
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data) + 1)
            data[at:at + dice.randint(0, 2)] = bytes(dice.choice(b'{}[]",:\\ 01.tfn\x00\x7f\xc3\xff')
                                                     for _ in range(dice.randint(0, 2)))
    return bytes(data)


def plainly(reader: Reader, data: bytes) -> tuple[bytes, bytes] | None:
    """Tag and command as the decoder of everything makes them; None where it refuses or does more."""
    try:
        message = DECODE(data)
        if isinstance(message, requests.PlaceMessage):
            if message.client_order_id is not None or message.symbol != reader.symbol:
                return None
            record = plain_limit(reader, ACCOUNT, message)
        elif isinstance(message, requests.CancelMessage) and message.client_order_id is None and message.order_id:
            record = cancel_record(ACCOUNT, order_number(message.order_id))
        else:
            return None
    except (ServiceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    tag = bytes(message.id)
    return None if record is None or len(tag) > 256 else (tag, record)


def readers(symbol: str = SYMBOL):
    """The plain reader of an instrument, and the compiled one of the whole venue."""
    instrument = load_profile("bitmex").instrument(symbol)
    wire = WireReader([instrument], Admission(WorkLimits(queue_new=1 << 60, queue_account=1 << 30)).queues, 2048)
    wire.may_place(True)
    return Reader(instrument), wire


def test_what_compiled_code_reads_the_decoder_reads_the_same():
    """SERV-019 SERV-001 SERV-011: over generated and spoiled messages; what it leaves is the decoder's to refuse."""
    reader, wire = readers()
    dice, rows = random.Random(7), new_commands(2048)
    taken = plain = 0
    for _ in range(MESSAGES // 500):
        messages = [made(dice) for _ in range(500)]
        data = np.frombuffer(b"".join(messages), np.uint8)
        ends = np.cumsum([len(one) for one in messages])
        accounts, at = np.full(500, ACCOUNT), 0
        while at < 500:
            end, read = wire.read(data, ends, accounts, at, as_record(rows), 0, messages)
            for number, message in enumerate(messages[at:end]):
                assert plainly(reader, message) == (read.tag(number), rows[number].tobytes()), message
                taken, plain = taken + 1, plain + 1
            if end < 500:
                plain += plainly(reader, messages[end]) is not None
            at = end + 1
    assert taken > 0.2 * MESSAGES and taken > 0.5 * plain


def test_common_messages_are_read_by_compiled_code():
    """SERV-019: as clients write them, with and without spaces; of who may not trade nothing is read."""
    _, wire = readers()
    order = {"id": 7, "op": "order.place", "symbol": SYMBOL, "side": "sell", "type": "limit", "size": "100",
             "price": "7000.5", "post_only": True, "time_in_force": "gtc"}
    cancel = {"id": "mine", "op": "order.cancel", "order_id": "48213"}
    messages = [json.dumps(order).encode(), msgspec.json.encode(order), json.dumps(cancel).encode(),
                msgspec.json.encode(cancel)]
    data, ends = np.frombuffer(b"".join(messages), np.uint8), np.cumsum([len(one) for one in messages])
    rows = new_commands(8)
    end, read = wire.read(data, ends, np.full(4, ACCOUNT), 0, as_record(rows), 0, messages)
    assert end == 4 and [read.tag(number) for number in range(4)] == [b"7", b"7", b'"mine"', b'"mine"']
    assert rows[0]["price_ticks"] == 70_005 and rows[2]["order_id"] == 48_213 and not rows[4].tobytes().strip(b"\0")
    assert wire.read(data, ends, np.array([0, 1, 1, 1]), 0, as_record(rows), 0, messages) == (0, None)
    wire.may_place(False)
    assert wire.read(data, ends, np.full(4, ACCOUNT), 0, as_record(rows), 0, messages)[0] == 0
    assert wire.read(data, ends, np.full(4, ACCOUNT), 2, as_record(rows), 0, messages)[0] == 4


def test_a_full_queue_is_the_callers():
    """SERV-013: what may not wait is left to who refuses it."""
    instrument = load_profile("bitmex").instrument(SYMBOL)
    admission = Admission(WorkLimits(queue_new=3, queue_account=2))
    wire = WireReader([instrument], admission.queues, 16)
    message = b'{"id":1,"op":"order.cancel","order_id":"5"}'
    data, ends, rows = np.frombuffer(message * 5, np.uint8), np.arange(1, 6) * len(message), as_record(new_commands(16))
    assert wire.read(data, ends, np.full(5, ACCOUNT), 0, rows, 0, [None] * 5)[0] == 2
    assert wire.read(data, ends, np.full(5, ACCOUNT + 1), 2, rows, 2, [None] * 5)[0] == 3
    assert admission.waiting == 3
    admission.left(ACCOUNT, 2)
    admission.left(ACCOUNT + 1, 1)
    assert admission.waiting == 0


def test_answers_of_both_ways_are_the_same_and_in_order(shared):
    """SERV-019 SERV-006: a burst of orders, cancels, refusals and what only the decoder reads, in one turn."""
    async def story(running):
        async with running.client() as client:
            mine = [await client.place(price="7000.0") for _ in range(3)]
            ids = [one["result"]["order_id"] for one in mine]
            wanted = []
            for number in range(40):
                kind = number % 5
                fields = dict(symbol=SYMBOL, side="buy", type="limit", size="100", price="6990.5")
                if kind == 1:
                    fields["size"] = "1000000000"                            # refused by the engine
                elif kind == 2:
                    fields.update(client_order_id=f"burst-{number}")         # read by the decoder
                elif kind == 3:
                    fields["price"] = "6990.55"                              # refused at the door
                elif kind == 4:
                    fields = dict(order_id=ids[number % 3])
                operation = "order.cancel" if kind == 4 else "order.place"
                await client.socket.send(json.dumps({"id": number + 1000, "op": operation, **fields}))
                wanted.append((number + 1000, kind))
            found = {}
            while len(found) < len(wanted):
                answer = json.loads(await asyncio.wait_for(client.socket.recv(), 10))
                found[answer["id"]] = answer
            for number, kind in wanted:
                answer = found[number]
                if kind in (0, 2):
                    order = running.application.orders.get(int(answer["result"]["order_id"]))
                    assert answer["ok"] and answer["result"]["state"] == "open"
                    assert order.wire(running.application.scales) == {
                        **answer["result"], "updated": order.updated_ns // 1_000_000}
                elif kind == 1:
                    assert answer["error"]["code"] in ("size_must_be_in_range", "initial_margin_must_be_covered",
                                                       "position_must_be_below_limit")
                elif kind == 3:
                    assert answer["error"]["field"] == "price"
                else:
                    assert answer["ok"] or answer["error"]["code"] == "order_must_exist"
            assert running.application.admission.waiting == 0 and running.venue.fault is None
    shared.play(story)


def test_answers_of_one_connection_are_whole_frames_in_their_order(shared):
    """SERV-019: what one connection asked in one turn is answered in one write, whatever the answers' length."""
    async def story(running):
        async with running.client() as client:
            tags = ["n" * (number * 13 % 200) + str(number) for number in range(60)]
            for tag in tags:
                await client.socket.send(json.dumps(
                    {"id": tag, "op": "order.place", "symbol": SYMBOL, "side": "buy", "type": "limit", "size": "100",
                     "price": "7000.0" if len(tag) % 7 else "7000.3"}))
            answers = [json.loads(await client.socket.recv()) for _ in tags]
            asked = {tag: bool(len(tag) % 7) for tag in tags}
            assert {one["id"]: one["ok"] for one in answers} == asked
            assert [one["id"] for one in answers if one["ok"]] == [tag for tag in tags if asked[tag]]
            assert max(map(len, map(json.dumps, answers))) > 400
    shared.play(story)
