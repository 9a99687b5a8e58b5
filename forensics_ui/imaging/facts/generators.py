"""Which generators the file itself names: parameters, workflows, marks. Anybody can write or remove these; they are claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from forensics_ui.imaging.facts.names import generator_named
from forensics_ui.imaging.facts.text import clean

# PNG text keywords that one program, or one family of programs, uses.
KEYWORDS = {
    "workflow": "ComfyUI",
    "prompt": "ComfyUI",
    "invokeai_metadata": "InvokeAI",
    "invokeai_workflow": "InvokeAI",
    "invokeai_graph": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "Dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "sui_image_params": "SwarmUI",
    "generation_data": "TensorArt",
}
# Every repetition is bounded: the text is hostile until shown otherwise.
A1111 = re.compile(r"\bSteps: \d{1,6}, (?:\w[\w ]{0,40}: [^,]{0,200}, ){0,12}?(?:Sampler|Seed|CFG scale|Size): ")
COMFY = re.compile(r'"class_type"\s*:|"last_node_id"\s*:')
MADE_BY_MODEL = {"trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia", "algorithmicmedia"}


def find(written: dict[str, Any], tags: dict[str, Any], hidden: str | None, limit: int) -> list[dict[str, str]]:
    """Every mark of a generator with where it stands and what it says, each once."""
    marks = [*in_texts(written["text"]), *in_exif(tags["exif"]), *in_names(written, tags["exif"])]
    marks += [("unnamed", "XMP digital source type", kind) for kind in written["digital_source_type"] if kind.lower() in MADE_BY_MODEL]
    if hidden:
        marks.append(("Stable Diffusion front end (hidden parameters)", "lowest bits of the pixels", hidden))
    return [{"name": name, "where": where, "text": clean(text, limit)} for name, where, text in dict.fromkeys(marks)]


def in_texts(text: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Marks in PNG text chunks and comments."""
    for key, value in text.items():
        where = f"text {key!r}"
        if key == "parameters" or A1111.search(value):
            yield ("Stable Diffusion web UI (A1111 format)" if A1111.search(value) else "unnamed"), where, value
        elif key in ("workflow", "prompt"):
            yield ("ComfyUI" if COMFY.search(value) else "unnamed"), where, value
        elif key in KEYWORDS:
            yield KEYWORDS[key], where, value
        elif key == "Comment" and '"sampler"' in value and '"steps"' in value:
            yield "NovelAI", where, value
        elif key in ("Description", "comment") and "Job ID:" in value:
            yield "Midjourney", where, value


def in_exif(exif: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Marks in EXIF: A1111 uses the comment, ComfyUI the maker and model of the camera."""
    for key, value in exif.items():
        if not isinstance(value, str):
            continue
        if A1111.search(value):
            yield "Stable Diffusion web UI (A1111 format)", f"EXIF {key}", value
        elif value.lower().startswith(("workflow:", "prompt:")) and COMFY.search(value):
            yield "ComfyUI", f"EXIF {key}", value
        elif key == "ImageDescription" and "Job ID:" in value:
            yield "Midjourney", f"EXIF {key}", value


def in_names(written: dict[str, Any], exif: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Names of generators where a program, a credit or a source is named."""
    fields = [("software", name) for name in written["software"]]
    # A caption may speak of a generator that did not make the picture.
    fields += [(f"IPTC {key}", value) for key, value in written["iptc"].items() if key not in ("caption", "title")]
    fields += [(f"text {key!r}", written["text"].get(key)) for key in ("Source", "Title", "Author", "Credit")]
    fields += [(f"EXIF {key}", exif.get(key)) for key in ("Make", "Model", "Artist")]
    for where, value in fields:
        if name := generator_named(value):
            yield name, where, value
