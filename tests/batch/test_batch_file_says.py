"""What a file says of itself is in the rows of a batch, in its journal once, and in its tables."""

from __future__ import annotations

import csv
import io
import json

from PIL import Image, PngImagePlugin

from forensics_ui.batch.output import make_report, write_outputs
from tests.batch.conftest import make_pictures

PARAMETERS = "a boat\nSteps: 20, Sampler: Euler, Seed: 7, Size: 512x512, Model: xl"


def test_rows_and_tables_tell_what_the_file_says(manager, own, tmp_path):
    folder = make_pictures(tmp_path / "in", 1)
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", PARAMETERS)
    Image.effect_noise((48, 48), 40).convert("RGB").save(folder / "said.png", pnginfo=info)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert manager.wait(batch, 60).state == "finished"
    rows = {row["path"]: row for row in manager.rows(batch).each()}
    (claim,) = rows["said.png"]["file_says"]
    assert claim["model"] == "xl" and claim["sentence"].endswith("(anyone can write this).")
    assert "file_says" not in rows["said.png"]["facts"]
    assert all("file_says" not in score for score in rows["said.png"]["scores"].values())
    files = {one.path: one for one in make_report(manager, batch).files}
    assert files["said.png"].file_says[0]["tool"].startswith("Stable Diffusion")
    written = write_outputs(manager, batch, tmp_path / "out", ("csv", "json"))
    lines = csv.DictReader(io.StringIO(written["csv"].read_text(encoding="utf-8-sig")))
    cells = {line["path"]: line["file_says"] for line in lines}
    assert cells["said.png"] == 'made with Stable Diffusion web UI (A1111 format), model "xl" (unsigned)'
    assert [cell for path, cell in cells.items() if path != "said.png"] == [""]
    record = json.loads(written["json"].read_text())
    assert record["files"][-1]["file_says"][0]["fields"]
