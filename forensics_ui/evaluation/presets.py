"""The five test sets of the papers, 38 sub-folders in all: what they are called on disk, and how the authors feed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.evaluation.folders import Labelled
from forensics_ui.evaluation.published import PUBLISHED, Published


@dataclass(frozen=True)
class Preset:
    """One test set. `rule` is what the test code of NPR and LFM does with it; UnivFD always crops (its `paper` rule)."""

    name: str
    title: str
    table: str
    folders: tuple[str, ...]
    rule: InputRule
    rule_words: str
    # Other names of a sub-folder that are in use.
    aliases: dict[str, str] = field(default_factory=dict)

    def rule_for(self, detector: str) -> InputRule:
        """The input rule of the published figures."""
        return "paper" if detector == "univfd" else self.rule

    def published(self, detector: str) -> tuple[Published, ...]:
        """What the papers print for this detector."""
        return tuple(each for each in PUBLISHED[self.name] if each.detector == detector)

    def name_of(self) -> Callable[[Labelled], str | None]:
        """Name generators by the sub-folder a file lies in; categories below it are joined, other folders are left out."""
        return lambda file: self._place(file)[0]

    def check_places(self, files: Iterable[Labelled]) -> None:
        """Refuse a folder that holds more than one test set: some of their sub-folders have the same names."""
        places: dict[str, str] = {}
        for file in files:
            name, place = self._place(file)
            if name and places.setdefault(name, place) != place:
                raise ForensicsError(f"{name!r} lies at two places, {places[name]!r} and {place!r}: name the folder of one test set.")

    def _place(self, file: Labelled) -> tuple[str | None, str]:
        """The sub-folder that a file lies in, and its path."""
        parts = (*file.above, *file.below)
        at = next((i for i, part in enumerate(parts) if part.lower() in self._known), None)
        return (None, "") if at is None else (self._known[parts[at].lower()], "/".join(parts[: at + 1]))

    @cached_property
    def _known(self) -> dict[str, str]:
        return {name.lower(): name for name in self.folders} | {other.lower(): name for other, name in self.aliases.items()}


_SQUASHED = "squashed to 256 x 256, aspect ratio lost (Pillow bilinear)"

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "forensynths",
            "ForenSynths, the 8 generators of NPR's Table 1",
            "NPR, Table 1",
            ("progan", "stylegan", "stylegan2", "biggan", "cyclegan", "stargan", "gaugan", "deepfake"),
            "paper",
            _SQUASHED,
        ),
        Preset(
            "gangen",
            "GANGen-Detection, 9 GANs sampled by NPR's authors",
            "NPR, Table 2",
            ("AttGAN", "BEGAN", "CramerGAN", "InfoMaxGAN", "MMDGAN", "RelGAN", "S3GAN", "SNGAN", "STGAN"),
            "native",
            "as they are, nothing resized",
        ),
        Preset(
            "diffusionforensics",
            "DiffusionForensics of DIRE, 8 diffusion models",
            "NPR, Table 3",
            ("adm", "ddpm", "iddpm", "ldm", "pndm", "vqdiffusion", "sdv1", "sdv2"),
            "paper",
            _SQUASHED,
            {"sdv1_new": "sdv1", "vq_diffusion": "vqdiffusion"},
        ),
        Preset(
            "ojha",
            "UniversalFakeDetect of UnivFD's authors, 8 settings of 4 diffusion and autoregressive models",
            "NPR, Table 4",
            ("dalle", "glide_100_10", "glide_100_27", "glide_50_27", "guided", "ldm_100", "ldm_200", "ldm_200_cfg"),
            "paper",
            _SQUASHED,
            {"adm": "guided"},
        ),
        Preset(
            "diffusion1kstep",
            "Diffusion1kStep, 5 diffusion models sampled or collected by NPR's authors",
            "NPR, Table 5",
            ("ddpm", "improved-diffusion", "guided-diffusion", "midjourney", "DALLE"),
            "paper",
            _SQUASHED,
            {"iddpm": "improved-diffusion", "adm": "guided-diffusion"},
        ),
    )
}


def preset_called(name: str) -> Preset:
    """The preset of that name."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ForensicsError(f"There is no preset called {name!r}; there are {', '.join(PRESETS)}.") from None
