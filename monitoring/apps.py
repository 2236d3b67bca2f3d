from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "monitoring"
    verbose_name = _("Monitoring and action")

    def ready(self) -> None:
        from companies.services.removal import BEFORE_COMPANIES_GO  # models are there only now
        from monitoring.services.standing import forget

        BEFORE_COMPANIES_GO.append(forget)
