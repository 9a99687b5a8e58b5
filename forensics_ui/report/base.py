"""What a report format is: a name, a suffix, and how it renders the record. One file per format, which signs up itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from forensics_ui.core.registry import Registry
from forensics_ui.report.files import atomic
from forensics_ui.report.model import Report


class ReportFormat(ABC):
    """One rendering of the record. Stateless."""

    suffix: ClassVar[str]
    mime: ClassVar[str]

    def write(self, report: Report, path: Path) -> None:
        """Write the report whole or not at all; an existing file is replaced, so choose its name with `free_stem`."""
        with atomic(path) as stream:
            self.render(report.as_dict(), report.images, stream)

    @abstractmethod
    def render(self, record: Mapping[str, Any], images: Mapping[str, bytes], stream: BinaryIO) -> None:
        """Write the record, which is clean JSON, and the images that it names."""


REPORTS: Registry[type[ReportFormat]] = Registry("report format")
