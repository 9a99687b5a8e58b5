from __future__ import annotations

from pathlib import Path

from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.train.folders import Sample, counts_by_source, labelled_files, split_by_source
from forensics_ui.train.pictures import Pictures
from tests.refusals import refused


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_labels_are_found_at_any_depth_and_the_rest_of_the_path_is_the_source(tmp_path: Path):
    touch(tmp_path, "progan/cat/0_real/a.png", "progan/cat/1_fake/b.png", "fake/sd1/c.webp", "Real/phone/d.JPG", "notes/e.png", "real/f.txt")
    found = {(s.path.name, s.label, s.source) for s in labelled_files(tmp_path)}
    assert found == {("a.png", 0, "progan/cat"), ("b.png", 1, "progan/cat"), ("c.webp", 1, "sd1"), ("d.JPG", 0, "phone")}


def test_a_missing_class_is_said(tmp_path: Path):
    touch(tmp_path, "0_real/a.png")
    with refused(ForensicsError, "both classes"):
        labelled_files(tmp_path)


def test_a_split_by_source_never_divides_a_source(tmp_path: Path):
    samples = [Sample(Path(f"{label}{g}{i}"), label, f"{label}-{g}") for label in (0, 1) for g in range(10) for i in range(g + 1)]
    kept, held = split_by_source(samples, 0.2, seed=1)
    assert {s.source for s in kept}.isdisjoint(s.source for s in held)
    assert len(kept) + len(held) == len(samples)
    for label in (0, 1):
        assert 0.2 <= sum(s.label == label for s in held) / 55 < 0.4
    assert split_by_source(samples, 0.2, seed=1) == (kept, held)


def test_a_class_with_one_source_is_split_by_picture():
    samples = [Sample(Path(f"{label}{i}"), label, "all") for label in (0, 1) for i in range(10)]
    _, held = split_by_source(samples, 0.2, seed=0)
    assert sorted(s.label for s in held) == [0, 0, 1, 1]


def test_counts_are_by_class_and_source(tmp_path: Path):
    touch(tmp_path, "0_real/x/a.png", "0_real/x/b.png", "1_fake/y/c.png")
    assert counts_by_source(labelled_files(tmp_path)) == {"real": {"x": 2}, "fake": {"y": 1}}


def test_a_file_that_is_no_picture_is_named(tmp_path: Path):
    touch(tmp_path, "0_real/a.png", "1_fake/b.png")
    with refused(BadImage, r"a\.png"):
        Pictures(labelled_files(tmp_path))


def test_pictures_that_do_not_fit_in_memory_are_decoded_again(labelled: Path):
    samples = labelled_files(labelled)
    kept, read = Pictures(samples), Pictures(samples, budget_bytes=0)
    assert all((kept.variants(i)[0] == read.variants(i)[0]).all() for i in range(len(samples)))


def test_large_pictures_are_kept_as_pieces(labelled: Path):
    pieces = Pictures(labelled_files(labelled), cap=64).variants(0)
    assert len(pieces) == 3 and all(p.shape == (64, 64, 3) for p in pieces)
