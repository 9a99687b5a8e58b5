"""Which fakes are compared with which reals."""

from __future__ import annotations

from forensics_ui.evaluation.folders import by_depth, groups_of, label_of


def groups(*paths: str, depth: int | None = None):
    found = groups_of([label for path in paths if (label := label_of(path))], by_depth(depth, "whole"))
    return {group.name: (group.real, group.fake, group.shared_by) for group in found}


def test_every_generator_has_its_own_reals():
    a, b, c, d = "progan/0_real/a.png", "progan/1_fake/b.png", "x/ldm/0_real/c.png", "x/ldm/1_fake/d.png"
    assert groups(a, b, c, d) == {"progan": ((a,), (b,), 1), "x/ldm": ((c,), (d,), 1)}


def test_shared_reals_are_used_by_all_and_said_so():
    reals, one, two = ("real/coco/a.png", "Real/b.png"), "fake/sd/c.png", "fake/dalle/d.png"
    assert groups(*reals, one, two) == {"sd": (tuple(sorted(reals)), (one,), 2), "dalle": (tuple(sorted(reals)), (two,), 2)}


def test_a_source_of_the_same_name_on_both_sides_is_a_pair():
    assert groups("real/a/1.png", "real/b/2.png", "fake/a/3.png") == {"a": (("real/a/1.png",), ("fake/a/3.png",), 1), "b": (("real/b/2.png",), (), 1)}


def test_reals_further_up_serve_generators_without_any():
    found = groups("real/1.png", "ldm/1_fake/2.png", "progan/0_real/3.png", "progan/1_fake/4.png")
    assert found["ldm"] == (("real/1.png",), ("ldm/1_fake/2.png",), 1) and found["progan"][0] == ("progan/0_real/3.png",)


def test_a_class_may_be_missing():
    assert groups("ffhq/0_real/1.png") == {"ffhq": (("ffhq/0_real/1.png",), (), 1)}
    assert groups("1_fake/1.png") == {"whole": ((), ("1_fake/1.png",), 1)}


def test_depth_joins_categories():
    paths = ["progan/car/0_real/1.png", "progan/car/1_fake/2.png", "progan/cat/0_real/3.png", "progan/cat/1_fake/4.png"]
    assert set(groups(*paths)) == {"progan/car", "progan/cat"}
    assert groups(*paths, depth=1) == {"progan": ((paths[0], paths[2]), (paths[1], paths[3]), 1)}


def test_only_folders_give_labels():
    assert label_of("real.png") is None and label_of("photos/fake.png") is None
