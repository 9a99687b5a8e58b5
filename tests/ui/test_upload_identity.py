"""The bytes that reach the core are the bytes that were given, whichever way they came."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from app_pages import given
from app_samples import kinds

KINDS = kinds()
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type: 'application/octet-stream'}));
  document.querySelector('#findings').dispatchEvent(new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""
PASTE = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type: 'image/png'}));
  document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true, cancelable: true}));
}"""


def hash_on_screen(screen, name: str) -> str:
    screen.wait_for_function("(name) => document.querySelector('.facts dd')?.textContent === name", arg=name, timeout=60_000)
    return screen.locator(".facts dt:text-is('SHA-256') + dd").first.inner_text().strip()


@pytest.fixture(scope="module")
def table():
    """Kind -> way -> whether the hash was the file's; printed at the end (pytest -s)."""
    rows: dict[str, dict[str, bool]] = {}
    yield rows
    print(
        "\n\nupload identity (SHA-256 seen by the core = SHA-256 of the file)\n"
        + f"{'kind':<20}"
        + "".join(f"{way:>9}" for way in ("picker", "drop", "API"))
    )
    for kind, ways in rows.items():
        print(f"{kind:<20}" + "".join(f"{('same' if ways.get(way) else 'NO') if way in ways else '-':>9}" for way in ("picker", "drop", "API")))


@pytest.mark.slow
def test_picker_and_drop_change_no_byte_of_any_kind(screen, table):
    for kind, (name, data) in KINDS.items():
        wanted = hashlib.sha256(data).hexdigest()
        given(screen, name, data, until=name)
        picked = hash_on_screen(screen, name)
        screen.evaluate(DROP, [f"dropped-{name}", base64.b64encode(data).decode()])
        dropped = hash_on_screen(screen, f"dropped-{name}")
        table[kind] = {"picker": picked == wanted, "drop": dropped == wanted}
    assert all(all(ways.values()) for ways in table.values())
    assert len(table) == len(KINDS)


def test_the_api_changes_no_byte_of_any_kind(app, table, tmp_path: Path):
    from gradio_client import Client, handle_file

    client = Client(app.url, verbose=False)
    for kind, (name, data) in KINDS.items():
        (tmp_path / name).write_bytes(data)
        found = json.loads(client.predict(handle_file(str(tmp_path / name)), api_name="/facts"))
        table.setdefault(kind, {})["API"] = found.get("sha256") == hashlib.sha256(data).hexdigest()
    assert all(ways["API"] for ways in table.values())


def test_a_paste_that_the_browser_encoded_is_labelled(screen):
    name, data = "image.png", KINDS["RGBA PNG"][1]
    screen.evaluate(PASTE, [name, base64.b64encode(data).decode()])
    assert hash_on_screen(screen, name) == hashlib.sha256(data).hexdigest()
    assert "the browser made this PNG" in screen.locator(".pasted").inner_text()


def test_a_pasted_file_is_not_called_re_encoded(screen):
    name, data = KINDS["grey JPEG"]
    screen.evaluate(PASTE, [name, base64.b64encode(data).decode()])
    assert hash_on_screen(screen, name) == hashlib.sha256(data).hexdigest()
    assert screen.locator(".pasted").count() == 0
