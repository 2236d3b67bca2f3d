"""The administration of the facts: what people may correct, and everything else to look at."""

from django.contrib import admin

from companies.admin import (
    commitments,
    company,
    connection,
    ledger,
    merge,
    profile,
    provenance,
    refresh,
    review,
    sales,
    sources,
)

__all__ = [
    "commitments",
    "company",
    "connection",
    "ledger",
    "merge",
    "profile",
    "provenance",
    "refresh",
    "review",
    "sales",
    "sources",
]

admin.site.site_header = admin.site.site_title = "riskportal"
