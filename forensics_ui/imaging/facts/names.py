"""Names of generators, editors and cameras as programs write them into files.

Short words that are also names of people or firms count only with what makes them a product.
"""

from __future__ import annotations

import re

# The canonical name, and the pattern of how it is written.
_GENERATORS = (
    ("ComfyUI", r"ComfyUI"),
    ("InvokeAI", r"Invoke ?AI"),
    ("Fooocus", r"(?:Ruined)?Fooocus"),
    ("SwarmUI", r"(?:Stable)?SwarmUI"),
    ("Stable Diffusion web UI", r"Automatic1111|stable-diffusion-webui"),
    ("SD.Next", r"SD\.Next"),
    ("Easy Diffusion", r"Easy ?Diffusion"),
    ("NovelAI", r"NovelAI"),
    ("Midjourney", r"Mid ?journey"),
    ("Draw Things", r"Draw ?Things"),
    ("DiffusionBee", r"Diffusion ?Bee"),
    ("Adobe Firefly", r"Adobe Firefly|Firefly Image[ \w]{0,12}|^Firefly$"),
    ("Bing Image Creator", r"Bing Image Creator"),
    ("Microsoft Designer", r"Microsoft (?:Designer|Image Creator)|MAI-Image[\w.-]{0,10}"),
    (
        "OpenAI",
        r"OpenAI(?:--ImageGeneration)?|ChatGPT|GPT-4o|"
        r"gpt-image(?:-\d(?:\.\d)?)?|DALL[-·•. ]?E(?: ?[23])?",
    ),
    (
        "Google AI",
        r"(?:Made|Edited) with Google AI|Google (?:Imagen|Gemini)|"
        r"Imagen ?[2-9]|Gemini ?\d[\w. -]{0,20}|Nano ?Banana",
    ),
    ("Meta AI", r"Imagined with AI|Meta AI|Made with Meta AI"),
    ("xAI Grok", r"x\.?AI Grok|Grok(?: ?\d| Imagine| Image)|^Grok$|^xAI$"),
    ("Stability AI", r"Stability(?: |\.)?AI|DreamStudio|Stable Image (?:Core|Ultra)"),
    ("Stable Diffusion", r"Stable ?Diffusion"),
    ("Ideogram", r"Ideogram(?: ?AI|\.ai)?"),
    ("FLUX", r"FLUX[. ]?[12][\w. \[\]-]{0,16}|Black Forest Labs"),
    ("Leonardo.Ai", r"Leonardo[. ]?AI"),
    ("Recraft", r"Recraft(?: ?V?\d| ?AI|\.ai)|^Recraft$"),
    ("Krea", r"Krea(?: ?AI|\.ai)|^Krea$"),
    ("Playground AI", r"Playground ?AI"),
    ("Civitai", r"Civitai"),
    ("ByteDance Seedream", r"Seedream|Jimeng|Doubao|Dreamina|即梦|豆包"),
    ("Qwen-Image", r"Qwen-?Image|通义万相|Tongyi ?Wanxiang"),
    ("Kling", r"Kling ?AI|可灵"),
    ("Craiyon", r"Craiyon"),
    ("NightCafe", r"NightCafe"),
)
_EDITORS = (
    r"Adobe (?:Photoshop|Lightroom|Camera Raw|Express|Illustrator)",
    r"Photoshop|Lightroom|GIMP|Affinity|Capture One|darktable|RawTherapee|DxO|Luminar|Topaz",
    r"Pixelmator|Snapseed|VSCO|Picsart|Canva|Krita|Paint\.NET|PaintShop|Corel|ImageMagick",
    r"GraphicsMagick|IrfanView|XnView|digiKam|Inkscape|Photopea|PhotoScape|ACDSee|FastStone",
    r"Samsung (?:Gallery|Photo Editor)|Google Photos|Microsoft Photos|Windows Photo",
)
_COMPILED = tuple((name, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)) for name, pattern in _GENERATORS)
EDITOR = re.compile(rf"(?<!\w)(?:{'|'.join(_EDITORS)})(?!\w)", re.IGNORECASE)
# Names stand at the beginning; nobody needs a long text to name a program.
LONGEST = 300


def generator_named(text: object) -> str | None:
    """The generator that a short text names; None if it names none."""
    if not isinstance(text, str):
        return None
    head = text[:LONGEST].strip()
    return next((name for name, pattern in _COMPILED if pattern.search(head)), None)


def editor_named(text: object) -> bool:
    """Whether a short text names a program that edits or converts pictures."""
    return isinstance(text, str) and bool(EDITOR.search(text[:LONGEST]))
