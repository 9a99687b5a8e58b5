/* The part of the Inspect tab below the answers: one tab per view, its controls, the viewer, numbers, curves and tables.

   It follows the picture by the `data-token` of the figure that the server renders, and asks /forensics/view for the rest.
   One viewer serves all views, so zoom and place stay when the view changes. Every text from outside is set as text. */
"use strict";
(() => {
  const HERE = "/forensics";
  const RULES = [["native", "whole picture, no resampling (native)"], ["crop", "aligned centre, 256 px (crop)"], ["paper", "as the papers test (paper)"]];
  const KINDS = { fake: "towards generated", real: "towards real", seen: "looked at", neutral: "chosen" };
  const CHOSEN = "#f2b705";
  const SILENT = "The app does not answer. Is it still running?";
  const LONG_SCALE = 300; // steps: more are typed, not dragged
  const DRAGGED = 80; // milliseconds between two questions of a hand that drags
  const PAINTED = 1000; // milliseconds at most that the figures wait until the maps are on the screen
  const { make, draw, downloads } = globalThis.ForensicsFindings;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  let views = null;
  const allViews = () => (views ??= fetch(`${HERE}/views`).then((answer) => answer.json()).catch((error) => { views = null; throw error; }));

  class Workbench {
    constructor(root) {
      this.root = root;
      this.chosen = {};
      this.rule = "native";
      allViews().then((views) => { this.views = views; }, () => {});
      // The answers above are taken away while the next picture is read; without their room, this part would jump up and down.
      this.answers = document.getElementById("findings");
      new ResizeObserver(() => { if (this.token) this.room = this.answers.offsetHeight; }).observe(this.answers);
    }

    /** A picture is being read: ask for its view now, so that the answer is on its way when the picture is there. */
    expect(token) {
      if (!token || this.ahead?.token === token || !this.views) return;
      const url = this.address(token, this.current ?? this.views[0].name), answer = fetch(url);
      answer.catch(() => {}); // asked again, and told, when the picture is there
      this.ahead = { token, url, answer };
    }

    address(token, name) {
      return `${HERE}/view/${token}/${name}?${new URLSearchParams({ ...this.chosen[name], "input-rule": this.rule })}`;
    }

    /** A new picture, or none (yet). Options stay, but for places, which belong to the last picture; so does the room that it took. */
    async follow(token, opening) {
      if (!token && !opening) this.root.hidden = true;
      if (this.held && (token ? !document.querySelector(".status.busy") : !opening)) this.hold("");
      if (token === this.token) return;
      this.stop();
      this.token = token;
      Object.assign(this, { made: null, said: null, secondName: "" });
      for (const name of "xywh") delete this.chosen.region?.[name];
      this.panel?.classList.add("gone");
      this.root.inert = !token;
      // A picture that opens quickly is there without having been seen on its way.
      if (this.panel && (token ? document.querySelector(".status.busy") : opening)) this.hold(`${this.room}px`);
      this.root.hidden = !token && !(opening && this.panel);
      if (!token) return;
      try {
        this.views ??= await allViews();
      } catch {
        return this.root.replaceChildren(make("p", "wb-state problem", SILENT));
      }
      if (this.token !== token) return;
      if (!this.panel) this.build();
      this.open(this.current ?? this.views[0].name);
    }

    build() {
      const head = make("div", "wb-head"), actions = make("div", "wb-actions");
      actions.append(this.ruleControl());
      head.append(make("h2", "", "Look closer"), actions);
      this.words = make("p", "wb-words");
      this.caution = make("p", "wb-caution");
      this.controls = make("form", "wb-controls");
      this.controls.onsubmit = (event) => event.preventDefault();
      this.state = make("div", "wb-state");
      this.state.setAttribute("role", "status");
      this.stage = make("div", "wb-stage");
      this.legend = make("p", "wb-legend");
      this.below = make("div", "wb-below");
      this.links = make("div", "wb-links");
      this.panel = make("div", "wb-panel");
      this.panel.id = "wb-panel";
      this.panel.setAttribute("role", "tabpanel");
      const about = make("div", "wb-about");
      about.append(this.words, this.caution);
      this.panel.append(about, this.controls, this.state, this.stage, this.legend, this.below, this.links);
      this.root.replaceChildren(head, this.tabRow(), this.panel);
    }

    ruleControl() {
      const label = make("label", "wb-rule", "Detectors read"), box = make("select");
      for (const [value, text] of RULES) box.append(new Option(text, value, false, value === this.rule));
      box.onchange = () => { this.rule = box.value; this.ask(); };
      label.append(box);
      return label;
    }

    tabRow() {
      this.tabs = make("div", "wb-tabs");
      this.tabs.setAttribute("role", "tablist");
      this.tabs.setAttribute("aria-label", "Views");
      for (const { name, title } of this.views) {
        const tab = make("button", "", title);
        Object.assign(tab, { type: "button", id: `wb-tab-${name}`, onclick: () => this.open(name) });
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-controls", "wb-panel");
        this.tabs.append(tab);
      }
      this.tabs.onkeydown = (event) => this.step(event);
      // Where they do not fit, a fading edge says that there are more.
      const fade = () => {
        const { scrollLeft, scrollWidth, clientWidth } = this.tabs;
        this.tabs.classList.toggle("more-left", scrollLeft > 4);
        this.tabs.classList.toggle("more-right", scrollLeft + clientWidth < scrollWidth - 4);
      };
      this.tabs.onscroll = fade;
      new ResizeObserver(fade).observe(this.tabs);
      return this.tabs;
    }

    step(event) {
      const at = this.views.findIndex(({ name }) => name === this.current), count = this.views.length;
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + count, Home: 0, End: count - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = this.views[to % count].name;
      this.open(next);
      document.getElementById(`wb-tab-${next}`).focus();
    }

    open(name) {
      this.stop();
      this.current = name;
      for (const tab of this.tabs.children) {
        const on = tab.id === `wb-tab-${name}`;
        tab.setAttribute("aria-selected", on);
        tab.tabIndex = on ? 0 : -1;
        // A frame later: asked now, where it is would lay out the page once more than the screen needs.
        if (on) requestAnimationFrame(() => this.tabs.scrollTo({ left: tab.offsetLeft - this.tabs.clientWidth / 2 + tab.clientWidth / 2, behavior: "smooth" }));
      }
      this.panel.setAttribute("aria-labelledby", `wb-tab-${name}`);
      const view = this.view();
      this.words.textContent = view.shows;
      this.caution.textContent = view.misleads;
      this.drawControls();
      // What another view made stays, so that nothing jumps, but it must not be read under this one's name.
      this.panel.classList.toggle("stale", this.made?.view !== name);
      this.tell("");
      this.ask();
    }

    view() { return this.views.find(({ name }) => name === this.current); }

    values() { return this.chosen[this.current] ??= {}; }

    drawControls() {
      const view = this.view();
      this.controls.replaceChildren(...view.options.map((option) => this.control(option)));
      if (view.needs_second || view.name === "difference") this.controls.append(this.secondPicker());
      this.reset = make("button", "wb-quiet wb-reset", "Reset");
      Object.assign(this.reset, { type: "button", disabled: !Object.keys(this.values()).length });
      this.reset.onclick = () => { this.chosen[this.current] = {}; this.drawControls(); this.ask(); };
      if (view.options.length) this.controls.append(this.reset);
    }

    control(option) {
      const label = make("label", `wb-control ${option.kind}`), name = make("span", "", option.label);
      const value = this.values()[option.name] ?? option.default, box = make(option.kind === "choice" ? "select" : "input");
      if (option.help) box.setAttribute("aria-description", option.help);
      box.dataset.option = option.name;
      if (option.kind === "choice") {
        for (const one of option.choices) box.append(new Option(String(one), String(one), false, String(one) === String(value)));
        box.onchange = () => this.change(option, box.value);
        label.append(name, box);
      } else if (option.kind === "switch") {
        Object.assign(box, { type: "checkbox", checked: value === true || value === "true" });
        box.onchange = () => this.change(option, box.checked);
        label.append(box, name);
      } else {
        const typed = option.high - option.low > LONG_SCALE, shown = make("output", "", String(value));
        Object.assign(box, { type: typed ? "number" : "range", min: option.low, max: option.high, step: option.step ?? "any", value });
        box.oninput = () => { shown.textContent = box.value; if (box.value !== "") this.change(option, box.value, typed ? 350 : DRAGGED); };
        label.append(name, box, ...(typed ? [] : [shown]));
      }
      return option.help ? this.explained(label, option) : label;
    }

    /** A button beside a control that says what it is for: a tool tip cannot be reached by touch or keys. */
    explained(label, option) {
      const group = make("span", "wb-option"), button = make("button", "wb-why", "?"), text = make("div", "hint-text", option.help);
      text.id = `wb-why-${option.name}`;
      text.popover = "auto";
      Object.assign(button, { type: "button", title: option.help, popoverTargetElement: text });
      button.setAttribute("aria-label", `What is ${option.label}?`);
      group.append(label, button, text);
      return group;
    }

    change(option, value, rest = 0) {
      this.values()[option.name] = value;
      this.reset.disabled = false;
      if (option.paints && option.kind === "number") this.paint(option, Number(value));
      clearTimeout(this.later);
      // While a hand drags, every so often; but the first step at once. What is typed, or coloured already, can rest first.
      const since = rest === DRAGGED && !option.paints ? performance.now() - (this.asked ?? -rest) : 0;
      if (since >= rest) this.ask();
      else this.later = setTimeout(() => this.ask(), rest - since);
    }

    /** The numbers are here already: colour them on the new scale at once. The server's answer follows and says the same. */
    paint(option, value) {
      if (!this.viewer || this.made?.view !== this.current || !(value > 0)) return;
      const by = this.made.options[option.name] / value;
      const panes = this.made.viewer.panes.map((pane) => (pane.palette ? { ...pane, palette: { ...pane.palette, low: pane.palette.low * by, high: pane.palette.high * by } } : pane));
      this.viewer.update({ panes });
    }

    secondPicker() {
      const label = make("label", "wb-control second"), box = make("input");
      Object.assign(box, { type: "file", onchange: () => box.files[0] && this.giveSecond(box.files[0]) });
      label.append(make("span", "", this.secondName ? "Second picture:" : "Second picture"), ...(this.secondName ? [make("b", "", this.secondName)] : []), box);
      if (!this.secondName) return label;
      const group = make("span", "wb-second"), away = make("button", "wb-quiet", "Take it away");
      Object.assign(away, { type: "button", onclick: () => this.takeSecondAway() });
      group.append(label, away);
      return group;
    }

    async takeSecondAway() {
      await fetch(`${HERE}/second/${this.token}`, { method: "DELETE" }).catch(() => {});
      this.secondName = "";
      this.drawControls();
      this.ask();
    }

    async giveSecond(file) {
      const { token } = this;
      this.stop();
      this.tell(`Reading ${file.name} …`, "busy");
      let answer;
      try {
        answer = await (await fetch(`${HERE}/second/${token}`, { method: "POST", body: file, headers: { "x-file-name": encodeURIComponent(file.name) } })).json();
      } catch {
        answer = { state: "failed", problem: SILENT };
      }
      if (this.token !== token) return;
      if (answer.state === "done") this.secondName = answer.name;
      this.drawControls();
      if (answer.state === "done") this.ask();
      else this.tell(answer.problem, "problem");
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
      const url = this.address(this.token, this.current), began = this.asked = performance.now();
      const ahead = this.ahead?.url === url ? this.ahead.answer : null;
      let had = "";
      this.ahead = null;
      const slow = setTimeout(() => this.asking === asking && this.tell("Working …", "busy"), 150);
      this.panel.setAttribute("aria-busy", true);
      try {
        for (let sent = ahead; ; sent = null) {
          const answer = await (await (sent ?? fetch(url + (had || this.coming()), { signal: asking.signal }))).json();
          if (this.asking !== asking) return;
          if (answer.state === "done") return this.show(answer, performance.now() - began);
          if (answer.state === "failed") return this.fail(answer.problem);
          if (answer.state === "begun") {
            had = `&had=${answer.id}`; // asking with this also says that they are on the screen: counting would slow them down
            this.begin(answer);
            await this.viewer.painted(PAINTED);
            if (this.asking !== asking) return;
            this.panel.classList.add("counting");
            continue;
          }
          clearTimeout(slow);
          this.busy(answer); // the server answers when there is news, or after a moment: asked again at once, nothing is lost
        }
      } catch (error) {
        if (error.name !== "AbortError" && this.asking === asking) this.fail(SILENT);
      } finally {
        clearTimeout(slow);
        if (this.asking === asking) this.panel.setAttribute("aria-busy", false);
      }
    }

    /** Tiles that this view is about to ask for, so that they are computed while its answer is on its way. */
    coming() {
      const tiles = this.made?.view === this.current ? this.viewer?.coming() : "";
      return tiles ? `&ahead=${tiles}` : "";
    }

    tell(text, kind = "") {
      this.state.className = `wb-state ${kind}`;
      this.state.replaceChildren(make("span", "", text));
    }

    busy({ progress: [done, total], waiting }) {
      if (this.panel.classList.contains("stale")) this.clear();
      const words = waiting ? "Waiting for another view to end …" : total ? `${done} of ${total}` : "Working …";
      if (!this.state.querySelector("progress")) {
        const bar = make("progress"), stop = make("button", "wb-quiet", "Stop");
        Object.assign(stop, { type: "button", onclick: () => this.cancel() });
        this.tell("", "busy");
        this.state.append(bar, stop);
      }
      this.state.firstChild.textContent = words;
      if (total) Object.assign(this.state.querySelector("progress"), { max: total, value: done });
    }

    cancel() {
      this.stop();
      fetch(`${HERE}/view/${this.token}/${this.current}`, { method: "DELETE" }).catch(() => {});
      this.tell("Stopped. Change something, or choose the view again, to go on.", "problem");
      this.panel.setAttribute("aria-busy", false);
    }

    clear() {
      this.below.replaceChildren();
      this.links.replaceChildren();
      this.legend.replaceChildren();
      this.said = null;
    }

    /** Keep the room of the answers above until the next ones are complete. */
    hold(height) { this.held = this.answers.style.minHeight = height; }

    fail(text) {
      this.tell(text, "problem");
      this.clear();
      this.stage.hidden = true;
      this.made = null;
      this.panel.classList.remove("stale", "gone", "counting", "unread");
    }

    /** The panes are there; the numbers and words about them follow, and until then those of the last time must not be read. */
    begin(made) {
      this.made = made;
      this.chosenPlace = null;
      this.stage.hidden = false;
      this.look();
      this.key(made.viewer.boxes);
      // Fading them is work for which the maps would wait. Until those are there, the last maps are on the screen, and these are about them.
      if (this.panel.matches(".stale, .gone")) this.panel.classList.add("counting");
      this.links.inert = true; // they still lead to the last files
      this.panel.classList.toggle("unread", !this.said); // those of another picture are not even shown faintly
      this.panel.classList.remove("stale", "gone");
    }

    show(made, took) {
      this.made = made;
      this.chosenPlace = null;
      this.stage.hidden = !made.viewer;
      if (made.viewer) this.look();
      this.key(made.viewer?.boxes ?? []);
      // An open table, its order and its place stay where nothing in it has changed.
      const said = JSON.stringify([made.view, this.token, made.sentences, made.tables, made.curves, made.crops]);
      if (said !== this.said) this.below.replaceChildren(...draw(made, this.token, (place) => this.fly(place)));
      this.said = said;
      this.links.replaceChildren(downloads(made));
      this.links.inert = false;
      this.panel.classList.remove("stale", "gone", "counting", "unread");
      this.tell(`Ready in ${took < 950 ? `${Math.round(took)} ms` : `${(took / 1000).toFixed(1)} s`}`, "quiet");
    }

    look() {
      const { view, options, viewer, numbers } = this.made;
      const region = view === "region" && options.w && options.h ? { x: options.x, y: options.y, w: options.w, h: options.h } : null;
      const spec = { ...viewer, boxes: this.boxes(), cell: Number(numbers.l) || undefined, solo: null, rule: "", region, onRegion: (box) => this.regionDrawn(box), onBox: (box) => this.mark(box) };
      if (this.viewer) this.viewer.update(spec);
      else this.viewer = ForensicsViewer.mount(this.stage, spec);
    }

    boxes() {
      const place = this.chosenPlace;
      return [...this.made.viewer.boxes, ...(place ? [{ x: place.x, y: place.y, w: place.w, h: place.h, label: "", kind: "neutral", colour: CHOSEN }] : [])];
    }

    /** What the colours of the rectangles stand for. */
    key(boxes) {
      const kinds = new Map(boxes.filter(({ kind }) => kind !== "neutral").map(({ kind, colour }) => [kind, colour]));
      this.legend.replaceChildren(...[...kinds].map(([kind, colour]) => {
        const item = make("span", kind, KINDS[kind] ?? kind);
        item.style.setProperty("--k", colour);
        return item;
      }));
    }

    /** A box drawn in any view is a question about that region. */
    regionDrawn(box) {
      if (!box || !this.views.some(({ name }) => name === "region")) return;
      this.chosen.region = { ...this.chosen.region, x: box.x, y: box.y, w: box.w, h: box.h };
      if (this.current !== "region") return this.open("region");
      this.drawControls();
      this.ask();
    }

    fly(place) {
      if (!this.viewer) return;
      const stage = this.stage.querySelector(".fv-pane:not([hidden]) .fv-stage").getBoundingClientRect();
      const room = Math.min(stage.width / place.w, stage.height / place.h) / 1.5;
      this.chosenPlace = place;
      this.viewer.update({ boxes: this.boxes() });
      this.viewer.flyTo(place.x + place.w / 2, place.y + place.h / 2, room >= 1 ? clamp(Math.floor(room), 1, 8) : room);
      this.mark(place);
      this.stage.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }

    /** Show which rows are about a place. */
    mark(place) {
      const at = [place.x, place.y, place.w, place.h].join();
      for (const row of this.below.querySelectorAll("tr.flies")) row.classList.toggle("here", row.dataset.place === at);
    }
  }

  let bench = null;
  function watch() {
    const root = document.getElementById("workbench");
    if (!root || !document.getElementById("findings")) return;
    if (bench?.root !== root) bench = new Workbench(root);
    const shown = document.querySelector("#picture .picture");
    bench.expect(shown?.dataset.opening);
    bench.follow(shown?.dataset.token ?? null, Boolean(shown));
  }
  /* The server replaces parts of the page as it learns more; whichever part changed, the token says what is open. */
  new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-token", "data-opening"] });
  window.forensicsWorkbench = () => bench;
  watch();
})();
