"""One attempt at a batch, in a process that its test kills: python -m tests.batch.killed_driver FOLDER DATA WEIGHTS LOG SLOW [fresh]

It writes into LOG, at once, which content it submits and which is answered, so that the test knows what was lost.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from forensics_ui.batch import BatchManager
from forensics_ui.batch.output import write_outputs
from forensics_ui.core.settings import Settings
from forensics_ui.workbench import Workbench


def main(folder: str, data: str, weights: str, log: str, slow: str, *how: str) -> int:
    one_by_one = threading.Lock()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(what: str, sha256: str) -> None:
        os.write(descriptor, f"{what} {sha256} {time.time()}\n".encode())

    class Watched(Workbench):
        def open(self, *arguments, **named):
            with one_by_one:  # on many cores too there is to be a middle to be killed in
                time.sleep(float(slow))
            return super().open(*arguments, **named)

        def submit(self, picture, *arguments, **named):
            note("submitted", picture.sha256)
            ticket = super().submit(picture, *arguments, **named)
            ticket.add_done_callback(lambda _: note("answered", picture.sha256))
            return ticket

    with Watched(Settings.load(weights_dir=Path(weights).parent, data_dir=Path(data), device="cpu")) as workbench:
        manager = BatchManager(workbench)
        batch = manager.start(Path(folder), ["lfm"], weights={"lfm": weights}, fresh="fresh" in how)
        note("started", batch)
        progress = manager.wait(batch)
        write_outputs(manager, batch, Path(log).parent / "out", ["json", "csv"])
    return 0 if progress.state == "finished" else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
