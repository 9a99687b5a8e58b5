"""The published methods, one file each. Importing this package lists them all in `DETECTORS`."""

from forensics_ui.core.registry import import_siblings
from forensics_ui.detectors.base import DETECTORS, Detector, DetectorSpec

import_siblings(__name__, list(__path__))

__all__ = ["DETECTORS", "Detector", "DetectorSpec"]
