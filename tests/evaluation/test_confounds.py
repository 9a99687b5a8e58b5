"""The alarm for test sets whose files give their labels away."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.evaluation.confounds import confounds, file_facts

JPEG = {"mode": "RGB", "jpeg": {"quality": 90, "subsampling": "4:2:0", "progressive": False, "applications": ["APP0 JFIF"]}}
PNG = {"mode": "RGB", "jpeg": None, "c2pa": {"state": "absent"}}


def png(size: int = 256, count: int = 90_000):
    return file_facts("PNG", size, size, count, PNG)


def jpeg(quality: int = 90, size: int = 256, count: int = 20_000):
    return file_facts("JPEG", size, size, count, {**JPEG, "jpeg": {**JPEG["jpeg"], "quality": quality}})


def test_png_fakes_against_jpeg_reals_ring():
    found = confounds([jpeg() for _ in range(20)] + [png() for _ in range(20)], [0] * 20 + [1] * 20)
    assert {"format", "bytes_per_pixel", "all"} <= set(found["alarm"])
    assert found["facts"]["format"]["auc"] == found["facts"]["all"]["auc"] == 1.0
    assert found["sentence"].startswith("WARNING") and "file format AUC 1.00" in found["sentence"]


def test_the_same_files_on_both_sides_are_silent():
    rng = np.random.default_rng(0)
    one_class = [png(256, int(n)) if n % 2 else jpeg(int(n) % 30 + 70, 256 + 64 * int(n % 3), int(n)) for n in rng.integers(10_000, 90_000, 60)]
    found = confounds(one_class * 2, [0] * 60 + [1] * 60)
    assert found["alarm"] == [] and found["sentence"].startswith("No format")


@pytest.mark.parametrize("seed", range(6))
def test_chance_does_not_ring(seed):
    rng = np.random.default_rng(seed)
    files = [jpeg(int(q), int(s), int(n)) for q, s, n in zip(*(rng.integers(*r, 40) for r in ((60, 99), (200, 900), (9000, 90000))), strict=True)]
    assert confounds(files, rng.permutation([0, 1] * 20), seed=seed)["alarm"] == []


def test_size_alone_rings_and_is_named():
    rng = np.random.default_rng(1)
    reals = [jpeg(size=int(size), count=int(size) ** 2) for size in rng.integers(300, 900, 40)]
    fakes = [jpeg(size=int(size), count=int(size) ** 2) for size in rng.integers(700, 1300, 40)]
    found = confounds(reals + fakes, [0] * 40 + [1] * 40)
    assert "pixels" in found["alarm"] and "format" not in found["facts"]


def test_what_only_all_facts_together_tell_rings():
    # Fakes are small PNG or large JPEG, reals the other way round: no fact alone says anything.
    reals = [png(256, 50_000), jpeg(90, 512, 50_000)] * 30
    fakes = [png(512, 50_000), jpeg(90, 256, 50_000)] * 30
    found = confounds(reals + fakes, [0] * 60 + [1] * 60)
    assert found["facts"]["format"]["auc"] < 0.6 and found["facts"]["width"]["auc"] < 0.6
    assert found["facts"]["all"]["auc"] == 1.0 and found["alarm"] == ["all"]


def test_jpeg_quality_is_compared_among_the_files_that_have_one():
    files = [jpeg(70)] * 10 + [png()] * 10 + [jpeg(95)] * 10 + [png()] * 10
    found = confounds(files, [0] * 20 + [1] * 20)["facts"]["jpeg_quality"]
    assert found["auc"] == 1.0 and found["alarm"]


def test_the_direction_of_a_fact_does_not_matter():
    files = [jpeg(95)] * 20 + [jpeg(70)] * 20
    assert confounds(files, [0] * 20 + [1] * 20)["facts"]["jpeg_quality"]["auc"] == 1.0


def test_too_few_files_are_said_to_be_too_few():
    found = confounds([jpeg(), png()], [0, 1])
    assert found["facts"] == {} and "Too few files (1 real, 1 fake)" in found["sentence"]


def test_metadata_is_seen_in_segments_profiles_and_programs_names():
    exif = {"jpeg": {"applications": ["APP0 JFIF", "APP1 Exif"]}}
    assert file_facts("JPEG", 1, 1, 9, exif)["metadata"] and file_facts("PNG", 1, 1, 9, {"software": ["x"]})["metadata"]
    assert not file_facts("PNG", 1, 1, 9, PNG)["metadata"] and not jpeg()["metadata"]
