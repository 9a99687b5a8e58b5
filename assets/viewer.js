/* The one viewer for all pixel views: 1 to 8 panes that show the same place of one picture at the same zoom.

   const viewer = ForensicsViewer.mount(element, spec)
   viewer.update(part)            change any part of the spec; panes whose data stay the same keep their tiles
   viewer.flyTo(x, y, zoom)       bring a place of the picture to the centre
   viewer.painted(milliseconds)   promise: everything that belongs on the screen is there, or the time is up
   viewer.coming()                the tiles of maps that the screen needs where it looks now, as "scale.column.row,..."
   viewer.state()                 what is on the screen, as plain data
   viewer.destroy()               stop every request, free every bitmap, empty the element

   spec = {
     width, height                size of the picture; every coordinate counts its pixels from the top left
     picture                      which picture this is (its hash): another one starts anew, with nothing left of the last
     label, rule                  name for screen readers; one sentence for the status line (such as the input rule)
     cell                         side of an NPR cell: the cell of the probed pixel is outlined
     panes: [{ id, title, note,   text, never HTML
       kind: "picture" | "map",   a picture may be averaged further by the browser, a map is never smoothed or averaged
       format: "image" | "values",  tiles are PNG/JPEG/WebP, or numbers as forensics_ui/imaging/pyramid.py packs them
       exact: true,               image tiles of scale 1 are lossless, so the probe may read R G B from them
       levels: {tile, url},       url with {scale}, {column}, {row}: blocks of scale x scale pixels reduced to one, any whole scale
         or [{scale, tile, tiles}],  a few ready levels, each a list of addresses row by row (reports; maps of one tile)
       size: [w, h], place: {x, y, width, height},   own size, and where it lies, of a map coarser than the picture
       reduce: "maximum",         how its levels were made, for the footer
       palette: {table, low, high, unit, clips},  256 x RGB, entry 0 is "no value" (transparent); clips prints ≤ and ≥
       base, opacity }],          id of a pane to draw underneath, and how opaque this one is on top of it
     boxes: [{x, y, w, h, label, colour, pane, dim}],  dim darkens what lies outside; without pane: in all of them
     region: {x, y, w, h}, wiper: {left, right, at}, solo: pane id, cacheBytes
     probe(x, y, signal)          optional: promise of {pane id: number | numbers | text} for panes that have only pictures
     onBox, onRegion, onProbe, onView     also events "fv:box", "fv:region", "fv:probe", "fv:view" on the element
   }

   Zoom 1 is one picture pixel on round(devicePixelRatio) x round(devicePixelRatio) device pixels. Every zoom that stays on
   the screen is exact: a whole number of device pixels for a pixel, or one device pixel for a block of n x n pixels that the
   server averaged (pictures) or took the maximum or RMS of (maps). The browser resamples nothing, so no screen adds a
   lattice of its own and no maximum is lost. Probe values come from tiles of scale 1 or from the callback, never from
   colours on the screen.

   Its parts, in the order in which they are loaded: viewer_tiles.js (fetching and colouring), viewer_pane.js (drawing), viewer_place.js
   (where it looks and what it points at), viewer_hands.js (mouse, touch, keys, tools), and this file, which puts them together. */
