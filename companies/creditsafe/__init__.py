"""The Creditsafe Connect client. It knows neither Django nor Celery: it can be lifted out in one move."""

from companies.creditsafe.client import Client
from companies.creditsafe.payloads import Report, parse_report

__all__ = ["Client", "Report", "parse_report"]
