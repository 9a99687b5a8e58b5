"""How long a person waits on the Inspect screen with a 12-megapixel photograph: python tests/bench/inspect_speed.py [--weights DIR]

A real server and a real browser; times are taken inside the page, from the moment that the file is handed over. The
picture is made here. Without --weights the networks have numbers from a seed: the same work, meaningless scores.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent), str(HERE.parent / "ui"), str(HERE.parent / "imaging")]

from app_server import running_app, write_weights  # noqa: E402
from chromium import find_chromium  # noqa: E402
from conftest import CHROMIUM_ARGUMENTS  # noqa: E402
from intake_samples import encode, photograph  # noqa: E402

from tests.bench.machine import describe_machine  # noqa: E402

TARGETS = {
    "drop -> NPR maps on the screen": 0.5,
    "drop -> first verdict (crop)": 1.0,
    "drop -> whole picture scored (native)": None,
    "switch to a computed view": 0.2,
    "gain slider -> other pixels": 0.1,
    "cell size slider -> other pixels": 0.1,
}
# Looks after every frame; a time is that of the first frame on which the thing was true.
WATCH = """() => { window.seen = {}; const began = performance.now();
  const still = () => { const s = forensicsWorkbench()?.viewer?.state(); return s && s.draws > 0 && s.panes.length === 4 && s.panes.every((p) => !p.missing && p.level); };
  const scored = (row) => { const cell = document.querySelector(`#card-lfm .scores tbody tr:nth-child(${row}) td.number`); return cell && /\\d/.test(cell.textContent) && !cell.textContent.includes('%'); };
  const questions = { npr: still, crop: () => scored(2), native: () => scored(1) };
  const look = () => { for (const [name, true_now] of Object.entries(questions)) if (!(name in seen) && true_now()) seen[name] = (performance.now() - began) / 1000;
    if (Object.keys(seen).length < 3) requestAnimationFrame(look); }; look(); }"""
DROP = """(data) => { const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), held = new DataTransfer();
  held.items.add(new File([bytes], 'photograph.jpg', { type: 'image/jpeg' }));
  (WATCH)(); document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true })); }"""
PIXELS = """(() => { const c = document.querySelectorAll('.fv-stage > canvas:first-child')[1];
  return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.reduce((sum, v, i) => (sum * 31 + v) | 0, 7); })()"""
TIMED = """async ([act, ended]) => { const before = PIXELS, began = performance.now(); eval(act);
  for (;;) { await new Promise(requestAnimationFrame); if (performance.now() - began > 30000) throw new Error('nothing changed'); if (eval(ended)(before)) return (performance.now() - began) / 1000; } }"""
SETTLED = "const s = forensicsWorkbench().viewer.state(); return s.panes.every((p) => p.hidden || !p.missing)"


def opened(page: Any, app: Any) -> Any:
    """The page, when everything is loaded that is loaded before the first picture."""
    page.goto(app.url)
    page.wait_for_selector("#picker")
    page.wait_for_function("fetch('/forensics/views').then((answer) => answer.ok)")
    page.wait_for_timeout(4000)  # the networks are loaded in the background
    return page


def slide(option: str, value: float) -> str:
    """What a hand on a slider does."""
    return f"const box = document.querySelector('[data-option={option}]'); box.value = {value}; box.dispatchEvent(new Event('input', {{ bubbles: true }}))"


def measure(page: Any, data: bytes) -> dict[str, float]:
    """All times of one picture, in seconds."""
    page.evaluate(DROP.replace("WATCH", WATCH), base64.b64encode(data).decode())
    page.wait_for_function("Object.keys(window.seen ?? {}).length === 3", timeout=400_000)
    seen = page.evaluate("seen")
    changed = f"(before) => {PIXELS} !== before"
    shown = f"(() => forensicsWorkbench().made?.view === 'VIEW' && (() => {{ {SETTLED} }})())"
    page.click("#wb-tab-ela")
    page.wait_for_function(shown.replace("VIEW", "ela"), timeout=60_000)
    page.wait_for_timeout(500)
    switch = page.evaluate(
        TIMED.replace("PIXELS", PIXELS), ["document.querySelector('#wb-tab-npr_channels').click()", shown.replace("VIEW", "npr_channels")]
    )
    page.wait_for_timeout(500)
    gain = page.evaluate(TIMED.replace("PIXELS", PIXELS), [slide("gain", 24), changed])
    page.wait_for_timeout(1500)
    cell = page.evaluate(TIMED.replace("PIXELS", PIXELS), [slide("l", 3), changed])
    return dict(zip(TARGETS, (seen["npr"], seen["crop"], seen["native"], switch, gain, cell), strict=True))


def main() -> None:
    """Print the machine, then every time beside its target: the best and the middle of the runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        if arguments.weights:
            shutil.copytree(arguments.weights, Path(folder) / "weights")
        else:
            write_weights(Path(folder) / "weights")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        with running_app(Path(folder)) as app:
            runs = []
            for run in range(arguments.runs):
                data = encode(photograph(1000 + run, 750).resize((4000, 3000)), "JPEG", quality=90)
                context = browser.new_context(viewport={"width": 1440, "height": 1000})
                runs.append(measure(opened(context.new_page(), app), data))
                context.close()
            print(f"4000 x 3000 JPEG, {len(data) / 1e6:.1f} MB, {arguments.runs} runs, seconds")
        browser.close()
    for name, target in TARGETS.items():
        times = sorted(run[name] for run in runs)
        print(f"{times[0]:7.2f} best {times[len(times) // 2]:7.2f} middle   {f'target {target}' if target else '':12} {name}")


if __name__ == "__main__":
    main()
