"""The converted CLIP against the ONNX graph it came from, its matrices de-quantised in place: cosines of the embeddings.

    python -m tests.bench.clip_parity WHEEL PICTURE_FOLDER

Needs `onnx` and `onnxruntime`, which the app does not. The graph as it is quantises activations too, so its own figures
stand beside: that is why the app computes in floats.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.weightstore.clip_onnx import clip_state
from forensics_ui.weightstore.manifest import find
from forensics_ui.weightstore.onnx_tensors import onnx_tensors

PICTURES = 20


def main() -> None:
    """Print the lowest cosine of both graphs."""
    import onnx

    entry = find("clip_vit_b16")
    assert entry and entry.wheel
    data = zipfile.ZipFile(sys.argv[1]).read(entry.wheel["member"])
    pixels = squares(Path(sys.argv[2]))
    with torch.inference_mode():
        ours = build_tower(clip_state(onnx_tensors(data)))(torch.from_numpy(pixels)).numpy()
    model = onnx.load_from_string(data)
    for words, graph in (("as it is", model), ("de-quantised", in_floats(model))):
        theirs = embeddings(graph.SerializeToString(), pixels)
        cosine = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
        print(
            f"{len(pixels)} pictures, graph {words}: cosine {cosine.min():.7f} to {cosine.max():.7f}, largest difference {abs(ours - theirs).max():.2g}"
        )


def squares(folder: Path) -> np.ndarray:
    """The middle squares of the first pictures, normalised as CLIP takes them."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".png", ".jpg", ".webp"))
    whole = [np.asarray(Image.open(path).convert("RGB")) for path in files[: 10 * PICTURES]]
    middle = [rgb[(h - 224) // 2 :, (w - 224) // 2 :][:224, :224] for rgb in whole if min(h := rgb.shape[0], w := rgb.shape[1]) >= 224]
    x = (np.stack(middle[:PICTURES]) / 255 - CLIP_MEAN) / CLIP_STD
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2), np.float32)


def embeddings(model: bytes, pixels: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes, one picture at a time: dynamic quantisation depends on the batch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["image_embeds"], {"pixel_values": each[None]})[0] for each in pixels])


def in_floats(model):
    """The same graph with every quantised product as a plain one of de-quantised weights."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.ModelProto.FromString(model.SerializeToString())
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}
    taken_by = {name: node for node in model.graph.node for name in node.input}
    instead = {}
    for node in [each for each in model.graph.node if each.op_type == "MatMulInteger"]:
        stem = node.input[1].removesuffix("_quantized")
        weight = (tensors[node.input[1]].astype(np.int16) - tensors[f"{stem}_zero_point"]).astype(np.float32) * tensors[f"{stem}_scale"]
        model.graph.initializer.append(numpy_helper.from_array(weight, f"{stem}_float"))
        scaled = taken_by[taken_by[node.output[0]].output[0]]
        instead[scaled.output[0]] = helper.make_node("MatMul", [made_by[node.input[0]].input[0], f"{stem}_float"], [scaled.output[0]])
    kept = [instead.get(node.output[0], node) for node in model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


if __name__ == "__main__":
    main()
