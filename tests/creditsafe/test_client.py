import logging
import pickle
from datetime import timedelta

import pytest
import requests
import responses
from responses import matchers

from companies.creditsafe import errors
from companies.creditsafe.client import PRODUCTION, Client
from companies.creditsafe.client.tokens import expiry
from tests.creditsafe.client_support import BASE, NOON, PASSWORD, Clock, SharedCache, client, jwt

ME = f"{BASE}/access/users/me"
LOGIN = f"{BASE}/authenticate"


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


def hand_out(web, *tokens):
    for token in tokens:
        web.post(LOGIN, json={"token": token})


def bearers(web):
    return [call.request.headers.get("Authorization") for call in web.calls if call.request.url != LOGIN]


@pytest.mark.parametrize(
    "url",
    [
        "http://connect.creditsafe.com/v1",
        "http://127.0.0.1.evil.example/v1",
        "ftp://localhost/v1",
        "//connect.creditsafe.com",
        "",
        "https:///v1",
        "https://someone:secret@connect.creditsafe.com/v1",
        "https://connect.creditsafe.com/v1?a=1",
        "https://connect.creditsafe.com/v1#a",
    ],
)
def test_an_address_that_could_leak_the_password_is_refused(url):
    with pytest.raises(ValueError, match="address of Creditsafe"):
        client(base_url=url)


@pytest.mark.parametrize(
    "url", ["https://a.example/v1/", "http://localhost:8001/v1", "http://127.0.0.9/v1", "http://[::1]:9/v1"]
)
def test_https_and_this_machine_are_accepted(url):
    assert client(base_url=url).base_url == url.rstrip("/")


def test_the_default_address_is_production():
    assert Client(username="u", password="p").base_url == PRODUCTION


def test_the_account_is_sent_once_and_the_token_serves_all_calls(web):
    web.post(
        LOGIN, json={"token": "t1"}, match=[matchers.json_params_matcher({"username": "verne", "password": PASSWORD})]
    )
    web.get(ME, json={"username": "verne"})
    web.get(ME, json={"username": "verne"})
    connect = client()
    assert connect.me() == connect.me() == {"username": "verne"}
    assert bearers(web) == ["Bearer t1", "Bearer t1"]


def test_the_request_says_who_we_are_and_what_we_read(web):
    hand_out(web, "t1")
    web.get(ME, json={})
    client().me()
    sent = web.calls[1].request.headers
    assert (sent["User-Agent"], sent["Accept"]) == ("riskportal", "application/json")


@pytest.mark.parametrize(
    ("wait", "logins"),
    [
        (timedelta(minutes=55) - timedelta(seconds=1), 1),
        (timedelta(minutes=55), 2),
        (timedelta(minutes=55, seconds=1), 2),
    ],
    ids=["a second before", "at the edge", "a second after"],
)
def test_a_token_serves_for_less_than_55_minutes(web, wait, logins):
    clock = Clock()
    hand_out(web, *["t1", "t2"][:logins])
    web.get(ME, json={})
    web.get(ME, json={})
    connect = client(now=clock)
    connect.me()
    clock.now += wait
    connect.me()
    assert bearers(web) == ["Bearer t1", f"Bearer t{logins}"]


@pytest.mark.parametrize(("wait", "logins"), [(299, 1), (300, 2)], ids=["a second before its end", "at its end"])
def test_a_token_never_serves_beyond_its_own_end(web, wait, logins):
    clock = Clock()
    hand_out(web, *[jwt(NOON + timedelta(seconds=300), "one"), jwt(NOON + timedelta(hours=2), "two")][:logins])
    web.get(ME, json={})
    web.get(ME, json={})
    connect = client(now=clock)
    connect.me()
    clock.move(seconds=wait)
    connect.me()
    assert len(set(bearers(web))) == logins


