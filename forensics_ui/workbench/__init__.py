"""One core for the screen, the API and the command line: open a picture, score it, keep what was computed."""

from forensics_ui.workbench.record import Score, Scored
from forensics_ui.workbench.workbench import ScoreTicket, Workbench

__all__ = ["Score", "ScoreTicket", "Scored", "Workbench"]
