"""What Creditsafe said and what it was asked."""

from django.contrib import admin

from companies.admin.base import FactAdmin
from companies.models import Profile, RatingPoint, Report, ReportOrder


@admin.register(Profile)
class ProfileAdmin(FactAdmin):
    list_display = ["company", "connect_id", "rating", "rating_state", "score", "credit_limit", "status", "reported_at"]
    list_filter = ["rating", "rating_state", "status", "in_proceeding"]
    list_select_related = ["company"]
    search_fields = ["connect_id", "safe_number", "company__name_key", "company__registration_number"]
    date_hierarchy = "linked_at"


@admin.register(Report)
class ReportAdmin(FactAdmin):
    exclude = ["envelope"]
    list_display = ["company", "connect_id", "ordered_at", "known_at", "language", "size"]
    list_filter = ["language"]
    list_select_related = ["company", "body"]
    search_fields = ["connect_id", "company__name_key"]
    date_hierarchy = "ordered_at"


@admin.register(ReportOrder)
class ReportOrderAdmin(FactAdmin):
    list_display = ["company", "reason", "state", "attempts", "requested_by", "requested_at", "finished_at", "error"]
    list_filter = ["reason", "state"]
    list_select_related = ["company", "requested_by"]
    search_fields = ["company__name_key", "error"]
    date_hierarchy = "requested_at"


@admin.register(RatingPoint)
class RatingPointAdmin(FactAdmin):
    list_display = ["company", "valid_on", "rating", "score", "credit_limit", "currency", "known_at"]
    list_filter = ["rating"]
    list_select_related = ["company"]
    search_fields = ["company__name_key", "company__registration_number"]
    date_hierarchy = "valid_on"
