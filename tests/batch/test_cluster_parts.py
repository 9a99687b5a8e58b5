"""The parts of the engine `ray` that need no cluster: what is asked of it, what a node does, and what Parquet files remember."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from forensics_ui.batch import Source, make_plan
from forensics_ui.batch.cluster.connection import SLOT_BYTES, count_slots, hush_threads, told
from forensics_ui.core.errors import ForensicsError
from forensics_ui.words import sentence_of
from tests.batch.conftest import make_pictures
from tests.refusals import refused

PROJECT = Path(__file__).resolve().parent.parent.parent
needs_arrow = pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed (requirements-cluster.txt)")


def in_python(text: str, place: Path, **more: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(place / "data"), **more}
    return subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=120, cwd=PROJECT)


def test_without_ray_one_sentence_says_what_to_install(tmp_path):
    make_pictures(tmp_path / "in", 1)
    words = ["batch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--engine", "ray"]
    done = in_python(f"import sys; sys.modules['ray'] = None; from forensics_ui.__main__ import main; sys.exit(main({words!r}))", tmp_path)
    assert done.returncode == 2 and "requirements-cluster.txt" in done.stderr and done.stderr.count("\n") == 1


def test_nobody_else_imports_ray(tmp_path, batch_weights):
    make_pictures(tmp_path / "in", 1)
    (tmp_path / "list.txt").write_text(f"{tmp_path / 'in' / '0000.png'}\n\n")
    words = ["batch", "--list", str(tmp_path / "list.txt"), "--out", str(tmp_path / "out"), "--formats", "json", "--device", "cpu"]
    words += ["--weights", str(batch_weights / "own.safetensors")]
    script = f"import sys; from forensics_ui.__main__ import main; code = main({words!r}); sys.exit(code or 10 * ('ray' in sys.modules))"
    done = in_python(script, tmp_path)
    assert done.returncode == 0 and "1 files: 1 scored" in done.stdout, done.stderr


@pytest.mark.parametrize("words", [[], ["in", "--list", "list.txt"], ["--list", "nowhere.txt"]])
def test_either_a_folder_or_a_list_is_asked_for(words, tmp_path):
    done = in_python(f"import sys; from forensics_ui.__main__ import main; sys.exit(main(['batch', *{words!r}, '--out', 'never']))", tmp_path)
    assert done.returncode == 2 and ("either a FOLDER" in done.stderr or "cannot be read" in done.stderr)


def node(**resources: float) -> dict:
    return {"Alive": True, "Resources": {"memory": 64 * SLOT_BYTES, **resources}}


def test_a_gpu_is_a_slot_and_shares_the_processors_of_its_node():
    nodes = [node(CPU=16, GPU=2), node(CPU=12, GPU=4), node(CPU=64), {**node(CPU=8, GPU=8), "Alive": False}]
    slots = count_slots(nodes, "auto")
    assert (slots.count, slots.device, slots.resources) == (6, "cuda", {"num_cpus": 3, "num_gpus": 1})


def test_without_gpus_a_processor_is_a_slot_as_far_as_the_memory_goes():
    nodes = [node(CPU=4), node(CPU=64, memory=10 * SLOT_BYTES), node(CPU=2, memory=1), node(memory=SLOT_BYTES)]
    slots = count_slots(nodes, "auto")
    assert (slots.count, slots.device, slots.resources) == (4 + 10 + 1, "cpu", {"num_cpus": 1})
    assert count_slots([node(CPU=4, GPU=1)], "cpu").resources == {"num_cpus": 1}
    for nodes, device, words in (([node(CPU=4)], "cuda", "no node"), ([node(CPU=4)], "mps", "Apple"), ([], "auto", "no node")):
        with refused(ForensicsError, words):
            count_slots(nodes, device)


@needs_arrow
def test_an_anti_join_leaves_what_the_files_do_not_hold(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from forensics_ui.batch.cluster.parquet import ParquetFolder

    folder = ParquetFolder(tmp_path)
    wanted = pa.table({"sha256": ["a", "a", "b", "c", "d"], "detector": ["lfm", "npr", "lfm", "lfm", "lfm"]})
    assert folder.without_known(wanted, ["sha256", "detector"]) == wanted
    rows = {"sha256": ["a", "b", "c"], "detector": ["lfm"] * 3, "error_code": [None, "truncated", "busy"]}
    pq.write_table(pa.table(rows), tmp_path / "one.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "one.parquet").read_bytes()[:-9])

    def left(passing):
        found = folder.without_known(wanted, ["sha256", "detector"], passing).to_pylist()
        return sorted((row["sha256"], row["detector"]) for row in found)

    assert left(["busy"]) == [("a", "npr"), ("c", "lfm"), ("d", "lfm")]
    assert left(None) == [("a", "npr"), ("b", "lfm"), ("c", "lfm"), ("d", "lfm")]
    assert [table.num_rows for table in folder.fresh()] == [3] and not list(folder.fresh())
    folder.tidy()
    assert [file.name for file in tmp_path.iterdir()] == ["one.parquet"]


@pytest.fixture
def planned(batch_workbench, own, tmp_path):
    return make_plan(batch_workbench, Source.of(make_pictures(tmp_path / "in", 2)), ["lfm"], weights=own)


def slot_of(workbench, plan, tries):
    from forensics_ui.batch.cluster.node import Slot

    tries.mkdir()
    return Slot(workbench.settings, plan.as_dict(), 1, tries)


def block(*files: tuple[str, Path]):
    import pyarrow as pa

    return pa.table({"sha256": [sha256 for sha256, _ in files], "location": [os.fsencode(path) for _, path in files]})


@needs_arrow
def test_a_node_with_other_weights_scores_nothing_and_is_named(batch_workbench, planned, tmp_path):
    other = replace(planned, choices=(replace(planned.choices[0], weights_sha256="0" * 64),))
    with refused(ForensicsError, r"not like the one .* weights"):
        slot_of(batch_workbench, other, tmp_path / "tries")(block(("a" * 64, tmp_path / "in" / "0000.png")))


@needs_arrow
def test_a_file_that_changed_or_vanished_is_a_row_that_will_be_tried_again(batch_workbench, planned, tmp_path):
    import pyarrow as pa

    from forensics_ui.batch.cluster.node import file_schema, hash_files

    good, gone = tmp_path / "in" / "0000.png", tmp_path / "in" / "gone.png"
    listed = pa.Table.from_pylist([{"path": path.name, "location": os.fsencode(path)} for path in (good, gone)], schema=file_schema())
    hashed = hash_files(listed, 10**6).to_pylist()
    assert len(hashed[0]["sha256"]) == 64 and hashed[1]["error"] and not hashed[1]["sha256"]
    slot = slot_of(batch_workbench, planned, tmp_path / "tries")
    rows = slot(block((hashed[0]["sha256"], good), ("b" * 64, tmp_path / "in" / "0001.png"), ("c" * 64, gone))).to_pylist()
    assert rows[0]["logit"] is not None and rows[0]["worker"].endswith(f":{os.getpid()}")
    assert [(row["sha256"][0], row["error_code"]) for row in rows[1:]] == [("b", "error"), ("c", "error")]
    assert "changed" in rows[1]["error"] and "not there" in rows[2]["error"]


@needs_arrow
def test_pictures_are_begun_five_times_and_then_named_as_what_workers_end_over(tmp_path):
    from forensics_ui.batch.cluster.node import MOST_TRIES, count_try

    bad, other = block(("a" * 64, tmp_path / "bad.png"), ("b" * 64, tmp_path / "next.png")), block(("c" * 64, tmp_path / "good.png"))
    for _ in range(MOST_TRIES):
        count_try(tmp_path, bad)
    with refused(ForensicsError, r"5 workers .* same 2 pictures, the first of which is 'bad.png'"):
        count_try(tmp_path, bad)
    count_try(tmp_path, other)


def test_a_sentence_of_ours_is_found_in_the_text_of_an_error_that_lost_its_cause():
    error = RuntimeError(
        "ray::MapWorker() (pid=1)\n  File x\nforensics_ui.core.errors.BadImage: The node a cannot take part.\n\nThe above was the cause\nmore"
    )
    assert sentence_of(told(error)) == "The node a cannot take part."
    assert sentence_of(told(RuntimeError("nobody's\nlast line"))).startswith("The cluster gave up (RuntimeError: last line)")


def test_a_thread_that_finds_the_cluster_gone_prints_nothing_and_any_other_error_is_printed(monkeypatch, capsys):
    class Gone(Exception):
        pass

    def fails(error):
        raise error

    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    hush_threads(Gone)
    for error in (Gone("left"), ValueError("a fault of ours")):
        thread = threading.Thread(target=fails, args=(error,))
        thread.start()
        thread.join()
    assert "left" not in (said := capsys.readouterr().err) and "a fault of ours" in said
