"""The facts, a file by noun."""

from companies.models.company import Account, Change, Company
from companies.models.connection import Connection, ExchangeRate
from companies.models.job import Job
from companies.models.ledger import ImportBatch, ImportProblem, OpenItem
from companies.models.profile import Profile, RatingPoint, Report, ReportOrder

__all__ = [
    "Account",
    "Change",
    "Company",
    "Connection",
    "ExchangeRate",
    "ImportBatch",
    "ImportProblem",
    "Job",
    "OpenItem",
    "Profile",
    "RatingPoint",
    "Report",
    "ReportOrder",
]
