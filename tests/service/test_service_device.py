"""Where networks run and in which precision, with the reason."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from forensics_ui.core.errors import ForensicsError
from forensics_ui.service import device as devices
from tests.refusals import refused

CPU, STATE = torch.device("cpu"), {"shift": torch.zeros(1)}


def pretend(monkeypatch, cuda=False, mps=False):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Test GPU", raising=False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(("cuda", "mps", "chosen"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_auto_takes_the_fastest_there_is(monkeypatch, cuda, mps, chosen):
    pretend(monkeypatch, cuda, mps)
    device, why = devices.choose_device("auto")
    assert device.type == chosen and "chosen by itself" in why


def test_a_device_that_is_not_there_is_refused_with_advice(monkeypatch):
    pretend(monkeypatch)
    with refused(ForensicsError, "use 'auto' or 'cpu'"):
        devices.choose_device("cuda")
    with refused(ForensicsError, "no device called 'tpu'"):
        devices.choose_device("tpu")


def test_fp32_stays_fp32_on_every_device():
    devices.set_up(CPU)
    assert not torch.backends.cudnn.allow_tf32 and not torch.backends.cuda.matmul.allow_tf32


def test_threads_are_at_least_one_and_no_more_than_pytorch_would_take(monkeypatch):
    assert 1 <= devices.cpu_threads() <= max(1, torch.get_num_threads())
    monkeypatch.setattr(devices.Path, "read_text", lambda self: "150000 100000\n")
    assert devices.cpu_quota() == 2
    monkeypatch.setattr(devices.Path, "read_text", lambda self: "max 100000\n")
    assert devices.cpu_quota() > 1000


def shifted(dummy, by):
    return dummy({"shift": torch.tensor([by])}, CPU)


@pytest.mark.parametrize(("shift", "good"), [(0.0, True), (0.09, True), (0.11, False), (-5.0, False), (math.nan, False)])
def test_a_fast_path_may_drift_by_a_tenth_of_a_logit(dummy, shift, good):
    assert devices.drift_ok(shifted(dummy, shift), shifted(dummy, 0.0))[0] is good


def test_a_fast_path_may_not_change_the_sign(dummy, script):
    script.logit_of = lambda block: 0.01
    good, sentence = devices.drift_ok(shifted(dummy, -0.02), shifted(dummy, 0.0))
    assert not good and "-0.010 instead of 0.010" in sentence


def test_on_a_processor_there_is_only_fp32(dummy, script):
    detector, why = devices.build(dummy, STATE, CPU)
    assert detector.precision == "fp32" and "exact" in why and script.built == ["fp32"]


def test_the_fast_path_is_taken_when_it_agrees(dummy, script):
    detector, why = devices.choose_path(dummy, STATE, (CPU, "fp16"), CPU, "")
    assert detector.precision == "fp16" and "at most 0.000" in why and script.built == ["fp32", "fp16"]


def test_the_exact_path_is_taken_with_the_reason_when_it_does_not(dummy, monkeypatch):
    monkeypatch.setattr(devices, "drift_ok", lambda candidate, reference: (False, "moved by 3"))
    detector, why = devices.choose_path(dummy, STATE, (CPU, "fp16"), CPU, "")
    assert detector.precision == "fp32" and why == "fp32 on cpu, not fp16 on cpu: moved by 3"


def test_an_overflow_in_fp16_is_computed_again_in_fp32(make_service, dummy, script, picture, monkeypatch):
    monkeypatch.setattr(devices, "build", lambda make, state, device, exact: devices.choose_path(make, state, (CPU, "fp16"), CPU, exact))

    def overflow_in_fp16(self, blocks, checkpoint=None):
        number = blocks[0][0, 0, 0]
        return [
            SimpleNamespace(logit=math.inf if self.precision == "fp16" and number == 9 and blocks[0].shape[0] == 8 else float(number), evidence=None)
        ]

    monkeypatch.setattr(dummy, "findings", overflow_in_fp16)
    service = make_service()
    assert service.analyse(picture(7), "dummy").precision == "fp16"
    again = service.analyse(picture(9), "dummy")
    assert (again.logit, again.precision) == (9.0, "fp32")
    assert "no finite number" in service.status().models[0].why_precision


def test_seeded_pictures_are_always_the_same():
    first, second = devices.seeded_pictures(64), devices.seeded_pictures(64)
    assert all((a == b).all() and a.shape == (64, 64, 3) for a, b in zip(first, second, strict=True))
