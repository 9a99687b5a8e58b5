"""What tests of refusals share: the error, and the sentence that people read of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.words import sentence_of


@contextlib.contextmanager
def refused(kind: type[ForensicsError], words: str) -> Iterator[pytest.ExceptionInfo]:
    """The error is raised, and its sentence holds what `words` looks for."""
    with pytest.raises(kind) as caught:
        yield caught
    sentence = sentence_of(caught.value)
    assert re.search(words, sentence), sentence
