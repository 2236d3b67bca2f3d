"""Putting linked companies under surveillance: one portfolio of ours at Creditsafe, with its rules switched on."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from companies.choices import ChangeCause
from companies.creditsafe import Client
from companies.creditsafe.errors import AccessDenied, BadRequest, NotFound, UnexpectedAnswer
from companies.models import Change, Profile
from companies.services.jobs import Clock, Tell
from companies.services.provider import or_later
from monitoring.choices import WatchState
from monitoring.models import Portfolio, Watch

NAME = "riskportal"
EVERYWHERE = "XX"  # the rules that hold in every country


def enrol() -> int:
    """Queue every linked company that is not followed yet, and end what follows a profile of before.

    Returns how many were queued.
    """
    end_former()
    missing = Profile.objects.exclude(company__in=Watch.objects.values("company"))
    watches = [
        Watch(company_id=pk, connect_id=connect_id) for pk, connect_id in missing.values_list("company", "connect_id")
    ]
    Watch.objects.bulk_create(watches, ignore_conflicts=True, batch_size=500)
    return len(watches)


def end_former() -> int:
    """Let the surveillance of profiles that their company has no more end. Returns how many are about to."""
    linked = Profile.objects.filter(company=OuterRef("company"), connect_id=OuterRef("connect_id"))
    Watch.objects.filter(Exists(linked), state=WatchState.ENDING).update(state=WatchState.QUEUED)
    former = Watch.objects.exclude(Exists(linked)).exclude(state=WatchState.ENDING)
    with transaction.atomic():
        pks = list(former.select_for_update().values_list("pk", flat=True))
        Watch.objects.filter(pk__in=pks).update(state=WatchState.ENDING)
        Change.objects.mark(pks, ChangeCause.LINK)
    return len(pks)


def work(progress: Tell, *, clock: Clock, attempts: int = 1) -> None:
    """Put every queued company under surveillance, and end what is to end.

    Raises Later when the provider is away; what is done stays.
    """
    waiting = list(Watch.objects.filter(state=WatchState.QUEUED).order_by("pk"))
    ending = list(Watch.objects.filter(state=WatchState.ENDING).select_related("portfolio").order_by("pk"))
    if not waiting and not ending:
        return
    with or_later(clock, attempts=attempts) as client:
        for watch in ending:
            let_go(watch, client=client)
        if not waiting:
            return
        portfolio = ensure_portfolio(client=client)
        switch_on(portfolio, {watch.connect_id[:2] for watch in waiting}, client=client, now=clock())
        for done, watch in enumerate(waiting, start=1):
            follow(watch, portfolio, client=client, now=clock())
            progress(done, len(waiting))


def ensure_portfolio(*, client: Client) -> Portfolio:
    """Our portfolio at the provider: the one we know if it still exists there, else by its name, else a new one."""
    there = {portfolio.portfolio_id: portfolio.name for portfolio in client.portfolios() if portfolio.portfolio_id}
    known = Portfolio.objects.filter(provider_id__in=there).first()
    if known is not None:
        return known
    provider_id = next((pk for pk, name in there.items() if name == NAME), None)
    provider_id = provider_id or client.create_portfolio(NAME).portfolio_id
    if provider_id is None:
        raise UnexpectedAnswer("the new portfolio has no number")
    with transaction.atomic():
        portfolio, _created = Portfolio.objects.get_or_create(provider_id=provider_id, defaults={"name": NAME})
        # companies followed in a portfolio that is gone are followed nowhere
        Watch.objects.exclude(portfolio=portfolio).update(state=WatchState.QUEUED, portfolio=None, watched_at=None)
    return portfolio


def switch_on(portfolio: Portfolio, countries: Iterable[str], *, client: Client, now: datetime) -> None:
    """Activate every rule of these countries and the general ones: a new portfolio has none and stays silent."""
    for country in sorted({EVERYWHERE, *countries}):
        try:
            rules = client.event_rules(portfolio_id=portfolio.provider_id, country=country)
        except (AccessDenied, NotFound):
            continue  # a country without rules of its own
        if rules and not all(rule.is_active for rule in rules):
            active = [replace(rule, is_active=True) for rule in rules]
            client.put_event_rules(portfolio.provider_id, country, active)
    Portfolio.objects.filter(pk=portfolio.pk).update(rules_on_at=now)


def follow(watch: Watch, portfolio: Portfolio, *, client: Client, now: datetime) -> None:
    """Add one company to the portfolio; being there already is as good. A refusal is kept with its reason."""
    try:
        client.add_company(portfolio.provider_id, watch.connect_id, reference=str(watch.company_id))
    except (AccessDenied, BadRequest, NotFound) as error:
        Watch.objects.filter(pk=watch.pk).update(state=WatchState.REFUSED, error=str(error)[:255])
        return
    with transaction.atomic():
        Watch.objects.filter(pk=watch.pk).update(
            state=WatchState.WATCHED, portfolio=portfolio, watched_at=now, error=""
        )
        Change.objects.mark([watch.company_id], ChangeCause.LINK)


def let_go(watch: Watch, *, client: Client) -> None:
    """Take one profile out of the portfolio; not being there is as good. Its company may be followed anew then."""
    if watch.portfolio is not None:
        with suppress(NotFound):
            client.remove_company(watch.portfolio.provider_id, watch.connect_id)
    # not what was linked again while we asked
    Watch.objects.filter(pk=watch.pk, state=WatchState.ENDING, connect_id=watch.connect_id).delete()
