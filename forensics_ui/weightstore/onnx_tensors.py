"""The tensors of an ONNX file, read by its wire format: a whole package for that would be a dependency of one use.

Only what a graph's initializers are made of is understood (`onnx.proto3`: ModelProto.graph = 7, GraphProto.initializer = 5,
TensorProto.dims = 1, data_type = 2, float_data = 4, int32_data = 5, name = 8, raw_data = 9).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from forensics_ui.core.errors import WeightsError

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, FLOAT_DATA, INT32_DATA, NAME, RAW_DATA = 1, 2, 4, 5, 8, 9
# TensorProto.DataType, of those that occur.
TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 2: np.dtype("u1"), 3: np.dtype("i1"), 6: np.dtype("<i4"), 7: np.dtype("<i8")}


def onnx_tensors(data: bytes) -> dict[str, np.ndarray]:
    """Every initializer by name; WeightsError where the bytes are no such file."""
    try:
        graphs = [body for field, body in _fields(memoryview(data)) if field == GRAPH]
        found = [body for graph in graphs for field, body in _fields(graph) if field == INITIALIZER]
        return dict(_tensor(body) for body in found)
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"This is no ONNX file that can be read ({error}).") from error


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """Field numbers with their content: numbers as they are, everything else as its bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        length = {EIGHT_BYTES: 8, FOUR_BYTES: 4}.get(kind)
        if kind == BYTES:
            length, at = _varint(data, at)
        if length is None or at + length > len(data):
            raise ValueError("a field is cut off or of an unknown kind")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number has no end")


def _tensor(body: memoryview) -> tuple[str, np.ndarray]:
    dims: list[int] = []
    kind, name = 0, ""
    raw: memoryview | bytes = b""
    numbers: list[np.ndarray] = []
    for field, value in _fields(body):
        if field == DIMS:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif field == DATA_TYPE:
            kind = int(value)
        elif field == NAME:
            name = bytes(value).decode()
        elif field == RAW_DATA:
            raw = value
        elif field == FLOAT_DATA:
            numbers.append(np.frombuffer(value, "<f4"))
        elif field == INT32_DATA:
            numbers.append(np.array([value] if isinstance(value, int) else _packed(value)))
    dtype = TYPES[kind]
    flat = np.concatenate(numbers).astype(dtype) if numbers else np.frombuffer(raw, dtype)
    return name, flat.reshape(dims)


def _packed(data: memoryview) -> list[int]:
    """Numbers in a row; negative ones are written as 64-bit two's complements."""
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value - (1 << 64) if value >> 63 else value)
    return found
