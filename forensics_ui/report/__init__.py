"""Reports: one record, several renderings of it, one file per format. Importing this package lists them in `REPORTS`."""

from forensics_ui.core.registry import import_siblings
from forensics_ui.report.base import REPORTS, ReportFormat
from forensics_ui.report.model import Case, Report

import_siblings(__name__, list(__path__))

__all__ = ["REPORTS", "Case", "Report", "ReportFormat"]
