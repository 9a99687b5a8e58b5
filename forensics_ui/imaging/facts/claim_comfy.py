"""ComfyUI's graphs: model of the loader, seed of the sampler, and the prompts, by their links."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from forensics_ui.core.claims import GENERATED, WORKFLOW, Claim
from forensics_ui.imaging.facts.claim_parameters import model_name
from forensics_ui.imaging.facts.claim_texts import Said, fields, loaded

MOST_NODES, MOST_STEPS = 5000, 400
LOADERS = ("ckpt_name", "unet_name", "model_name", "gguf_name", "base_ckpt_name", "diffusion_name")
SETTINGS = {
    "seed": ("seed", "noise_seed"),
    "steps": ("steps",),
    "cfg scale": ("cfg", "guidance"),
    "sampler": ("sampler_name",),
    "scheduler": ("scheduler",),
    "width": ("width",),
    "height": ("height",),
}
WORDS = ("text", "text_g", "t5xxl", "clip_l", "prompt", "string", "value", "text_positive")
# What the values of a node mean in a workflow, where they have no names.
WIDGETS = {
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config", "ckpt_name"),
    "UNETLoader": ("unet_name",),
    "UnetLoaderGGUF": ("unet_name",),
    "CLIPTextEncode": ("text",),
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "KSamplerAdvanced": ("", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps"),
    "FluxGuidance": ("guidance",),
}
Nodes = dict[str, dict[str, Any]]


def read(texts: list[Said]) -> Claim | None:
    """One claim for all graphs of a file: what was run tells more than what was drawn."""
    graphs = [(said, nodes) for said in texts if (nodes := nodes_of(said.text))]
    if not graphs:
        return None
    ran = [nodes for said, nodes in graphs if "class_type" in said.text]
    nodes = ran[0] if ran else graphs[0][1]
    places = ", ".join(dict.fromkeys(said.where for said, _ in graphs))
    sampler = sampler_of(nodes)
    pairs = settings(nodes, sampler)
    model = model_name(pairs.get("model", ""))
    found = fields({**pairs, "nodes": len(nodes)})
    return Claim(WORKFLOW, GENERATED, places[:200], tool="ComfyUI", model=model, fields=found)


def nodes_of(text: str) -> Nodes:
    """The nodes of a graph with their inputs by name; empty if the text holds no graph."""
    if '"class_type"' not in text and '"nodes"' not in text:
        return {}
    found = loaded(text)
    if not isinstance(found, Mapping):
        return {}
    if isinstance(found.get("nodes"), list):
        return drawn(found)
    inner = found.get("prompt") if isinstance(found.get("prompt"), Mapping) else found
    pairs = list(inner.items())[:MOST_NODES]
    return {str(key): node(each) for key, each in pairs if isinstance(each, Mapping) and "class_type" in each}


def node(each: Mapping[str, Any]) -> dict[str, Any]:
    """A node of the graph that was run."""
    inputs = each.get("inputs")
    return {
        "type": str(each["class_type"]),
        "inputs": dict(inputs) if isinstance(inputs, Mapping) else {},
    }


def drawn(found: Mapping[str, Any]) -> Nodes:
    """The nodes of a workflow as it was drawn: links and values have to be named first."""
    links = {each[0]: each for each in listed(found.get("links")) if isinstance(each, list) and len(each) > 4 and isinstance(each[0], int)}
    nodes: Nodes = {}
    for each in listed(found["nodes"]):
        if isinstance(each, Mapping) and "type" in each:
            kind = str(each["type"])
            values = zip(WIDGETS.get(kind, ()), listed(each.get("widgets_values")), strict=False)
            inputs = {name: value for name, value in values if name}
            for slot in listed(each.get("inputs")):
                link = slot.get("link") if isinstance(slot, Mapping) else None
                if isinstance(link, int) and link in links:
                    inputs[str(slot.get("name"))] = [links[link][1], links[link][2]]
            nodes[str(each.get("id"))] = {"type": kind, "inputs": inputs}
    # A list of nodes that is no workflow has none of the known kinds.
    return nodes if "links" in found or any(each["type"] in WIDGETS for each in nodes.values()) else {}


def listed(value: Any) -> list[Any]:
    """A list, capped; anything else is empty."""
    return value[:MOST_NODES] if isinstance(value, list) else []


def sampler_of(nodes: Nodes) -> dict[str, Any]:
    """The node that samples: the one with both prompts if there is one."""
    samplers = [each for each in nodes.values() if "sampler" in each["type"].lower()]
    for wanted in ("positive", "guider"):
        if with_it := [each for each in samplers if wanted in each["inputs"]]:
            return with_it[0]
    return samplers[0] if samplers else {"type": "", "inputs": {}}


def settings(nodes: Nodes, sampler: dict[str, Any]) -> dict[str, Any]:
    """Model, prompts and numbers, each from the nearest node before the sampler that has it."""
    before = [sampler, *upstream(nodes, sampler["inputs"].values())]
    every = [*before, *nodes.values()]
    inputs = sampler["inputs"]
    pairs: dict[str, Any] = {"model": nearest(every, LOADERS)}
    pairs["prompt"] = words(nodes, [inputs.get("positive", inputs.get("guider"))], "negative")
    pairs["negative prompt"] = words(nodes, [inputs.get("negative")], "positive")
    pairs |= {name: nearest(before, keys) for name, keys in SETTINGS.items()}
    if pairs["width"] and pairs["height"]:
        pairs["size"] = f"{pairs.pop('width')}x{pairs.pop('height')}"
    return pairs


def upstream(nodes: Nodes, starts: Any, leave_out: str = "") -> Iterator[dict[str, Any]]:
    """The nodes that some inputs come from, the nearest first; circles end."""
    waiting, seen = deque(starts), set()
    while waiting and len(seen) < MOST_STEPS:
        link = waiting.popleft()
        key = str(link[0]) if isinstance(link, list) and len(link) == 2 else ""
        if key in nodes and key not in seen:
            seen.add(key)
            yield nodes[key]
            waiting.extend(value for name, value in nodes[key]["inputs"].items() if name != leave_out)


def nearest(nodes: list[dict[str, Any]], keys: tuple[str, ...]) -> Any:
    """The first value under one of the keys that is no link."""
    for each in nodes:
        for key in keys:
            value = each["inputs"].get(key)
            if isinstance(value, (str, int, float)) and value != "":
                return value
    return ""


def words(nodes: Nodes, starts: list[Any], leave_out: str) -> str:
    """The nearest text that a prompt is made of."""
    for each in upstream(nodes, starts, leave_out):
        for key in WORDS:
            value = each["inputs"].get(key)
            if isinstance(value, str) and value.strip():
                return value
    return ""
