"""Which pictures get which histories, the most useful first: a run that is stopped early has computed what is needed most."""

from __future__ import annotations

from argparse import Namespace

from tests.bench.lab_pool.pictures import Shot, chosen, manifest, pool, spread

CHANGED = ("j96", "j80", "halved", "web", "hard", "grey")
MOST_REALS, MOST_CHANGED, MOST_RANDOM = 800, 600, 700

Task = tuple[Shot, str]


def key_of(task: Task) -> str:
    """What a copy is called in all files."""
    return f"{task[0].key}|{task[1]}"


def tasks(listed: list[Shot], pooled: list[Shot]) -> list[Task]:
    """Every copy once, in order of use."""
    fakes = [shot for shot in listed if shot.label]
    reals = chosen((shot for shot in listed if not shot.label), MOST_REALS)
    new = [shot for shot in listed if shot.group == "new"]
    parts = (
        (listed, ("asis",)),
        (new, CHANGED),
        (fakes + reals, ("J1", "S1")),
        (chosen(pooled, len(pooled)), ("asis",)),
        (spread(pooled, MOST_CHANGED), CHANGED),
        (chosen(pooled, MOST_RANDOM), ("J1", "S1")),
        (fakes, ("J2", "S2")),
    )
    # Picture by picture within a part: half a part has all histories of half its pictures.
    return list(dict.fromkeys((shot, history) for shots, histories in parts for shot in shots for history in histories))


def all_tasks(arguments: Namespace) -> list[Task]:
    """Those of the lists that the arguments name."""
    return tasks(manifest(arguments.manifest), pool(arguments.pool))


def by_key(arguments: Namespace) -> dict[str, Task]:
    """The same, to look up."""
    return {key_of(task): task for task in all_tasks(arguments)}
