from django.urls import path

from monitoring.views import (
    alerts,
    archive,
    company,
    company_tabs,
    dashboard,
    documents,
    matrix,
    portfolio,
    quality,
    refresh,
    status,
)

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/export.<str:fmt>", portfolio.export, name="portfolio_export"),
    path("companies/<int:pk>/", company.company, name="company"),
    path("companies/<int:pk>/refresh/", company.refresh, name="company_refresh"),
    *(
        path(f"companies/<int:pk>/{tab.slug}/", company_tabs.tab, {"slug": tab.slug}, name=tab.url_name)
        for tab in company_tabs.READ
    ),
    path("companies/<int:pk>/documents/", documents.documents, name="company_documents"),
    path("companies/<int:pk>/documents/list/", documents.documents_list, name="company_documents_list"),
    path("companies/<int:pk>/documents/fetch/", documents.document, name="company_document"),
    path("companies/<int:pk>/reports/", archive.archive_list, name="company_reports"),
    path("companies/<int:pk>/reports/compare/", archive.compare, name="company_compare"),
    path("companies/<int:pk>/reports/<int:report>/raw/", archive.raw, name="company_report_raw"),
    path("companies/<int:pk>/reports/<int:report>/pdf/", archive.pdf, name="company_report_pdf"),
    path("companies/<int:pk>/reports/<int:report>/pdf/order/", archive.order_pdf, name="company_report_pdf_order"),
    path("alerts/", alerts.inbox, name="alerts"),
    path("alerts/bulk/", alerts.bulk, name="alerts_bulk"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/<str:action>/", alerts.act, name="alert_act"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("matrix/<str:cell>/", matrix.matrix_cell, name="matrix_cell"),
    path("quality/", quality.overview, name="quality"),
    path("quality/<slug:slug>.csv", quality.work_list_csv, name="quality_csv"),
    path("quality/<slug:slug>/", quality.work_list, name="quality_list"),
    path("refresh/", refresh.refresh, name="refresh"),
    path("refresh/progress/", refresh.progress, name="refresh_progress"),
    path("refresh/<str:action>/", refresh.act, name="refresh_act"),
    path("search/", status.search, name="search"),
    path("status/", status.strip, name="status_strip"),
    path("healthz", status.healthz, name="healthz"),
]
