"""Folders instead of pictures: walk, journal, pipeline, and the manager that the screen and the command line share."""

from forensics_ui.batch.manager import BatchManager
from forensics_ui.batch.plan import Plan, make_plan
from forensics_ui.batch.progress import Progress
from forensics_ui.batch.run import BatchRun
from forensics_ui.batch.scan import Found, Preview, Skipped, Source, preview

__all__ = ["BatchManager", "BatchRun", "Found", "Plan", "Preview", "Progress", "Skipped", "Source", "make_plan", "preview"]
