/* One batch on the Batch tab: how far it is, histograms, the table, reports. Rows come a page at a time from the server.

   Every text from outside is set as text; what would hide or turn it is made visible. */
"use strict";
globalThis.ForensicsBatch = (() => {
  const HERE = "/forensics/batch";
  const EVERY = 700, PAGE = 100;
  const SILENT = "The app does not answer. Is it still running?";
  const STATES = { new: "Waiting for its turn", scanning: "Reading the folder", running: "Scoring", paused: "Paused", finished: "Finished", cancelled: "Stopped", stopped: "Stopped by a problem", interrupted: "Interrupted" };
  const LIMITS = { low: "no trace", some: "some", strong: "strong" };
  const SORTS = [["path", "Name"], ["size", "Size"], ["format", "Format"], ["width", "Width"], ["state", "State"]];

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

  const ofState = ({ state }) => STATES[state] ?? state;

  /** How many pictures scored how, with the limits of the bands where they lie in sight. */
  function histogram({ title, edges, counts, limits, count: total }) {
    const W = 560, H = 190, L = 44, R = 12, T = 22, B = 34, figure = make("figure", "b-histogram");
    const shape = (tag, attributes, text) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      if (text !== undefined) node.textContent = text;
      return node;
    };
    const svg = shape("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title}: how many of ${plural(total, "picture")} got which logit` });
    const most = Math.max(1, ...counts), low = edges[0] ?? -1, high = edges.at(-1) ?? 1, foot = H - B;
    const x = (v) => L + (v - low) / (high - low || 1) * (W - L - R), y = (n) => foot - n / most * (foot - T);
    for (const n of new Set([0, Math.ceil(most / 2), most])) {
      svg.append(shape("line", { class: "grid", x1: L, x2: W - R, y1: y(n), y2: y(n) }), shape("text", { class: "end", x: L - 6, y: y(n) + 4 }, count(n)));
    }
    counts.forEach((n, i) => {
      if (!n) return;
      const bar = shape("rect", { class: "bar", x: x(edges[i]) + 0.5, width: Math.max(1, x(edges[i + 1]) - x(edges[i]) - 1), y: y(n), height: foot - y(n) });
      bar.append(shape("title", {}, `${plural(n, "picture")} from ${signed(edges[i])} to ${signed(edges[i + 1])}`));
      svg.append(bar);
    });
    for (const [name, v] of Object.entries(limits)) {
      if (total < 1 || v <= low || v >= high) continue;
      svg.append(shape("line", { class: "limit", x1: x(v), x2: x(v), y1: T - 6, y2: foot }), shape("text", { class: "limit", x: x(v), y: T - 10 }, LIMITS[name]));
    }
    if (total) for (const i of [0, 1, 2, 3, 4]) {
      const v = low + (high - low) * i / 4, place = ["start", "", "", "", "end"][i];
      svg.append(shape("text", { class: place, x: x(v), y: foot + 15 }, high - low < 0.2 ? `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(4)}` : signed(v)));
    }
    svg.append(shape("text", { x: (L + W - R) / 2, y: H - 3 }, total ? "logit" : "fills while pictures are scored"));
    figure.append(make("figcaption", "", title), svg);
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

  const tab = (name) => [...document.querySelectorAll("#rooms [role=tab]")].find((each) => each.textContent.trim() === name);

  class Run {
    constructor(root, id, choices, back) {
      Object.assign(this, { root, id, choices, offset: 0, sort: "path", descending: false, text: "", verdict: "", errors: false, lines: new Map() });
      this.tones = Object.fromEntries(choices.bands.map(({ name, tone }) => [name, tone]));
      this.title = make("h2");
      this.about = make("p", "b-quiet");
      this.state = make("b");
      this.state.setAttribute("role", "status");
      this.words = make("span");
      this.bar = make("progress");
      this.bar.setAttribute("aria-label", "Progress");
      this.problem = make("p", "b-problem");
      this.problem.setAttribute("role", "alert");
      this.steer = make("div", "b-steer");
      for (const [name, text] of [["pause", "Pause"], ["resume", "Resume"], ["cancel", "Cancel"]]) this.steer.append(Object.assign(button("b-button", text, () => this.tell(name)), { name }));
      const line = make("p", "b-line"), progress = make("div", "b-progress");
      line.append(this.state, this.words);
      progress.append(line, this.steer, this.bar);
      this.charts = make("div", "b-charts");
      this.head = make("thead");
      this.body = make("tbody");
      const table = make("table", "b-table"), head = make("div", "b-head");
      table.append(this.head, this.body);
      head.append(button("b-link", "← All batches", back), this.title, this.about);
      this.none = make("p", "b-none b-quiet");
      root.replaceChildren(head, progress, this.problem, this.charts, this.reports(), this.filters(), table, this.none, this.pager(), this.leftOut());
      this.refresh(true);
      this.timer = setInterval(() => this.tick(), EVERY);
    }

    destroy() { clearInterval(this.timer); clearTimeout(this.later); this.gone = true; }

    tick() {
      if (this.root.checkVisibility() && document.visibilityState === "visible" && !this.batch?.progress.over && !this.asking) this.refresh();
    }

    async refresh(rows = false) {
      this.asking = true;
      try {
        const batch = await ask(`/of/${this.id}`);
        if (this.gone) return;
        const before = this.batch?.progress;
        this.batch = batch;
        this.show();
        const now = batch.progress;
        if (rows || !before || before.done + before.failed !== now.done + now.failed || before.state !== now.state) await this.load();
        this.say(this.silent ? "" : this.problem.textContent);
        this.silent = false;
      } catch (error) {
        this.silent = error.message === SILENT;
        this.say(error.message);
      } finally {
        this.asking = false;
      }
    }

    say(text) { if (this.problem.textContent !== text) this.problem.textContent = text; }

    async tell(what) {
      this.say("");
      for (const each of this.steer.children) each.disabled = true;
      try {
        await ask(`/of/${this.id}/${what}`, "POST", {});
      } catch (error) {
        this.say(error.message);
      }
      await this.refresh(true);
    }

    show() {
      const { title, where, rule, detectors, started, progress, histograms } = this.batch;
      const named = detectors.map((one) => `${one.title} (${one.weights})`).join(", ");
      this.title.textContent = visible(title);
      this.about.textContent = `${visible(where)} · ${named} · rule ${rule} · started ${when(started)}`;
      const state = ofState(progress);
      if (this.state.textContent !== state) this.state.textContent = state;
      this.state.className = `b-state ${progress.state}`;
      this.words.textContent = words(progress);
      if (progress.total || progress.over) Object.assign(this.bar, { max: progress.total || 1, value: progress.total ? progress.done + progress.failed : 1 });
      else this.bar.removeAttribute("value");
      const can = { pause: progress.state === "running", resume: progress.state === "paused" || (progress.over && progress.state !== "finished"), cancel: !progress.over };
      for (const each of this.steer.children) each.disabled = !can[each.name];
      const drawn = JSON.stringify(histograms);
      if (drawn !== this.drawn) this.charts.replaceChildren(...histograms.map(histogram));
      this.drawn = drawn;
      this.skippedTitle.textContent = `Skipped (${count(progress.skipped)})`;
      this.skippedBox.hidden = !progress.skipped;
      if (this.head.childElementCount === 0) this.columns();
    }

    columns() {
      const row = make("tr");
      const columns = [["path", "Name"], ...this.batch.detectors.map(({ name, title }) => [`logit:${name}`, title]), ["size", "File"]];
      for (const [key, title] of columns) {
        const cell = make("th");
        cell.scope = "col";
        if (key === "path") cell.colSpan = 2;
        cell.dataset.sort = key;
        cell.append(button("", title, () => this.order(key, this.sort === key ? !this.descending : key !== "path")));
        row.append(cell);
      }
      this.head.append(row);
      this.sorter.replaceChildren(...[...SORTS, ...this.batch.detectors.map(({ name, title }) => [`logit:${name}`, `${title} logit`])].flatMap(([key, title]) => [new Option(`${title}, rising`, key), new Option(`${title}, falling`, `-${key}`)]));
      this.marks();
    }

    order(sort, descending) {
      Object.assign(this, { sort, descending, offset: 0 });
      this.marks();
      this.load();
    }

    marks() {
      for (const cell of this.head.querySelectorAll("th")) cell.setAttribute("aria-sort", cell.dataset.sort !== this.sort ? "none" : this.descending ? "descending" : "ascending");
      this.sorter.value = (this.descending ? "-" : "") + this.sort;
    }

    filters() {
      const bar = make("div", "b-filters"), text = make("input"), verdict = make("select"), errors = make("input"), label = make("label", "b-check");
      Object.assign(text, { type: "search", placeholder: "Part of a name" });
      text.setAttribute("aria-label", "Show only names that contain");
      text.oninput = () => { clearTimeout(this.later); this.later = setTimeout(() => this.narrow({ text: text.value }), 250); };
      verdict.append(new Option("All answers", ""), ...this.choices.bands.map(({ name }) => new Option(name, name)));
      verdict.setAttribute("aria-label", "Show only this answer");
      verdict.onchange = () => this.narrow({ verdict: verdict.value });
      errors.type = "checkbox";
      errors.onchange = () => this.narrow({ errors: errors.checked });
      label.append(errors, make("span", "", "errors only"));
      this.sorter = make("select", "b-sorter");
      this.sorter.setAttribute("aria-label", "Order");
      this.sorter.onchange = () => this.order(this.sorter.value.replace(/^-/, ""), this.sorter.value.startsWith("-"));
      bar.append(text, verdict, label, this.sorter);
      return bar;
    }

    narrow(by) { Object.assign(this, by, { offset: 0 }); this.load(); }

    async load() {
      const query = new URLSearchParams({ offset: this.offset, sort: this.sort, descending: this.descending, text: this.text, verdict: this.verdict, state: this.errors ? "failed" : "" });
      const asked = this.query = query.toString();
      try {
        const { rows, total } = await ask(`/of/${this.id}/rows?${asked}`);
        if (this.gone || asked !== this.query) return;
        this.fill(rows);
        const narrowed = this.text || this.verdict || this.errors, last = this.offset + rows.length;
        this.none.textContent = total ? "" : narrowed ? "No row fits." : this.batch?.progress.over ? "There is no picture here." : "Rows appear when the folder has been read.";
        this.where.textContent = total ? `${count(this.offset + 1)} to ${count(last)} of ${count(total)}` : "";
        this.earlier.disabled = !this.offset;
        this.further.disabled = last >= total;
        this.pages.classList.toggle("one", total <= PAGE);
      } catch (error) {
        this.say(error.message);
      }
    }

    /** Lines that are the same stay, with their thumbnails and the keyboard's place; the order changes only if it must. */
    fill(rows) {
      const lines = new Map();
      for (const row of rows) {
        const told = JSON.stringify(row), known = this.lines.get(row.path);
        if (known && known.told === told) { lines.set(row.path, known); continue; }
        const node = known?.node ?? make("tr");
        const focused = known && node.contains(document.activeElement);
        node.replaceChildren(...this.cells(row));
        if (focused) node.querySelector(".b-name")?.focus();
        lines.set(row.path, { told, node });
      }
      this.lines = lines;
      const wanted = [...lines.values()].map(({ node }) => node);
      if (wanted.length !== this.body.children.length || wanted.some((node, i) => this.body.children[i] !== node)) this.body.replaceChildren(...wanted);
    }

    cells(row) {
      const look = make("td", "b-look"), name = make("td", "b-what"), waiting = row.state === "waiting";
      const [folder, base] = [row.path.slice(0, row.path.lastIndexOf("/") + 1), row.path.slice(row.path.lastIndexOf("/") + 1)];
      if (row.sha256 && row.format && !row.error) {
        const image = make("img");
        Object.assign(image, { loading: "lazy", alt: "", width: 56, height: 56, onerror: () => image.remove(), src: `${HERE}/of/${this.id}/thumb?${new URLSearchParams({ path: row.path, sha256: row.sha256 })}` });
        look.append(image);
      }
      const open = button("b-name", visible(base), () => this.open(row));
      open.title = "Open in Inspect";
      open.disabled = waiting || !row.sha256;
      name.append(open);
      if (folder) name.append(make("span", "b-folder", visible(folder)));
      const cells = [look, name];
      if (row.error) {
        const said = make("td", "b-error", visible(row.error));
        said.colSpan = this.batch.detectors.length;
        cells.push(said);
      } else for (const one of this.batch.detectors) cells.push(this.answer(one, row.scores[one.name], waiting));
      cells.push(this.facts(row));
      return cells;
    }

    answer({ title }, score, waiting) {
      const cell = make("td", "b-answer");
      cell.dataset.detector = title;
      if (!score) cell.append(make("span", "b-quiet", waiting ? "waiting" : ""));
      else if (score.error) cell.append(make("span", "b-error", visible(score.error)));
      else {
        const band = make("b", `b-band ${this.tones[score.verdict] ?? ""}`, score.verdict);
        cell.title = (score.reasons ?? []).map((reason) => visible(reason)).join("\n");
        cell.append(band);
        if (score.logit !== null) cell.append(make("span", "b-number", `logit ${signed(score.logit)}${score.probability === null ? "" : `, ${Math.round(score.probability * 100)} %`}`));
      }
      return cell;
    }

    facts(row) {
      const cell = make("td", "b-facts"), kind = row.format ? row.format + (row.quality ? ` ${row.standard ? "" : "about "}${row.quality}` : "") : "";
      const size = row.width ? `${row.width} × ${row.height}` : "";
      cell.append(make("span", "", [kind, size].filter(Boolean).join(", ") || " "), make("span", "b-quiet", bytes(row.bytes)));
      const notes = [row.mismatch && "its name says another format", row.generators && "names a generator", row.incomplete && "incomplete"].filter(Boolean);
      if (notes.length) cell.append(make("span", "b-note", notes.join(", ")));
      return cell;
    }

    async open(row) {
      this.say("");
      try {
        await inspect(this.id, row);
      } catch (error) {
        this.say(error.message);
        this.problem.scrollIntoView({ block: "nearest" });
      }
    }

    pager() {
      this.pages = make("div", "b-pages one");
      this.where = make("span", "b-quiet");
      const go = (by) => () => { this.offset = Math.max(0, this.offset + by); this.load().then(() => this.pages.scrollIntoView({ block: "nearest" })); };
      this.earlier = button("b-button", "Earlier", go(-PAGE));
      this.further = button("b-button", "Further", go(PAGE));
      this.pages.append(this.earlier, this.where, this.further);
      return this.pages;
    }

    reports() {
      const box = make("details", "b-reports"), form = make("form"), links = make("div", "b-steer");
      const names = { csv: "results.csv", json: "results.json", html: "report.html", pdf: "report.pdf" };
      const said = make("p", "b-quiet");
      said.setAttribute("role", "status");
      for (const [name, title, kind] of [["name", "Case", "input"], ["examiner", "Examiner", "input"], ["notes", "Notes", "textarea"]]) {
        const label = make("label", "", title);
        label.append(Object.assign(make(kind), { name }));
        form.append(label);
      }
      form.onsubmit = (event) => event.preventDefault();
      for (const format of this.choices.formats) links.append(button("b-button", names[format] ?? format, () => this.report(format, names[format] ?? format, form, links, said)));
      box.append(make("summary", "", "Reports"), make("p", "b-quiet", "Made of what is finished at that moment. The JSON file is the record; the others are renderings of it."), form, links, said);
      return box;
    }

    async report(format, name, form, links, said) {
      const set = (off) => { for (const each of links.children) each.disabled = off; };
      set(true);
      said.textContent = `Writing ${name} …`;
      try {
        const { name: written, bytes: size } = await ask(`/of/${this.id}/report/${format}`, "POST", Object.fromEntries(new FormData(form)));
        Object.assign(make("a"), { href: `${HERE}/of/${this.id}/report/${format}`, download: written }).click();
        said.textContent = `${written} was written, ${bytes(size)}.`;
      } catch (error) {
        said.textContent = error.message;
      } finally {
        set(false);
      }
    }

    leftOut() {
      const box = this.skippedBox = make("details", "b-skipped"), list = make("ul");
      this.skippedTitle = make("summary", "", "Skipped");
      const more = button("b-button", "More", () => add());
      const add = async () => {
        const { skipped } = await ask(`/of/${this.id}/skipped?offset=${list.childElementCount}`);
        for (const { path, reason } of skipped) {
          const item = make("li");
          item.append(make("b", "", visible(path)), make("span", "b-quiet", visible(reason)));
          list.append(item);
        }
        more.hidden = skipped.length < PAGE;
      };
      box.ontoggle = () => { if (box.open) { list.replaceChildren(); add().catch((error) => this.say(error.message)); } };
      box.append(this.skippedTitle, list, more);
      box.hidden = true;
      return box;
    }
  }

  return { HERE, SILENT, EVERY, make, button, visible, count, plural, bytes, when, words, ofState, ask, tab, Run };
})();
