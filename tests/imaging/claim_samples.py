"""Pictures that say something of themselves, made on the spot: texts, EXIF, XMP, hidden bits."""

from __future__ import annotations

import gzip
import json

import numpy as np
from intake_samples import encode, photograph
from PIL import Image, PngImagePlugin

A1111 = (
    'a lighthouse, "storm", <lora:sea:0.8>\nsecond line\nNegative prompt: people, text\n'
    "Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 12345, Size: 512x768, "
    'Model hash: abc, Model: sd_xl_base_1.0, Lora hashes: "sea: 1, b: 2", Version: {version}'
)
COMFY = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            **{
                "seed": 8566257,
                "steps": 20,
                "cfg": 8.0,
                "sampler_name": "euler",
                "scheduler": "normal",
            },
            **{
                "model": ["4", 0],
                "positive": ["10", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
    },
    "4": {
        "class_type": "CheckpointLoaderSimple",
        "inputs": {"ckpt_name": "xl\\sd_xl_base_1.0.safetensors"},
    },
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": 1024, "height": 768, "batch_size": 1},
    },
    "10": {
        "class_type": "ControlNetApplyAdvanced",
        "inputs": {"negative": ["7", 0], "positive": ["6", 0], "is_changed": [float("nan")]},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["4", 1]}},
    "11": {"class_type": "PrimitiveString", "inputs": {"value": "a red fox in snow"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
}
FLUX = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass of milk", "clip": ["9", 0]}},
    "3": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["2", 0], "guidance": 3.5}},
    "4": {"class_type": "BasicGuider", "inputs": {"model": ["1", 0], "conditioning": ["3", 0]}},
    "5": {"class_type": "RandomNoise", "inputs": {"noise_seed": 42}},
    "6": {
        "class_type": "BasicScheduler",
        "inputs": {"scheduler": "simple", "steps": 25, "model": ["1", 0]},
    },
    "7": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "deis"}},
    "8": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {"noise": ["5", 0], "guider": ["4", 0], "sampler": ["7", 0], "sigmas": ["6", 0]},
    },
}
DRAWN = {
    "last_node_id": 9,
    "nodes": [
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["dream.ckpt"]},
        {
            "id": 6,
            "type": "CLIPTextEncode",
            "widgets_values": ["a boat"],
            "inputs": [{"name": "clip", "link": 3}],
        },
        {
            "id": 3,
            "type": "KSampler",
            "widgets_values": [77, "fixed", 12, 6.5, "dpmpp_2m", "karras", 1],
            "inputs": [{"name": "model", "link": 1}, {"name": "positive", "link": 2}],
        },
    ],
    "links": [[1, 4, 0, 3, 0, "MODEL"], [2, 6, 0, 3, 1, "CONDITIONING"], [3, 4, 1, 6, 0, "CLIP"]],
}


def png(texts: dict[str, str], image: Image.Image | None = None) -> bytes:
    """A PNG with text chunks."""
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        if key.startswith("XML:"):
            info.add_itxt(key, value)
        else:
            info.add_text(key, value, zip=len(value) > 50_000)
    return encode(image or photograph(), "PNG", pnginfo=info)


def with_exif(kind: str, base: dict[int, object], detail: dict[int, object] | None = None) -> bytes:
    """A picture with EXIF tags."""
    exif = Image.Exif()
    for tag, value in base.items():
        exif[tag] = value
    for tag, value in (detail or {}).items():
        exif.get_ifd(0x8769)[tag] = value
    return encode(photograph(), kind, exif=exif)


def xmp(inner: str) -> bytes:
    """A packet with some attributes and elements."""
    head = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
    return f"{head}{inner}</rdf:Description></rdf:RDF></x:xmpmeta>".encode()


def source_type(name: str) -> bytes:
    """A packet with a digital source type."""
    return xmp(f'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/{name}">')


def hidden(text: str, word: str, size: tuple[int, int] = (96, 80)) -> bytes:
    """A PNG that hides a text in its lowest bits, as NovelAI and extensions of the web UI do."""
    body = gzip.compress(text.encode()) if word.endswith("comp") else text.encode()
    raw = word.encode() + (8 * len(body)).to_bytes(4, "big") + body
    bits = np.unpackbits(np.frombuffer(raw, np.uint8))
    alpha = word.startswith("stealth_png")
    pixels = np.asarray(photograph(*size).convert("RGBA" if alpha else "RGB"))
    columns = np.ascontiguousarray(pixels.transpose(1, 0, 2))
    plane = columns[..., 3:] if alpha else columns
    flat = plane.reshape(-1).copy()
    flat[: bits.size] = flat[: bits.size] & 0xFE | bits
    plane[...] = flat.reshape(plane.shape)
    return encode(Image.fromarray(np.ascontiguousarray(columns.transpose(1, 0, 2))), "PNG")


def novelai() -> dict[str, str]:
    """NovelAI's table of texts."""
    comment = {
        "prompt": "1girl",
        "steps": 28,
        "sampler": "k_euler",
        "seed": 5,
        "scale": 5.0,
        "uc": "lowres",
    }
    return {
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4 37442FCA",
        "Comment": json.dumps(comment),
    }
