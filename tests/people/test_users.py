"""Users, accounts, passwords and sessions, on SQLite and on PostgreSQL."""
from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from people_world import HERE, PASSWORD, WallClock, open_people, with_cookie

from steelyard.engine.records import FIRST_TRADER_ACCOUNT
from steelyard.service.errors import ServiceError
from steelyard.service.people import create_engine
from steelyard.service.people.sessions import SESSIONS_PER_USER_MAX, csrf_token
from steelyard.service.people.tables import metadata, sessions, users
from steelyard.views.view import PEOPLE


def refusal(function, *arguments, **named) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        function(*arguments, **named)
    return caught.value


def test_accounts_are_given_in_order_and_never_one_the_engine_has(database_url, tmp_path):
    """PEOP-005"""
    taken = {FIRST_TRADER_ACCOUNT + 1, FIRST_TRADER_ACCOUNT + 2}
    people = open_people(database_url, tmp_path, is_taken=lambda account: account in taken)
    one, two = people.register("ann", PASSWORD, HERE), people.paper(HERE)
    assert (one.principal.account, two.principal.account) == (FIRST_TRADER_ACCOUNT, FIRST_TRADER_ACCOUNT + 3)
    assert two.principal.name.startswith("paper-") and two.principal.paper and not one.principal.paper
    assert [opening.account for opening in people.unopened()] == [one.principal.account, two.principal.account]
    people.opened(one.principal.account)
    people.close()
    again = open_people(database_url, tmp_path)
    assert [opening.account for opening in again.unopened()] == [two.principal.account]
    assert again.unopened()[0].grant_atoms == 10**9
    assert again.paper(HERE).principal.account == FIRST_TRADER_ACCOUNT + 4
    again.close()


def test_a_full_house_says_so(database_url, tmp_path):
    """PEOP-005"""
    people = open_people(database_url, tmp_path, is_taken=lambda account: account < PEOPLE.stop)
    assert refusal(people.paper, HERE).code == "not_available"
    people.close()


def test_many_at_once_get_accounts_of_their_own(database_url, tmp_path):
    """PEOP-005"""
    people, found, faults = open_people(database_url, tmp_path), [], []

    def come():
        try:
            found.extend(people.paper(HERE).principal.account for _turn in range(5))
        except Exception as fault:
            faults.append(fault)
    threads = [threading.Thread(target=come) for _thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] and sorted(found) == list(range(FIRST_TRADER_ACCOUNT, FIRST_TRADER_ACCOUNT + 30))
    people.close()


@pytest.mark.parametrize("name", ["", "ab", "a" * 33, "-ann", "ann!", "ann ", "änn", "paper-ann", "Operator"])
def test_names_that_are_not_allowed(tmp_path, name):
    """PEOP-005"""
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    assert refusal(people.register, name, PASSWORD, HERE).field == "name"
    people.close()


def test_a_name_is_taken_whatever_its_case(database_url, tmp_path):
    """PEOP-005"""
    people = open_people(database_url, tmp_path)
    people.register("Ann", PASSWORD, HERE)
    assert refusal(people.register, "aNN", PASSWORD, HERE).code == "conflict"
    assert people.sign_in("ANN", PASSWORD, HERE).principal.name == "Ann"
    people.close()


def test_passwords_are_kept_as_argon2id_and_have_a_length(database_url, tmp_path):
    """PEOP-003"""
    people = open_people(database_url, tmp_path)
    people.register("ann", PASSWORD, HERE)
    with create_engine(database_url).connect() as connection:
        kept = connection.execute(sa.select(users.c.password_hash)).scalar()
    assert kept.startswith("$argon2id$") and PASSWORD not in kept
    for bad in ("short", "x" * 257):
        assert refusal(people.register, "bob", bad, HERE).field == "password"
    assert refusal(people.register, "a-long-enough-name", "A-Long-Enough-Name", HERE).field == "password"
    people.close()


