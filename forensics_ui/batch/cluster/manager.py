"""Batches on a cluster, listed and kept like all others."""

from __future__ import annotations

from pathlib import Path

from forensics_ui.batch.cluster.run import ClusterRun
from forensics_ui.batch.manager import BatchManager
from forensics_ui.batch.plan import Plan
from forensics_ui.batch.run import Event

RESULTS = "parquet"


class ClusterManager(BatchManager):
    """Runs batches on a cluster; its workbench is one that `cluster_workbench` made. Parquet files go into the folder of the results."""

    def parquet_of(self, batch: str, out: Path | None) -> Path:
        """Where the answers of a batch lie: on a disk that every node sees."""
        return (out / RESULTS / batch) if out else self.folder / batch / RESULTS

    def _run_of(self, batch: str, plan: Plan, out: Path | None, on_event: Event | None) -> ClusterRun:
        return ClusterRun(self.workbench, plan, self._journal(batch), self.parquet_of(batch, out), on_event=on_event, exclude=self._own(out))
