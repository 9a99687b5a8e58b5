"""A wheel as CLIP comes in: an ONNX file of quantised matrices inside a package; here a narrow tower with random numbers."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from forensics_ui.weightstore import clip_onnx
from forensics_ui.weightstore.manifest import WeightsEntry

WIDTH, HIDDEN, OUT, PATCH, GRID = 64, 128, 32, 32, 7


def field(number: int, kind: int, value: bytes | int) -> bytes:
    """One field as protocol buffers write it."""
    key = varint(number << 3 | kind)
    return key + (varint(value) if isinstance(value, int) else varint(len(value)) + value)


def varint(value: int) -> bytes:
    value, out = value & (1 << 64) - 1, b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def tensor(name: str, array: np.ndarray) -> bytes:
    """An initializer; scales and zeros stand in typed lists, as exporters write small ones."""
    kind = {"float32": 1, "int8": 3}[array.dtype.name]
    body = b"".join(field(1, 0, size) for size in array.shape) + field(2, 0, kind) + field(8, 2, name.encode())
    if name.endswith("_scale"):
        body += field(4, 2, array.tobytes())
    elif name.endswith("_zero_point"):
        body += field(5, 2, b"".join(varint(int(value)) for value in array))
    else:
        body += field(9, 2, array.tobytes())
    return field(5, 2, body)


def make_tensors() -> dict[str, np.ndarray]:
    """Every tensor that the converter looks for, of a narrow tower of twelve blocks."""
    random = np.random.default_rng(0)
    sizes = {"weight": (WIDTH,), "bias": (WIDTH,)}
    made = {
        "embeddings.class_embedding": (WIDTH,),
        "embeddings.position_embedding.weight": (GRID**2 + 1, WIDTH),
        "embeddings.patch_embedding.weight": (WIDTH, 3, PATCH, PATCH),
        **{f"{norm}.{part}": (WIDTH,) for norm in ("pre_layrnorm", "post_layernorm") for part in sizes},
    }
    matrices = []
    for layer in range(clip_onnx.LAYERS):
        at = f"encoder.layers.{layer}."
        made |= {f"{at}layer_norm{n}.{part}": (WIDTH,) for n in (1, 2) for part in sizes}
        made |= {f"{at}self_attn.{part}_proj.bias": (WIDTH,) for part in ("q", "k", "v", "out")}
        made |= {f"{at}mlp.fc1.bias": (HIDDEN,), f"{at}mlp.fc2.bias": (WIDTH,)}
        matrices += [(WIDTH, WIDTH)] * 4 + [(WIDTH, HIDDEN), (HIDDEN, WIDTH)]
    found = {f"vision_model.{name}": random.normal(size=shape).astype(np.float32) for name, shape in made.items()}
    for number, shape in enumerate([*matrices, (WIDTH, OUT)], 995):  # across a change in the number of digits
        found[f"onnx::MatMul_{number}_quantized"] = random.integers(-128, 128, shape).astype(np.int8)
        found[f"onnx::MatMul_{number}_zero_point"] = random.integers(-128, 128, shape[1]).astype(np.int8)
        found[f"onnx::MatMul_{number}_scale"] = random.uniform(1e-4, 1e-3, shape[1]).astype(np.float32)
    return found


def make_onnx(tensors: dict[str, np.ndarray]) -> bytes:
    """The file, of these initializers and nothing else."""
    return field(1, 0, 8) + field(7, 2, field(2, 2, b"graph") + b"".join(tensor(*item) for item in tensors.items()))


def packed(folder: Path, onnx: bytes, **wrong: str) -> WeightsEntry:
    """A wheel in a folder of its own, and the entry that names it."""
    file = folder / "tower-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tower/clip.onnx", onnx)
        archive.writestr("tower-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tower\nVersion: 1.0\n")
        archive.writestr("tower-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tower-1.0.dist-info/RECORD", "")
    known = {
        "package": "tower==1.0",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "size": file.stat().st_size,
        "member": "tower/clip.onnx",
        "member_sha256": hashlib.sha256(onnx).hexdigest(),
        "converter": "clip_onnx",
        **wrong,
    }
    return WeightsEntry("tower", "univfd", "tower.safetensors", sha256="0" * 64, role="backbone", wheel=known)
