/* Where the viewer looks, and what it points at: zoom, flights, the minimap; the probed pixel, boxes and the drawn region. */
"use strict";
(() => {
  const LADDER = [1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
  const { clamp } = globalThis.ForensicsViewerParts;

  class Place {
    /** The largest exact zoom that shows everything. */
    fitZoom() {
      const { width, height } = this.shown()[0].canvas, pixel = Math.min(width / this.spec.width, height / this.spec.height), { unit } = this;
      if (pixel >= unit) return Math.min(64, Math.floor(pixel / unit));
      return (pixel >= 1 ? Math.floor(pixel) : 1 / Math.ceil(1 / pixel)) / unit;
    }

    /** The nearest zoom with whole device pixels for a pixel, or a whole block of pixels for a device pixel. */
    exact(zoom) {
      const pixel = zoom * this.unit;
      return zoom >= 1 ? clamp(Math.round(zoom), 1, 64) : (pixel >= 1 ? Math.round(pixel) : 1 / Math.round(1 / pixel)) / this.unit;
    }

    /** Keep the picture in the window: centred where it is smaller, without a gap where it is larger. */
    settle() {
      const { width, height } = this.shown()[0].canvas, scale = this.zoom * this.unit;
      const keep = (at, length, window) => (window >= length * scale ? length / 2 : clamp(at, window / 2 / scale, length - window / 2 / scale));
      this.x = keep(this.x, this.spec.width, width);
      this.y = keep(this.y, this.spec.height, height);
    }

    next(step) {
      return step > 0 ? LADDER.find((zoom) => zoom > this.zoom * 1.001) ?? 64 : LADDER.findLast((zoom) => zoom < this.zoom * 0.999) ?? LADDER[0];
    }

    nearest(zoom) {
      const far = (step) => Math.abs(Math.log(step / zoom));
      return LADDER.reduce((best, step) => (far(step) < far(best) ? step : best));
    }

    toFit() {
      Object.assign(this, { fit: true, flight: null });
      this.invalidate();
    }

    zoomAt(zoom, [pane, px, py] = [this.shown()[0]]) {
      const { width, height } = pane.canvas, fit = this.fitZoom(), to = Math.max(this.exact(zoom), Math.min(1, fit));
      if (to === fit) return this.toFit();
      const gain = 1 / (this.zoom * this.unit) - 1 / (to * this.unit);
      this.x += ((px ?? width / 2) - width / 2) * gain;
      this.y += ((py ?? height / 2) - height / 2) * gain;
      Object.assign(this, { zoom: to, fit: false, flight: null });
      this.invalidate();
    }

    panBy(dx, dy) {
      const scale = this.zoom * this.unit;
      Object.assign(this, { x: this.x + dx / scale, y: this.y + dy / scale, flight: null });
      this.settle();
      this.invalidate();
    }

    flyTo(x, y, zoom = this.zoom) {
      const to = Math.max(this.exact(zoom), Math.min(1, this.fitZoom()));
      this.flight = { from: [this.x, this.y, Math.log(this.zoom)], to: [x, y, Math.log(to)], zoom: to, began: performance.now() };
      this.fit = false;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.flight.began = -1e9;
      this.invalidate();
    }

    fly(now) {
      const { from, to, zoom, began } = this.flight, part = clamp((now - began) / 280, 0, 1), ease = part * part * (3 - 2 * part);
      const [x, y, size] = from.map((start, i) => start + (to[i] - start) * ease);
      Object.assign(this, { x, y, zoom: part < 1 ? Math.exp(size) : zoom, flight: part < 1 ? this.flight : null });
      if (part < 1) this.invalidate();
    }

    steer(event) {
      const area = this.map.getBoundingClientRect();
      event.stopPropagation();
      Object.assign(this, { x: ((event.clientX - area.left) / area.width) * this.spec.width, y: ((event.clientY - area.top) / area.height) * this.spec.height, flight: null });
      this.invalidate();
    }

    drawMini(pane) {
      const { map, spec, unit } = this, longest = Math.min(112, pane.canvas.width / unit / 3) * unit, scale = longest / Math.max(spec.width, spec.height);
      map.hidden = !this.mini || this.fit;
      if (map.hidden) return;
      const width = Math.max(1, Math.round(spec.width * scale)), height = Math.max(1, Math.round(spec.height * scale)), ink = map.getContext("2d");
      Object.assign(map, { width, height });
      Object.assign(map.style, { width: `${width / devicePixelRatio}px`, height: `${height / devicePixelRatio}px` });
      pane.paint(ink, pane.source, { scale, ox: 0, oy: 0, width, height }, null);
      const seen = [pane.canvas.width, pane.canvas.height].map((length) => (length / (this.zoom * unit)) * scale);
      const box = [this.x * scale - seen[0] / 2, this.y * scale - seen[1] / 2, ...seen].map(Math.round);
      ink.fillStyle = "rgba(12, 14, 18, 0.45)";
      ink.beginPath();
      ink.rect(0, 0, width, height);
      ink.rect(...box);
      ink.fill("evenodd");
      Object.assign(ink, { strokeStyle: "#fff", lineWidth: 1.5 * unit });
      ink.strokeRect(...box);
    }

    placeAt({ view }, x, y) {
      return { x: Math.floor((x - view.ox) / view.scale), y: Math.floor((y - view.oy) / view.scale) };
    }

    inside({ x, y }) {
      return x >= 0 && y >= 0 && x < this.spec.width && y < this.spec.height;
    }

    hover(pane, x, y) {
      const place = this.placeAt(pane, x, y);
      this.box = this.hit(pane, x, y) ?? null;
      pane.stage.classList.toggle("fv-over-box", Boolean(this.box));
      if (!this.probe?.pinned) this.setProbe(this.inside(place) ? place : null);
      this.invalidate();
    }

    /** The smallest box under the pointer, with a little room around small ones. */
    hit(pane, px, py) {
      const room = 3 * this.unit;
      const under = this.boxesOf(pane).filter((box) => {
        const [left, top, width, height] = pane.rectangle(box);
        return !box.dim && px >= left - room && py >= top - room && px <= left + width + room && py <= top + height + room;
      });
      return under.sort((a, b) => a.w * a.h - b.w * b.h)[0];
    }

    press(pane, px, py) {
      const place = this.placeAt(pane, px, py), box = this.hit(pane, px, py), { probe } = this;
      if (box) this.open(box);
      if (!this.inside(place) || (!box && probe?.pinned && probe.x === place.x && probe.y === place.y)) return this.setProbe(null);
      this.setProbe({ ...place, pinned: true });
    }

    open(box) {
      this.box = box;
      this.emit("box", box);
      this.invalidate();
    }

    nextBox(step) {
      const boxes = (this.spec.boxes ?? []).filter((box) => !box.dim), box = boxes.at((boxes.indexOf(this.box) + step + (step < 0 && !this.box ? 1 : 0)) % boxes.length);
      if (!box) return;
      const { width, height } = this.shown()[0].canvas, room = Math.min(width / box.w, height / box.h) / this.unit / 4;
      this.box = box;
      this.flyTo(box.x + box.w / 2, box.y + box.h / 2, clamp(Math.floor(room), Math.max(this.fitZoom(), 1), 16));
      this.setProbe({ x: Math.floor(box.x + box.w / 2), y: Math.floor(box.y + box.h / 2), pinned: true });
    }

    setProbe(probe) {
      if (probe?.x === this.probe?.x && probe?.y === this.probe?.y && probe?.pinned === this.probe?.pinned) return;
      Object.assign(this, { probe, answers: {}, values: {} });
      this.rest();
      this.invalidate();
    }

    nudge(dx, dy) {
      const { spec, unit } = this, from = this.probe ?? { x: Math.floor(this.x), y: Math.floor(this.y) }, scale = this.zoom * unit;
      const [x, y] = [clamp(from.x + dx, 0, spec.width - 1), clamp(from.y + dy, 0, spec.height - 1)];
      const { width, height } = this.shown()[0].canvas, slack = [width, height].map((length) => Math.max(0, length / 2 / scale - 2));
      Object.assign(this, { x: clamp(this.x, x - slack[0], x + slack[0]), y: clamp(this.y, y - slack[1], y + slack[1]) });
      this.setProbe({ x, y, pinned: true });
      if (this.corner) this.stretch(this.corner, this.probe);
    }

    enter() {
      if (this.drawing && this.probe && !this.corner) this.stretch((this.corner = this.probe), this.probe);
      else if (this.drawing && this.corner) this.finish();
      else if (this.box) this.open(this.box);
      else if (this.probe) this.setProbe({ ...this.probe, pinned: !this.probe.pinned });
    }

    stretch(a, b) {
      const { width, height } = this.spec, [left, right] = [a.x, b.x].map((x) => clamp(x, 0, width - 1)).sort((p, q) => p - q);
      const [top, bottom] = [a.y, b.y].map((y) => clamp(y, 0, height - 1)).sort((p, q) => p - q);
      this.draft = { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
      this.invalidate();
    }

    finish() {
      this.spec.region = this.draft;
      Object.assign(this, { draft: null, corner: null, drawing: false });
      this.emit("region", this.spec.region);
      this.arrange();
    }

    /** Values that are not here are only fetched once the pointer rests: a sweep over the picture asks for nothing. */
    rest() {
      clearTimeout(this.timer);
      this.asking?.abort();
      this.rested = false;
      this.timer = setTimeout(() => {
        this.rested = true;
        this.ask();
        this.invalidate();
      }, 70);
    }

    async ask() {
      if (!this.spec.probe || !this.probe) return;
      this.asking = new AbortController();
      const { signal } = this.asking;
      const answers = await Promise.resolve(this.spec.probe(this.probe.x, this.probe.y, signal)).catch(() => ({}));
      if (signal.aborted) return;
      this.answers = answers ?? {};
      this.invalidate();
    }

    read(jobs) {
      this.values = {};
      if (!this.probe) return;
      for (const [id, pane] of this.panes) this.values[id] = this.answers[id] ?? pane.valueAt(this.probe, this.rested ? jobs : null);
    }
  }

  Object.assign(globalThis.ForensicsViewerParts, { Place });
})();
