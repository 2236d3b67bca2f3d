"""The client: one method per endpoint, over one private request (API reference 1 and 2)."""

from companies.creditsafe.client.companies import CompanyCalls, PdfAnswer, ReportAnswer
from companies.creditsafe.client.decisions import DecisionCalls
from companies.creditsafe.client.monitoring import MonitoringCalls
from companies.creditsafe.client.tokens import Cache, MemoryCache
from companies.creditsafe.client.transport import PRODUCTION, SANDBOX, Answer

__all__ = ["PRODUCTION", "SANDBOX", "Answer", "Cache", "Client", "MemoryCache", "PdfAnswer", "ReportAnswer"]


class Client(CompanyCalls, MonitoringCalls, DecisionCalls):
    """Creditsafe Connect. Raises what `errors` holds; never sleeps, never tries again, never logs a secret.

    A renewed token is the one exception: a call that the server refuses for its token is sent a second time, once.
    """
