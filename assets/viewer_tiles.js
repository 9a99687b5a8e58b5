/* The viewer's tiles: fetched, unpacked, coloured, kept; and the small words that the other parts of the viewer share. */
"use strict";
globalThis.ForensicsViewerParts = (() => {
  const TYPES = { 1: Uint8Array, 2: Int16Array, 3: Float32Array };
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

  const REST = 250; // milliseconds that what is not on the screen waits after what is: the server and the browser paint meanwhile

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
      for (const job of this.due(jobs).sort((a, b) => a.order - b.order)) {
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

    /** Those that may start now: jobs with `rest` only a while after the last other one has come. */
    due(jobs) {
      const missing = (job) => !this.map.has(job.key), now = performance.now();
      const coming = (job) => missing(job) || this.map.get(job.key).request;
      if (jobs.some((job) => !job.rest && coming(job))) this.restUntil = now + REST;
      clearTimeout(this.rested);
      this.rested = null;
      const wait = (this.restUntil ?? 0) - now;
      if (wait <= 0) return jobs;
      if (jobs.some((job) => job.rest && missing(job))) this.rested = setTimeout(this.changed, wait + 1);
      return jobs.filter((job) => !job.rest);
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
      clearTimeout(this.rested);
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

  return { clamp, make, put, say, sayZoom, pixelOf, Tiles, Source };
})();
