from django.urls import path

from companies.views import imports, link

urlpatterns = [
    path("link/", link.queue, name="link"),
    path("link/create/", link.create, name="link_create"),
    path("link/<int:pk>/", link.company, name="link_company"),
    path("link/<int:pk>/candidates/", link.candidates, name="link_candidates"),
    path("link/<int:pk>/leave/", link.leave, name="link_leave"),
    path("link/<int:pk>/<str:connect_id>/", link.compare, name="link_compare"),
    path("imports/", imports.imports, name="imports"),
    path("imports/samples/<str:kind>.csv", imports.sample, name="import_sample"),
    path("imports/<int:pk>/", imports.batch, name="import"),
    path("imports/<int:pk>/progress/", imports.batch_progress, name="import_progress"),
    path("imports/<int:pk>/apply/", imports.apply_batch, name="import_apply"),
    path("imports/<int:pk>/discard/", imports.discard_batch, name="import_discard"),
    path("imports/<int:pk>/problems.csv", imports.problems, name="import_problems"),
]
