/* Curves and bars as plain SVG: `ForensicsCharts.draw(curve)` gives a <figure>. Colours and text sizes come from workbench.css. */
"use strict";
globalThis.ForensicsCharts = (() => {
  const SPACE = "http://www.w3.org/2000/svg";
  const WIDTH = 560, HEIGHT = 230, LEFT = 70, RIGHT = 14, TOP = 12, BOTTOM = 40;

  function shape(tag, attributes, text) {
    const node = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const short = (value) => {
    const size = Math.abs(value);
    const [by, unit] = size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""];
    return `${+(value / by).toPrecision(3)}${unit}`.replace("-", "−");
  };

  /** Round numbers between two ends, at most six of them. */
  function ticks(low, high) {
    const rough = (high - low) / 5 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    const first = Math.ceil(low / step) * step;
    return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, i) => +(first + i * step).toPrecision(12));
  }

  function range(curve) {
    const all = [...Object.values(curve.lines).flat(), ...Object.values(curve.thresholds)].filter((v) => v !== null && (!curve.logarithmic || v > 0));
    let [low, high] = all.length ? [Math.min(...all), Math.max(...all)] : [0, 1];
    if (curve.logarithmic) return [Math.log10(Math.max(low, 1)) - 0.05, Math.log10(Math.max(high, 10)) + 0.05];
    if (curve.bars) [low, high] = [Math.min(0, low), Math.max(0, high)];
    const spare = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - spare, high + spare];
  }

  function axes(curve) {
    const numeric = curve.x.length > 1 && curve.x.every((v) => typeof v === "number");
    const [low, high] = range(curve);
    const half = numeric && curve.bars ? 0.5 : 0;
    const first = numeric ? Math.min(...curve.x) - half : -0.5, last = numeric ? Math.max(...curve.x) + half : curve.x.length - 0.5;
    const x = (i) => LEFT + ((numeric ? curve.x[i] : i) - first) / (last - first || 1) * (WIDTH - LEFT - RIGHT);
    const at = (v) => LEFT + (v - first) / (last - first || 1) * (WIDTH - LEFT - RIGHT);
    const y = (v) => TOP + (high - (curve.logarithmic ? Math.log10(Math.max(v, 1e-9)) : v)) / (high - low) * (HEIGHT - TOP - BOTTOM);
    return { numeric, low, high, first, last, x, at, y };
  }

  function grid(svg, curve, { numeric, low, high, first, last, x, at, y }) {
    const levels = curve.logarithmic ? ticks(low, high).filter(Number.isInteger).map((v) => 10 ** v) : ticks(low, high);
    for (const v of levels) {
      svg.append(shape("line", { class: v === 0 ? "zero" : "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }));
      svg.append(shape("text", { class: "tick end", x: LEFT - 6, y: y(v) + 4 }, short(v)));
    }
    const base = HEIGHT - BOTTOM + 16;
    if (numeric) for (const v of ticks(first, last)) svg.append(shape("text", { class: "tick", x: at(v), y: base }, short(v)));
    else {
      const every = Math.ceil(curve.x.length / 14);
      curve.x.forEach((name, i) => { if (i % every === 0) svg.append(shape("text", { class: "tick", x: x(i), y: base }, String(name))); });
    }
    svg.append(shape("text", { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4 }, curve.x_label));
    svg.append(shape("text", { class: "axis", transform: `translate(13 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)` }, curve.y_label));
  }

  function bars(svg, curve, { x, y, low }) {
    const names = Object.keys(curve.lines), count = curve.x.length * names.length;
    const width = Math.max(0.6, (WIDTH - LEFT - RIGHT) / count * 0.85);
    names.forEach((name, series) => curve.lines[name].forEach((v, i) => {
      if (v === null || (curve.logarithmic && v <= 0)) return;
      const foot = y(curve.logarithmic ? 10 ** low : 0), top = y(v), left = x(i) + (series - names.length / 2) * width;
      const bar = shape("rect", { class: `series s${colour(name, series)}`, x: left, width, y: Math.min(top, foot), height: Math.max(0.5, Math.abs(foot - top)) });
      bar.append(shape("title", {}, `${name}: ${curve.x[i]} → ${v}`));
      svg.append(bar);
    }));
  }

  function lines(svg, curve, { x, y }) {
    Object.entries(curve.lines).forEach(([name, values], series) => {
      let path = "", pen = "M";
      values.forEach((v, i) => { if (v === null) { pen = "M"; return; } path += `${pen}${x(i).toFixed(1)} ${y(v).toFixed(1)}`; pen = "L"; });
      svg.append(shape("path", { class: `line s${colour(name, series)}`, d: path }));
      if (values.length <= 40) values.forEach((v, i) => {
        if (v === null) return;
        const dot = shape("circle", { class: `series s${colour(name, series)}`, cx: x(i), cy: y(v), r: 3.2 });
        dot.append(shape("title", {}, `${name}: ${curve.x[i]} → ${v}`));
        svg.append(dot);
      });
    });
  }

  /** Channels keep the colour of their name. */
  const colour = (name, series) => ({ red: "red", green: "green", blue: "blue" })[name] ?? series % 6;

  /** Whether the lines keep farther away from a level in the left half: its name stands there. */
  function roomierLeft(curve, level) {
    const half = curve.x.length / 2, far = (values) => Math.min(Infinity, ...values.filter((v) => v !== null).map((v) => Math.abs(v - level)));
    const all = Object.values(curve.lines);
    return far(all.flatMap((values) => values.slice(0, Math.ceil(half)))) > far(all.flatMap((values) => values.slice(Math.floor(half))));
  }

  function draw(curve) {
    const figure = document.createElement("figure");
    figure.className = "chart";
    const caption = document.createElement("figcaption");
    caption.textContent = curve.title;
    const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${curve.title}: ${curve.y_label} against ${curve.x_label}` });
    const places = axes(curve);
    grid(svg, curve, places);
    (curve.bars ? bars : lines)(svg, curve, places);
    for (const [name, v] of Object.entries(curve.thresholds)) {
      svg.append(shape("line", { class: "threshold", x1: LEFT, x2: WIDTH - RIGHT, y1: places.y(v), y2: places.y(v) }));
      const left = roomierLeft(curve, v);
      svg.append(shape("text", { class: `threshold ${left ? "start" : "end"}`, x: left ? LEFT + 4 : WIDTH - RIGHT - 2, y: places.y(v) - 5 }, name));
    }
    const names = Object.keys(curve.lines);
    figure.append(caption, svg);
    if (names.length > 1) {
      const legend = document.createElement("p");
      legend.className = "legend";
      names.forEach((name, series) => {
        const key = document.createElement("span");
        key.className = `s${colour(name, series)}`;
        key.textContent = name;
        legend.append(key);
      });
      figure.append(legend);
    }
    return figure;
  }

  return { draw };
})();
