"""The facts, a file by noun."""

from companies.models.archive import Report, ReportAccess, ReportBody, ReportPdf, RetentionPolicy
from companies.models.breaker import Breaker, BreakerChange
from companies.models.budget import Allowance, CountryPause
from companies.models.candidate import Candidate
from companies.models.commitments import Commitment
from companies.models.company import Account, Change, Company
from companies.models.connection import Connection, ExchangeRate
from companies.models.dispute import Dispute
from companies.models.former import FormerProfile
from companies.models.job import Job
from companies.models.layers import AgedBalance, BatchCheck, PastItem
from companies.models.ledger import ImportBatch, ImportProblem, OpenItem
from companies.models.lookups import Among, Many
from companies.models.merge import DuplicatePair, Merge, MergeMoved
from companies.models.pickup import PickupFile, PickupFolder
from companies.models.profile import Profile, RatingPoint, ReportOrder
from companies.models.provenance import FieldAct, FieldDifference, FieldRule, FieldSource
from companies.models.review import ReviewDecision
from companies.models.sales import MonthlySales
from companies.models.sources import BatchEffect, ImportColumn, ImportProfile
from companies.models.supply import Supply

__all__ = [
    "Account",
    "AgedBalance",
    "Allowance",
    "Among",
    "BatchCheck",
    "BatchEffect",
    "Breaker",
    "BreakerChange",
    "Candidate",
    "Change",
    "Commitment",
    "Company",
    "Connection",
    "CountryPause",
    "Dispute",
    "DuplicatePair",
    "ExchangeRate",
    "FieldAct",
    "FieldDifference",
    "FieldRule",
    "FieldSource",
    "FormerProfile",
    "ImportBatch",
    "ImportColumn",
    "ImportProblem",
    "ImportProfile",
    "Job",
    "Many",
    "Merge",
    "MergeMoved",
    "MonthlySales",
    "OpenItem",
    "PastItem",
    "PickupFile",
    "PickupFolder",
    "Profile",
    "RatingPoint",
    "Report",
    "ReportAccess",
    "ReportBody",
    "ReportOrder",
    "ReportPdf",
    "RetentionPolicy",
    "ReviewDecision",
    "Supply",
]
