"""`--engine ray`: a real Ray on this machine with two workers. What it writes is what the local engine writes."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from PIL import Image

from forensics_ui.batch import BatchManager
from forensics_ui.batch.output import write_outputs
from forensics_ui.words import sentence_of
from tests.batch.conftest import make_pictures

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed (requirements-cluster.txt)"),
    pytest.mark.timeout(600),
]
PROJECT = Path(__file__).resolve().parent.parent.parent
KEYS = ("sha256", "detector", "weights_sha256", "input_rule", "precision")


@pytest.fixture(autouse=True)
def nothing_deprecated():
    from ray.util.annotations import RayDeprecationWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", RayDeprecationWarning)
        yield


@pytest.fixture(scope="module")
def cluster(batch_workbench):
    from forensics_ui.batch.cluster import cluster_workbench

    with cluster_workbench(batch_workbench.settings, local_cpus=2) as made:
        yield made


@pytest.fixture
def cluster_manager(cluster, tmp_path):
    from forensics_ui.batch.cluster import ClusterManager

    made = ClusterManager(cluster, tmp_path / "cluster_data")
    yield made
    made.close()


def answers(folder: Path) -> list[dict]:
    """All rows of the whole Parquet files below a folder."""
    import pyarrow.parquet as pq

    from forensics_ui.batch.cluster.parquet import is_whole

    return [row for file in sorted(folder.rglob("scores/*.parquet")) if is_whole(file) for row in pq.ParquetFile(file).read().to_pylist()]


def keys_of(rows: list[dict]) -> list[tuple]:
    return sorted(tuple(row[key] for key in KEYS) for row in rows)


def lasting(rows) -> list[dict]:
    """Rows without what depends on the moment."""
    found = list(rows)
    for row in found:
        for score in row["scores"].values():
            score.pop("seconds", None)
    return found


def pictures(folder: Path, count: int, side: int = 48) -> Path:
    make_pictures(folder, count, side)
    for number in range(0, count, 5):
        shutil.copy(folder / f"{number:04}.png", folder / f"again{number:04}.jpg")
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    Image.new("RGB", (4, 4)).save(folder / "dot.png")
    (folder / "notes.txt").write_text("words")
    return folder


@pytest.mark.slow
def test_the_results_are_those_of_the_local_engine(cluster_manager, batch_workbench, own, tmp_path):
    folder = pictures(tmp_path / "in", 10)
    written = {}
    local = BatchManager(batch_workbench, tmp_path / "local_data")
    for name, manager in (("ray", cluster_manager), ("local", local)):
        out = tmp_path / name
        batch = manager.start(folder, ["lfm"], weights=own, out=out)
        progress = manager.wait(batch, 120)
        assert (progress.state, progress.done, progress.failed, progress.skipped) == ("finished", 13, 1, 1)
        assert len(manager.rows(batch).computed()) == 11 and set(manager.rows(batch).computed().values()) == {1}
        write_outputs(manager, batch, out, ["json", "csv"])
        record = json.loads((out / "results.json").read_text(encoding="utf-8"))
        # Besides the times: the commit of this checkout, which somebody may be working on, and the hash over all.
        assert all(record.pop(part) for part in ("times", "tool", "body_sha256"))
        written[name] = batch, lasting(manager.rows(batch).each()), record, (out / "results.csv").read_bytes()
    local.close()
    ray_record, local_record = written["ray"][2], written["local"][2]
    assert not {name: (ray_record[name], value) for name, value in local_record.items() if ray_record[name] != value}
    assert written["ray"] == written["local"]
    rows = answers(tmp_path / "ray")
    assert len(rows) == len(set(keys_of(rows))) == 12, "the same content is scored once, the bad one has a row"
    assert next(row for row in rows if row["error"])["error_code"] == "truncated"


@pytest.mark.slow
def test_a_worker_that_is_killed_mid_run_costs_no_row(cluster_manager, batch_workbench, own, tmp_path):
    folder = pictures(tmp_path / "in", 100, side=160)
    out = tmp_path / "out"
    batch = cluster_manager.start(folder, ["lfm"], weights=own, out=out)
    while not (seen := answers(out)):
        assert not cluster_manager.wait(batch, 0.02).over, "it was over before there was anything to disturb"
    killed = seen[-1]["worker"]
    os.kill(int(killed.split(":")[1]), signal.SIGKILL)
    assert len(seen) < 102 and not cluster_manager.wait(batch, 0).over, "not mid-run"
    before = {file.name for file in out.rglob("scores/*.parquet")}
    progress = cluster_manager.wait(batch, 240)
    assert (progress.state, progress.done, progress.failed) == ("finished", 121, 1)
    rows = answers(out)
    assert len(rows) == len(set(keys_of(rows))) == 102
    others = {row["worker"] for row in rows} - {killed}
    assert others and len({file.name for file in out.rglob("scores/*.parquet")}) > len(before), "somebody did the rest"
    assert set(cluster_manager.rows(batch).computed().values()) == {1}


@pytest.mark.slow
def test_pictures_that_end_every_worker_end_the_run_in_a_sentence(cluster, tmp_path):
    import pyarrow as pa

    from forensics_ui.batch.cluster.connection import told
    from forensics_ui.batch.cluster.node import MOST_TRIES, count_try
    from forensics_ui.batch.cluster.run import write

    class Dies:
        """Defined here, so that it travels to the workers whole."""

        def __init__(self, tries: Path) -> None:
            self.tries = tries

        def __call__(self, table):
            count_try(self.tries, table)
            os._exit(1)

    tries = tmp_path / "tries"
    tries.mkdir()
    data = cluster.service.ray.data
    block = pa.table({"sha256": ["a" * 64], "location": [b"deadly.png"]})
    how = {"fn_constructor_kwargs": {"tries": tries}, "compute": data.ActorPoolStrategy(size=1), **cluster.service.slots.resources}
    with pytest.raises(Exception, match="deadly") as ended:
        write(data, Dies, [block], tmp_path / "scores", how)
    assert sentence_of(told(ended.value)) == "5 workers of the cluster ended over the picture 'deadly.png'. What was finished is kept."
    assert [file.stat().st_size for file in tries.iterdir()] == [MOST_TRIES + 1]


def ray_command(place: Path, weights: Path) -> tuple[list[str], dict[str, str]]:
    words = ["batch", "--list", place / "list.txt", "--out", place / "out", "--engine", "ray", "--weights", weights / "own.safetensors"]
    words += ["--device", "cpu", "--json", "--formats", "json"]
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(place / "data")}
    environment.pop("RAY_ADDRESS", None)
    return [sys.executable, "-m", "forensics_ui", *map(str, words)], environment


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_command_goes_on_from_what_the_parquet_files_hold(batch_weights, tmp_path):
    folder = pictures(tmp_path / "in", 100, side=160)
    (tmp_path / "list.txt").write_text("\n".join(str(file) for file in sorted(folder.iterdir())))
    words, environment = ray_command(tmp_path, batch_weights)
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT)
    while not (first := answers(tmp_path / "out")):
        assert process.poll() is None, "it ended before there was anything to disturb"
        time.sleep(0.02)
    process.kill()
    process.wait()
    shutil.rmtree(tmp_path / "data")  # without the journal there is nothing but the Parquet files to remember
    torn = next((tmp_path / "out").rglob("scores/*.parquet")).with_name("torn.parquet")
    torn.write_bytes(b"PAR1 and no end")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, cwd=PROJECT)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    assert (found["files"], found["scored"], found["failed"], found["skipped"]) == (122, 121, 1, 1)
    rows = answers(tmp_path / "out")
    assert not torn.exists() and len(rows) == len(set(keys_of(rows))) == 102
    assert {tuple(row.items()) for row in first} <= {tuple(row.items()) for row in rows}, "what was there stays as it was"
    assert len((tmp_path / "out" / "results.json").read_bytes()) > 1000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX does")
def test_ctrl_c_stops_cleanly(batch_weights, tmp_path):
    folder = pictures(tmp_path / "in", 100, side=160)
    (tmp_path / "list.txt").write_text("\n".join(str(file) for file in sorted(folder.iterdir())))
    words, environment = ray_command(tmp_path, batch_weights)
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    while not answers(tmp_path / "out"):
        assert process.poll() is None, "it ended before there was anything to disturb"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=120)
    assert process.returncode == 130 and "The same command goes on from there" in told and "Traceback" not in told and not said
