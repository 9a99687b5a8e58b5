"""The published methods and our own, one file each. Importing this package lists them all in `DETECTORS`."""

from forensics_ui.core.registry import import_siblings
from forensics_ui.detectors.base import DETECTORS, Detector, DetectorSpec

import_siblings(__name__, list(__path__))

# In the order of what our weights for them were measured to be worth once pictures have been saved again, as most have; others follow.
BEST = ("prc", "lfm", "npr", "univfd")

__all__ = ["BEST", "DETECTORS", "Detector", "DetectorSpec"]
