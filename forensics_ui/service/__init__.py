"""The one owner of device and models: every score of the screen, the API and the command line passes through it."""

from forensics_ui.service.service import DetectorService
from forensics_ui.service.status import Availability, ServiceStatus
from forensics_ui.service.ticket import Priority, Ticket

__all__ = ["Availability", "DetectorService", "Priority", "ServiceStatus", "Ticket"]