"use strict";
globalThis.ForensicsViewer = (() => {
  const { clamp, make, put, say, sayZoom, Hands, Pane, Tiles, Tools } = globalThis.ForensicsViewerParts;

  class Viewer extends Tools {
    constructor(element, spec) {
      super();
      Object.assign(this, { element, spec: {}, panes: new Map(), values: {}, answers: {}, x: 0, y: 0, zoom: 1, fit: true, unit: 1, draws: 0, mini: true });
      this.tiles = new Tiles(() => this.invalidate());
      this.root = make("section", "fv");
      this.grid = make("div", "fv-panes");
      Object.assign(this.grid, { tabIndex: 0, role: "application" });
      this.map = Object.assign(make("canvas", "fv-mini"), { width: 0 });
      this.map.onpointerdown = this.map.onpointermove = (event) => event.buttons && this.steer(event);
      this.makeHandle();
      this.makeTools();
      const line = make("div", "fv-line");
      [this.where, this.rule] = ["fv-where", "fv-rule"].map((name) => line.appendChild(make("span", name)));
      this.voice = make("div", "fv-voice");
      this.voice.setAttribute("aria-live", "polite");
      this.root.append(this.tools, this.help, this.grid, line, this.voice);
      this.hands = new Hands(this);
      this.sizes = new ResizeObserver((entries) => this.resized(entries));
      this.fullChange = () => { this.root.classList.toggle("fv-full", document.fullscreenElement === this.root); this.arrange(); };
      document.addEventListener("fullscreenchange", this.fullChange);
      element.append(this.root);
      this.sizes.observe(this.root);
      this.update(spec);
    }

    update(part) {
      const other = ["picture", "width", "height"].some((key) => part[key] !== undefined && part[key] !== this.spec[key]);
      const { spec } = Object.assign(this, { spec: { ...this.spec, ...part } });
      if (other) Object.assign(this, { fit: true, x: spec.width / 2, y: spec.height / 2, probe: null, box: null, flight: null });
      if (part.cacheBytes) this.tiles.limit = part.cacheBytes;
      if (part.panes || other) this.setPanes();
      if (spec.solo && !this.panes.has(spec.solo)) spec.solo = null;
      if (spec.wiper && !["left", "right"].every((side) => this.panes.has(spec.wiper[side]))) spec.wiper = null;
      if (spec.wiper) spec.wiper = { ...spec.wiper, at: spec.wiper.at ?? 0.5 };
      if (part.boxes) this.box = null;
      this.root.setAttribute("aria-label", spec.label ?? "Picture viewer");
      this.grid.setAttribute("aria-label", `${spec.label ?? "Picture viewer"}: ${spec.width} by ${spec.height} pixels, ${this.panes.size} panes. Press ? for keys.`);
      put(this.rule, spec.rule ?? "");
      this.answers = {};
      this.arrange();
      this.rest();
      if (part.panes) this.draw(); // asks for new tiles now: a frame later is felt by a hand that drags
    }

    setPanes() {
      const { picture, width, height, panes } = this.spec;
      for (const [id, pane] of this.panes) {
        if (panes.some((one) => one.id === id)) continue;
        this.sizes.unobserve(pane.stage);
        pane.root.remove();
        this.panes.delete(id);
      }
      const ordered = panes.slice(0, 8).map((one) => {
        const pane = this.panes.get(one.id) ?? new Pane(this, one.id);
        pane.set(one, { id: picture, width, height });
        return pane;
      });
      for (const pane of ordered.filter((one) => !this.panes.has(one.id))) {
        pane.canvas.width = 0;
        try { this.sizes.observe(pane.stage, { box: "device-pixel-content-box" }); } catch { this.sizes.observe(pane.stage); }
      }
      this.panes = new Map(ordered.map((pane) => [pane.id, pane]));
      if (ordered.some((pane, i) => this.grid.children[i] !== pane.root)) this.grid.replaceChildren(...ordered.map((pane) => pane.root));
      for (const pick of this.picks) pick.replaceChildren(...ordered.map((pane) => Object.assign(make("option", "", pane.title.textContent), { value: pane.id })));
    }

    shown() {
      const alone = this.panes.get(this.spec.wiper?.left ?? this.spec.solo);
      return alone ? [alone] : [...this.panes.values()];
    }

    mate(pane) {
      return this.spec.wiper?.left === pane.id ? this.panes.get(this.spec.wiper.right) : undefined;
    }

    boxesOf(pane) {
      const ids = [pane.id, this.mate(pane)?.id];
      return (this.spec.boxes ?? []).filter((box) => !box.pane || ids.includes(box.pane));
    }

    /** Everything that can change the layout, at once, and only when something was asked for. */
    arrange() {
      const { spec, root, grid } = this, shown = this.shown(), wide = root.clientWidth, count = shown.length;
      const most = wide < 560 ? (count > 2 ? 2 : 1) : clamp(Math.floor(wide / 270), 1, count);
      const columns = this.isFull() ? this.bestColumns(count) : Math.ceil(count / Math.ceil(count / most));
      // Sizes in whole pixels: a pane that starts between two of them would be resampled by the browser.
      const column = Math.max(1, Math.floor((grid.clientWidth - 12 * (columns - 1)) / columns)), aspect = clamp(spec.width / spec.height, 0.72, count === 1 ? 2.4 : 1.8);
      grid.style.gridTemplateColumns = `repeat(${columns}, ${column}px)`;
      grid.style.setProperty("--fv-height", `${Math.floor(clamp(column / aspect, 120, Math.min(680, innerHeight * 0.72)))}px`);
      for (const pane of this.panes.values()) {
        pane.root.hidden = !shown.includes(pane);
        if (pane.bar.parentNode !== pane.root) pane.root.append(pane.bar);
      }
      const mate = this.mate(shown[0]);
      if (mate?.palette) shown[0].root.append(mate.bar);
      for (const [name, on] of [["fv-barless", shown.every((pane) => !pane.palette) && !mate?.palette], ["fv-wiping", spec.wiper], ["fv-drawing", this.drawing], ["fv-single", this.panes.size === 1]])
        root.classList.toggle(name, Boolean(on));
      for (const [button, on] of [["drawButton", this.drawing], ["wiperButton", spec.wiper], ["miniButton", this.mini], ["helpButton", this.keys], ["fullButton", this.isFull()]])
        this[button].setAttribute("aria-pressed", Boolean(on));
      this.help.hidden = !this.keys;
      this.wiperButton.hidden = this.panes.size < 2;
      ["left", "right"].forEach((side, i) => { this.picks[i].hidden = !spec.wiper; this.picks[i].value = spec.wiper?.[side] ?? ""; });
      shown[0]?.stage.append(this.map);
      if (spec.wiper) {
        if (this.handle.parentNode !== shown[0].stage) shown[0].stage.append(this.handle);
        this.handle.style.left = `${spec.wiper.at * 100}%`;
        this.handle.setAttribute("aria-valuenow", Math.round(spec.wiper.at * 100));
      } else this.handle.remove();
      this.invalidate();
    }

    resized(entries) {
      this.unit = Math.max(1, Math.round(devicePixelRatio));
      for (const { target, devicePixelContentBoxSize: [box] = [], contentRect } of entries) {
        if (target === this.root) { this.arrange(); continue; }
        // Whole CSS pixels where they are whole device pixels; otherwise what the browser says it will paint.
        const whole = Number.isInteger(devicePixelRatio) || !box;
        const exact = whole ? [contentRect.width, contentRect.height].map((length) => Math.floor(Math.floor(length) * devicePixelRatio)) : [box.inlineSize, box.blockSize];
        const { canvas } = [...this.panes.values()].find(({ stage }) => stage === target) ?? { canvas: null };
        if (!canvas) continue;
        [canvas.width, canvas.height] = exact;
        // Its size on the page is that of its pixels exactly: a fraction more, and the browser would resample it.
        [canvas.style.width, canvas.style.height] = exact.map((length) => `${length / devicePixelRatio}px`);
      }
      // A resized canvas is empty: drawn again before the browser shows it.
      this.draw();
    }

    invalidate() {
      this.frame ??= requestAnimationFrame(() => this.draw());
    }

    draw() {
      cancelAnimationFrame(this.frame);
      this.frame = null;
      const shown = this.shown();
      if (this.gone || !shown.length || !shown[0].canvas.width || !shown[0].canvas.height) return;
      const started = performance.now(), jobs = [];
      if (this.flight) this.fly(started);
      if (this.fit) this.zoom = this.fitZoom();
      this.settle();
      for (const pane of shown) pane.draw(jobs);
      this.read(jobs);
      this.drawMini(shown[0]);
      this.tiles.want(jobs);
      for (const pane of shown) pane.report();
      this.report();
      if (this.awaited && shown.every((pane) => !pane.missing)) requestAnimationFrame(this.awaited);
      this.draws += 1;
      this.drawMs = performance.now() - started;
    }

    painted(milliseconds) {
      return new Promise((done) => {
        const told = this.awaited = () => { if (this.awaited === told) this.awaited = null; done(); };
        setTimeout(done, milliseconds);
        this.invalidate();
      });
    }

    coming() {
      const maps = this.shown().filter(({ source, view, level }) => source.kind === "map" && source.levels.url && view && level);
      const found = maps.slice(0, 1).flatMap(({ source, view, level }) => source.visible(level, view).map(([job]) => job));
      return found.sort((a, b) => a.order - b.order).map(({ key }) => key.split("/").slice(1).join(".")).join();
    }

    report() {
      const { probe, spec, zoom } = this, region = this.draft ?? spec.region;
      const cell = probe && spec.cell > 1 ? `, cell ${Math.floor(probe.x / spec.cell)}, ${Math.floor(probe.y / spec.cell)}` : "";
      const parts = [probe ? `x ${probe.x}  y ${probe.y}${cell}` : `${spec.width} × ${spec.height} pixels`];
      if (region) parts.push(`region ${region.w} × ${region.h} at ${region.x}, ${region.y}`);
      put(this.where, this.drawing && !this.draft ? "Drag to draw a region; Esc leaves" : parts.join("   ·   "));
      put(this.zoomText, sayZoom(zoom));
      this.root.classList.toggle("fv-zoomed", !this.fit);
      this.fitButton.setAttribute("aria-pressed", this.fit);
      this.oneButton.setAttribute("aria-pressed", zoom === 1);
      const spoken = [this.where.textContent, ...this.shown().filter(({ id }) => probe && this.values[id] != null).map(({ id, title }) => `${title.textContent} ${say(this.values[id])}`), `zoom ${sayZoom(zoom)}`].join("; ");
      if (spoken !== this.spoken) {
        this.spoken = spoken;
        clearTimeout(this.speech);
        this.speech = setTimeout(() => put(this.voice, spoken), 500);
        if (probe) this.emit("probe", { ...probe, values: this.values });
      }
      const view = [this.x, this.y, zoom].join();
      if (view !== this.lastView) this.emit("view", { x: this.x, y: this.y, zoom });
      this.lastView = view;
    }

    emit(name, detail) {
      this.spec[`on${name[0].toUpperCase()}${name.slice(1)}`]?.(detail);
      this.element.dispatchEvent(new CustomEvent(`fv:${name}`, { detail, bubbles: true }));
    }

    state() {
      const { x, y, zoom, fit, unit, probe, values, spec, tiles, draws, drawMs, drawing } = this, all = [...tiles.map.values()];
      const panes = [...this.panes.values()].map(({ id, level, missing, view, root }) => ({ id, level: level?.scale, missing, origin: view && [view.ox, view.oy], hidden: root.hidden }));
      return { x, y, zoom, fit, unit, draws, drawMs, panes, probe: probe && { ...probe, values }, region: spec.region ?? null, wiper: spec.wiper ?? null, solo: spec.solo ?? null,
        drawing: Boolean(drawing), full: this.isFull(), bitmaps: all.filter((tile) => tile.bitmap).length, bytes: tiles.bytes, pending: all.filter((tile) => tile.request).length + (tiles.rested ? 1 : 0) };
    }

    destroy() {
      this.gone = true;
      for (const timer of [this.timer, this.speech]) clearTimeout(timer);
      cancelAnimationFrame(this.frame);
      this.asking?.abort();
      this.sizes.disconnect();
      this.tiles.clear();
      window.removeEventListener("wheel", this.hands.outside, { capture: true });
      document.removeEventListener("fullscreenchange", this.fullChange);
      this.root.remove();
    }
  }

  return { mount: (element, spec) => new Viewer(element, spec) };
})();
