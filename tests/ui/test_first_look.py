"""What is on the screen first: maps before the figures about them, views before scores, and no waiting in between."""

# ruff: noqa: F811 (fixtures are imported by name)

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from app_samples import encoded, noise
from bench_page import ended, lay, made, state
from PIL import Image
from test_view_addresses import unpacked
from view_desktop import RGB, desktop  # noqa: F401

from forensics_ui.imaging.npr import npr
from forensics_ui.ui import looking
from forensics_ui.ui.desk import Job
from forensics_ui.views.npr_channels import NprChannels
from tests.views.helpers_views import FakeSubject


def asked(desktop, token, **options):
    return desktop.client.get(f"/forensics/view/{token}/npr_channels", params=options).json()


def test_maps_are_there_before_the_figures_and_stay_the_same(desktop):
    first = asked(desktop, desktop.token, l=7)
    assert first["state"] == "begun" and first["sentences"] == [] and "channels" not in first["numbers"]
    body = desktop.client.get(first["viewer"]["panes"][1]["levels"]["url"].format(scale=1, column=0, row=0)).content
    values = npr(RGB, 7)[..., 0]
    assert np.array_equal(unpacked(body), values[:512, :512])
    for _ in range(100):
        then = asked(desktop, desktop.token, l=7, had=first["id"])
        assert then["state"] in ("running", "done"), "what the page has is not sent again"
        if then["state"] == "done":
            break
    assert then["viewer"] == first["viewer"] and then["id"] == first["id"]
    assert then["numbers"]["channels"]["red"]["zero_share"] == pytest.approx((values == 0).mean(), abs=1e-6)


def test_what_is_shown_at_once_is_what_the_view_then_gives():
    subject = FakeSubject(noise(41, 30), ())
    for options in ({}, {"l": 3, "reference": "average"}, {"sign": "absolute", "gain": 3}):
        first, whole = NprChannels().at_once(subject, **options), NprChannels().render(subject, **options)
        assert first.numbers.items() <= whole.numbers.items()
        for one, other in zip(first.panes, whole.panes, strict=True):
            assert (one.id, one.title, one.scale, one.size) == (other.id, other.title, other.scale, other.size)
            assert np.array_equal(one.values, other.values)


def test_a_view_asked_for_before_the_picture_is_open_is_answered_when_it_is(desktop):
    job = desktop.desk.begin("other", Job("b.png", "b.png"))
    assert asked(desktop, job.token) == {"state": "running", "progress": [0, 0], "waiting": False}

    def arrive() -> None:
        time.sleep(0.15)
        job.picture = desktop.bench.get().open(encoded(Image.fromarray(noise(60, 40)), "PNG"), "b.png")
        job.opened.set()

    threading.Thread(target=arrive).start()
    assert asked(desktop, job.token)["viewer"]["width"] == 60


def test_a_picture_that_was_refused_has_no_view(desktop):
    job = desktop.desk.begin("other", Job("c.png", "c.png"))
    job.opened.set()
    assert asked(desktop, job.token)["state"] == "failed"


@pytest.mark.parametrize("seen", [True, False])
def test_scores_let_the_first_map_go_first_but_do_not_wait_for_ever(monkeypatch, seen):
    monkeypatch.setattr(looking, "SCREEN_FIRST", 0.4)
    monkeypatch.setattr(looking, "describe", lambda bench: [{"name": "lfm", "usable": True, "rules": ("crop",)}])
    times = []
    ticket = SimpleNamespace(done=lambda: True, result=lambda: SimpleNamespace(record=SimpleNamespace(as_dict=dict)), progress=(1, 1))
    bench = SimpleNamespace(open=lambda *_, **__: SimpleNamespace(width=900, height=900, complete=1.0))
    bench.submit = lambda *_, **__: times.append(time.monotonic()) or ticket
    job, began = Job("d.png", "d.png"), time.monotonic()
    if seen:
        threading.Timer(0.1, job.looked.set).start()
    assert [moment.stage for moment in looking.look(SimpleNamespace(get=lambda: bench), job)][-1] == "done"
    waited = times[0] - began
    assert (0.09 < waited < 0.39) if seen else (waited > 0.39), waited


def test_figures_that_are_not_there_yet_are_not_read_from_the_last_map(screen):
    lay(screen)
    screen.route("**/view/*/npr_channels*had=*", lambda route: (time.sleep(0.8), route.continue_()))
    before = screen.locator(".wb-below").inner_text()
    screen.evaluate("const box = document.querySelector('[data-option=l]'); box.value = 3; box.dispatchEvent(new Event('input', { bubbles: true }))")
    screen.wait_for_function("forensicsWorkbench().made.numbers.l === 3")
    screen.wait_for_selector("#wb-panel.counting")
    assert state(screen)["panes"][1]["id"] == "npr_red"
    ended(screen, "npr_channels")
    assert "counting" not in screen.locator("#wb-panel").get_attribute("class")
    assert made(screen)["numbers"]["channels"] and screen.locator(".wb-below").inner_text() != before
