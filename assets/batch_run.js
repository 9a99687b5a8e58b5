/* One batch on the Batch tab: how far it is, histograms, the table, reports. Rows come a page at a time from the server. */
"use strict";
(() => {
  const { HERE, SILENT, make, button, visible, count, bytes, signed, when, words, ofState, ask, histogram, inspect, Judged } = globalThis.ForensicsBatch;
  const EVERY = 700, PAGE = 100;
  const SORTS = [["path", "Name"], ["size", "Size"], ["format", "Format"], ["width", "Width"], ["state", "State"]];

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
      this.problem = make("p", "b-problem b-toast");
      this.problem.onclick = () => this.say("");
      this.problem.setAttribute("role", "alert");
      this.steer = make("div", "b-steer");
      for (const [name, text] of [["pause", "Pause"], ["resume", "Resume"], ["cancel", "Cancel"]]) this.steer.append(Object.assign(button("b-button", text, () => this.tell(name)), { name }));
      const line = make("p", "b-line"), progress = make("div", "b-progress");
      line.append(this.state, this.words);
      progress.append(line, this.steer, this.bar);
      this.charts = make("div", "b-charts");
      this.head = make("thead");
      this.body = make("tbody");
      this.widths = make("colgroup");
      const table = make("table", "b-table"), head = make("div", "b-head");
      table.append(this.widths, this.head, this.body);
      head.append(button("b-link", "← All batches", back), this.title, this.about);
      this.none = make("p", "b-none b-quiet");
      const reports = this.reports();
      this.judged = new Judged(this);
      root.replaceChildren(head, progress, this.problem, this.judged.box, this.charts, reports, this.filters(), table, this.none, this.pager(), this.leftOut());
      this.refresh(true);
      this.timer = setInterval(() => this.tick(), EVERY);
    }

    destroy() { clearInterval(this.timer); clearTimeout(this.later); this.gone = true; this.judged.destroy(); }

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
      const can = { pause: ["new", "scanning", "running"].includes(progress.state), resume: progress.state === "paused" || (progress.over && progress.state !== "finished"), cancel: !progress.over && progress.state !== "ending" };
      for (const each of this.steer.children) each.disabled = !can[each.name];
      this.judged.follow(progress);
      const { verdicts } = this.batch, drawn = JSON.stringify([histograms, verdicts]);
      if (drawn !== this.drawn) this.charts.replaceChildren(...histograms.map((one) => histogram(one, verdicts[one.detector], this.choices.bands)));
      this.drawn = drawn;
      this.skippedTitle.textContent = `Skipped (${count(progress.skipped)})`;
      this.skippedBox.hidden = !progress.skipped;
      if (this.head.childElementCount === 0) this.columns();
    }

    columns() {
      const row = make("tr");
      this.widths.append(...Array.from({ length: this.batch.detectors.length + 3 }, () => make("col")));
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
      if (row.disagreement) name.append(make("span", "b-note", row.disagreement));
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
      if (kind) cell.append(make("span", "", [kind, size].filter(Boolean).join(", ")));
      cell.append(make("span", "b-quiet", bytes(row.bytes)));
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
      for (const format of this.choices.formats) links.append(button("b-button", names[format] ?? format, () => this.report(`report/${format}`, names[format] ?? format)));
      const ofLabels = make("div", "b-of-labels");
      Object.assign(this, { form, said, links: box, ofLabels });
      box.append(make("summary", "", "Reports"), make("p", "b-quiet", "Made of what is finished at that moment. The JSON file is the record; the others are renderings of it."), form, links, ofLabels, said);
      return box;
    }

    /** The files of a comparison with the labels stand under those of the batch. */
    offer(names) {
      const links = make("div", "b-steer");
      for (const name of names) links.append(button("b-button", `evaluation-${name}`, () => this.report(`evaluation/${name}`, `evaluation-${name}`)));
      this.ofLabels.replaceChildren(...(names.length ? [make("p", "b-quiet", "Of the comparison with the labels:"), links] : []));
    }

    async report(place, name) {
      const { form, said } = this, set = (off) => { for (const each of this.links.querySelectorAll(".b-steer button")) each.disabled = off; };
      set(true);
      said.textContent = `Writing ${name} …`;
      try {
        const { name: written, bytes: size } = await ask(`/of/${this.id}/${place}`, "POST", Object.fromEntries(new FormData(form)));
        Object.assign(make("a"), { href: `${HERE}/of/${this.id}/${place}`, download: written }).click();
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

  Object.assign(globalThis.ForensicsBatch, { EVERY, Run });
})();
