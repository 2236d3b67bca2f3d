"""Judgement and action, a file by noun."""

from monitoring.models.acts import CellAction, Override, Review, Task
from monitoring.models.alert import Alert, AlertNote
from monitoring.models.contact import Contact
from monitoring.models.exposure import DefaultProbability, ExposureSettings
from monitoring.models.policy import MatrixCell, MatrixPolicy
from monitoring.models.position import Position
from monitoring.models.quality import IdentifierFlaw, QualityDay
from monitoring.models.refresh import RefreshPolicy
from monitoring.models.sender import BankAccount, OurCompany
from monitoring.models.standing import CellSummary, Standing, StandingChange
from monitoring.models.surveillance import Event, Portfolio, Watch

__all__ = [
    "Alert",
    "AlertNote",
    "BankAccount",
    "CellAction",
    "CellSummary",
    "Contact",
    "DefaultProbability",
    "Event",
    "ExposureSettings",
    "IdentifierFlaw",
    "MatrixCell",
    "MatrixPolicy",
    "OurCompany",
    "Override",
    "Portfolio",
    "Position",
    "QualityDay",
    "RefreshPolicy",
    "Review",
    "Standing",
    "StandingChange",
    "Task",
    "Watch",
]
