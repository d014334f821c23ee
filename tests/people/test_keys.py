"""API keys and signed requests, on SQLite and on PostgreSQL."""
from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from people_world import HERE, WallClock, open_people, signed

from steelyard.service.errors import ServiceError
from steelyard.service.people import Principal, create_engine
from steelyard.service.people.signatures import (
    NONCES_PER_KEY_MAX,
    Nonces,
    hmac_signature,
    is_hmac_signature,
    signed_text,
)
from steelyard.service.people.tables import api_keys
from steelyard.service.people.vault import Vault, VaultError


class Owner:
    """A user with a key, at a time that can be moved."""

    def __init__(self, url, folder, **wanted):
        self.clock = WallClock()
        self.people = open_people(url, folder, self.clock)
        self.user = self.people.paper(HERE).principal
        self.key, self.secret = self.people.add_key(self.user, label="bot", **{"scopes": ["trade"], **wanted})

    def ask(self, **wanted) -> Principal:
        return self.people.principal_of_request(signed(self.key.key_id, self.secret, **{
            "now_ms": self.clock.now_ms, **wanted}))

    def refusal(self, **wanted) -> str:
        with pytest.raises(ServiceError) as caught:
            self.ask(**wanted)
        return caught.value.code


@pytest.fixture
def owner(tmp_path):
    made = Owner(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    yield made
    made.people.close()


def test_a_signed_request_is_its_owners(database_url, tmp_path):
    """PEOP-001 PEOP-002: trade contains read, and nothing else."""
    owner = Owner(database_url, tmp_path)
    found = owner.ask(method="POST", body=b'{"x":1}')
    assert (found.account, found.key_id, found.user_id) == (owner.user.account, owner.key.key_id, owner.user.user_id)
    assert found.scopes == {"read", "trade"} and not found.operator
    owner.people.close()
    assert owner.people.keys(owner.user)[0] == owner.key


def test_the_signed_text_of_the_page():
    """PEOP-008: the worked example."""
    text = signed_text(1584000000000, "n-1", "GET", "/ws/v1")
    assert text.decode().split("\n") == [
        "1584000000000", "n-1", "GET", "/ws/v1", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
    right = "387ae5e1f1a4f8a2d0bcd7e82fff2eaca0bf69eee48b6fca743c0183eb32a72d"
    assert hmac_signature("secret", text) == right
    assert is_hmac_signature(b"secret", text, right.upper())
    assert not is_hmac_signature(b"secret", text, right[:-1] + "e")
    assert not is_hmac_signature(b"secret", text, "ünsigned")


@pytest.mark.parametrize("changed", [
    {"x_signature": "0" * 64}, {"x_signature": ""}, {"x_signature": "é"}, {"x_nonce": "another"},
    {"x_key": "sy-ffffffffffffffffffff"}, {"x_key": "x" * 500}])
def test_what_is_not_signed_is_refused(owner, changed):
    """PEOP-008"""
    assert owner.refusal(**changed) == "invalid_signature"
    assert owner.ask()


@pytest.mark.parametrize("part", ["method", "target", "body"])
def test_every_part_is_covered(owner, part):
    """PEOP-008"""
    right = signed(owner.key.key_id, owner.secret, owner.clock.now_ms, "POST", "/api/v1/orders?x=1", b"{}")
    wrong = {"method": "PUT", "target": "/api/v1/orders?x=2", "body": b"{ }"}
    fields = {name: getattr(right, name) for name in right.__struct_fields__}
    with pytest.raises(ServiceError) as caught:
        owner.people.principal_of_request(type(right)(**{**fields, part: wrong[part]}))
    assert caught.value.code == "invalid_signature"
    assert owner.people.principal_of_request(right)


def test_unknown_keys_and_wrong_signatures_get_the_same_words(owner):
    """PEOP-008"""
    errors = []
    for changed in ({"x_signature": "0" * 64}, {"x_key": "sy-ffffffffffffffffffff"}):
        with pytest.raises(ServiceError) as caught:
            owner.ask(**changed)
        errors.append(caught.value.wire())
    assert errors[0] == errors[1]


@pytest.mark.parametrize(("off_ms", "passes"), [(0, True), (5_000, True), (-5_000, True), (5_001, False),
                                                (-5_001, False)])
def test_a_request_lives_five_seconds(owner, off_ms, passes):
    """PEOP-009"""
    if passes:
        assert owner.ask(now_ms=owner.clock.now_ms + off_ms)
    else:
        assert owner.refusal(now_ms=owner.clock.now_ms + off_ms) == "expired_request"


@pytest.mark.parametrize("text", ["", "now", "-5", "1.5", "9" * 16, "١٢٣"])
def test_a_time_is_a_number(owner, text):
    """PEOP-008"""
    assert owner.refusal(x_time=text) == "invalid_value"


def test_a_nonce_is_good_once(owner):
    """PEOP-009: and is used up only by a good signature."""
    assert owner.refusal(nonce="once", x_signature="0" * 64) == "invalid_signature"
    assert owner.ask(nonce="once")
    assert owner.refusal(nonce="once") == "replayed_request"
    owner.clock.now_ms += 4_000
    assert owner.refusal(nonce="once") == "replayed_request"
    for nonce in ("x" * 65, "a b", "é"):
        assert owner.refusal(nonce=nonce) == "invalid_value"


def test_a_replay_is_refused_as_long_as_its_time_would_pass(owner):
    """PEOP-009: a request from the future edge of the window."""
    first = owner.clock.now_ms
    request = signed(owner.key.key_id, owner.secret, first + 5_000)
    assert owner.people.principal_of_request(request)
    for later in (1, 5_000, 9_999, 10_000, 10_001, 60_000):
        owner.clock.now_ms = first + later
        with pytest.raises(ServiceError) as caught:
            owner.people.principal_of_request(request)
        assert caught.value.code == ("replayed_request" if later <= 10_000 else "expired_request")
    assert len(owner.people._nonces) == 1
    owner.ask()
    assert len(owner.people._nonces) == 1


def test_nothing_from_before_the_start_is_taken(tmp_path):
    """PEOP-009: nonces of the run before are not known."""
    owner = Owner(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    request = signed(owner.key.key_id, owner.secret, owner.clock.now_ms)
    assert owner.people.principal_of_request(request)
    owner.people.close()
    owner.clock.now_ms += 1
    again = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path, owner.clock)
    owner.clock.now_ms -= 10_000 - 1
    with pytest.raises(ServiceError) as caught:
        again.principal_of_request(request)
    assert caught.value.code == "expired_request"
    again.close()


def test_nonces_are_bounded():
    """PEOP-009"""
    nonces = Nonces()
    for number in range(NONCES_PER_KEY_MAX):
        nonces.use("key", str(number), 0, 0)
    with pytest.raises(ServiceError) as caught:
        nonces.use("key", "more", 0, 0)
    assert caught.value.code == "rate_limited"
    nonces.use("other", "0", 0, 0)
    nonces.use("key", "0", 10_001, 10_001)
    assert len(nonces) == 1 and nonces._counts == {"key": 1}


def test_the_websocket_signs_in_with_the_same_proof(owner):
    """PEOP-008"""
    now_ms = owner.clock.now_ms
    signature = hmac_signature(owner.secret, signed_text(now_ms, "w1", "GET", "/ws/v1"))
    found = owner.people.verify_sign_in(owner.key.key_id, now_ms, "w1", signature, HERE)
    assert found.account == owner.user.account
    with pytest.raises(ServiceError) as caught:
        owner.people.verify_sign_in(owner.key.key_id, now_ms, "w1", signature, HERE)
    assert caught.value.code == "replayed_request"


def test_ed25519_keys_leave_no_secret_here(database_url, tmp_path):
    """PEOP-007"""
    owner = Owner(database_url, tmp_path)
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (base64.b64encode(raw).decode(), pem):
        key, secret = owner.people.add_key(owner.user, label="ed", scopes=["read"], public_key=text)
        assert secret is None and key.kind == "ed25519"
        now_ms = owner.clock.now_ms
        signature = private.sign(signed_text(now_ms, "e1", "GET", "/api/v1/orders"))
        request = signed(key.key_id, "", now_ms, nonce="e1", x_signature=base64.b64encode(signature).decode())
        assert owner.people.principal_of_request(request).scopes == {"read"}
        forged = signed(key.key_id, "", now_ms, nonce="e2", x_signature=base64.b64encode(signature).decode())
        with pytest.raises(ServiceError):
            owner.people.principal_of_request(forged)
    for bad in ("AAAA", "not base64!", pem.replace("MCow", "MCox")):
        with pytest.raises(ServiceError) as caught:
            owner.people.add_key(owner.user, label="ed", scopes=["read"], public_key=bad)
        assert caught.value.field == "public_key"
    owner.people.close()


def test_the_database_alone_gives_no_secret_away(database_url, tmp_path):
    """PEOP-007: sealed with the node's key, which is a file nobody else may read."""
    owner = Owner(database_url, tmp_path)
    with create_engine(database_url).connect() as connection:
        row = connection.execute(sa.select(api_keys)).one()
    assert owner.secret.encode() not in row.sealed_secret and owner.secret not in str(row)
    node_key = tmp_path / "node.key"
    assert node_key.stat().st_mode & 0o777 == 0o600 and len(node_key.read_bytes()) == 32
    assert Vault(node_key).open(row.sealed_secret, row.key_id, row.secret_hash).decode() == owner.secret
    with pytest.raises(VaultError, match="does not open"):
        Vault(node_key).open(row.sealed_secret, "sy-another", row.secret_hash)
    with pytest.raises(VaultError, match="does not open"):
        Vault(tmp_path / "another.key").open(row.sealed_secret, row.key_id, row.secret_hash)
    with pytest.raises(VaultError, match="not the one"):
        Vault(node_key).open(row.sealed_secret, row.key_id, "0" * 64)
    node_key.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        Vault(node_key)
    node_key.chmod(0o600)
    node_key.write_bytes(b"short")
    with pytest.raises(VaultError, match="5 bytes"):
        Vault(node_key)
    owner.people.close()


@pytest.mark.parametrize(("addresses", "address", "passes"), [
    ([], "203.0.113.9", True), (["192.0.2.0/24"], HERE, True), (["192.0.2.8"], HERE, False),
    (["2001:db8::/32"], "2001:db8::1", True), (["192.0.2.0/24"], f"::ffff:{HERE}", True),
    (["192.0.2.0/24"], "not an address", False)])
def test_a_key_works_from_its_addresses(tmp_path, addresses, address, passes):
    """PEOP-007"""
    owner = Owner(f"sqlite:///{tmp_path}/p.sqlite", tmp_path, addresses=addresses)
    if passes:
        assert owner.ask(address=address)
    else:
        assert owner.refusal(address=address) == "address_not_allowed"
    owner.people.close()


def test_a_key_ends(database_url, tmp_path):
    """PEOP-007: by its date, also while it is remembered; and when it is deleted, at once."""
    owner = Owner(database_url, tmp_path, expires_ms=1_000_000_010_000 + 1_000)
    assert owner.ask()
    owner.clock.now_ms += 1_000
    assert owner.refusal() == "invalid_signature"
    owner.key, owner.secret = owner.people.add_key(owner.user, label="more", scopes=["read"])
    assert owner.ask()
    told = []
    owner.people.on_revoked.append(told.append)
    owner.people.remove_key(owner.user, owner.key.key_id)
    assert owner.refusal() == "invalid_signature" and told == [owner.key.key_id]
    owner.people.close()


def test_nobody_deletes_or_sees_a_key_of_somebody_else(owner):
    """PEOP-007"""
    other = owner.people.paper(HERE).principal
    with pytest.raises(ServiceError) as caught:
        owner.people.remove_key(other, owner.key.key_id)
    assert caught.value.code == "not_found" and owner.people.keys(other) == [] and owner.ask()


@pytest.mark.parametrize(("wanted", "code", "field"), [
    ({"scopes": []}, "invalid_value", "scopes"), ({"scopes": ["all"]}, "invalid_value", "scopes"),
    ({"scopes": ["operator"]}, "missing_scope", "scopes"), ({"label": ""}, "invalid_value", "label"),
    ({"label": "x" * 65}, "invalid_value", "label"), ({"label": "a\nb"}, "invalid_value", "label"),
    ({"addresses": ["192.0.2.7/8"]}, "invalid_value", "addresses"),
    ({"addresses": ["here"]}, "invalid_value", "addresses"),
    ({"addresses": ["192.0.2.7"] * 21}, "invalid_value", "addresses"), ({"expires_ms": 5}, "invalid_value", "expires")])
def test_keys_that_cannot_be(owner, wanted, code, field):
    """PEOP-002 PEOP-007"""
    with pytest.raises(ServiceError) as caught:
        owner.people.add_key(owner.user, **{"label": "x", "scopes": ["read"], **wanted})
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_key_gives_no_more_than_it_has(owner):
    """PEOP-002"""
    by_key = owner.ask()
    with pytest.raises(ServiceError) as caught:
        owner.people.add_key(by_key, label="more", scopes=["transfer"])
    assert caught.value.code == "missing_scope"


def test_keys_of_a_user_are_bounded(owner):
    """PEOP-007"""
    for _turn in range(49):
        owner.people.add_key(owner.user, label="x", scopes=["read"])
    with pytest.raises(ServiceError) as caught:
        owner.people.add_key(owner.user, label="x", scopes=["read"])
    assert caught.value.code == "conflict"


def test_an_operators_key_may_operate(database_url, tmp_path):
    """PEOP-002"""
    people = open_people(database_url, tmp_path)
    name, password = people.ensure_operator()
    operator = people.sign_in(name, password, HERE).principal
    key, secret = people.add_key(operator, label="console", scopes=["operator"])
    found = people.principal_of_request(signed(key.key_id, secret, people._now_ms()))
    assert found.may("operator") and found.operator and found.account == 0
    people.close()
