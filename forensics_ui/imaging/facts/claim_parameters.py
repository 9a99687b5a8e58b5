"""Parameters of generation as programs write them: the text of A1111, and JSON of many kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forensics_ui.core.claims import GENERATED, GENERATOR_PARAMETERS, Claim, Field
from forensics_ui.imaging.facts.claim_texts import Said, fields, loaded, shown
from forensics_ui.imaging.facts.generators import A1111
from forensics_ui.imaging.facts.names import generator_named
from forensics_ui.imaging.facts.text import clean

WEB_UI = "Stable Diffusion web UI (A1111 format)"
# One setting of the last line: a name, and a value that may be quoted. Every repetition is bounded.
SETTING = re.compile(r'\s?(\w[\w \-/]{0,40}):\s?("(?:\\.|[^"\\]){0,2000}"|[^,]{0,400})(?:,|$)')
LAST_LINE = 16_384
WORDS = {"CFG scale": "cfg scale", "Schedule type": "scheduler", "VAE": "vae"}
DREAM = re.compile(r"\s-(s|S|W|H|C|A)\s?([\w.]{1,40})")
DREAM_WORDS = {
    "s": "steps",
    "S": "seed",
    "W": "width",
    "H": "height",
    "C": "cfg scale",
    "A": "sampler",
}
# Extensions of files of weights; the name says enough without.
WEIGHTS = re.compile(r"\.(?:safetensors|ckpt|gguf|sft|pth?|bin)$", re.IGNORECASE)
# The field, and the keys that programs give it, the most usual first.
KEYS = {
    "model": "model sd_model_name model_name base_model model_weights use_stable_diffusion_model checkpoint ckpt ckpt_name",
    "prompt": "prompt positive_prompt c original_prompt",
    "negative prompt": "negative_prompt negativeprompt uc negative_prompts",
    "seed": "seed image_seed",
    "sampler": "sampler sampler_name scheduler_name",
    "scheduler": "scheduler noise_schedule",
    "steps": "steps num_inference_steps sampling_steps",
    "cfg scale": "cfg_scale cfgscale guidance_scale scale guidance",
    "size": "size resolution",
    "width": "width",
    "height": "height",
    "version": "app_version version swarm_version",
    "date": "date created_at",
}


def read(said: Said, program: str) -> Claim | None:
    """The parameters that a text holds. `program`: the generator named elsewhere."""
    if A1111.search(said.text):
        return from_text(said)
    if said.key == "Dream":
        return from_dream(said)
    found = loaded(said.text)
    return from_json(said, found, program) if isinstance(found, Mapping) else None


def from_text(said: Said) -> Claim | None:
    """Prompt, `Negative prompt:`, and the line that begins with `Steps:`."""
    start = next(A1111.finditer(said.text)).start()
    head, line = said.text[:start], said.text[start : start + LAST_LINE].split("\n")[0]
    prompt, _, negative = head.partition("Negative prompt:")
    settings = {name: value.strip('" ') for name, value in SETTING.findall(line)}
    pairs = {"prompt": prompt.strip(), "negative prompt": negative.strip()}
    pairs |= {WORDS.get(name, name.lower()): value for name, value in list(settings.items())[:30]}
    model = model_name(settings.get("Model", ""))
    return claim(said, tool_of(settings), model, fields(pairs))


def tool_of(settings: Mapping[str, str]) -> str:
    """Which of the programs that share the format wrote it, where it says so."""
    named = f"{settings.get('App', '')} {settings.get('Version', '')}".strip()
    if re.match(r"f\d|forge|neo", named, re.IGNORECASE):
        return "Stable Diffusion WebUI Forge"
    if "Civitai resources" in settings:
        return "Civitai"
    return generator_named(named) or WEB_UI


def from_dream(said: Said) -> Claim:
    """The command line of the first versions of InvokeAI."""
    prompt = said.text.split('" -')[0].strip('"') if '" -' in said.text else said.text
    pairs = {"prompt": prompt} | {DREAM_WORDS[key]: value for key, value in DREAM.findall(said.text[:LAST_LINE])}
    return claim(said, "InvokeAI", "", fields(pairs))


def from_json(said: Said, found: Mapping[str, Any], program: str) -> Claim | None:
    """One of the JSON dialects; None where it is none of them."""
    tool = dialect(said, found) or program
    flat = flattened(found)
    pairs = {name: first(flat, keys.split()) for name, keys in KEYS.items()}
    if not (pairs["prompt"] or pairs["model"]) or not any(pairs[name] for name in ("seed", "steps", "sampler")):
        return None
    if pairs["width"] and pairs["height"]:
        pairs["size"] = f"{pairs.pop('width')}x{pairs.pop('height')}"
    return claim(said, tool, model_name(pairs["model"]), fields(pairs))


def dialect(said: Said, found: Mapping[str, Any]) -> str:
    """The program that writes JSON of this form."""
    if "sui_image_params" in found:
        return "SwarmUI"
    if said.key.startswith(("invokeai", "sd-metadata")):
        return "InvokeAI"
    version = shown(found.get("version") or found.get("Version"))
    if "fooocus" in f"{version} {shown(found.get('metadata_scheme'))} {said.key}".lower():
        return "Fooocus"
    if {"c", "uc", "sampler"} <= found.keys():
        return "Draw Things"
    if {"uc", "sampler", "steps"} <= found.keys() or "v4_prompt" in found:
        return "NovelAI"
    return ""


def flattened(found: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under keys of one spelling, those of an inner object included."""
    inner = next(
        (found[key] for key in ("sui_image_params", "image", "meta") if isinstance(found.get(key), Mapping)),
        {},
    )
    pairs = [*list(found.items())[:200], *list(inner.items())[:200]]
    return {str(key).lower().replace(" ", "_"): value for key, value in pairs}


def first(flat: Mapping[str, Any], keys: list[str]) -> str:
    """The first key that has something; of an object its name, of a list of prompts the first."""
    for key in keys:
        value = flat.get(key)
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            value = value[0]
        if isinstance(value, Mapping):
            value = next((value[name] for name in ("name", "model_name", "prompt") if name in value), None)
        if text := shown(value):
            return text
    return ""


def from_keys(texts: Mapping[str, str], where: str) -> Claim | None:
    """Easy Diffusion writes one text chunk per setting."""
    if not {"use_stable_diffusion_model", "num_inference_steps"} & texts.keys():
        return None
    pairs = {name: first(texts, keys.split()) for name, keys in KEYS.items()}
    return Claim(
        GENERATOR_PARAMETERS,
        GENERATED,
        where,
        tool="Easy Diffusion",
        model=model_name(pairs["model"]),
        fields=fields(pairs),
    )


def model_name(text: str) -> str:
    """The name of a model without folders and the extension of its file."""
    return clean(WEIGHTS.sub("", re.split(r"[\\/]", text.strip())[-1]), 120)


def claim(said: Said, tool: str, model: str, found: tuple[Field, ...]) -> Claim:
    """The claim of some parameters."""
    return Claim(GENERATOR_PARAMETERS, GENERATED, said.where, tool=tool, model=model, fields=found)
