"""Ways to look at a picture, one file each. Importing this package lists them all in `VIEWS`."""

from forensics_ui.core.registry import import_siblings
from forensics_ui.views.base import VIEWS, Rendering, Subject, View

import_siblings(__name__, list(__path__))

__all__ = ["VIEWS", "Rendering", "Subject", "View"]