@pytest.mark.parametrize(
    "token",
    ["opaque", "a.b.c", "..", "a.e30.c", "a.bnVsbA.c", "a.eyJleHAiOiJzb29uIn0.c", "a.eyJleHAiOjFlMTd9.c", "a.é.c"],
)
def test_a_token_that_cannot_be_read_has_no_end_of_its_own(token):
    assert expiry(token) is None


def test_a_token_of_an_hour_is_still_kept_for_55_minutes_only(web):
    cache = SharedCache()
    hand_out(web, jwt(NOON + timedelta(hours=1)))
    client(cache=cache).authenticate()
    assert cache.timeouts == [55 * 60]


def test_a_token_that_has_already_ended_is_not_kept(web):
    cache = SharedCache()
    hand_out(web, jwt(NOON))
    client(cache=cache).authenticate()
    assert not cache.values


def test_workers_share_the_token_through_the_cache(web):
    cache = SharedCache()
    hand_out(web, "t1")
    web.get(ME, json={})
    web.get(ME, json={})
    client(cache=cache).me()
    client(cache=cache).me()
    assert bearers(web) == ["Bearer t1", "Bearer t1"]


@pytest.mark.parametrize(
    "other", [{"password": "another"}, {"username": "other"}, {"base_url": "https://b.example/v1"}]
)
def test_another_account_or_address_never_gets_the_token(web, other):
    cache = SharedCache()
    hand_out(web, "t1")
    client(cache=cache).authenticate()
    assert client(cache=cache, **other)._tokens.get() is None


def test_the_cache_key_does_not_show_the_account(web):
    cache = SharedCache()
    hand_out(web, "t1")
    client(cache=cache).authenticate()
    (key,) = cache.values
    assert PASSWORD not in key
    assert "verne" not in key


@pytest.mark.parametrize("rubbish", ["t1", ["t1"], ["t1", "soon"][:1], {"token": "t1"}, 5])
def test_rubbish_in_the_cache_counts_as_no_token(web, rubbish):
    cache = SharedCache()
    connect = client(cache=cache)
    cache.values[connect._tokens._key] = rubbish
    hand_out(web, "t2")
    web.get(ME, json={})
    connect.me()
    assert bearers(web) == ["Bearer t2"]


def test_after_a_401_the_newer_token_of_another_worker_is_used(web):
    cache = SharedCache()
    first, second = client(cache=cache), client(cache=cache)
    hand_out(web, "t1", "t2")
    web.get(ME, status=401, json={"error": "Invalid token."})
    web.get(ME, json={})
    first.authenticate()
    kept = dict(cache.values)
    second.authenticate()
    newer, cache.values = dict(cache.values), kept

    class Turning(SharedCache):
        """The other worker renews between our reading the token and our being refused."""

        def get(self, key):
            found, self.values = self.values.get(key), newer
            return found

    client(cache=Turning(kept)).me()
    assert bearers(web) == ["Bearer t1", "Bearer t2"]
    assert [call.request.url for call in web.calls].count(LOGIN) == 2


@pytest.mark.parametrize(
    "answer", [{}, {"token": None}, {"token": ""}, {"token": 5}, {"token": "a\r\nb"}, {"token": "é"}]
)
def test_a_login_without_a_usable_token_is_unexpected(web, answer):
    web.post(LOGIN, json=answer)
    with pytest.raises(errors.UnexpectedAnswer):
        client().authenticate()


