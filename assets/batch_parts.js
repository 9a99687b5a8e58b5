/* What both screens of the Batch tab share: how things are written, how the server is asked, the histogram, the road to Inspect.

   Every text from outside is set as text; what would hide or turn it is made visible. */
"use strict";
globalThis.ForensicsBatch = (() => {
  const HERE = "/forensics/batch";
  const SILENT = "The app does not answer. Is it still running?";
  const STATES = { new: "Waiting for its turn", scanning: "Reading the folder", running: "Scoring", paused: "Paused", ending: "Ending", finished: "Finished", cancelled: "Stopped", stopped: "Stopped by a problem", interrupted: "Interrupted" };
  const LIMITS = { low: "no trace", some: "some", strong: "strong" };

  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const button = (name, text, onclick) => Object.assign(make("button", name, text), { type: "button", onclick });
  const visible = (text) => String(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "�");
  const count = (n) => Number(n).toLocaleString("en");
  const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
  const bytes = (n) => (n < 1000 ? `${n} bytes` : n < 1e6 ? `${Math.round(n / 1e3)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`);
  const signed = (n) => `${n < 0 ? "−" : "+"}${Math.abs(n).toFixed(2)}`;
  const when = (text) => (text ? new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "");
  const lasting = (s) => (s < 90 ? `${Math.max(1, Math.round(s))} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`);

  /** Ask one of our addresses; a problem becomes an Error whose message is a sentence for people. */
  async function ask(path, method = "GET", body) {
    let answer;
    try {
      answer = await fetch(HERE + path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch {
      throw new Error(SILENT);
    }
    if (answer.status === 204) return null;
    const told = await answer.json().catch(() => ({ problem: `The app answered with an error (${answer.status}).` }));
    if (!answer.ok) throw new Error(told.problem);
    return told;
  }

  /** Where it stands, in words. */
  function words({ state, reason, total, done, failed, skipped, scanned, rate, seconds_left: left }) {
    if (state === "new" || (state === "scanning" && !scanned)) return "";
    if (state === "scanning") return `${count(scanned)} entries so far`;
    const said = [`${count(done + failed)} of ${plural(total, "picture")}`];
    if (failed) said.push(`${plural(failed, "error")}`);
    if (skipped) said.push(`${count(skipped)} skipped`);
    if (state === "running" && rate) said.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`);
    if (state === "running" && left) said.push(`about ${lasting(left)} left`);
    return said.join(" · ") + (reason ? `. ${reason}` : "");
  }

  /** A sentence whose commands stand between back ticks. */
  const prose = (name, text) => {
    const node = make("small", name);
    visible(text).split("`").forEach((part, i) => node.append(i % 2 ? make("code", "", part) : part));
    return node;
  };
  const ofState = ({ state }) => STATES[state] ?? state;

  /** How many pictures scored how, with the limits of the bands where they lie in sight. */
  function histogram({ title, edges, counts, limits, count: total }, verdicts = {}, bands = []) {
    const narrow = innerWidth < 760, W = narrow ? 340 : 560, H = 190, L = 44, R = 12, T = 22, B = 34, figure = make("figure", "b-histogram");
    const shape = (tag, attributes, text) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      if (text !== undefined) node.textContent = text;
      return node;
    };
    const svg = shape("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title}: how many of ${plural(total, "picture")} got which logit` });
    const most = Math.max(1, ...counts), low = edges[0] ?? -1, high = edges.at(-1) ?? 1, foot = H - B;
    const x = (v) => L + (v - low) / (high - low || 1) * (W - L - R), y = (n) => foot - n / most * (foot - T);
    for (const n of most % 2 ? [0, most] : [0, most / 2, most]) {
      svg.append(shape("line", { class: "grid", x1: L, x2: W - R, y1: y(n), y2: y(n) }), shape("text", { class: "end", x: L - 6, y: y(n) + 4 }, count(n)));
    }
    counts.forEach((n, i) => {
      if (!n) return;
      const bar = shape("rect", { class: "bar", x: x(edges[i]) + 0.5, width: Math.max(1, x(edges[i + 1]) - x(edges[i]) - 1), y: y(n), height: foot - y(n) });
      bar.append(shape("title", {}, `${plural(n, "picture")} from ${signed(edges[i])} to ${signed(edges[i + 1])}`));
      svg.append(bar);
    });
    const inSight = Object.entries(limits).filter(([, v]) => total && v > low && v < high);
    for (const [name, v] of inSight) {
      // Each name stands on the side of its line on which it holds, where there is room.
      const [side, by] = name === "low" || x(v) > W - 60 ? ["end", -5] : ["start", 5];
      svg.append(shape("line", { class: "limit", x1: x(v), x2: x(v), y1: T - 6, y2: foot }), shape("text", { class: `limit ${side}`, x: x(v) + by, y: T - 8 }, LIMITS[name]));
    }
    if (total) for (const i of narrow ? [0, 2, 4] : [0, 1, 2, 3, 4]) {
      const v = low + (high - low) * i / 4, place = ["start", "", "", "", "end"][i];
      svg.append(shape("text", { class: place, x: x(v), y: foot + 15 }, high - low < 0.2 ? `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(4)}` : signed(v)));
    }
    svg.append(shape("text", { x: (L + W - R) / 2, y: H - 3 }, total ? "logit" : "fills while pictures are scored"));
    const answers = make("p", "b-answers");
    for (const { name, tone } of bands) if (verdicts[name]) answers.append(make("b", `b-band ${tone}`, `${count(verdicts[name])} ${name}`));
    const note = make("p", "b-quiet b-limits", inSight.length ? "Dashed: the weights' limits; doubts about a picture can make it inconclusive anywhere." : "");
    figure.append(make("figcaption", "", title), svg, answers, note);
    return figure;
  }

  /** Hand the very bytes of a row to the Inspect tab, by the road that every picked file takes. */
  async function inspect(batch, row) {
    const answer = await fetch(`${HERE}/of/${batch}/file?${new URLSearchParams({ path: row.path, sha256: row.sha256 ?? "" })}`).catch(() => null);
    if (!answer) throw new Error(SILENT);
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).problem ?? "The file could not be read.");
    const file = new File([await answer.blob()], row.path.split("/").at(-1)), list = new DataTransfer();
    tab("Inspect")?.click();
    const input = document.querySelector("#picker input[type=file], input[type=file]#picker, #intake input[type=file]");
    list.items.add(file);
    window.forensicsVia = "file";
    input.files = list.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    window.scrollTo({ top: 0 });
  }

  /** A text field that offers the sub-folders which go on what is typed. */
  class FolderField {
    constructor(chosen, id = "b-folders") {
      this.chosen = chosen;
      this.id = id;
      this.box = make("div", "b-combo");
      this.input = make("input");
      this.list = make("ul");
      this.list.id = id;
      for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off", spellcheck: "false", placeholder: "Type a folder" })) this.input.setAttribute(name, value);
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", "Folders");
      this.list.hidden = true;
      this.input.oninput = () => { this.look(); chosen(""); };
      this.input.onfocus = () => this.look();
      this.input.onblur = () => { this.close(); this.take(); };
      this.input.onkeydown = (event) => this.key(event);
      this.box.append(this.input, this.list);
    }

    async look() {
      const typed = this.input.value, looking = this.looking = {};
      const { folders } = await ask(`/folders?${new URLSearchParams({ path: typed })}`).catch(() => ({ folders: [] }));
      if (this.looking !== looking || document.activeElement !== this.input) return;
      this.at = -1;
      this.list.replaceChildren(...folders.map((folder, i) => {
        const item = make("li", "", visible(folder));
        item.id = `${this.id}-${i}`;
        item.dataset.folder = folder;
        item.setAttribute("role", "option");
        // Before the field loses the focus, which would close the list.
        item.onmousedown = (event) => { event.preventDefault(); this.enter(folder); };
        return item;
      }));
      this.list.hidden = !folders.length;
      this.input.setAttribute("aria-expanded", !this.list.hidden);
    }

    /** Go into a folder: it stands in the field, and its own folders are offered. */
    enter(folder) {
      const slash = folder.includes("\\") ? "\\" : "/";
      this.input.value = folder.endsWith(slash) ? folder : folder + slash;
      this.look();
      this.take();
    }

    key(event) {
      const items = [...this.list.children], open = !this.list.hidden;
      if (event.key === "Escape") return this.close();
      if (event.key === "Enter") {
        event.preventDefault();
        if (open && this.at >= 0) return this.enter(items[this.at].dataset.folder);
        this.close();
        return this.take();
      }
      if (!open || !items.length || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute("aria-selected", i === this.at));
      this.input.setAttribute("aria-activedescendant", items[this.at].id);
      items[this.at].scrollIntoView({ block: "nearest" });
    }

    close() {
      this.looking = null;
      this.list.hidden = true;
      this.input.removeAttribute("aria-activedescendant");
      this.input.setAttribute("aria-expanded", false);
    }

    take() { this.chosen(this.input.value.trim()); }
  }

  const field = (title, box) => { const label = make("label", "b-field"); label.append(make("span", "", title), box); return label; };
  const tab = (name) => [...document.querySelectorAll("#rooms [role=tab]")].find((each) => each.textContent.trim() === name);

  return { HERE, SILENT, make, button, visible, prose, count, plural, bytes, signed, when, words, ofState, ask, histogram, inspect, tab, field, FolderField };
})();
