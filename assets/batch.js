/* The Batch tab: a new batch from a folder or from dropped files, and the list of all batches. One batch is in batch_run.js.

   The address keeps the place (#batch, #batch/ID), so that a reload comes back to it; what runs, runs on the server. */
"use strict";
(() => {
  const { HERE, SILENT, EVERY, make, button, visible, prose, count, plural, bytes, when, words, ofState, ask, tab, field, FolderField, LineForm, Run } = globalThis.ForensicsBatch;
  const asHere = /^#batch(\/|$)/;
  const asId = (hash) => /^#batch\/([\w-]+)$/.exec(hash)?.[1] ?? null;
  /** The user's own photographs that this page judges by, as the line above the tabs names them. */
  const ownReals = () => document.querySelector("#own-strip-words [data-set]")?.dataset.set ?? "";
  /** Files and folders of a drop, with the folders' names before them. Entries are only to be had at once, so first all of them. */
  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean), found = [];
    const walk = async (entry) => {
      if (entry.isFile) return found.push({ name: entry.fullPath.slice(1), file: await new Promise((done, failed) => entry.file(done, failed)) });
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) return;
        for (const each of some) await walk(each);
      }
    };
    if (!entries.length) return [...transfer.files].map((file) => ({ name: file.name, file }));
    for (const entry of entries) await walk(entry).catch(() => found.push({ name: entry.fullPath.slice(1), file: null }));
    return found;
  }

  /** The first screen of the tab. */
  class Home {
    constructor(root, choices, open) {
      Object.assign(this, { root, choices, openBatch: open, folder: "", drop: null, kept: 0, left: [], asked: 0 });
      const head = make("div", "b-head"), form = make("form", "b-new");
      head.append(make("h2", "", "Score many pictures"), make("p", "b-quiet", "Every picture of a folder gets the same answer in words, the same numbers and the same doubts as in Inspect. It goes on when this page is closed, and after an interruption where it was."));
      form.onsubmit = (event) => { event.preventDefault(); this.start(); };
      this.said = make("p", "b-problem");
      this.said.setAttribute("role", "status");
      this.found = make("div", "b-found");
      this.found.setAttribute("aria-live", "polite");
      form.append(this.source(), this.found, this.settings());
      this.list = make("div", "b-list");
      const past = make("section", "b-past");
      past.append(make("h3", "", "Batches"), this.list);
      root.replaceChildren(head, form, past);
      this.preview();
      this.refresh();
      this.timer = setInterval(() => this.tick(), 2 * EVERY);
    }

    destroy() { clearInterval(this.timer); this.stopped = this.gone = true; }

    tick() { if (this.root.checkVisibility() && document.visibilityState === "visible" && this.moving) this.refresh(); }

    source() {
      const box = make("div", "b-source"), drop = make("div", "b-drop"), files = make("input"), folder = make("input");
      Object.assign(files, { type: "file", multiple: true, hidden: true, onchange: () => { this.take([...files.files].map((file) => ({ name: file.name, file }))); files.value = ""; } });
      Object.assign(folder, { type: "file", webkitdirectory: true, hidden: true, onchange: () => { this.take([...folder.files].map((file) => ({ name: file.webkitRelativePath || file.name, file }))); folder.value = ""; } });
      drop.append(make("span", "", this.choices.folders ? "or drop files and folders on this page" : "Drop files and folders on this page"), button("b-button", "Choose files", () => files.click()), button("b-button", "Choose a folder", () => folder.click()), files, folder);
      if (this.choices.folders) {
        this.field = new FolderField((typed) => this.chooseFolder(typed));
        box.append(field("Folder on this machine", this.field.box));
      } else drop.append(make("p", "b-quiet", this.choices.no_folders));
      box.append(drop);
      return box;
    }

    settings() {
      const box = make("div", "b-settings"), which = make("fieldset", "b-detectors"), rule = this.rule = make("select"), why = make("p", "b-quiet");
      which.append(make("legend", "", "Detectors"));
      for (const one of this.choices.detectors) {
        const label = make("label", "b-check"), tick = make("input");
        Object.assign(tick, { type: "checkbox", value: one.name, disabled: !one.usable, checked: one.usable && !one.slow });
        label.append(tick, make("span", "", one.title), prose("b-quiet", one.why_not || one.looks_at + (one.slow ? " Slow without a GPU." : "")));
        which.append(label);
      }
      this.ticks = () => [...which.querySelectorAll("input:checked")].map(({ value }) => value);
      for (const { name, title } of this.choices.rules) rule.append(new Option(title, name));
      const tell = () => { why.textContent = this.choices.rules.find(({ name }) => name === rule.value).words; };
      rule.onchange = tell;
      tell();
      const how = make("div", "b-how"), anew = make("label", "b-check"), fresh = this.fresh = make("input");
      fresh.type = "checkbox";
      anew.append(fresh, make("span", "", "score anew what an earlier batch has scored"));
      this.go = Object.assign(make("button", "b-button b-start", "Start"), { type: "submit" });
      how.append(field("Detectors read", rule), why, anew, this.go, this.said);
      box.append(which, how);
      return box;
    }

    chooseFolder(typed) {
      if (typed === this.folder && typed) return;
      this.folder = typed;
      if (typed) this.drop = null;
      this.preview();
    }

    /** What would be scored; the place for it is kept. */
    async preview() {
      const asked = ++this.asked;
      this.said.textContent = "";
      this.go.disabled = !(this.folder || this.drop);
      if (this.go.disabled) return this.found.replaceChildren(make("p", "b-quiet", "What will be scored and what will be skipped is shown here before anything begins."));
      this.found.replaceChildren(make("p", "b-quiet", "Looking …"));
      try {
        const told = await ask("/preview", "POST", this.drop ? { drop: this.drop } : { folder: this.folder });
        if (asked === this.asked) this.found.replaceChildren(...this.foundWords(told));
      } catch (error) {
        if (asked !== this.asked) return;
        this.go.disabled = true;
        this.found.replaceChildren(make("p", "b-problem", error.message));
      }
    }

    foundWords(told) {
      const formats = Object.entries(told.formats).map(([name, n]) => `${name} ${count(n)}`).join(", ");
      const line = make("p");
      line.append(make("b", "", plural(told.files, "picture")), ` will be scored, ${bytes(told.bytes)}${formats ? ` (${formats})` : ""}. `, told.skipped ? `${plural(told.skipped, "entry", "entries")} will be skipped:` : "Nothing is skipped.");
      this.go.disabled = !told.files;
      const parts = [line], labels = this.offered(told.labels), reasons = [...Object.entries(told.reasons), ...(this.drop ? this.left.map(({ reason }) => [reason, 1]) : [])];
      if (!reasons.length) return [...parts, ...labels];
      const list = make("ul", "b-reasons"), all = make("details"), names = make("ul");
      for (const [reason, n] of reasons) list.append(make("li", "", `${count(n)} × ${visible(reason)}`));
      for (const { path, reason } of [...told.examples, ...(this.drop ? this.left : [])]) names.append(make("li", "", `${visible(path)}: ${visible(reason)}`));
      all.append(make("summary", "", "Which ones"), names);
      parts.push(list);
      if (told.links) parts.push(make("p", "b-note", `${plural(told.links, "link is", "links are")} not followed: what lies behind is not scored. To score it, choose the folder that the link leads to.`));
      return [...parts, all, ...labels];
    }

    /** The switch, where folders say what their pictures are. */
    offered({ real, fake, unlabelled, generators }) {
      this.evaluate = null;
      if (!real && !fake) return [];
      if (!real || !fake) return [make("p", "b-quiet", `The folders here label only ${real ? "real" : "generated"} pictures, so there is nothing to compare.`)];
      const box = make("div", "b-labels"), label = make("label", "b-check b-switch"), tick = make("input"), named = generators.slice(0, 6).map(visible).join(", ");
      const line = make("p");
      line.append("These folders say what the pictures are: ", make("b", "", `${count(real)} real and ${count(fake)} generated`), generators.length ? `, by ${plural(generators.length, "generator")} (${named}${generators.length > 6 ? " …" : ""})` : "", unlabelled ? `; ${count(unlabelled)} without a label.` : ".");
      Object.assign(tick, { type: "checkbox", onchange: () => { lines.box.hidden = !tick.checked; } });
      tick.setAttribute("role", "switch");
      label.append(tick, make("b", "", "Compare the answers with these labels"), make("small", "b-quiet", "Shows how many generated pictures were found and how many real ones were wrongly flagged, for each generator, with the papers' figures."));
      const lines = new LineForm(this.choices);
      lines.box.hidden = true;
      box.append(line, label, lines.box);
      this.evaluate = () => (tick.checked ? lines.value() : null);
      return [box];
    }

    /** Send files one by one; each arrives byte for byte or is named with a reason. */
    async take(files) {
      if (!files.length || this.sending) return;
      this.sending = true;
      this.stopped = false;
      this.go.disabled = true;
      const line = make("p"), bar = make("progress"), stop = button("b-button", "Stop", () => { this.stopped = true; });
      Object.assign(bar, { max: files.length, value: 0 });
      this.asked += 1;
      this.found.replaceChildren(line, bar, stop);
      try {
        if (!this.drop) Object.assign(this, { drop: (await ask("/drops", "POST", {})).drop, left: [] });
        this.folder = "";
        if (this.field) this.field.input.value = "";
        for (const [i, { name, file }] of files.entries()) {
          if (this.stopped) break;
          line.textContent = `Keeping ${count(i + 1)} of ${plural(files.length, "file")}: ${visible(name)}`;
          bar.value = i;
          await this.send(name, file);
        }
      } catch (error) {
        this.left.push({ path: "the rest", reason: error.message });
      }
      this.sending = false;
      if (!this.gone) await this.preview();
    }

    async send(name, file) {
      if (!file) return this.left.push({ path: name, reason: "the browser could not read it" });
      if (file.size > this.choices.limit) return this.left.push({ path: name, reason: `larger than the limit of ${bytes(this.choices.limit)}` });
      const answer = await fetch(`${HERE}/drops/${this.drop}/file`, { method: "POST", body: file, headers: { "x-file-name": encodeURIComponent(name.toWellFormed?.() ?? name) } }).catch(() => null);
      if (!answer) throw new Error(SILENT);
      if (!answer.ok) this.left.push({ path: name, reason: (await answer.json().catch(() => ({}))).problem ?? "could not be kept" });
    }

    async start() {
      if (this.go.disabled) return;
      this.go.disabled = true;
      this.said.textContent = "Preparing the detectors …";
      const source = this.drop ? { drop: this.drop } : { folder: this.folder };
      try {
        const { id } = await ask("/start", "POST", { ...source, detectors: this.ticks(), rule: this.rule.value, fresh: this.fresh.checked, own_reals: ownReals(), evaluate: this.evaluate?.() });
        if (!this.gone) this.openBatch(id);
      } catch (error) {
        this.said.textContent = error.message;
        this.go.disabled = false;
      }
    }

    async refresh() {
      try {
        const { batches } = await ask("/list"), told = JSON.stringify(batches);
        if (this.gone) return;
        this.moving = batches.some(({ progress }) => !progress.over);
        if (told === this.told) return;
        this.told = told;
        const key = document.activeElement?.dataset?.key;
        this.list.replaceChildren(...(batches.length ? batches.map((batch) => this.item(batch)) : [make("p", "b-quiet", "None yet. Running and past batches are kept here until you forget them.")]));
        if (key) this.list.querySelector(`[data-key="${key}"]`)?.focus();
      } catch (error) {
        this.list.replaceChildren(make("p", "b-problem", error.message));
      }
    }

    item(batch) {
      const { id, title, where, progress, started, detectors, rule } = batch, item = make("article", "b-item");
      const name = make("div", "b-what"), open = button("b-name", visible(title), () => this.openBatch(id)), state = make("div", "b-item-state"), bar = make("progress");
      open.dataset.key = `open-${id}`;
      name.append(open, make("span", "b-folder", `${visible(where)} · ${detectors.map((one) => one.title).join(", ")} · ${rule} · ${when(started)}`));
      Object.assign(bar, { max: progress.total || 1, value: progress.total ? progress.done + progress.failed : Number(progress.over) });
      bar.setAttribute("aria-label", `Progress of ${visible(title)}`);
      const line = make("span");
      line.append(make("b", `b-state ${progress.state}`, ofState(progress)), " ", words(progress));
      state.append(line, bar);
      const forget = button("b-button", "Forget", () => this.forget(batch));
      Object.assign(forget, { disabled: !progress.over });
      forget.dataset.key = `forget-${id}`;
      forget.setAttribute("aria-label", `Forget ${visible(title)}`);
      item.append(name, state, forget);
      return item;
    }

    forget({ id, title, dropped: copied }) {
      const box = make("dialog", "b-dialog"), form = make("form"), row = make("div", "b-steer"), problem = make("p", "b-problem"), tick = make("input");
      form.append(make("h3", "", `Forget “${visible(title)}”?`), make("p", "", "Its scores and the reports kept here are deleted. Pictures are not."));
      if (copied) {
        const label = make("label", "b-check");
        tick.type = "checkbox";
        label.append(tick, make("span", "", "also delete the copies of the dropped files that this app made"));
        form.append(label);
      }
      row.append(button("b-button", "Keep it", () => box.close()), Object.assign(make("button", "b-button b-start", "Forget it"), { type: "submit" }));
      form.append(problem, row);
      form.onsubmit = async (event) => {
        event.preventDefault();
        try {
          await ask(`/of/${id}?copies=${tick.checked}`, "DELETE");
          box.close();
          this.refresh();
        } catch (error) {
          problem.textContent = error.message;
        }
      };
      box.onclose = () => box.remove();
      box.append(form);
      this.root.append(box);
      box.showModal();
    }
  }

  /** What stands in the tab: the first screen or one batch. */
  class Tab {
    constructor(root) {
      this.root = root;
      this.begin();
    }

    async begin() {
      try {
        this.choices = await ask("/choices");
      } catch (error) {
        return this.root.replaceChildren(make("p", "b-problem", error.message), button("b-button", "Try again", () => this.begin()));
      }
      this.go(asId(location.hash), false);
    }

    go(id, note = true) {
      this.shown?.destroy();
      this.id = id;
      if (note) history.replaceState(history.state, "", id ? `#batch/${id}` : "#batch");
      this.shown = id ? new Run(this.root, id, this.choices, () => this.go(null)) : new Home(this.root, this.choices, (one) => this.go(one));
    }

    /** Dropped files belong to a new batch, whatever is shown. */
    take(files) {
      if (!this.choices) return;
      if (!(this.shown instanceof Home)) this.go(null);
      this.shown.take(files);
    }
  }

  let shown = null;
  const here = () => shown && document.contains(shown.root) && shown.root.checkVisibility();
  const withFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  /* Before the page's own listeners, which would open a single file in Inspect. */
  let depth = 0;
  const mark = (on) => shown.root.classList.toggle("dropping", on);
  const ours = (act) => (event) => { if (here() && withFiles(event)) { event.preventDefault(); event.stopImmediatePropagation(); act(event); } };
  window.addEventListener("dragenter", ours(() => { depth += 1; mark(true); }), true);
  window.addEventListener("dragleave", ours(() => { if (--depth <= 0) { depth = 0; mark(false); } }), true);
  window.addEventListener("dragover", ours(() => {}), true);
  window.addEventListener("drop", ours(async (event) => { depth = 0; mark(false); shown.take(await dropped(event.dataTransfer)); }), true);
  window.addEventListener("paste", (event) => { if (here() && event.clipboardData?.files?.length) tab("Inspect")?.click(); }, true);

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.("#rooms [role=tab]");
    if (!chosen || (chosen === tab("Batch") && asHere.test(location.hash))) return;
    const hash = chosen !== tab("Batch") ? "" : shown?.id ? `#batch/${shown.id}` : "#batch";
    history.replaceState(history.state, "", location.pathname + location.search + hash);
  }, true);

  function watch() {
    const root = document.getElementById("batch");
    if (root && shown?.root !== root) shown = new Tab(root);
  }
  /* A reload comes back to this tab. Gradio draws its tabs before they listen, so one click may not be enough. */
  let tries = location.hash.startsWith("#batch") ? 60 : 0;
  const back = setInterval(() => {
    const own = tab("Batch");
    if (!tries || own?.getAttribute("aria-selected") === "true") return clearInterval(back);
    tries -= own ? 1 : 0;
    if (own && asHere.test(location.hash)) own.click();
  }, 100);
  new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true });
  watch(); // the tab may have been opened before this script came
})();
