/* One pane of the viewer: its picture or map, what is drawn over it, its colour bar and its value. */
"use strict";
(() => {
  const { clamp, make, put, say, pixelOf, Source } = globalThis.ForensicsViewerParts;

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
      // The coarsest level is one small tile: it stays for the minimap and for quick moves, and is there first where more than it is
      // needed and nothing of another map is in its place until then.
      const first = wanted.length > 2 && !this.old;
      jobs?.push(...wanted.map(([job]) => job), { ...source.job(source.coarsest, 0, 0), order: first ? -1 : 1e8, rest: !first });
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

  Object.assign(globalThis.ForensicsViewerParts, { Pane });
})();
