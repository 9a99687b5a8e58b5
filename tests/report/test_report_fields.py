"""What a report must contain, from a real file through the real workbench; and that it comes out the same twice."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from forensics_ui import __version__
from forensics_ui.core.errors import Cancelled
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import BANDS
from forensics_ui.report import REPORTS, Case
from forensics_ui.report.build import picture_report, write_picture_report
from forensics_ui.views import VIEWS as VIEW_LIST
from forensics_ui.views import View
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like

VIEWS = ("npr_channels", "evidence", "seen", "file", "difference")
FORBIDDEN = re.compile(r"\bis (a )?(fake|real|authentic|genuine)\b|\bauthentic\b|proves? that", re.IGNORECASE)


@pytest.fixture(scope="module")
def camera_file(tmp_path_factory):
    """A JPEG with a camera, an owner and a place, under a name that says PNG."""
    path = tmp_path_factory.mktemp("files") / "写真 שלום.png"
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "MakerName", "ModelName", "Owner Person"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 31.0, 12.0)
    Image.fromarray(photo_like(101, 150)).save(path, "JPEG", quality=95, exif=exif)
    return path


@pytest.fixture(scope="module")
def written(workbench, camera_file, tmp_path_factory):
    case = Case("Harbour fire", "A. Person", "first look")
    return write_picture_report(
        workbench,
        workbench.open(camera_file, str(camera_file)),
        camera_file,
        ["json", "html", "csv", "pdf"],
        tmp_path_factory.mktemp("out"),
        VIEWS,
        case,
        detectors=["lfm"],
    )


@pytest.fixture(scope="module")
def record(written):
    return json.loads(written["json"].read_text(encoding="utf-8"))


def test_identity_of_the_file(record, camera_file):
    file = record["files"][0]
    data = camera_file.read_bytes()
    assert file["sha256"] == hashlib.sha256(data).hexdigest() and file["bytes"] == len(data)
    assert file["path"] == str(camera_file) and file["path_hex"] is None
    assert (file["declared_type"], file["detected_type"], file["width"], file["height"]) == ("PNG", "JPEG", 150, 101)
    assert file["facts"]["decoder"]["version"] and file["facts"]["jpeg"]["quality"] == 95


def test_with_what_it_was_made(record, report_settings):
    entry = record["detectors"][0]
    weights = report_settings.weights_dir / "small.safetensors"
    assert entry["weights"] == "small" and entry["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert (entry["input_rule"], entry["precision"], entry["device"], entry["preliminary"]) == ("native", "fp32", "cpu", True)
    assert entry["thresholds"] == {"low": -2e6, "some": -1e6, "strong": 1e6} and "validation group" in entry["thresholds_from"]
    assert entry["figures"]["as_they_come"]["fpr_at_some"] == 0.043 and entry["families"] == ["generator-x", "generator-y"]
    assert record["tool"]["version"] == __version__ and "commit" in record["tool"] and record["tool"]["python"]
    assert record["packages"]["torch"] and record["packages"]["pillow"] and "libjpeg_turbo" in record["codecs"]
    assert record["settings"]["device"] == "cpu" and record["settings"]["limits"]["pixels"] == 120_000_000


def test_scores_words_limits_and_the_way_back(record, camera_file):
    score = record["files"][0]["scores"][0]
    assert isinstance(score["logit"], float) and 0 < score["probability"] < 1 and score["verdict"] in BANDS and score["reasons"]
    assert "seconds" not in score and next(iter(record["times"]["seconds"].values())) > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["times"]["created"])
    assert len(record["propositions"]) == 2 and any("does not prove a camera" in line for line in record["limits"])
    assert record["command"][:4] == ["python", "-m", "forensics_ui", "report"] and str(camera_file) in record["command"]
    assert record["case"] == {"name": "Harbour fire", "examiner": "A. Person", "notes": "first look"} and record["skipped"] == []
    assert re.fullmatch("[0-9a-f]{64}", record["body_sha256"])


def test_the_place_and_the_owner_stay_out_unless_asked_for(record, written, workbench, camera_file, tmp_path):
    assert record["files"][0]["facts"]["exif"] == {"Make": "MakerName", "Model": "ModelName"} and "gps" not in record["files"][0]["facts"]
    assert "the place (GPS)" in record["files"][0]["left_out"]
    for name in ("json", "html", "csv"):
        text = written[name].read_text(encoding="utf-8")
        assert "Owner Person" not in text and "GPSLatitude" not in text
    full = write_picture_report(
        workbench, workbench.open(camera_file, str(camera_file)), camera_file, ["json"], tmp_path, ["file"], detectors=["lfm"], metadata=True
    )["json"].read_text(encoding="utf-8")
    assert "Owner Person" in full and "GPSLatitude" in full


def test_views_bring_their_words_numbers_and_panes(record, written):
    views = {view["name"]: view for view in record["files"][0]["views"]}
    assert list(views) == list(VIEWS) and "inverter" in views["difference"]["not_shown"]
    channels = views["npr_channels"]
    assert channels["numbers"]["channels"]["red"] and channels["sentences"] and channels["misleads"]
    red = next(pane for pane in channels["panes"] if pane["id"] == "npr_red")
    assert red["scale"]["high"] == pytest.approx(255 / 8) and red["place"] == pytest.approx([0, 0, 1, 100 / 101])
    html = written["html"].read_text(encoding="utf-8")
    assert all(f".i{pane['image'][:16]} {{" in html for pane in channels["panes"])


def text_of(html):
    """What a reader of the page reads."""

    class Text(HTMLParser):
        found = ""
        hidden = False

        def handle_starttag(self, tag, attrs):
            self.hidden = tag in ("script", "style")

        def handle_data(self, data):
            self.found += "" if self.hidden else data

        def handle_endtag(self, tag):
            self.hidden = False

    parser = Text()
    parser.feed(html)
    return parser.found


def test_the_answer_its_error_rate_and_its_limits_stand_first_and_nothing_is_called_fake_or_authentic(record, written):
    text = text_of(written["html"].read_text(encoding="utf-8"))
    places = [
        text.index(words)
        for words in (record["answer"][0], "4.3\N{NO-BREAK SPACE}% of 120 real ones", "Limits of this answer", "Path as given", "How this was made")
    ]
    assert places == sorted(places)
    assert not FORBIDDEN.search(text)


def test_the_same_inputs_give_the_same_bytes_but_for_the_times(written, workbench, camera_file, tmp_path):
    case = Case("Harbour fire", "A. Person", "first look")
    again = write_picture_report(
        workbench, workbench.open(camera_file, str(camera_file)), camera_file, ["json"], tmp_path, VIEWS, case, detectors=["lfm"]
    )["json"].read_bytes()
    first = written["json"].read_bytes()
    times = re.compile(rb'\n "times": \{.*?\n \},?\n', re.DOTALL)
    assert len(times.findall(first)) == 1
    assert times.sub(b"\n", first) == times.sub(b"\n", again)


def test_without_a_detector_there_is_a_report_without_an_answer(camera_file, tmp_path):
    settings = Settings.load(weights_dir=tmp_path, data_dir=tmp_path, device="cpu")
    (tmp_path / "manifest.json").write_text('{"weights": []}')
    with Workbench(settings) as bare:
        picture = bare.open(camera_file)
        written = write_picture_report(bare, picture, camera_file, REPORTS.names(), tmp_path / "out", ["evidence", "npr_channels"])
    record = json.loads(written["json"].read_text(encoding="utf-8"))
    evidence, channels = record["files"][0]["views"]
    assert "no detector scored" in record["answer"][0] and "no weights" in evidence["not_shown"] and channels["panes"]


def test_it_can_be_stopped_and_then_writes_nothing(workbench, camera_file, tmp_path):
    heard = []

    def stop(done, total, what):
        heard.append((done, total, what))
        if done == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        write_picture_report(workbench, workbench.open(camera_file), camera_file, ["html"], tmp_path, VIEWS, on_progress=stop, detectors=["lfm"])
    assert heard[0] == (0, len(VIEWS) + 1, "scores") and heard[-1][2] == VIEWS[1] and not list(tmp_path.iterdir())


def test_a_view_that_breaks_says_so_and_the_others_stand(workbench, camera_file):
    @VIEW_LIST.register("breaks")
    class Breaks(View):
        name, title, shows, misleads = "breaks", "Breaks", "Nothing", "Always"

        def render(self, subject, **options):
            raise RuntimeError("a secret path")

    try:
        report = picture_report(workbench, workbench.open(camera_file), camera_file, views=["breaks", "seen"], detectors=["lfm"])
    finally:
        VIEW_LIST.remove("breaks")
    broken, seen = report.files[0].views
    assert "RuntimeError" in broken.not_shown and "a secret path" not in broken.not_shown and seen.sentences
