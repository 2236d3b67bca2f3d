"""The inbox: what is urgent first, taken, commented on and closed with a reason, by those who may."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from monitoring.choices import AlertKind, AlertState, CloseReason, NoteAction, Severity
from monitoring.models import Alert, AlertNote, Event, Portfolio, Standing
from monitoring.services import alerts as treatment
from monitoring.services import standing
from monitoring.services.alerts import Fact, raise_alerts
from tests import make
from tests.make import NOW, TODAY

pytestmark = pytest.mark.django_db
INBOX = reverse("alerts")
ENGLISH = {"accept-language": "en"}


def alert(name="Forges du Nord", *, kind=AlertKind.RATING, severity=Severity.MEDIUM, stake="1000", **values):
    company = make.company(name, registration_number=values.pop("siren", ""))
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    stake = None if stake is None else Decimal(stake)
    raise_alerts([Fact(company=company.pk, kind=kind, severity=severity, at_stake=stake, **values)], now=NOW)
    return Alert.objects.get(company=company)


@pytest.fixture
def page(client_as, analyst):
    client = client_as(analyst)
    return lambda query="": client.get(f"{INBOX}{query}", headers=ENGLISH)


@pytest.fixture
def post(client_as, analyst):
    client = client_as(analyst)

    def send(name, *args, **data):
        return client.post(reverse(name, args=args), data, headers=ENGLISH)

    return send


def shown(answer):
    return [row.company.name for row in answer.context["page"]]


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


# The list


def test_the_most_urgent_comes_first_then_the_most_euros(page):
    alert("Calm", severity=Severity.LOW, stake="9000")
    alert("Small", severity=Severity.CRITICAL, stake="10")
    alert("Large", severity=Severity.CRITICAL, stake="5000")
    assert shown(page()) == ["Large", "Small", "Calm"]


def test_a_row_says_what_changed_what_is_at_stake_and_who_has_it(page, analyst):
    found = alert(old="B", new="D", detail="International rating", stake="25000")
    treatment.take([found.pk], user=analyst, now=NOW)
    text = page().content.decode()
    for words in ("Rating changed", "International rating", "<strong>D</strong>", "25\u202f000", "analyst"):
        assert words in text


def test_an_amount_reads_as_an_amount_and_a_code_as_words(page):
    alert(kind=AlertKind.OVER_LIMIT, detail="over_erp_limit", old="20000.00", new="35000.50")
    text = page().content.decode()
    assert "above the limit of the ERP" in text
    assert "35\u202f001" in text
    assert "over_erp_limit" not in text


def test_texts_of_creditsafe_are_shown_as_text(page):
    alert(old="<b>x</b>", new="<script>1</script>")
    assert "<script>1" not in page().content.decode()


@pytest.fixture
def several(analyst):
    mine = alert("Mine", severity=Severity.HIGH)
    treatment.take([mine.pk], user=analyst, now=NOW)
    done = alert("Done")
    treatment.close([done.pk], user=analyst, reason=CloseReason.ACTED, now=NOW)
    alert("Waiting", kind=AlertKind.JUDGMENT, siren="489724245")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Mine", "Waiting"}),
        ("?state=mine", {"Mine"}),
        ("?state=closed", {"Done"}),
        ("?state=all", {"Mine", "Done", "Waiting"}),
        ("?kind=judgment", {"Waiting"}),
        ("?severity=2", {"Mine"}),
        ("?q=wait", {"Waiting"}),
        ("?q=489724245", {"Waiting"}),
        ("?state=all&q=done", {"Done"}),
        ("?state=nonsense", {"Mine", "Waiting"}),
    ],
)
def test_filters_narrow_the_inbox(page, several, query, expected):
    assert set(shown(page(query))) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-at_stake", ["Rich", "Urgent", "Unknown"]),
        ("at_stake", ["Urgent", "Rich", "Unknown"]),
        ("company", ["Urgent", "Rich", "Unknown"]),
        ("taken_by", ["Urgent", "Rich", "Unknown"]),
        ("close_reason", ["Urgent", "Rich", "Unknown"]),
    ],
    ids=["euros down", "euros up, unknown last", "not offered", "not offered either", "no column"],
)
def test_the_inbox_sorts_by_what_it_offers_and_else_by_urgency(page, sort, expected):
    alert("Unknown", severity=Severity.LOW, stake=None)
    alert("Rich", severity=Severity.LOW, stake="9000")
    alert("Urgent", severity=Severity.CRITICAL, stake="10")
    assert shown(page(f"?sort={sort}")) == expected


def test_an_empty_inbox_says_so(page):
    assert "Nothing to treat" in page().content.decode()


def test_nothing_found_leads_back(page, several):
    assert "No alert matches" in page("?q=nobody").content.decode()


def test_fifty_alerts_cost_as_many_queries_as_one(page, django_assert_num_queries):
    alert("Company 0")
    page()
    with django_assert_num_queries(12, exact=False) as one:
        page()
    companies = [make.company(f"Company {number}").pk for number in range(1, 50)]
    raise_alerts([Fact(company=pk, kind=AlertKind.RATING, severity=Severity.LOW) for pk in companies], now=NOW)
    with django_assert_num_queries(len(one)):
        assert len(shown(page())) == 50


def test_an_auditor_sees_alerts_and_no_way_to_act(client_as, auditor, several):
    text = client_as(auditor).get(INBOX, headers=ENGLISH).content.decode()
    assert "Waiting" in text
    assert 'name="alert"' not in text
    assert 'name="action"' not in text


# Several at once


def test_selected_alerts_are_taken_together(post, several, analyst):
    waiting = Alert.objects.get(company__name="Waiting")
    answer = post("alerts_bulk", action="take", alert=[waiting.pk])
    waiting.refresh_from_db()
    assert (waiting.state, waiting.taken_by) == (AlertState.TAKEN, analyst)
    assert said(answer) == ["1 alert taken."]


def test_a_key_above_999_is_ticked_as_it_is(page):
    company = make.company()
    make.profile(company)
    standing.restate([company.pk], now=NOW, as_of=TODAY)
    Alert.objects.create(
        pk=1_464, company=company, kind=AlertKind.RATING, severity=Severity.HIGH, opened_at=NOW, changed_at=NOW
    )
    assert 'name="alert" value="1464"' in page().content.decode()


def test_closing_several_needs_a_reason(post, several):
    waiting = Alert.objects.get(company__name="Waiting")
    answer = post("alerts_bulk", action="close", alert=[waiting.pk])
    assert Alert.objects.get(pk=waiting.pk).state == AlertState.OPEN
    assert said(answer) == ["Closing needs a reason: choose one."]


def test_several_are_closed_with_one_reason(post, several, analyst):
    pks = list(Alert.objects.to_treat().values_list("pk", flat=True))
    answer = post("alerts_bulk", action="close", alert=pks, reason="noise", text="seen")
    assert set(Alert.objects.filter(pk__in=pks).values_list("close_reason", "closed_by")) == {("noise", analyst.pk)}
    assert said(answer) == ["2 alerts closed."]


def test_what_someone_closed_meanwhile_is_left_and_said_so(post, several):
    both = [Alert.objects.get(company__name=name).pk for name in ("Done", "Waiting")]
    answer = post("alerts_bulk", action="close", alert=both, reason="noise")
    assert Alert.objects.get(pk=both[0]).close_reason == CloseReason.ACTED
    assert said(answer) == ["1 alert closed.", "1 alert was left as it is: someone closed it meanwhile."]


@pytest.mark.parametrize(
    "data",
    [
        {"action": "take"},
        {"action": "take", "alert": ["x", "-1", "9" * 30]},
        {"action": "explode", "alert": ["1"]},
        {"action": "comment", "alert": ["1"]},
        {},
    ],
    ids=["no row", "no such rows", "no such act", "not for many", "nothing"],
)
def test_a_bulk_act_without_sense_changes_nothing(post, several, data):
    before = list(Alert.objects.values_list("pk", "state"))
    answer = post("alerts_bulk", **data)
    assert answer.status_code == 302
    assert list(Alert.objects.values_list("pk", "state")) == before
    assert said(answer)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/alerts/?state=mine", "/alerts/?state=mine"),
        ("https://evil.example/", INBOX),
        ("//evil.example", INBOX),
        ("", INBOX),
    ],
)
def test_after_a_bulk_act_one_is_where_one_was_and_never_elsewhere(post, several, asked, led_to):
    pk = Alert.objects.to_treat().first().pk
    assert post("alerts_bulk", action="take", alert=[pk], next=asked)["Location"] == led_to


# One alert


def test_an_alert_tells_its_story(client_as, analyst):
    found = alert(old="58", new="41", detail="Score")
    treatment.take([found.pk], user=analyst, now=NOW)
    treatment.comment(found.pk, user=analyst, text="Called the\ncustomer", now=NOW)
    text = client_as(analyst).get(found.get_absolute_url(), headers=ENGLISH).content.decode()
    for words in ("Opened", "Taken", "Called the<br>customer", "58", "41", "Forges du Nord"):
        assert words in text


def test_an_alert_shows_the_event_behind_it(client_as, analyst):
    portfolio = Portfolio.objects.create(provider_id=1, name="Ours")
    event = Event.objects.create(
        notification_id="1", event_id="1", portfolio=portfolio, connect_id="FR-0-1",
        rule_code=101, rule_name="Rating of the company", received_at=NOW, happened_at=NOW - timedelta(days=2),
    )  # fmt: skip
    found = alert(event=event, detail="Rating of the company")
    text = client_as(analyst).get(found.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "Rating of the company (101)" in text


def test_an_alert_shows_what_else_is_open_for_the_company(client_as, analyst):
    found = alert()
    raise_alerts([Fact(company=found.company_id, kind=AlertKind.JUDGMENT, severity=Severity.HIGH)], now=NOW)
    answer = client_as(analyst).get(found.get_absolute_url(), headers=ENGLISH)
    assert [other.kind for other in answer.context["others"]] == [AlertKind.JUDGMENT]


def test_taking_and_putting_back_are_noted(post, analyst):
    found = alert()
    post("alert_act", found.pk, "take")
    assert Alert.objects.get().taken_by == analyst
    post("alert_act", found.pk, "release")
    assert Alert.objects.get().taken_by is None
    actions = list(AlertNote.objects.values_list("action", flat=True))
    assert actions == [NoteAction.OPENED, NoteAction.TAKEN, NoteAction.RELEASED]


def test_a_comment_is_kept_with_its_author(post, analyst):
    found = alert()
    post("alert_act", found.pk, "comment", text="Called them")
    note = AlertNote.objects.get(action=NoteAction.COMMENT)
    assert (note.text, note.user) == ("Called them", analyst)


def test_an_empty_comment_is_refused_on_the_page(post):
    found = alert()
    answer = post("alert_act", found.pk, "comment", text="  ")
    assert answer.status_code == 422
    assert not AlertNote.objects.filter(action=NoteAction.COMMENT).exists()


def test_closing_without_a_reason_is_refused_and_what_was_typed_stays(post):
    found = alert()
    answer = post("alert_act", found.pk, "close", reason="", text="half a thought")
    assert answer.status_code == 422
    assert "half a thought" in answer.content.decode()
    assert Alert.objects.get().state == AlertState.OPEN


def test_a_closed_alert_keeps_who_why_and_the_comment(post, analyst):
    found = alert()
    post("alert_act", found.pk, "close", reason="acted", text="Limit lowered")
    found.refresh_from_db()
    assert (found.state, found.close_reason, found.closed_by) == (AlertState.CLOSED, CloseReason.ACTED, analyst)
    assert AlertNote.objects.get(action=NoteAction.CLOSED).text == "Limit lowered"
    assert Standing.objects.get().open_alerts == 0


@pytest.mark.parametrize("action", ["take", "release", "close"])
def test_acting_on_what_another_closed_says_who_did(post, manager, action):
    found = alert()
    treatment.close([found.pk], user=manager, reason=CloseReason.NOISE, now=NOW)
    answer = post("alert_act", found.pk, action, reason="acted")
    assert said(answer) == ["Nothing was done: manager closed this alert meanwhile."]
    assert Alert.objects.get().close_reason == CloseReason.NOISE


def test_acting_on_what_closed_by_itself_says_so(post):
    found = alert()
    Alert.objects.update(state=AlertState.CLOSED, closed_at=timezone.now(), close_reason=CloseReason.RESOLVED)
    assert "by itself" in said(post("alert_act", found.pk, "take"))[0]


def test_a_closed_alert_can_be_reopened(post, analyst):
    found = alert()
    treatment.close([found.pk], user=analyst, reason=CloseReason.NOISE, now=NOW)
    post("alert_act", found.pk, "reopen")
    assert Alert.objects.get().state == AlertState.OPEN


def test_an_alert_stays_closed_beside_a_newer_one_of_its_kind(post, analyst):
    found = alert()
    treatment.close([found.pk], user=analyst, reason=CloseReason.NOISE, now=NOW)
    raise_alerts([Fact(company=found.company_id, kind=AlertKind.RATING, severity=Severity.LOW)], now=NOW)
    assert "It stays closed" in said(post("alert_act", found.pk, "reopen"))[0]


@pytest.mark.parametrize("action", ["delete", "TAKE", "__class__"])
def test_an_act_that_does_not_exist_is_not_found(post, action):
    assert post("alert_act", alert().pk, action).status_code == 404


def test_an_alert_that_does_not_exist_is_not_found(post, client_as, analyst):
    assert post("alert_act", 404, "take").status_code == 404
    assert client_as(analyst).get(reverse("alert", args=[404])).status_code == 404


@pytest.mark.parametrize("action", ["take", "release", "comment", "close", "reopen"])
def test_an_auditor_may_not_act(client_as, auditor, action):
    found = alert()
    answer = client_as(auditor).post(reverse("alert_act", args=[found.pk, action]), {"reason": "acted", "text": "x"})
    assert answer.status_code == 403
    assert AlertNote.objects.count() == 1


def test_an_auditor_may_not_act_on_many_and_sees_no_form(client_as, auditor):
    found = alert()
    client = client_as(auditor)
    assert client.post(reverse("alerts_bulk"), {"action": "take", "alert": [found.pk]}).status_code == 403
    assert "/close/" not in client.get(found.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["alerts_bulk", "alert_act"])
def test_acts_are_not_done_by_following_a_link(client_as, analyst, name):
    args = [alert().pk, "take"] if name == "alert_act" else []
    assert client_as(analyst).get(reverse(name, args=args)).status_code == 405


def test_the_story_costs_as_many_queries_with_many_notes(client_as, analyst, django_assert_num_queries):
    found = alert()
    client = client_as(analyst)
    client.get(found.get_absolute_url())
    with django_assert_num_queries(14, exact=False) as one:
        client.get(found.get_absolute_url())
    for number in range(20):
        treatment.comment(found.pk, user=analyst, text=str(number), now=NOW)
    with django_assert_num_queries(len(one)):
        client.get(found.get_absolute_url())