def test_redirects_are_not_followed(web):
    hand_out(web, "t1")
    web.get(ME, status=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(errors.UnexpectedAnswer) as caught:
        client().me()
    assert caught.value.status == 302
    assert len(web.calls) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (402, errors.AccessDenied),
        (403, errors.AccessDenied),
        (404, errors.NotFound),
        (405, errors.BadRequest),
        (409, errors.Conflict),
        (422, errors.BadRequest),
        (429, errors.RateLimited),
        (500, errors.Unavailable),
        (502, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_each_status_has_its_exception_and_is_asked_once(web, status, kind):
    hand_out(web, "t1")
    web.get(ME, status=status, json={"correlationId": "cid-1", "message": "Reason "})
    with pytest.raises(errors.CreditsafeError) as caught:
        client().me()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.correlation_id, caught.value.text) == (status, "cid-1", "Reason")
    assert len(web.calls) == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("17", 17.0), ("soon", None), ("-5", None), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0)],
)
def test_the_wait_asked_for_by_a_429_is_told_when_there_is_one(web, header, seconds):
    hand_out(web, "t1")
    web.get(ME, status=429, headers={"Retry-After": header} if header else {})
    with pytest.raises(errors.RateLimited) as caught:
        client().me()
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "failure", [requests.ConnectionError("refused"), requests.ReadTimeout("slow"), requests.exceptions.SSLError("bad")]
)
def test_a_network_failure_is_unavailable_and_keeps_its_cause(web, failure):
    hand_out(web, "t1")
    web.get(ME, body=failure)
    with pytest.raises(errors.Unavailable) as caught:
        client().me()
    assert caught.value.__cause__ is failure
    assert caught.value.status is None


@pytest.mark.parametrize("body", ["<html>Service page</html>", '{"username": "ver', "NaN", "[" * 100_000])
def test_a_success_that_is_not_json_is_unavailable(web, body):
    hand_out(web, "t1")
    web.get(ME, body=body)
    with pytest.raises(errors.Unavailable) as caught:
        client().me()
    assert caught.value.after_success


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "5", ""])
def test_a_success_of_another_type_is_unexpected(web, body):
    hand_out(web, "t1")
    web.get(ME, body=body)
    with pytest.raises(errors.UnexpectedAnswer):
        client().me()


def test_an_array_is_expected_where_the_contract_says_so(web):
    hand_out(web, "t1")
    web.get(f"{BASE}/monitoring/eventRules", json={"data": []})
    with pytest.raises(errors.UnexpectedAnswer):
        client().event_rules()


@pytest.mark.parametrize("identifier", ["", " ", ".", ".."])
def test_an_identifier_that_would_change_the_path_is_refused(identifier):
    with pytest.raises(ValueError, match="identifier"):
        client().report(identifier)


def test_an_identifier_is_quoted_in_the_path(web):
    hand_out(web, "t1")
    web.get(f"{BASE}/companies/GB-0-A%2F..%3Fx", json={"report": {"language": "EN"}})
    client().report("GB-0-A/..?x")
    assert web.calls[1].request.path_url.startswith("/v1/companies/GB-0-A%2F..%3Fx?")


def test_no_secret_shows_in_errors_logs_or_names(web, caplog):
    caplog.set_level(logging.DEBUG)
    token = jwt(NOON + timedelta(hours=1))
    hand_out(web, token)
    web.get(ME, status=400, json={"message": f"Bearer {token} for {PASSWORD}"})
    connect = client()
    with pytest.raises(errors.BadRequest) as caught:
        connect.me()
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)} {connect!r} {caplog.text}"
    assert token not in shown
    assert PASSWORD not in shown


def test_a_token_that_is_not_ours_is_masked_too():
    stranger = jwt(NOON, "stranger")
    error = errors.error_from(400, f'{{"message": "was {stranger} or Bearer opaque-1"}}'.encode())
    assert str(error) == "was *** or Bearer ***"


def test_an_error_survives_the_journey_between_processes():
    error = errors.RateLimited("wait", status=429, retry_after=3.0, correlation_id="cid", codes=("Other",))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (errors.RateLimited, vars(error), "wait")


def test_a_refused_password_asks_once_and_raises_bad_credentials(web):
    web.post(LOGIN, status=401, json={"message": "Access denied -  Please check that your username is correct."})
    with pytest.raises(errors.BadCredentials):
        client().me()
    assert len(web.calls) == 1


def test_too_many_logins_are_rate_limited(web):
    web.post(LOGIN, status=429)
    with pytest.raises(errors.RateLimited):
        client().me()
