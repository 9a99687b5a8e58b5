/* Labelled folders on the Batch tab: where the line is drawn, and how the answers compare with the labels.

   Plain words stand first, then the papers' table, then curves and counts. All figures come written from the server. */
"use strict";
(() => {
  const { make, button, visible, prose, count, plural, words, ask, field, FolderField } = globalThis.ForensicsBatch;
  const EVERY = 700;
  const LINES = [
    ["card", "The weights' own limit", "With the false alarms that the weights' card names (without a card a logit of 0, as in the papers). The app's own verdicts stand beside it."],
    ["fixed", "A logit that I name", "Every picture from this logit on is flagged."],
    ["chosen", "Chosen on a validation folder", "The best line on another labelled folder, which is scored too. The honest way to choose."],
    ["oracle", "Oracle (cheating)", "The best line for each generator, drawn with these very labels in hand: a bound on what can be reached, not a result."],
  ];

  /** Where the line between real and generated is drawn. */
  class LineForm {
    constructor(choices) {
      this.box = make("div", "b-lines");
      this.select = make("select");
      this.number = Object.assign(make("input"), { type: "number", step: "any", value: "0" });
      this.preset = make("select");
      this.why = make("p", "b-quiet");
      for (const [key, title] of LINES) if (key !== "chosen" || choices.folders) this.select.append(new Option(title, key));
      this.preset.append(new Option("None of them", ""), ...choices.presets.map(({ name, title }) => new Option(title, name)));
      this.folder = choices.folders ? new FolderField(() => {}, `b-validation-${Math.random().toString(36).slice(2)}`) : null;
      this.value1 = field("Flagged from a logit of", this.number);
      this.value2 = this.folder && field("Validation folder, with labels of its own", this.folder.box);
      this.select.onchange = () => this.show();
      this.box.append(field("Flagged from", this.select), ...[this.value1, this.value2].filter(Boolean), this.why, field("Test set of the papers", this.preset));
      this.show();
    }

    show() {
      const line = this.select.value;
      this.value1.hidden = line !== "fixed";
      if (this.value2) this.value2.hidden = line !== "chosen";
      this.why.textContent = LINES.find(([key]) => key === line)[2];
    }

    set({ line, value, folder, preset }) {
      this.select.value = line;
      this.number.value = value ?? 0;
      if (this.folder) this.folder.input.value = folder;
      this.preset.value = preset;
      this.show();
    }

    value() {
      return { line: this.select.value, value: this.number.value === "" ? null : Number(this.number.value), folder: this.folder?.input.value.trim() ?? "", preset: this.preset.value };
    }
  }

  /** A figure comes with the ends of its interval, where it has one. */
  const cell = (tag, value) => {
    const { figure, low, high } = value ?? {}, node = make(tag, "", figure ?? (value === null || value === undefined ? "" : typeof value === "number" ? String(+value.toFixed(4)) : visible(value)));
    if (low) node.append(make("small", "b-quiet", `${low} – ${high}`));
    return node;
  };
  const line = (values) => {
    const row = make("tr");
    row.append(...values.map((value, i) => (i ? cell("td", value) : Object.assign(cell("th", value), { scope: "row" }))));
    return row;
  };

  /** A wide table scrolls in its own place. */
  function table({ title, columns, rows, foot = [] }) {
    const place = make("div", "b-scroll"), made = make("table", "b-figures"), head = make("thead"), body = make("tbody"), top = make("tr");
    top.append(...columns.map((name) => Object.assign(make("th", "", name), { scope: "col" })));
    head.append(top);
    body.append(...rows.map(line));
    made.append(head, body);
    if (foot.length) { const end = make("tfoot"); end.append(...foot.map(line)); made.append(end); }
    Object.assign(place, { tabIndex: 0 }).setAttribute("role", "region");
    place.setAttribute("aria-label", title);
    place.append(made);
    return place;
  }

  const folded = (title, parts, open = false) => {
    const box = make("details", "b-more");
    box.open = open;
    box.append(make("summary", "", title), ...parts);
    return box;
  };
  const list = (name, items) => { const made = make("ul", name); made.append(...items.map((text) => make("li", "", visible(text)))); return made; };

  /** The comparison of one batch with its labels. */
  class Judged {
    constructor(run) {
      Object.assign(this, { run, box: make("section", "b-judged") });
      this.box.hidden = true;
      this.timer = setInterval(() => this.tick(), EVERY);
    }

    destroy() { clearInterval(this.timer); this.gone = true; }

    /** After the last picture nothing else asks, so this goes on until there is an end. */
    tick() {
      const over = this.run.batch?.progress.over, open = !this.told || ["waiting", "measuring", "validation"].includes(this.told.state);
      if (over && open && this.run.root.checkVisibility() && document.visibilityState === "visible" && !this.asking) this.ask();
    }

    /** What the batch does changes what can be said of it. */
    follow({ state, total }) {
      const now = `${state} ${total}`;
      if (now === this.now) return;
      this.now = now;
      if (this.asking) this.behind = true;
      else this.ask();
    }

    async ask() {
      this.asking = true;
      try {
        const told = await ask(`/of/${this.run.id}/evaluation`);
        if (!this.gone && JSON.stringify(told) !== JSON.stringify(this.told)) { this.told = told; this.show(told); }
      } catch (error) {
        if (!this.gone) this.run.say(error.message);
      } finally {
        this.asking = false;
        if (this.behind && !this.gone) { this.behind = false; this.ask(); }
      }
    }

    show(told) {
      const { state, labels, judged } = told, both = labels.real > 0 && labels.fake > 0;
      this.box.hidden = state === "off" && !both;
      this.box.className = `b-judged ${state}`;
      this.run.offer(judged?.files ?? []);
      const head = make("h3", "", "Compared with the labels");
      if (state === "done") return this.box.replaceChildren(head, ...this.result(judged), this.again(told));
      if (state === "off") {
        const start = button("b-button", "Compare with the labels", () => this.begin({}));
        return this.box.replaceChildren(head, make("p", "", `The folders say that ${count(labels.real)} of these pictures are real and ${count(labels.fake)} generated.`), start);
      }
      const said = make("p", state === "problem" ? "b-problem" : "");
      said.setAttribute("role", "status");
      said.textContent = { waiting: "The comparison comes when the last picture is scored.", unfinished: "The comparison needs every picture: resume the batch, and it comes at the end.", validation: `First the validation folder is scored. ${told.progress ? words(told.progress) : ""}`, measuring: "Comparing …", problem: told.problem }[state];
      this.box.replaceChildren(head, said, ...(state === "problem" ? [this.again(told, true)] : state === "unfinished" ? [] : [this.empty(labels)]));
    }

    /** The table that will be filled, so that what stands below it stays where it is. */
    empty({ generators }) {
      const blanks = this.run.choices.figures.map(() => "–"), rows = (generators.length ? generators : [""]).map((name) => [name, "", "", ...blanks]);
      const made = table({ title: "Figures to come", columns: ["Generator", "real", "fake", ...this.run.choices.figures], rows: rows.slice(0, 40), foot: [["Mean", "", "", ...blanks], ["All together", "", "", ...blanks]] });
      made.classList.add("b-empty");
      return made;
    }

    result(judged) {
      const parts = [];
      if (judged.alarms.length) {
        const alarm = make("div", "b-alarm");
        alarm.setAttribute("role", "alert");
        alarm.append(make("b", "", "Do not rely on these figures"), ...(judged.alarm ? [make("p", "b-first", judged.alarm)] : []), ...judged.alarms.map((text) => make("p", "", visible(text))));
        parts.push(alarm);
      }
      for (const one of judged.detectors) parts.push(this.detector(one, judged));
      parts.push(make("p", "b-quiet b-glossary", judged.glossary));
      if (judged.notes.length) parts.push(folded(`What else to know (${judged.notes.length})`, [list("b-points", judged.notes)], judged.notes.length < 4));
      const alone = judged.files_alone;
      parts.push(folded("What the files alone give away", [make("p", "", visible(alone.sentence)), ...alone.tables.map(table)], alone.alarm));
      if (judged.failed.length) parts.push(folded(`Labelled but not scored (${count(judged.counts.failed)})`, [list("b-points", judged.failed.map(({ path, reason }) => `${path}: ${reason}`))]));
      return parts;
    }

    detector({ title, words: said, line: drawn, cheating, table: figures, by_verdict: verdicts, more, curves }, { preset }) {
      const box = make("article", "b-one"), charts = make("div", "b-charts");
      charts.append(...curves.map((curve) => globalThis.ForensicsCharts.draw(curve)));
      box.append(make("h4", "", title + (preset ? ` on ${visible(preset)}` : "")));
      if (cheating) box.append(make("p", "b-cheating", "Cheating: the line was drawn with the test labels in hand."));
      box.append(make("p", "b-first", visible(said[0])), list("b-points", said.slice(1)), table({ ...figures, title: `Figures of ${title}` }), make("p", "b-quiet", visible(drawn)));
      if (verdicts) {
        const place = make("section", "b-verdicts");
        place.append(make("h5", "", verdicts.title), table(verdicts), list("b-points", verdicts.words));
        box.append(place);
      }
      box.append(charts);
      for (const one of more) box.append(folded(one.title, [table(one)]));
      return box;
    }

    /** Another line needs no new scores. */
    again({ asked }, open = false) {
      const lines = new LineForm(this.run.choices), go = button("b-button", "Compare again", () => this.begin(lines.value()));
      if (asked) lines.set(asked);
      return folded("Draw the line elsewhere", [make("p", "b-quiet", "Nothing is scored again for this, but for a validation folder."), lines.box, go], open);
    }

    async begin(wish) {
      this.run.say("");
      try {
        await ask(`/of/${this.run.id}/evaluation`, "POST", wish);
      } catch (error) {
        return this.run.say(error.message);
      }
      await this.ask();
    }
  }

  Object.assign(globalThis.ForensicsBatch, { LineForm, Judged });
})();
