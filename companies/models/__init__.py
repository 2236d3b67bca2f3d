"""The facts, a file by noun."""

from companies.models.archive import Report, ReportAccess, ReportBody, ReportPdf, RetentionPolicy
from companies.models.breaker import Breaker, BreakerChange
from companies.models.budget import Allowance, CountryPause
from companies.models.company import Account, Change, Company
from companies.models.connection import Connection, ExchangeRate
from companies.models.job import Job
from companies.models.ledger import ImportBatch, ImportProblem, OpenItem
from companies.models.profile import Profile, RatingPoint, ReportOrder

__all__ = [
    "Account",
    "Allowance",
    "Breaker",
    "BreakerChange",
    "Change",
    "Company",
    "Connection",
    "CountryPause",
    "ExchangeRate",
    "ImportBatch",
    "ImportProblem",
    "Job",
    "OpenItem",
    "Profile",
    "RatingPoint",
    "Report",
    "ReportAccess",
    "ReportBody",
    "ReportOrder",
    "ReportPdf",
    "RetentionPolicy",
]
