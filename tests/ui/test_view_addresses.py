"""The addresses behind the workbench, asked directly: tiles, maps, numbers, a second picture, work that is stopped."""

# ruff: noqa: F811 (fixtures are imported by name)

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from app_samples import encoded, noise
from PIL import Image
from view_desktop import RGB, desktop  # noqa: F401

from forensics_ui.imaging.npr import npr
from forensics_ui.imaging.pyramid import TILE, tile_of
from forensics_ui.views import VIEWS
from forensics_ui.workbench.subject import PictureSubject


def unpacked(body):
    kinds = {1: np.uint8, 2: "<i2", 3: "<f4"}
    assert body[:2] == b"FV"
    width, height = np.frombuffer(body[4:8], "<u2")
    return np.frombuffer(body[8:], kinds[body[2]]).reshape(height, width)


def test_the_list_of_views_has_their_controls(desktop):
    told = {view["name"]: view for view in desktop.client.get("/forensics/views").json()}
    gain = next(option for option in told["npr_channels"]["options"] if option["name"] == "gain")
    assert gain["kind"] == "number" and gain["paints"] is True
    assert told["npr_channels"]["shows"] and told["npr_channels"]["misleads"]


def test_tiles_are_the_numbers_of_the_map(desktop):
    made = desktop.view("npr_channels").json()
    for index, pane in enumerate(made["viewer"]["panes"][1:]):
        for scale, column, row in ((1, 0, 0), (1, 1, 0), (2, 0, 0), (3, 0, 0)):
            body = desktop.client.get(pane["levels"]["url"].format(scale=scale, column=column, row=row)).content
            assert np.array_equal(unpacked(body), tile_of(npr(RGB)[..., index], scale, column, row, reduce="max"))


def test_tiles_of_the_picture_are_its_pixels(desktop):
    pane = desktop.view("npr_channels").json()["viewer"]["panes"][0]
    body = desktop.client.get(pane["levels"]["url"].format(scale=1, column=1, row=0)).content
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))), RGB[:, TILE:])


def test_another_gain_has_the_same_tiles_and_another_scale(desktop):
    one, other = (desktop.view("npr_channels", gain=gain).json() for gain in (4, 16))
    assert one["id"] != other["id"]
    for a, b in zip(one["viewer"]["panes"][1:], other["viewer"]["panes"][1:], strict=True):
        assert a["levels"] == b["levels"]
        assert a["palette"]["high"] == pytest.approx(4 * b["palette"]["high"])
    saved = [np.asarray(Image.open(io.BytesIO(desktop.client.get(f"/forensics/map/{made['id']}/1.png").content))) for made in (one, other)]
    assert not np.array_equal(*saved)


def test_another_cell_size_has_other_tiles(desktop):
    one, other = (desktop.view("npr_channels", l=cell).json()["viewer"]["panes"][1] for cell in (2, 3))
    assert one["levels"] != other["levels"]
    assert (one["size"], other["size"]) == ([578, 200], [576, 198])


PAINTED = [(name, option.name) for name, kind in VIEWS for option in kind.options if option.paints and not option.choices]


@pytest.mark.parametrize(("name", "option"), PAINTED)
def test_an_option_that_paints_divides_the_scale_and_leaves_the_numbers_alone(desktop, name, option):
    desktop.second(encoded(Image.fromarray(RGB[::-1]), "PNG"))
    made = [desktop.view(name, **{option: value}).json() for value in (2, 4)]
    subject = PictureSubject(desktop.bench.get(), desktop.jobs.picture(desktop.token), desktop.jobs.second(desktop.token))
    fresh = VIEWS.get(name)().render(subject, **{option: 4})
    shown = desktop.jobs.by_id(made[0]["id"])
    for index, (one, other) in enumerate(zip(*(each["viewer"]["panes"] for each in made), strict=True)):
        assert one["levels"] == other["levels"]
        assert np.array_equal(shown.values(index), fresh.panes[index].values)
        if "palette" in one:
            assert one["palette"]["high"] == pytest.approx(2 * other["palette"]["high"])
            assert one["palette"]["low"] == pytest.approx(2 * other["palette"]["low"])
    desktop.client.delete(f"/forensics/second/{desktop.token}")


def test_the_numbers_file_is_what_the_screen_shows(desktop):
    made = desktop.view("npr_channels", reference="average").json()
    saved = desktop.client.get(f"/forensics/numbers/{made['id']}.json")
    assert saved.json() == made["numbers"]
    assert "attachment" in saved.headers["content-disposition"]


def test_a_map_can_be_saved_as_numbers_and_as_shown(desktop):
    made = desktop.view("npr_channels").json()
    values = np.load(io.BytesIO(desktop.client.get(f"/forensics/map/{made['id']}/2.npy").content))
    assert np.array_equal(values, npr(RGB)[..., 1])
    shown = np.asarray(Image.open(io.BytesIO(desktop.client.get(f"/forensics/map/{made['id']}/2.png").content)))
    assert shown.shape == RGB.shape


def test_a_crop_is_lossless_and_stays_inside(desktop):
    body = desktop.client.get(f"/forensics/crop/{desktop.token}/566/150/23/23.png").content
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))), RGB[150:173, 566:578])
    assert desktop.client.get(f"/forensics/crop/{desktop.token}/600/0/9/9.png").status_code == 404


def test_a_second_picture_is_compared_and_can_be_taken_away(desktop):
    other = RGB.copy()
    other[10, 10] ^= 8
    told = desktop.second(encoded(Image.fromarray(other), "PNG")).json()
    assert (told["state"], told["name"], told["width"]) == ("done", "b c.png", 578)
    made = desktop.view("difference").json()
    assert made["numbers"]["inverted_by"] == "the second picture"
    assert made["numbers"]["npr"]["red"]["largest_difference"] == 8
    assert desktop.client.delete(f"/forensics/second/{desktop.token}").status_code == 204
    assert desktop.view("difference").json()["state"] == "failed"


def test_a_view_can_be_stopped_and_asked_for_again(desktop):
    token = desktop.lay("large", encoded(Image.fromarray(noise(1024, 1024)), "JPEG"))
    address = f"/forensics/view/{token}/region"
    assert desktop.client.get(address).json()["state"] == "running"
    assert desktop.client.delete(address).status_code == 204
    began = time.monotonic()
    while any(not one.ended.is_set() for one in desktop.jobs._showings.values()):
        assert time.monotonic() - began < 10
        time.sleep(0.05)
    assert desktop.view("region", token).json()["numbers"]["detectors"]["lfm"]["tiles"]["count"] == 16


def test_what_was_asked_under_older_options_is_stopped(desktop):
    token = desktop.lay("large", encoded(Image.fromarray(noise(1024, 768)), "JPEG"))
    first = desktop.jobs.ask(token, "region", {"x": 8, "w": 64, "h": 64}, "native")
    desktop.jobs.ask(token, "region", {"tiles": "no", "w": 64, "h": 64}, "native")
    assert first.stop.is_set()


def test_kept_renderings_are_bounded(desktop, monkeypatch):
    monkeypatch.setattr("forensics_ui.ui.view_jobs.KEPT_PIXELS", RGB.shape[0] * RGB.shape[1] * 9)
    for cell in range(4, 9):
        made = desktop.view("npr_channels", l=cell).json()
    assert len(desktop.jobs._showings) <= 2
    assert desktop.client.get(f"/forensics/numbers/{made['id']}.json").status_code == 200
