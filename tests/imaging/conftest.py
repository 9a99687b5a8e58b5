from __future__ import annotations

from collections.abc import Iterator

import pytest

from forensics_ui.imaging.open import Intake


@pytest.fixture(scope="session")
def intake() -> Iterator[Intake]:
    with Intake(workers=2) as each:
        yield each
