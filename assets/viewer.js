/* The one viewer for all pixel views: 1 to 8 panes that show the same place of one picture at the same zoom.

   const viewer = ForensicsViewer.mount(element, spec)
   viewer.update(part)            change any part of the spec; panes whose data stay the same keep their tiles
   viewer.flyTo(x, y, zoom)       bring a place of the picture to the centre
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
   colours on the screen. */
"use strict";
globalThis.ForensicsViewer = (() => {
  const LADDER = [1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
  const TYPES = { 1: Uint8Array, 2: Int16Array, 3: Float32Array };
  const KEYS = [["+  −", "zoom"], ["0", "fit"], ["1 … 8", "that many screen pixels a pixel"], ["arrows", "move"], ["Shift + arrows", "probe the next pixel"],
    ["b", "next box, Enter opens it"], ["r", "draw a region"], ["w", "wiper"], ["m", "minimap"], ["f", "full screen"], ["Esc", "leave, let go"]];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function make(tag, name, text) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function say(value) {
    if (value === undefined) return "…";
    if (Array.isArray(value)) return value.length === 3 ? value.map((v, i) => "RGB"[i] + "\u2009" + say(v)).join("  ") : value.map(say).join("  ");
    if (typeof value !== "number") return String(value);
    return Number.isNaN(value) ? "no value" : String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace("-", "−");
  }

  function sayZoom(zoom) {
    const below = 1 / zoom;
    return zoom >= 1 ? `${Number(zoom.toFixed(1))}:1` : `1:${Number(below.toFixed(1))}`;
  }

  function unpack(buffer) {
    const head = new DataView(buffer);
    const type = TYPES[head.getUint8(2)];
    if (head.getUint16(0) !== 0x4656 || !type) throw new Error("not a tile of numbers");
    return { values: new type(buffer, 8), width: head.getUint16(4, true), height: head.getUint16(6, true) };
  }

  const scratch = { paper: null, ink: null };

  /** Numbers to a bitmap, with the same arithmetic as colourise() in forensics_ui/imaging/colour.py. */
  function colour({ values, width, height }, { packed, low, high }) {
    scratch.paper ??= new OffscreenCanvas(1, 1);
    scratch.ink ??= scratch.paper.getContext("2d");
    Object.assign(scratch.paper, { width, height });
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const step = 254 / (high - low);
    for (let i = 0; i < pixels.length; i++) {
      const place = Math.floor((values[i] - low) * step + 0.5);
      pixels[i] = place >= 254 ? packed[255] : place > 0 ? packed[place + 1] : place === place ? packed[1] : 0;
    }
    scratch.ink.putImageData(image, 0, 0);
    return scratch.paper.transferToImageBitmap();
  }

  let probePaper = null;

  /** The R G B that the file holds; the bitmap was decoded without colour management, and nothing is blended here. */
  function pixelOf(bitmap, x, y) {
    probePaper ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    probePaper.drawImage(bitmap, -x, -y);
    return [...probePaper.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  /** Tiles by key: fetched in the order of need, stopped when no longer needed, the least recently used freed first. */
  class Tiles {
    constructor(changed) {
      Object.assign(this, { changed, map: new Map(), bytes: 0, limit: 96 << 20 });
    }

    get(key) {
      const tile = this.map.get(key);
      if (!tile?.bytes) return undefined;
      this.map.delete(key);
      this.map.set(key, tile);
      return tile;
    }

    bitmap(key, palette) {
      const tile = this.get(key);
      if (tile?.values && palette && tile.paintedWith !== palette.version) {
        tile.bitmap?.close();
        tile.bitmap = colour(tile, palette);
        tile.paintedWith = palette.version;
      }
      return tile?.bitmap;
    }

    /** Say what the screen needs now: what is under way and no longer needed is aborted, the rest starts four at a time (a browser
        opens six connections to a server, and the page needs some too). */
    want(jobs) {
      const needed = new Set(jobs.map((job) => job.key));
      for (const [key, tile] of this.map) {
        if (tile.bytes) continue;
        if (!needed.has(key)) this.drop(key);
        else if (tile.failedAt && tile.tries < 3 && performance.now() - tile.failedAt > 1000 * tile.tries) tile.waiting = true;
      }
      let running = [...this.map.values()].filter((tile) => tile.request).length;
      for (const job of jobs.sort((a, b) => a.order - b.order)) {
        const tile = this.map.get(job.key);
        if (running >= 4) break;
        if (tile && !tile.waiting) continue;
        running += 1;
        this.load(job, tile?.tries ?? 0);
      }
      for (const key of this.map.keys()) {
        if (this.bytes <= this.limit) break;
        if (!needed.has(key)) this.drop(key);
      }
    }

    async load({ key, url, format }, tries) {
      const tile = { request: new AbortController(), tries: tries + 1 };
      const { signal } = tile.request;
      this.map.set(key, tile);
      try {
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`${response.status}`);
        if (format === "values") Object.assign(tile, unpack(await response.arrayBuffer()));
        else tile.bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
        if (signal.aborted) return tile.bitmap?.close();
        tile.bytes = tile.values ? tile.values.byteLength + 4 * tile.width * tile.height : 4 * tile.bitmap.width * tile.bitmap.height;
        this.bytes += tile.bytes;
      } catch {
        if (signal.aborted) return;
        tile.failedAt = performance.now();
        setTimeout(this.changed, 1050 * tile.tries);
      } finally {
        tile.request = null;
      }
      this.changed();
    }

    drop(key) {
      const tile = this.map.get(key);
      tile.request?.abort();
      tile.bitmap?.close();
      this.bytes -= tile.bytes ?? 0;
      this.map.delete(key);
    }

    failing(name) {
      return [...this.map].some(([key, tile]) => tile.failedAt && key.startsWith(`${name}/`));
    }

    clear() {
      for (const key of [...this.map.keys()]) this.drop(key);
    }
  }

  let serial = 0;

  /** Where a pane's tiles come from and where they lie on the picture. */
  class Source {
    constructor(pane, picture) {
      this.size = pane.size ?? [picture.width, picture.height];
      this.place = pane.place ?? { x: 0, y: 0, width: picture.width, height: picture.height };
      this.levels = Array.isArray(pane.levels) ? [...pane.levels].sort((a, b) => a.scale - b.scale) : pane.levels;
      Object.assign(this, { format: pane.format ?? "image", kind: pane.kind ?? "picture", name: `${pane.id}#${++serial}` });
      // Small enough to be here at once; shown while the level that fits the screen is on its way.
      this.coarsest = this.levels.url ? this.at(2 ** Math.max(0, Math.ceil(Math.log2(Math.max(...this.size) / 128)))) : this.levels.at(-1);
    }

    at(scale) {
      return { scale, ...this.levels };
    }

    /** The level with one pixel for each device pixel; of ready levels, for a map the next coarser, for a picture the next finer. */
    level(pixel) {
      const scale = Math.max(1, Math.ceil(1 / pixel - 1e-6));
      if (this.levels.url) return this.at(scale);
      if (this.kind === "map") return this.levels.find((level) => level.scale >= scale) ?? this.levels.at(-1);
      return this.levels.findLast((level) => level.scale <= scale) ?? this.levels[0];
    }

    job(level, column, row, order) {
      const columns = Math.ceil(this.size[0] / level.scale / level.tile), names = { scale: level.scale, column, row };
      const url = level.tiles ? level.tiles[row * columns + column] : level.url.replace(/\{(scale|column|row)\}/g, (_, name) => names[name]);
      return { key: `${this.name}/${level.scale}/${column}/${row}`, url, format: this.format, order };
    }

    /** Every tile of a level that a window of the screen touches, as [job, left, top, pixels of the screen per tile pixel]. */
    visible(level, view) {
      const unit = (view.scale * this.place.width) / this.size[0] * level.scale;
      const left = view.ox + this.place.x * view.scale, top = view.oy + this.place.y * view.scale;
      const span = unit * level.tile;
      const last = (length) => Math.ceil(Math.ceil(length / level.scale) / level.tile) - 1;
      const found = [];
      for (let row = clamp(Math.floor(-top / span), 0, 1e6); row <= Math.min(last(this.size[1]), Math.floor((view.height - 1 - top) / span)); row++)
        for (let column = clamp(Math.floor(-left / span), 0, 1e6); column <= Math.min(last(this.size[0]), Math.floor((view.width - 1 - left) / span)); column++) {
          const x = left + column * span, y = top + row * span;
          const order = Math.hypot(x + span / 2 - view.width / 2, y + span / 2 - view.height / 2);
          found.push([this.job(level, column, row, order), x, y, unit]);
        }
      return found;
    }

    /** The tile of scale 1 under a place of the picture, and where in it: [job, x, y]; undefined outside. */
    under(x, y) {
      const own = [(x + 0.5 - this.place.x) * this.size[0] / this.place.width, (y + 0.5 - this.place.y) * this.size[1] / this.place.height].map(Math.floor);
      const level = this.levels.url ? this.at(1) : this.levels[0];
      if (level.scale !== 1 || own[0] < 0 || own[1] < 0 || own[0] >= this.size[0] || own[1] >= this.size[1]) return undefined;
      const [column, row] = own.map((at) => Math.floor(at / level.tile));
      return [this.job(level, column, row, 1e9), own[0] - column * level.tile, own[1] - row * level.tile];
    }
  }

  /** One pane: title, canvas, colour bar, value. It draws; where to look is the viewer's affair. */
  class Pane {
    constructor(viewer, id) {
      Object.assign(this, { viewer, id, old: null, level: null, missing: 0 });
      this.root = make("figure", "fv-pane");
      this.stage = make("div", "fv-stage");
      this.canvas = this.stage.appendChild(make("canvas"));
      this.ink = this.canvas.getContext("2d");
      const head = make("figcaption", "fv-head");
      this.title = head.appendChild(make("span", "fv-title"));
      this.note = head.appendChild(make("span", "fv-note"));
      this.alone = head.appendChild(make("button", "fv-alone"));
      this.alone.type = "button";
      this.alone.onclick = () => viewer.update({ solo: viewer.spec.solo === id ? null : id });
      this.bar = make("div", "fv-scale");
      this.strip = this.bar.appendChild(make("canvas"));
      this.marker = this.bar.appendChild(make("i"));
      const ticks = this.bar.appendChild(make("div", "fv-ticks"));
      this.ticks = [0, 1, 2].map(() => ticks.appendChild(make("span")));
      const foot = make("div", "fv-foot");
      this.value = foot.appendChild(make("output", "fv-value"));
      this.how = foot.appendChild(make("span", "fv-how"));
      this.root.append(head, this.stage, foot, this.bar);
    }

    set(spec, picture) {
      const identity = JSON.stringify([spec.levels, spec.format, spec.kind, spec.size, spec.place, picture]);
      if (identity !== this.identity) {
        // The old tiles stay on the screen until the new ones are there, unless the picture itself is another one.
        this.old = this.picture === JSON.stringify(picture) ? this.source : null;
        this.source = new Source(spec, picture);
        Object.assign(this, { identity, picture: JSON.stringify(picture) });
      }
      this.spec = spec;
      put(this.title, spec.title ?? spec.id);
      put(this.note, spec.note ?? "");
      this.note.title = spec.note ?? "";
      this.setPalette(spec.palette);
    }

    setPalette(palette) {
      const version = JSON.stringify(palette);
      if (this.version === version && this.palette !== undefined) return;
      this.bar.classList.toggle("fv-empty", !palette);
      if (!palette) return void Object.assign(this, { palette: null, version });
      const { low, high, unit = "", clips } = palette, table = palette.table.flat();
      const packed = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (table[3 * i + 2] << 16) | (table[3 * i + 1] << 8) | table[3 * i]);
      this.version = version;
      this.palette = { version, low, high, packed };
      Object.assign(this.strip, { width: 255, height: 1 });
      this.strip.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(packed.slice(1).buffer), 255, 1), 0, 0);
      const middle = say((low + high) / 2);
      put(this.ticks[0], (clips && low < 0 ? "≤ " : "") + say(low));
      put(this.ticks[1], unit ? `${middle} ${unit}` : middle);
      put(this.ticks[2], (clips ? "≥ " : "") + say(high));
    }

    draw(jobs) {
      const { viewer, canvas, ink } = this;
      const scale = viewer.zoom * viewer.unit;
      this.view = { scale, width: canvas.width, height: canvas.height,
        ox: Math.round(canvas.width / 2 - viewer.x * scale), oy: Math.round(canvas.height / 2 - viewer.y * scale) };
      ink.clearRect(0, 0, canvas.width, canvas.height);
      const mate = viewer.mate(this), cut = mate ? Math.round(canvas.width * viewer.spec.wiper.at) : canvas.width;
      this.within([0, 0, cut, canvas.height], () => this.layers(ink, this.view, jobs));
      if (mate) this.within([cut, 0, canvas.width - cut, canvas.height], () => mate.layers(ink, this.view, jobs));
      this.drawBoxes();
      if (viewer.draft ?? viewer.spec.region) this.stroke(this.path([viewer.draft ?? viewer.spec.region]), "#fff", 1.5, [6, 4]);
      if (viewer.probe) this.drawCross(viewer.probe);
    }

    within(rectangle, paint) {
      this.ink.save();
      this.ink.beginPath();
      this.ink.rect(...rectangle);
      this.ink.clip();
      paint();
      this.ink.restore();
    }

    layers(ink, view, jobs) {
      const base = this.spec.base === this.id ? null : this.viewer.panes.get(this.spec.base);
      if (base) base.paint(ink, base.source, view, jobs);
      ink.globalAlpha = base ? this.spec.opacity ?? 0.6 : 1;
      if (this.old) this.paint(ink, this.old, view, null);
      this.missing = this.paint(ink, this.source, view, jobs);
      // A tile that will not come must not leave numbers of another map in its place.
      if (!this.missing || this.viewer.tiles.failing(this.source.name)) this.old = null;
      ink.globalAlpha = 1;
    }

    /** Draw the tiles that are there, under them coarser ones where some are not; without jobs only what is there. */
    paint(ink, source, view, jobs) {
      const { tiles } = this.viewer;
      const level = source.level((view.scale * source.place.width) / source.size[0]);
      const wanted = source.visible(level, view);
      const missing = wanted.filter(([job]) => !tiles.bitmap(job.key, this.palette)).length;
      const coarser = missing && source.coarsest.scale !== level.scale ? source.visible(source.coarsest, view) : [];
      const { x, y, width, height } = source.place;
      const [left, top, right, bottom] = [x, y, x + width, y + height].map((at, i) => (i % 2 ? view.oy : view.ox) + at * view.scale);
      ink.save();
      ink.beginPath();
      ink.rect(Math.round(left), Math.round(top), Math.ceil(right - 1e-6) - Math.round(left), Math.ceil(bottom - 1e-6) - Math.round(top));
      ink.clip();
      for (const [job, tx, ty, unit] of [...coarser, ...wanted]) {
        const bitmap = tiles.bitmap(job.key, this.palette);
        if (!bitmap) continue;
        ink.imageSmoothingEnabled = unit < 1 - 1e-9;
        const [dx, dy] = [Math.round(tx), Math.round(ty)];
        ink.drawImage(bitmap, dx, dy, Math.round(tx + bitmap.width * unit) - dx, Math.round(ty + bitmap.height * unit) - dy);
      }
      ink.restore();
      // The coarsest level is one small tile: it is there first, and stays for the minimap and for quick moves.
      jobs?.push(...wanted.map(([job]) => job), { ...source.job(source.coarsest, 0, 0), order: -1 });
      if (jobs && source === this.source) this.level = level;
      return missing;
    }

    rectangle({ x, y, w, h }) {
      const { ox, oy, scale } = this.view;
      const [left, top] = [Math.round(ox + x * scale), Math.round(oy + y * scale)];
      return [left, top, Math.round(ox + (x + w) * scale) - left, Math.round(oy + (y + h) * scale) - top];
    }

    path(boxes) {
      const path = new Path2D();
      for (const box of boxes) path.rect(...this.rectangle(box));
      return path;
    }

    stroke(path, colour, thickness, dashes = [], edged = true) {
      const { ink, viewer: { unit } } = this;
      ink.lineWidth = (thickness + 2) * unit;
      ink.strokeStyle = "rgba(0, 0, 0, 0.55)";
      if (edged) ink.stroke(path);
      Object.assign(ink, { lineWidth: thickness * unit, strokeStyle: colour });
      ink.setLineDash(dashes.map((length) => length * unit));
      ink.stroke(path);
      ink.setLineDash([]);
    }

    drawBoxes() {
      const { ink, viewer } = this;
      const boxes = viewer.boxesOf(this), chosen = viewer.box;
      for (const box of boxes.filter(({ dim }) => dim)) {
        const outside = this.path([{ x: 0, y: 0, w: viewer.spec.width, h: viewer.spec.height }, box]);
        ink.fillStyle = "rgba(12, 14, 18, 0.6)";
        ink.fill(outside, "evenodd");
      }
      for (const [colour, group] of Map.groupBy(boxes, (box) => box.colour ?? "#ffb000")) this.stroke(this.path(group), colour, 1.5);
      if (boxes.includes(chosen)) {
        this.stroke(this.path([chosen]), "#fff", 4);
        this.stroke(this.path([chosen]), chosen.colour ?? "#ffb000", 2, [], false);
      }
      for (const box of boxes.length <= 8 ? boxes : boxes.filter((one) => one === chosen)) this.drawLabel(box);
    }

    drawLabel(box) {
      const { ink, canvas, viewer: { unit } } = this, [left, top, width, height] = this.rectangle(box);
      if (!box.label || left > canvas.width || top > canvas.height || left + width < 0 || top + height < 0) return;
      ink.font = `${11 * unit}px system-ui, sans-serif`;
      const wide = ink.measureText(box.label).width + 10 * unit, high = 17 * unit;
      const x = clamp(left, 0, Math.max(0, canvas.width - wide)), y = top >= high ? top - high : Math.max(0, top);
      ink.fillStyle = "rgba(16, 18, 22, 0.82)";
      ink.fillRect(x, y, wide, high);
      Object.assign(ink, { fillStyle: "#fff", textBaseline: "middle" });
      ink.fillText(box.label, x + 5 * unit, y + high / 2 + unit / 2);
    }

    /** Four short arms that leave the pixel free; the pixel and its cell are outlined where they are large enough. */
    drawCross({ x, y, pinned }) {
      const { viewer: { unit, spec: { cell } }, view: { scale } } = this;
      const [left, top, side] = this.rectangle({ x, y, w: 1, h: 1 });
      const middle = [left + side / 2, top + side / 2], near = Math.max(4 * unit, side / 2 + 2 * unit), far = near + (pinned ? 18 : 11) * unit;
      const arms = new Path2D();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        arms.moveTo(middle[0] + dx * near, middle[1] + dy * near);
        arms.lineTo(middle[0] + dx * far, middle[1] + dy * far);
      }
      if (scale >= 6 * unit && cell > 1) this.stroke(this.path([{ x: x - (x % cell), y: y - (y % cell), w: cell, h: cell }]), "rgba(255, 255, 255, 0.8)", 1, [3, 3]);
      if (scale >= 4 * unit) this.stroke(this.path([{ x, y, w: 1, h: 1 }]), "#fff", 1);
      this.stroke(arms, pinned ? "#ffd24a" : "#fff", 1.5);
    }

    /** The true value at a place, if it is here: a number, [R, G, B], undefined while it is on its way, null if there is none. */
    valueAt({ x, y }, jobs) {
      const readable = this.source.format === "values" || this.spec.exact;
      const under = readable && this.source.under(x, y);
      if (!under) return null;
      const [job, column, row] = under, tile = this.viewer.tiles.get(job.key);
      if (!tile) return void jobs?.push(job);
      return tile.values ? tile.values[row * tile.width + column] : pixelOf(tile.bitmap, column, row);
    }

    /** Show on the colour bar where the probed value lies. */
    mark(value) {
      const { low, high } = this.palette ?? {};
      const at = typeof value === "number" ? clamp((value - low) / (high - low), 0, 1) : NaN;
      this.marker.style.left = Number.isNaN(at) ? "-100%" : `${at * 100}%`;
    }

    report() {
      const { viewer, level } = this, mate = viewer.mate(this);
      const show = (pane) => (viewer.values[pane.id] === null ? "" : say(viewer.values[pane.id]));
      put(this.value, viewer.probe ? (mate ? `${show(this)}  |  ${show(mate)}` : show(this)) : "");
      const failed = this.missing && viewer.tiles.failing(this.source.name);
      put(this.how, failed ? "parts did not arrive" : level?.scale > 1 ? `1:${level.scale} ${this.spec.reduce ?? (this.source.kind === "map" ? "" : "average")}` : "");
      for (const pane of mate ? [this, mate] : [this]) pane.mark(viewer.values[pane.id]);
      const alone = viewer.spec.solo === this.id;
      put(this.alone, alone ? "All" : "Only");
      this.alone.setAttribute("aria-pressed", alone);
      this.alone.setAttribute("aria-label", `${alone ? "Show all panes" : "Show only"} ${this.title.textContent}`);
      put(this.title, (mate ? `${this.spec.title} | ${mate.spec.title}` : this.spec.title) ?? this.id);
    }
  }

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

  class Viewer {
    constructor(element, spec) {
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

    /** For a full screen: the number of columns that shows the picture largest. */
    bestColumns(count) {
      const { width, height } = this.spec, heads = 96;
      const size = (columns) => Math.min(innerWidth / columns / width, Math.max(1, (innerHeight - 110) / Math.ceil(count / columns) - heads) / height);
      return Array.from({ length: count }, (_, i) => i + 1).reduce((best, columns) => (size(columns) > size(best) ? columns : best));
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
      this.draws += 1;
      this.drawMs = performance.now() - started;
    }

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
        drawing: Boolean(drawing), full: this.isFull(), bitmaps: all.filter((tile) => tile.bitmap).length, bytes: tiles.bytes, pending: all.filter((tile) => tile.request).length };
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
