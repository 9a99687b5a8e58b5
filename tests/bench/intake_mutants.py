"""Broken pictures by the thousand through the intake: every one must end as a picture or as a reason, with no decoder lost.

    python tests/bench/intake_mutants.py [--count 10000] [--seed 1] [FOLDER ...]

Folders given (fuzzing corpora, say) are opened as they are, before the mutants. Exit code 1 if anything was unexplained.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent / "imaging")]

from intake_samples import mutants  # noqa: E402

from forensics_ui.core.errors import BadImage, DecoderDied, DecodeTimeout  # noqa: E402
from forensics_ui.imaging.open import Intake  # noqa: E402


def cases(folders: list[Path], count: int, seed: int) -> Iterator[tuple[str, Path | bytes, bool]]:
    """Label, source and whether to open it as partial."""
    for folder in folders:
        yield from (("file", path, False) for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    chance = random.Random(seed)
    yield from (("mutant", data, chance.random() < 0.25) for data in mutants(count, seed))


def main() -> int:
    """Run all cases and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="*", type=Path)
    arguments = parser.parse_args()
    outcomes: Counter[str] = Counter()
    unexplained, times = [], []
    with Intake() as intake:
        processes = set()
        for label, source, partial in cases(arguments.folders, arguments.count, arguments.seed):
            start = time.perf_counter()
            try:
                picture = intake.open(source, partial=partial)
                outcome = "picture" if picture.complete == 1 else "partial picture"
            except BadImage as error:
                outcome = error.code
                if isinstance(error, (DecoderDied, DecodeTimeout)):
                    print(f"{outcome}: {source if label == 'file' else source[:16].hex()}", file=sys.stderr)
            except Exception as error:
                outcome = "UNEXPLAINED"
                unexplained.append(f"{label}: {type(error).__name__}: {error}")
            outcomes[f"{label:7}{outcome}"] += 1
            times.append(time.perf_counter() - start)
            processes |= {decoder.pid for decoder in intake._running}
    times.sort()
    for name, number in sorted(outcomes.items()):
        print(f"{number:8,}  {name}")
    print(f"{len(times):8,}  in all; decoder processes used: {len(processes)}")
    print(f"median {times[len(times) // 2] * 1e3:.1f} ms, 99 % {times[len(times) * 99 // 100] * 1e3:.1f} ms, slowest {times[-1]:.2f} s")
    print("\n".join(unexplained[:20]))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
