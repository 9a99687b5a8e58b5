"""How manifests say that a picture came about: its source types, those of what it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MOST_MANIFESTS, MOST_ACTIONS = 16, 64
PARENT = "parentOf"


def sources(store: Mapping[str, Any]) -> dict[str, Any]:
    """Source types of the active manifest, its parents and its parts, and who acted."""
    manifests = store.get("manifests")
    known = manifests if isinstance(manifests, Mapping) else {}
    active = str(store.get("active_manifest"))
    parents, parts = made_from(known, active)
    return {
        "source_types": types_of(known.get(active)),
        "parent_source_types": [kind for each in parents for kind in types_of(known.get(each))],
        "part_source_types": [kind for each in parts for kind in types_of(known.get(each))],
        "agents": list(dict.fromkeys(name for each in (active, *parents) for name in agents_of(known.get(each)))),
    }


def made_from(known: Mapping[str, Any], active: str) -> tuple[list[str], list[str]]:
    """Labels of the manifests before this one, parent by parent, and of all parts."""
    parents, parts, waiting = [], [], [active]
    while waiting and len(parents) < MOST_MANIFESTS:
        manifest = known.get(waiting.pop())
        for each in listed(manifest, "ingredients")[:MOST_ACTIONS]:
            label = str(each.get("active_manifest"))
            if label in known and label not in (*parents, *parts, active):
                parent = each.get("relationship") == PARENT
                (parents if parent else parts).append(label)
                if parent:
                    waiting.append(label)
    return parents, parts


def types_of(manifest: Any) -> list[str]:
    """The source types of its actions, each once."""
    types = (str(each.get("digitalSourceType") or "").rsplit("/", 1)[-1] for each in actions_of(manifest))
    return list(dict.fromkeys(kind for kind in types if kind))[:MOST_ACTIONS]


def agents_of(manifest: Any) -> Iterator[str]:
    """The programs that its actions name."""
    for each in actions_of(manifest):
        agent = each.get("softwareAgent")
        name = agent.get("name") if isinstance(agent, Mapping) else agent
        if isinstance(name, str) and name:
            yield name[:120]


def actions_of(manifest: Any) -> Iterator[Mapping[str, Any]]:
    """All actions of a manifest."""
    for assertion in listed(manifest, "assertions"):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            yield from listed(assertion.get("data"), "actions")[:MOST_ACTIONS]


def listed(value: Any, key: str) -> list[Mapping[str, Any]]:
    """The objects in a list under that key; whatever else stands there is passed over."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
