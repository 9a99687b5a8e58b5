"""The same batch on many machines: Ray Data spreads the files, restarts what dies and writes Parquet; the journal is filled from that."""

from forensics_ui.batch.cluster.connection import cluster_workbench
from forensics_ui.batch.cluster.manager import ClusterManager

__all__ = ["ClusterManager", "cluster_workbench"]
