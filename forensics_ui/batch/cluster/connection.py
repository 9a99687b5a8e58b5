"""The way to a Ray cluster: the one that RAY_ADDRESS names, or a small one on this machine for as long as the program runs."""

from __future__ import annotations

import importlib
import logging
import os
import re
import secrets
import socket
import threading
from dataclasses import dataclass, replace
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import PROJECT, Settings
from forensics_ui.core.types import Analysis
from forensics_ui.imaging.open import Intake
from forensics_ui.workbench import Workbench

MISSING = (
    "The engine 'ray' needs the packages of requirements-cluster.txt: `python launch.py batch ... --engine ray` installs them, "
    "and so does `pip install -r requirements-cluster.txt`."
)
# What one detector service and its decoder take on a processor; a node runs no more of them than fit.
SLOT_BYTES = 2 * 1024**3
MAX_DECODERS = 8
# Only paths and rows travel; pictures are read where they are scored.
OBJECT_STORE_BYTES = 256 * 1024**2
OUR_ERROR = re.compile(r"^forensics_ui\.core\.errors\.\w+: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Slots:
    """How many detector services run at once, and what each of them holds."""

    count: int
    device: str
    cpus: int
    gpus: int

    @property
    def resources(self) -> dict[str, float]:
        """What Ray has to set aside for one."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus} if self.gpus else {"num_cpus": self.cpus}


def load_ray() -> Any:
    """The package, or a sentence that says how to get it. It never reports to its makers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # What still runs here when the cluster was left must not start another one.
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of this process, to the terminal; its log files have everything
    if not os.environ.get("RAY_ADDRESS"):
        # Of a cluster on this machine nobody else is to be part: it listens on the loopback address (Ray's habit on
        # Windows and macOS) and asks for a secret, which would otherwise be written into the user's home.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        # Its workers are the program's own work, not something for idle hours.
        os.environ.setdefault("RAY_worker_niceness", "0")
        if os.environ.setdefault("RAY_AUTH_MODE", "token") == "token" and "RAY_AUTH_TOKEN_PATH" not in os.environ:
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        for needed in ("pyarrow.dataset", "pyarrow.parquet", "ray.data"):
            importlib.import_module(needed)
        return importlib.import_module("ray")
    except ImportError:
        raise ForensicsError(MISSING) from None


def cluster_workbench(settings: Settings, local_cpus: int | None = None) -> Workbench:
    """A workbench whose detectors run on the cluster. `local_cpus` is how many a cluster on this machine may use."""
    service = ClusterService(settings, local_cpus)
    return Workbench(settings, intake=Intake(settings.limits), service=service)  # type: ignore[arg-type]


class ClusterService:
    """Stands in for the detector service while a run is planned: the same questions, answered on a slot of the cluster."""

    def __init__(self, settings: Settings, local_cpus: int | None = None) -> None:
        self._package = load_ray()
        self._connect(local_cpus)
        try:
            self.slots = count_slots(self.ray.nodes(), settings.device)
        except ForensicsError:
            self.close()
            raise
        self.settings = replace(settings, device=self.slots.device)
        self._actor: Any = None

    @property
    def ray(self) -> Any:
        """The package, as long as it is connected: asked without, it would start a cluster of its own."""
        if not self._package.is_initialized():
            raise ForensicsError("The cluster was left, or has ended; start the same batch again to go on.")
        return self._package

    def availability(self) -> list[Any]:
        """Which detectors can be used on the nodes."""
        return self._ask("availability")

    def analyse(self, *what: Any, **how: Any) -> Analysis:
        """One score, worked out on a node."""
        return self._ask("analyse", *what, **how)

    def release(self) -> None:
        """Give back the slot that questions are answered on."""
        if self._actor is not None:
            self.ray.kill(self._actor)
            self._actor = None

    def close(self, timeout: float = 10.0) -> None:
        """Leave the cluster, which ends what it does for this program; one on this machine ends with it."""
        self._actor = None
        hush_threads(self._package.exceptions.RaySystemError)
        self._package.shutdown()

    def _connect(self, local_cpus: int | None) -> None:
        address = os.environ.get("RAY_ADDRESS")
        # Every worker finds this very program under the same path.
        how: dict[str, Any] = {"runtime_env": {"env_vars": {"PYTHONPATH": str(PROJECT)}}, "log_to_driver": False, "logging_level": logging.ERROR}
        if not address:
            # Named, or Ray would join whatever cluster it finds on this machine.
            how.update(address="local", num_cpus=local_cpus, include_dashboard=False, object_store_memory=OBJECT_STORE_BYTES)
        try:
            if address:
                knock(address)
            self._package.init(**how)
        except Exception as error:
            where = f"at RAY_ADDRESS={address}" if address else "on this machine"
            raise ForensicsError(f"No Ray cluster could be reached or started {where}: {str(error).splitlines()[0]}") from error
        quieten(self._package)

    def _ask(self, name: str, *what: Any, **how: Any) -> Any:
        from forensics_ui.service.service import DetectorService

        if self._actor is None:
            self._actor = self.ray.remote(**self.slots.resources)(DetectorService).remote(self.settings)
        try:
            return self.ray.get(getattr(self._actor, name).remote(*what, **how))
        except self._package.exceptions.RayError as error:
            raise told(error) from error


def hush_threads(expected: type[BaseException]) -> None:
    """Print nothing of threads that Ray leaves behind and that find out by themselves that the cluster is gone."""
    before = threading.excepthook

    def hook(what: threading.ExceptHookArgs) -> None:
        if not issubclass(what.exc_type, expected):
            before(what)

    threading.excepthook = hook


def knock(address: str) -> None:
    """Raise OSError at once where nobody listens; Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def quieten(ray: Any) -> None:
    """Progress is told by this program, and standard output belongs to the results."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)


def count_slots(nodes: list[dict[str, Any]], device: str) -> Slots:
    """One slot per GPU; where there are none, or the processor is asked for, one per CPU as far as the memory goes."""
    if device == "mps":
        raise ForensicsError("Ray does not know Apple's GPUs; use --device cpu, or leave --engine ray out.")
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    with_gpu = [held for held in alive if held.get("GPU", 0) >= 1]
    if with_gpu and device != "cpu":
        cpus = min(int(held.get("CPU", 0) // held["GPU"]) for held in with_gpu)
        return Slots(sum(int(held["GPU"]) for held in with_gpu), "cuda", max(1, min(MAX_DECODERS, cpus)), 1)
    if device == "cuda":
        raise ForensicsError("The device 'cuda' was asked for, but no node of the cluster has a GPU.")
    count = sum(min(int(held.get("CPU", 0)), int(held.get("memory", 0) // SLOT_BYTES) or 1) for held in alive)
    if not count:
        raise ForensicsError("The cluster has no node with a free processor.")
    return Slots(count, "cpu", 1, 0)


def told(error: BaseException) -> ForensicsError:
    """The sentence that something on a node ended with, however deep Ray has wrapped it."""
    seen: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in seen:
        # Ray's mixtures of its own error and ours carry no sentence of their own.
        if isinstance(found, ForensicsError) and not hasattr(found, "cause"):
            return found
        seen.append(found)
        found = getattr(found, "cause", None) or found.__cause__ or found.__context__
    # What a worker raises inside Ray Data arrives without its cause, which stands in the text alone.
    if ours := OUR_ERROR.search(str(error)):
        return ForensicsError(ours[1])
    last = (str(error).strip().splitlines() or [""])[-1][:300]
    return ForensicsError(f"The cluster gave up ({type(error).__name__}: {last}). What was finished is kept; start the same batch again to go on.")
