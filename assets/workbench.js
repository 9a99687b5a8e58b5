/* The part of the Inspect tab below the answers: one tab per view, its controls, the viewer, numbers, curves and tables.

   It follows the picture by the `data-token` of the figure that the server renders, and asks /forensics/view for the rest.
   One viewer serves all views, so zoom and place stay when the view changes. Every text from outside is set as text. */
"use strict";
(() => {
  const HERE = "/forensics";
  const RULES = [["native", "native: whole picture, no resampling"], ["crop", "crop: aligned centre, 256 px"], ["paper", "paper: as the authors test"]];
  const FLY_ZOOM = 8;

  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  class Workbench {
    constructor(root) {
      this.root = root;
      this.views = null;
      this.chosen = {};
      this.rule = "native";
    }

    /** A new picture, or none. */
    async follow(token) {
      if (token === this.token) return;
      this.stop();
      this.token = token;
      this.viewer?.destroy();
      this.viewer = null;
      this.secondName = "";
      this.root.hidden = !token;
      if (!token) return;
      this.views ??= await (await fetch(`${HERE}/views`)).json();
      this.build();
      this.open(this.current && this.views.some(({ name }) => name === this.current) ? this.current : this.views[0].name);
    }

    build() {
      this.tabs = make("div", "wb-tabs");
      this.tabs.setAttribute("role", "tablist");
      this.tabs.setAttribute("aria-label", "Views");
      for (const { name, title } of this.views) {
        const tab = make("button", "", title);
        Object.assign(tab, { type: "button", id: `wb-tab-${name}` });
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-controls", "wb-panel");
        tab.onclick = () => this.open(name);
        this.tabs.append(tab);
      }
      this.tabs.onkeydown = (event) => this.step(event);
      const rule = make("label", "wb-rule", "Detectors look at ");
      this.ruleBox = make("select");
      for (const [value, text] of RULES) this.ruleBox.append(new Option(text, value, false, value === this.rule));
      this.ruleBox.onchange = () => { this.rule = this.ruleBox.value; this.ask(); };
      rule.append(this.ruleBox);
      this.words = make("p", "wb-words");
      this.caution = make("p", "wb-caution");
      this.controls = make("form", "wb-controls");
      this.controls.onsubmit = (event) => event.preventDefault();
      this.state = make("div", "wb-state");
      this.state.setAttribute("role", "status");
      this.stage = make("div", "wb-stage");
      this.below = make("div", "wb-below");
      this.panel = make("div", "wb-panel");
      Object.assign(this.panel, { id: "wb-panel" });
      this.panel.setAttribute("role", "tabpanel");
      this.panel.append(this.words, this.caution, this.controls, this.state, this.stage, this.below);
      const head = make("div", "wb-head");
      head.append(make("h2", "", "Look closer"), rule);
      this.root.replaceChildren(head, this.tabs, this.panel);
    }

    step(event) {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      const at = this.views.findIndex(({ name }) => name === this.current);
      const next = this.views[(at + move + this.views.length) % this.views.length].name;
      this.open(next);
      document.getElementById(`wb-tab-${next}`).focus();
    }

    open(name) {
      this.stop();
      this.current = name;
      const view = this.view();
      for (const tab of this.tabs.children) {
        const on = tab.id === `wb-tab-${name}`;
        tab.setAttribute("aria-selected", on);
        tab.tabIndex = on ? 0 : -1;
        if (on) this.tabs.scrollTo({ left: tab.offsetLeft - this.tabs.clientWidth / 2 + tab.clientWidth / 2, behavior: "smooth" });
      }
      this.panel.setAttribute("aria-labelledby", `wb-tab-${name}`);
      this.words.textContent = view.shows;
      this.caution.textContent = view.misleads;
      this.drawControls(view);
      this.tell("");
      this.ask();
    }

    view() { return this.views.find(({ name }) => name === this.current); }

    values() { return this.chosen[this.current] ??= {}; }

    drawControls(view) {
      this.controls.replaceChildren(...view.options.map((option) => this.control(option)));
      if (view.needs_second || view.name === "difference") this.controls.append(this.secondPicker());
      if (view.options.length) {
        const reset = make("button", "wb-quiet", "Reset");
        reset.type = "button";
        reset.onclick = () => { this.chosen[this.current] = {}; this.drawControls(view); this.ask(); };
        this.controls.append(reset);
      }
    }

    control(option) {
      const label = make("label", `wb-control ${option.kind}`), name = make("span", "", option.label);
      if (option.help) label.title = option.help;
      const value = this.values()[option.name] ?? option.default;
      const change = (next) => { this.values()[option.name] = next; clearTimeout(this.later); this.later = setTimeout(() => this.ask(), 80); };
      if (option.kind === "choice") {
        const box = make("select");
        for (const one of option.choices) box.append(new Option(String(one), String(one), false, String(one) === String(value)));
        box.onchange = () => change(box.value);
        label.append(name, box);
      } else if (option.kind === "switch") {
        const box = make("input");
        Object.assign(box, { type: "checkbox", checked: value === true || value === "true" });
        box.onchange = () => change(box.checked);
        label.append(box, name);
      } else {
        const box = make("input"), long = option.high - option.low > 300;
        Object.assign(box, { type: long ? "number" : "range", min: option.low, max: option.high, step: option.step ?? "any", value });
        const shown = make("output", "", String(value));
        box.oninput = () => { shown.textContent = box.value; change(box.value); };
        box.dataset.option = option.name;
        label.append(name, box, ...(long ? [] : [shown]));
      }
      return label;
    }

    secondPicker() {
      const label = make("label", "wb-control second"), box = make("input");
      box.type = "file";
      box.onchange = () => box.files[0] && this.giveSecond(box.files[0]);
      label.append(make("span", "", this.secondName ? `Second picture: ${this.secondName}` : "Second picture"), box);
      if (this.secondName) {
        const away = make("button", "wb-quiet", "Take it away");
        away.type = "button";
        away.onclick = async () => { await fetch(`${HERE}/second/${this.token}`, { method: "DELETE" }); this.secondName = ""; this.drawControls(this.view()); this.ask(); };
        label.append(away);
      }
      return label;
    }

    async giveSecond(file) {
      this.tell("Reading the second picture …");
      const answer = await (await fetch(`${HERE}/second/${this.token}`, { method: "POST", body: file, headers: { "x-file-name": encodeURIComponent(file.name) } })).json();
      if (answer.state !== "done") return this.tell(answer.problem, "problem");
      this.secondName = answer.name;
      this.drawControls(this.view());
      this.ask();
    }

    stop() {
      clearTimeout(this.later);
      this.asking?.abort();
      this.asking = null;
    }

    /** Ask for the current view until it is there; what is on the screen stays until then. */
    async ask() {
      this.stop();
      const asking = this.asking = new AbortController();
      const [token, view] = [this.token, this.current];
      const query = new URLSearchParams({ ...this.values(), "input-rule": this.rule });
      const url = `${HERE}/view/${token}/${view}?${query}`;
      const began = performance.now();
      const slow = setTimeout(() => this.asking === asking && this.tell("Working …", "busy"), 150);
      try {
        for (;;) {
          const answer = await (await fetch(url, { signal: asking.signal })).json();
          if (this.asking !== asking) return;
          if (answer.state === "done") {
            this.show(answer);
            this.tell(`${this.view().title} in ${((performance.now() - began) / 1000).toFixed(1)} s`, "quiet");
            return;
          }
          if (answer.state === "failed") return this.fail(answer.problem);
          clearTimeout(slow);
          this.busy(answer.progress);
          await wait(120);
        }
      } catch (error) {
        if (error.name !== "AbortError") this.fail("The app does not answer. Is it still running?");
      } finally {
        clearTimeout(slow);
      }
    }

    tell(text, kind = "") {
      this.state.className = `wb-state ${kind}`;
      this.state.replaceChildren(make("span", "", text));
    }

    busy([done, total]) {
      const bar = make("progress"), stop = make("button", "wb-quiet", "Stop");
      if (total) Object.assign(bar, { max: total, value: done });
      stop.type = "button";
      stop.onclick = () => { this.stop(); fetch(`${HERE}/view/${this.token}/${this.current}`, { method: "DELETE" }); this.tell("Stopped. Change something, or choose the view again, to go on.", "problem"); };
      this.state.className = "wb-state busy";
      this.state.replaceChildren(make("span", "", total ? `${done} of ${total}` : "Working …"), bar, stop);
    }

    fail(text) {
      this.tell(text, "problem");
      this.below.replaceChildren();
      this.stage.hidden = true;
    }

    show(made) {
      this.stage.hidden = !made.viewer;
      if (made.viewer) this.look(made);
      const parts = [];
      if (made.sentences.length) {
        const list = make("ul", "wb-sentences");
        list.append(...made.sentences.map((text) => make("li", "", text)));
        parts.push(list);
      }
      if (made.crops.length) parts.push(this.gallery(made.crops));
      if (made.curves.length) {
        const charts = make("div", "wb-charts");
        charts.append(...made.curves.map((curve) => ForensicsCharts.draw(curve)));
        parts.push(charts);
      }
      parts.push(...made.tables.map((table) => this.table(table)), this.downloads(made));
      this.below.replaceChildren(...parts);
    }

    look(made) {
      const drawn = (box) => this.regionDrawn(box);
      const spec = { ...made.viewer, cell: Number(made.numbers.l) || undefined, onRegion: drawn, solo: null, rule: "" };
      spec.region = made.view === "region" && made.options.w ? { x: made.options.x, y: made.options.y, w: made.options.w, h: made.options.h } : null;
      if (this.viewer) this.viewer.update(spec);
      else this.viewer = ForensicsViewer.mount(this.stage, spec);
    }

    /** A box drawn in any view is a question about that region. */
    regionDrawn(box) {
      if (!box || !this.views.some(({ name }) => name === "region")) return;
      this.chosen.region = { ...this.chosen.region, x: box.x, y: box.y, w: box.w, h: box.h };
      if (this.current === "region") { this.drawControls(this.view()); this.ask(); } else this.open("region");
    }

    fly(place) {
      this.viewer?.flyTo(place.x + place.w / 2, place.y + place.h / 2, FLY_ZOOM);
      this.stage.scrollIntoView({ block: "nearest", behavior: "smooth" });
    }

    gallery(crops) {
      const row = make("div", "wb-gallery");
      for (const crop of crops) {
        const item = make("button"), image = make("img");
        Object.assign(item, { type: "button", title: crop.caption });
        Object.assign(image, { src: `${HERE}/crop/${this.token}/${crop.x}/${crop.y}/${crop.w}/${crop.h}.png`, alt: "", width: 92, height: 92, loading: "lazy" });
        item.append(image, make("span", "", crop.caption));
        item.onclick = () => this.fly(crop);
        row.append(item);
      }
      return row;
    }

    table({ title, columns, rows, places }) {
      const box = make("details", "wb-table"), grid = make("table"), head = make("tr"), body = make("tbody");
      box.open = rows.length <= 12 || places.length > 0 || this.current === "file";
      const lines = rows.map((cells, i) => this.row(cells, places[i]));
      columns.forEach((name, at) => {
        const cell = make("th"), sort = make("button", "", name);
        sort.type = "button";
        sort.onclick = () => {
          const down = cell.getAttribute("aria-sort") !== "descending";
          for (const other of head.children) other.removeAttribute("aria-sort");
          cell.setAttribute("aria-sort", down ? "descending" : "ascending");
          const order = rows.map((cells, i) => [cells[at], i]).sort(([a], [b]) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true })));
          body.replaceChildren(...(down ? order.reverse() : order).map(([, i]) => lines[i]));
        };
        cell.append(sort);
        head.append(cell);
      });
      body.append(...lines);
      grid.append(make("thead"), body);
      grid.tHead.append(head);
      const scroll = make("div", "wb-scroll");
      scroll.append(grid);
      box.append(make("summary", "", `${title} (${rows.length})`), scroll);
      return box;
    }

    row(cells, place) {
      const line = make("tr");
      line.append(...cells.map((value) => make("td", typeof value === "number" ? "number" : "", value === null ? "–" : typeof value === "number" ? String(value).replace("-", "−") : String(value))));
      if (place) {
        line.tabIndex = 0;
        line.className = "flies";
        line.onclick = () => this.fly(place);
        line.onkeydown = (event) => { if (event.key === "Enter") this.fly(place); };
      }
      return line;
    }

    downloads(made) {
      const row = make("p", "wb-downloads", "Save ");
      const link = (text, address) => { const a = make("a", "", text); a.href = address; a.download = ""; row.append(a); };
      link("the numbers (JSON)", `${HERE}/numbers/${made.id}.json`);
      for (const [i, pane] of (made.viewer?.panes ?? []).entries()) {
        if (pane.kind !== "map") continue;
        link(`${pane.title} (PNG)`, `${HERE}/map/${made.id}/${i}.png`);
        link("as numbers (npy)", `${HERE}/map/${made.id}/${i}.npy`);
      }
      return row;
    }
  }

  let bench = null;
  function watch() {
    const root = document.getElementById("workbench");
    if (!root) return;
    if (bench?.root !== root) bench = new Workbench(root);
    bench.follow(document.querySelector("#picture [data-token]")?.dataset.token ?? null);
  }
  /* The server replaces parts of the page as it learns more; whichever part changed, the token says what is open. */
  new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-token"] });
  window.forensicsWorkbench = () => bench;
})();
