/* What people do with the viewer: mouse, touch and keys, the tool bar, the wiper's handle, full screen. */
"use strict";
(() => {
  const KEYS = [["+  −", "zoom"], ["0", "fit"], ["1 … 8", "that many screen pixels a pixel"], ["arrows", "move"], ["Shift + arrows", "probe the next pixel"],
    ["b", "next box, Enter opens it"], ["r", "draw a region"], ["w", "wiper"], ["m", "minimap"], ["f", "full screen"], ["Esc", "leave, let go"]];
  const { clamp, make, Place } = globalThis.ForensicsViewerParts;

  /** Mouse, touch and keys. Two fingers pinch, one drags; below the whole picture the page keeps its own scrolling. */
  class Hands {
    constructor(viewer) {
      Object.assign(this, { viewer, fingers: new Map(), turned: 0, pageScroll: 0 });
      const { grid, root } = viewer;
      const on = (name, handler) => grid.addEventListener(name, handler, { passive: false });
      on("pointerdown", (event) => this.down(event));
      on("pointermove", (event) => this.move(event));
      on("pointerup", (event) => this.up(event));
      on("pointercancel", (event) => this.up(event, true));
      on("wheel", (event) => this.wheel(event));
      on("dblclick", (event) => this.pane(event) && viewer.zoomAt(viewer.zoom < 1 ? 1 : viewer.next(1), this.at(event)));
      root.addEventListener("keydown", (event) => this.key(event));
      // A scroll of the page that runs over the viewer stays a scroll of the page.
      this.outside = (event) => root.contains(event.target) || (this.pageScroll = event.timeStamp);
      window.addEventListener("wheel", this.outside, { passive: true, capture: true });
    }

    pane(event) {
      return this.viewer.shown().find((pane) => pane.stage.contains(event.target));
    }

    /** Pointer to [pane, x, y]: device pixels within its canvas. */
    at(event, pane = this.pane(event)) {
      const area = pane.canvas.getBoundingClientRect(), ratio = pane.canvas.width / area.width;
      return [pane, (event.clientX - area.left) * ratio, (event.clientY - area.top) * ratio];
    }

    down(event) {
      const pane = this.pane(event);
      if (!pane || event.button || event.target.closest(".fv-handle, .fv-mini")) return;
      const { viewer } = this, [, x, y] = this.at(event, pane);
      pane.stage.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, { x, y });
      this.start = { pane, x, y, moved: false, corner: viewer.placeAt(pane, x, y), ...this.spread(), zoom: viewer.zoom };
      viewer.flight = null;
    }

    spread() {
      const [a, b] = [...this.fingers.values()];
      return b ? { gap: Math.hypot(a.x - b.x, a.y - b.y) || 1, middle: [(a.x + b.x) / 2, (a.y + b.y) / 2] } : { gap: 0, middle: [a?.x, a?.y] };
    }

    move(event) {
      const { viewer, start } = this, finger = this.fingers.get(event.pointerId);
      if (!finger) {
        const pane = event.pointerType !== "touch" && this.pane(event);
        return void (pane && viewer.hover(...this.at(event, pane)));
      }
      const [, x, y] = this.at(event, start.pane), before = this.spread();
      Object.assign(finger, { x, y });
      const now = this.spread();
      start.moved ||= this.fingers.size > 1 || Math.hypot(x - start.x, y - start.y) > 4 * viewer.unit;
      if (!start.moved) return;
      if (viewer.drawing && this.fingers.size === 1) return viewer.stretch(start.corner, viewer.placeAt(start.pane, x, y));
      viewer.panBy(before.middle[0] - now.middle[0], before.middle[1] - now.middle[1]);
      if (now.gap && start.gap) viewer.zoomAt(viewer.nearest((start.zoom * now.gap) / start.gap), [start.pane, ...now.middle]);
    }

    up(event, lost = false) {
      const { viewer, start } = this;
      if (!this.fingers.delete(event.pointerId)) return;
      if (this.fingers.size) return void Object.assign(start, this.spread(), { zoom: viewer.zoom });
      if (lost) return void (viewer.draft = null);
      if (start.moved) return viewer.drawing && viewer.draft && viewer.finish();
      viewer.press(start.pane, start.x, start.y);
    }

    wheel(event) {
      const { viewer } = this, pane = this.pane(event);
      const out = event.deltaY > 0;
      if (!pane || event.timeStamp - this.pageScroll < 300 || (out && viewer.fit && !event.ctrlKey)) return void (this.pageScroll = event.timeStamp);
      event.preventDefault();
      this.turned += event.deltaY * (event.deltaMode ? 33 : 1);
      const step = event.ctrlKey ? 15 : 60;
      if (Math.abs(this.turned) < step) return;
      this.turned = 0;
      viewer.zoomAt(viewer.next(out ? -1 : 1), this.at(event, pane));
    }

    key(event) {
      if (event.target.closest("select, .fv-handle") || event.ctrlKey || event.metaKey || event.altKey) return;
      const { viewer } = this, arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const keys = { "+": () => viewer.zoomAt(viewer.next(1)), "=": () => viewer.zoomAt(viewer.next(1)), "-": () => viewer.zoomAt(viewer.next(-1)), 0: () => viewer.toFit(),
        f: () => viewer.toggleFull(), m: () => viewer.toggle("mini"), r: () => viewer.toggle("drawing"), w: () => viewer.toggleWiper(), b: () => viewer.nextBox(1),
        B: () => viewer.nextBox(-1), "?": () => viewer.toggle("help"), Escape: () => viewer.letGo() };
      if (event.target === viewer.grid) keys.Enter = () => viewer.enter();
      const { width, height } = viewer.shown()[0].canvas;
      const act = arrow ? () => (event.shiftKey ? viewer.nudge(...arrow) : viewer.panBy(arrow[0] * width / 8, arrow[1] * height / 8))
        : /^[1-8]$/.test(event.key) ? () => viewer.zoomAt(Number(event.key)) : keys[event.key];
      if (!act || (event.key === "Escape" && !viewer.holds())) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }

  /** What the tool bar and its keys switch on and off. */
  class Tools extends Place {
    makeTools() {
      this.tools = make("div", "fv-tools");
      this.tools.setAttribute("role", "toolbar");
      const button = (name, text, title, act) => {
        const node = this[name] = make("button", "", text);
        Object.assign(node, { type: "button", title, onclick: act });
        return node;
      };
      const group = (...nodes) => this.tools.appendChild(make("div", "fv-group")).append(...nodes);
      this.zoomText = make("output", "fv-zoom");
      this.picks = ["left", "right"].map((side) => {
        const pick = make("select");
        pick.setAttribute("aria-label", `${side} side of the wiper`);
        pick.onchange = () => this.update({ wiper: { ...this.spec.wiper, [side]: pick.value } });
        return pick;
      });
      group(button("fitButton", "Fit", "Whole picture (0)", () => this.toFit()), button("oneButton", "1:1", "One pixel is one pixel (1)", () => this.zoomAt(1)),
        button("outButton", "−", "Zoom out (−)", () => this.zoomAt(this.next(-1))), this.zoomText, button("inButton", "+", "Zoom in (+)", () => this.zoomAt(this.next(1))));
      group(button("drawButton", "Region", "Draw a region (r)", () => this.toggle("drawing")), button("wiperButton", "Wiper", "Lay two panes over each other (w)", () => this.toggleWiper()), ...this.picks);
      group(button("helpButton", "Keys", "Keys (?)", () => this.toggle("help")), button("miniButton", "Minimap", "Minimap (m)", () => this.toggle("mini")),
        button("fullButton", "Full screen", "Full screen (f)", () => this.toggleFull()));
      this.outButton.setAttribute("aria-label", "Zoom out");
      this.inButton.setAttribute("aria-label", "Zoom in");
      this.keys = false;
      this.help = make("dl", "fv-help");
      for (const [key, meaning] of KEYS) this.help.append(make("dt", "", key), make("dd", "", meaning));
    }

    makeHandle() {
      this.handle = make("div", "fv-handle");
      Object.assign(this.handle, { tabIndex: 0, role: "slider", ariaLabel: "Wiper", ariaValueMin: 0, ariaValueMax: 100 });
      const to = (at) => this.update({ wiper: { ...this.spec.wiper, at: clamp(at, 0, 1) } });
      this.handle.onpointerdown = (event) => this.handle.setPointerCapture(event.pointerId);
      this.handle.onpointermove = (event) => {
        const area = this.handle.parentNode.getBoundingClientRect();
        if (event.buttons) to((event.clientX - area.left) / area.width);
      };
      this.handle.onkeydown = (event) => {
        const { at } = this.spec.wiper, step = event.shiftKey ? 0.1 : 0.01;
        const place = { ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step, Home: 0, End: 1 }[event.key];
        if (place === undefined) return;
        event.preventDefault();
        to(place);
      };
    }

    /** For a full screen: the number of columns that shows the picture largest. */
    bestColumns(count) {
      const { width, height } = this.spec, heads = 96;
      const size = (columns) => Math.min(innerWidth / columns / width, Math.max(1, (innerHeight - 110) / Math.ceil(count / columns) - heads) / height);
      return Array.from({ length: count }, (_, i) => i + 1).reduce((best, columns) => (size(columns) > size(best) ? columns : best));
    }

    toggle(name) {
      if (name === "help") this.keys = !this.keys;
      else this[name] = !this[name];
      Object.assign(this, { draft: null, corner: null });
      this.arrange();
    }

    toggleWiper() {
      const { wiper } = this.spec, [left, right] = this.panes.keys();
      if (wiper) this.lastWiper = wiper;
      // The last pair may belong to a view that is gone.
      const known = this.lastWiper && this.panes.has(this.lastWiper.left) && this.panes.has(this.lastWiper.right);
      if (wiper || right !== undefined) this.update({ wiper: wiper ? null : known ? this.lastWiper : { left, right } });
    }

    isFull() {
      return this.root.classList.contains("fv-full");
    }

    toggleFull() {
      const fill = () => { this.root.classList.toggle("fv-full"); this.arrange(); };
      if (document.fullscreenElement) document.exitFullscreen();
      else if (this.isFull() || !this.root.requestFullscreen) fill();
      else this.root.requestFullscreen().catch(fill);
    }

    holds() {
      return this.keys || this.drawing || this.spec.wiper || this.probe || this.isFull();
    }

    letGo() {
      if (this.keys) this.toggle("help");
      else if (this.drawing) this.toggle("drawing");
      else if (this.spec.wiper) this.toggleWiper();
      else if (this.probe) this.setProbe(null);
      else this.toggleFull();
    }
  }

  Object.assign(globalThis.ForensicsViewerParts, { Hands, Tools });
})();
