"""The addresses behind the workbench, asked for what is not there, not allowed, or not theirs to give."""

# ruff: noqa: F811 (fixtures are imported by name)

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from app_samples import encoded, noise
from app_server import running_app
from PIL import Image
from view_desktop import RGB, desktop  # noqa: F401

ELSEWHERE = {"sec-fetch-site": "cross-site", "origin": "http://elsewhere.example"}


@pytest.mark.parametrize(
    "path", ["view/nobody/npr_channels", "tiles/nothing/0/1/0/0", "map/nothing/0.png", "numbers/nothing.json", "crop/nobody/0/0/9/9.png"]
)
def test_what_is_not_open_is_not_found(desktop, path):
    assert desktop.client.get(f"/forensics/{path}").status_code == 404


def test_a_closed_picture_takes_its_views_with_it(desktop):
    token = desktop.lay("other page", encoded(Image.fromarray(noise(64, 64)), "PNG"))
    made = desktop.view("npr_channels", token).json()
    desktop.desk.leave("other page")
    assert desktop.view("npr_channels", token).status_code == 404
    desktop.view("npr_channels", l="3")
    assert desktop.client.get(f"/forensics/numbers/{made['id']}.json").status_code == 404


def test_tiles_beyond_the_edge_are_not_found(desktop):
    url = desktop.view("npr_channels").json()["viewer"]["panes"][1]["levels"]["url"]
    for scale, column, row in ((1, 2, 0), (1, 0, 1), (0, 0, 0), (4, 1, 0), (10**9, 1, 0)):
        assert desktop.client.get(url.format(scale=scale, column=column, row=row)).status_code == 404
    assert desktop.client.get(url.replace("/1/{scale}", "/9/{scale}").format(scale=1, column=0, row=0)).status_code == 404


def test_a_wrong_option_is_refused_with_a_sentence(desktop):
    for options in ({"l": "1"}, {"l": "two"}, {"colour": "red"}, {"sign": "sideways"}, {"input-rule": "squint"}, {"j": "9"}):
        answer = desktop.view("npr_channels", **options)
        assert answer.status_code == 400
        problem = answer.json()["problem"]
        assert problem[0].isupper() and problem.endswith("."), problem
    assert desktop.view("no_such_view").status_code == 400


def test_a_view_with_nothing_to_say_gives_its_reason(desktop):
    token = desktop.lay("tiny", encoded(Image.fromarray(noise(8, 8)), "PNG"))
    told = desktop.view("difference", token).json()
    assert told["state"] == "failed"
    assert told["problem"] == "Give a second picture; the built-in inverter's weights are not installed."


def test_a_second_picture_that_is_none_is_refused_in_a_sentence(desktop):
    told = desktop.second(b"no picture").json()
    assert told["state"] == "failed" and told["problem"].endswith(".")
    assert desktop.jobs.second(desktop.token) is None


def test_a_body_over_the_limit_is_refused(desktop):
    assert desktop.second(bytes(400_001)).status_code == 413
    streamed = desktop.client.post(f"/forensics/second/{desktop.token}", content=(bytes(100_000) for _ in range(6)))
    assert streamed.status_code == 413
    assert "limit" in streamed.json()["problem"]


def test_a_page_of_another_site_can_change_nothing(desktop):
    data = encoded(Image.fromarray(RGB), "PNG")
    assert desktop.second(data, **ELSEWHERE).status_code == 403
    assert desktop.second(data, origin="http://127.0.0.1:1").status_code == 403
    assert desktop.second(data, origin="null").status_code == 403
    for path in (f"second/{desktop.token}", f"view/{desktop.token}/npr_channels"):
        assert desktop.client.delete(f"/forensics/{path}", headers=ELSEWHERE).status_code == 403
    assert desktop.second(data, origin="http://127.0.0.1", **{"sec-fetch-site": "same-origin"}).status_code == 200
    desktop.client.delete(f"/forensics/second/{desktop.token}")


def test_a_login_is_asked_for_where_one_is_set(tmp_path):
    with running_app(tmp_path, FORENSICS_AUTH="ana:secret") as app:
        for method, path in (
            ("GET", "views"),
            ("GET", "view/x/npr_channels"),
            ("GET", "tiles/x/0/1/0/0"),
            ("POST", "second/x"),
            ("DELETE", "second/x"),
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(f"{app.url}/forensics/{path}", method=method, data=b"" if method == "POST" else None))
            assert refused.value.code == 401, (method, path)
        login = urllib.request.Request(f"{app.url}/login", data=b"username=ana&password=secret")
        cookies = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert json.loads(cookies.open(login).read())["success"]
        assert json.loads(cookies.open(f"{app.url}/forensics/views").read())
