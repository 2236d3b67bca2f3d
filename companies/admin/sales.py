"""The months' sales, which a person enters: the exposure page needs them."""

from django.contrib import admin

from companies.admin.base import ModelAdmin
from companies.models import MonthlySales


@admin.register(MonthlySales)
class MonthlySalesAdmin(ModelAdmin):
    list_display = ["month", "ledger", "amount", "currency"]
    list_filter = ["ledger", "currency"]
    search_fields = ["ledger"]
    date_hierarchy = "month"
