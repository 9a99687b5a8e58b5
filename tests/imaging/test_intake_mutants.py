from __future__ import annotations

import hashlib
import os

import numpy as np
from intake_samples import mutants, sample

from forensics_ui.core.errors import BadImage
from forensics_ui.imaging.open import Intake
from forensics_ui.words import sentence_of


def test_every_mutant_ends_as_a_picture_or_a_reason_and_no_decoder_dies():
    outcomes = {"picture": 0, "reason": 0}
    with Intake() as intake:
        intake.open(sample("PNG"))
        before = {decoder.pid for decoder in intake._running}
        for index, data in enumerate(mutants(400, seed=7)):
            try:
                picture = intake.open(data, partial=index % 4 == 0)
                outcomes["picture"] += 1
                assert picture.rgb.dtype == np.uint8 and picture.rgb.size == picture.width * picture.height * 3
                assert picture.sha256 == hashlib.sha256(data).hexdigest() and 0 <= picture.complete <= 1
            except BadImage as error:
                outcomes["reason"] += 1
                assert len(sentence_of(error)) > 20 and os.sep + "home" not in sentence_of(error)
        assert {decoder.pid for decoder in intake._running} == before
    assert outcomes["picture"] > 40 and outcomes["reason"] > 40