def test_signing_in_does_not_tell_which_names_exist(database_url, tmp_path):
    """PEOP-003: same words, and the same work."""
    people = open_people(database_url, tmp_path)
    people.register("ann", PASSWORD, HERE)
    people.paper(HERE)
    wrong, nobody = (refusal(people.sign_in, name, "not the password", HERE) for name in ("ann", "nobody"))
    assert wrong.wire() == nobody.wire() and wrong.code == "not_signed_in"
    checks = []
    verify = people._passwords._hasher.verify
    counted = {"verify": lambda self, *given: checks.append(1) or verify(*given)}
    people._passwords._hasher = type("Counted", (), counted)()
    for name in ("ann", "nobody"):
        refusal(people.sign_in, name, "not the password", "192.0.2.9")
    assert len(checks) == 2
    people.close()


def test_at_most_so_many_hashes_wait(tmp_path):
    """PEOP-003"""
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    gate, running = threading.Event(), []

    def work():
        running.append(1)
        gate.wait(10)
    line = [people.in_line(work) for _turn in range(2 + 32)]
    assert refusal(people.in_line, work).code == "overloaded" and len(running) <= 2
    gate.set()
    assert [done.result(10) for done in line] == 34 * [None]
    assert people.in_line(people.register, "ann", PASSWORD, HERE).result(10).principal.name == "ann"
    people.close()


def test_guessing_waits_longer_each_time(tmp_path):
    """PEOP-004: the sixth try waits 1 s, the seventh 2 s, and no more than 900 s."""
    clock = WallClock()
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path, clock)
    people.register("ann", PASSWORD, HERE)
    for _turn in range(5):
        assert refusal(people.sign_in, "ann", "wrong password", HERE).code == "not_signed_in"
    waits = []
    for _turn in range(12):
        error = refusal(people.sign_in, "ann", PASSWORD, HERE)
        assert error.code == "rate_limited"
        waits.append(error.retry_after_s)
        clock.now_ms += int(error.retry_after_s * 1000)
        assert refusal(people.sign_in, "ANN", "wrong password", HERE).code == "not_signed_in"
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert refusal(people.sign_in, "ann", PASSWORD, HERE).code == "rate_limited"
    assert people.sign_in("ann", PASSWORD, "198.51.100.1").principal.name == "ann"
    clock.now_ms += 901_000
    assert people.sign_in("ann", PASSWORD, HERE).principal.name == "ann"
    people.close()


def test_one_address_cannot_try_many_names(tmp_path):
    """PEOP-004"""
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    codes = [refusal(people.sign_in, f"name{number}", "wrong password", HERE).code for number in range(31)]
    assert codes == 30 * ["not_signed_in"] + ["rate_limited"]
    people.close()


def test_new_users_of_an_address_are_bounded(tmp_path):
    """PEOP-004"""
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path, new_users_per_hour=3)
    for _turn in range(3):
        people.paper(HERE)
    assert refusal(people.paper, HERE).code == "rate_limited"
    assert people.paper("198.51.100.1").principal.account
    people.close()


def test_a_session_is_found_by_its_cookie_until_it_ends(database_url, tmp_path):
    """PEOP-001 PEOP-006"""
    clock = WallClock()
    people = open_people(database_url, tmp_path, clock, session_days=1)
    begun = people.paper(HERE)
    cookie = f"other=1; steelyard_session={begun.token}"
    assert people.principal_of_cookie(cookie) == begun.principal
    assert people.principal_of_cookie("") is people.principal_of_cookie("steelyard_session=guess") is None
    with create_engine(database_url).connect() as connection:
        kept = connection.execute(sa.select(sessions)).one()
    assert begun.token not in str(kept)
    clock.now_ms += 86_400_000
    assert people.principal_of_cookie(cookie) is None
    people.close()


def test_signing_out_is_known_at_once_and_told(database_url, tmp_path):
    """PEOP-001"""
    people, told = open_people(database_url, tmp_path), []
    people.on_revoked.append(told.append)
    begun = people.paper(HERE)
    cookie = f"steelyard_session={begun.token}"
    principal = people.principal_of_cookie(cookie)
    people.sign_out(principal)
    assert people.principal_of_cookie(cookie) is None and told == [principal.session_id]
    people.close()


