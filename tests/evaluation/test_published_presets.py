"""The papers' figures as they were copied: every printed mean must come out of the printed cells."""

from __future__ import annotations

import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.evaluation.folders import groups_of, label_of
from forensics_ui.evaluation.presets import PRESETS, preset_called
from forensics_ui.evaluation.published import OVERALL, PUBLISHED, UNIVFD_TABLE_3
from tests.refusals import refused

ROWS = [(name, row) for name, rows in PUBLISHED.items() for row in rows]
# A cell and its mean are both rounded to one decimal.
ROUNDING = 0.1 + 1e-9


def mean(values):
    return sum(values) / len(values)


def test_five_sets_with_38_sub_folders():
    assert [len(preset.folders) for preset in PRESETS.values()] == [8, 9, 8, 8, 5]
    assert set(PUBLISHED) == set(PRESETS)
    assert {each.detector for rows in PUBLISHED.values() for each in rows} == {"npr", "lfm", "univfd"}


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row.source}" for name, row in ROWS])
def test_printed_means_come_out_of_the_copied_cells(name, row):
    assert tuple(row.rows) == PRESETS[name].folders
    for column, printed in enumerate(row.mean):
        cells = [pair[column] for pair in row.rows.values()]
        known = [cell for cell in cells if cell is not None]
        assert all(45 <= cell <= 100 for cell in known)
        if printed is None:
            continue
        if len(known) == len(cells):
            assert mean(known) == pytest.approx(printed, abs=ROUNDING)
        else:
            # What is left out must be able to make up the difference.
            left = (printed * len(cells) - sum(known)) / (len(cells) - len(known))
            assert 45 <= left <= 100


def test_the_means_over_all_38_come_out_too():
    def cells(detector, column):
        rows = [row for rows in PUBLISHED.values() for row in rows if row.detector == detector and row.mean[0] is not None]
        return [pair[column] for row in rows for pair in row.rows.values()]

    assert len(cells("npr", 0)) == 38
    assert mean(cells("npr", 0)) == pytest.approx(OVERALL["npr"][0], abs=ROUNDING)
    assert mean(cells("npr", 1)) == pytest.approx(OVERALL["npr"][1], abs=ROUNDING)
    assert mean(cells("univfd", 0)) == pytest.approx(OVERALL["univfd"][0], abs=ROUNDING)


def test_lfm_over_all_38_from_the_means_of_the_five_sets():
    for column in (0, 1):
        total = sum(row.mean[column] * len(row.rows) for rows in PUBLISHED.values() for row in rows if row.detector == "lfm")
        assert total / 38 == pytest.approx(OVERALL["lfm"][column], abs=ROUNDING)


def test_univfds_own_accuracies_are_those_of_its_table_3():
    *cells, printed = UNIVFD_TABLE_3
    assert len(cells) == 19 and mean(cells) == pytest.approx(printed, abs=0.01)
    own = [pair[0] for rows in PUBLISHED.values() for row in rows if row.source.startswith("UnivFD") for pair in row.rows.values()]
    assert set(own) - {None} == set(cells) - {63.0, 57.5, 59.5, 72.0}


def test_only_the_gans_of_nprs_authors_are_fed_as_they_are():
    assert {name: preset.rule_for("npr") for name, preset in PRESETS.items() if preset.rule_for("npr") != "paper"} == {"gangen": "native"}
    assert {preset.rule_for("univfd") for preset in PRESETS.values()} == {"paper"}


def test_categories_are_joined_and_other_names_in_use_are_known():
    paths = ["progan/car/0_real/a.png", "progan/car/1_fake/b.png", "progan/cat/1_fake/c.png", "crn/1_fake/d.png"]
    (group,) = groups_of(map(label_of, paths), PRESETS["forensynths"].name_of())
    assert (group.name, group.real, len(group.fake)) == ("progan", (paths[0],), 2)
    (renamed,) = groups_of([label_of("SDv1_new/1_fake/a.png")], PRESETS["diffusionforensics"].name_of())
    assert renamed.name == "sdv1"


def test_two_test_sets_in_one_folder_are_not_mixed():
    preset = PRESETS["diffusion1kstep"]
    one = label_of("Diffusion1kStep/ddpm/0_real/a.png")
    preset.check_places([one, label_of("Diffusion1kStep/ddpm/1_fake/b.png"), label_of("elsewhere/1_fake/c.png")])
    with refused(ForensicsError, "two places"):
        preset.check_places([one, label_of("DiffusionForensics/ddpm/0_real/a.png")])


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with refused(ForensicsError, "forensynths, gangen"):
        preset_called("imagenet")
