from django.urls import path

from monitoring.views import alerts, company, dashboard, matrix, portfolio, status

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/export.<str:fmt>", portfolio.export, name="portfolio_export"),
    path("companies/<int:pk>/", company.company, name="company"),
    path("companies/<int:pk>/refresh/", company.refresh, name="company_refresh"),
    path("alerts/", alerts.inbox, name="alerts"),
    path("alerts/bulk/", alerts.bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/<str:action>/", alerts.act, name="alert_act"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("matrix/<str:cell>/", matrix.matrix_cell, name="matrix_cell"),
    path("search/", status.search, name="search"),
    path("status/", status.strip, name="status_strip"),
    path("healthz", status.healthz, name="healthz"),
]