def test_a_session_lives_on_when_half_of_it_is_over(database_url, tmp_path):
    """PEOP-006"""
    clock = WallClock()
    people = open_people(database_url, tmp_path, clock, session_days=2)
    begun = people.paper(HERE)
    assert people.renew(begun.principal) is begun.principal
    clock.now_ms += 86_400_001
    renewed = people.renew(begun.principal)
    assert renewed.expires_ms == clock.now_ms + 2 * 86_400_000
    assert people.principal_of_cookie(f"steelyard_session={begun.token}").expires_ms == renewed.expires_ms
    people.close()


def test_a_user_has_a_bounded_number_of_sessions(database_url, tmp_path):
    """PEOP-006"""
    clock = WallClock()
    people = open_people(database_url, tmp_path, clock)
    first = people.register("ann", PASSWORD, HERE)
    for _turn in range(SESSIONS_PER_USER_MAX):
        clock.now_ms += 1
        last = people.sign_in("ann", PASSWORD, HERE)
    clock.now_ms += 3_000
    assert people.principal_of_cookie(f"steelyard_session={first.token}") is None
    assert people.principal_of_cookie(f"steelyard_session={last.token}") is not None
    people.close()


def test_changing_the_password_ends_other_sessions(database_url, tmp_path):
    """PEOP-003 PEOP-010: a one-click user has no old one, and keeps the account."""
    people = open_people(database_url, tmp_path)
    paper = people.paper(HERE)
    people.change_password(paper.principal, None, PASSWORD, HERE)
    other = people.sign_in(paper.principal.name, PASSWORD, HERE)
    assert other.principal.account == paper.principal.account and not other.principal.paper
    assert refusal(people.change_password, other.principal, "wrong", "another password", HERE).field == "old_password"
    people.principal_of_cookie(f"steelyard_session={paper.token}")
    people.change_password(other.principal, PASSWORD, "another password", HERE)
    assert people.principal_of_cookie(f"steelyard_session={paper.token}") is None
    assert people.principal_of_cookie(f"steelyard_session={other.token}") is not None
    assert people.sign_in(paper.principal.name, "another password", HERE)
    people.close()


OWN = {"origin": "https://venue.test"}


@pytest.mark.parametrize(("method", "headers", "passes"), [
    ("GET", {}, True),
    ("POST", {}, False),
    ("POST", {"x_csrf_token": "right"}, False),
    ("POST", OWN, False),
    ("POST", {**OWN, "x_csrf_token": "wrong"}, False),
    ("POST", {**OWN, "x_csrf_token": "right"}, True),
    ("DELETE", {**OWN, "x_csrf_token": "right"}, True),
    ("POST", {"sec_fetch_site": "same-origin", "x_csrf_token": "right"}, True),
    ("POST", {"sec_fetch_site": "cross-site", "x_csrf_token": "right"}, False),
    ("POST", {"origin": "https://evil.test", "x_csrf_token": "right"}, False),
    ("POST", {"origin": "null", "x_csrf_token": "right"}, False),
    ("PATCH", {"origin": "https://venue.test.evil.test", "x_csrf_token": "right"}, False),
])
def test_a_page_of_another_site_cannot_act(tmp_path, method, headers, passes):
    """PEOP-006"""
    people = open_people(f"sqlite:///{tmp_path}/p.sqlite", tmp_path)
    begun = people.paper(HERE)
    if headers.get("x_csrf_token") == "right":
        headers = {**headers, "x_csrf_token": csrf_token(begun.token)}
    arrived = with_cookie(begun, method, **headers)
    if passes:
        assert people.principal_of_request(arrived).account == begun.principal.account
    else:
        assert refusal(people.principal_of_request, arrived).code == "csrf"
    people.close()


def test_the_operator_is_made_once(database_url, tmp_path):
    """PEOP-002"""
    people = open_people(database_url, tmp_path)
    name, password = people.ensure_operator()
    assert people.ensure_operator() is None
    begun = people.sign_in(name, password, HERE).principal
    assert begun.operator and begun.may("operator") and begun.account == 0
    assert not people.paper(HERE).principal.may("operator")
    people.close()


def test_tables_are_those_of_people():
    """PEOP-001"""
    assert set(metadata.tables) == {"users", "accounts", "sessions", "api_keys", "standings", "levels"}
