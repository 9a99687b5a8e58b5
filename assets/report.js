/* The report button of the workbench: asks for whom, shows how far it is, and hands out the files. */
"use strict";
(() => {
  const HERE = "/forensics/report";
  const NAMES = { html: "Open the report", pdf: "PDF", json: "JSON (the record; `verify` recomputes it)", csv: "CSV" };
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const sizes = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

  class Dialog {
    constructor() {
      this.box = make("dialog", "rp");
      this.box.setAttribute("aria-labelledby", "rp-title");
      const head = make("h2", "", "Report on this picture");
      head.id = "rp-title";
      const lead = make("p", "", "Scores, reasons, error rates, limits and every view, with the hashes of file and weights. Nothing leaves this machine.");
      this.form = make("form");
      this.fields = { name: this.field("Case", "input"), examiner: this.field("Examiner", "input"), notes: this.field("Notes", "textarea") };
      const label = make("label", "rp-switch"), views = make("input");
      Object.assign(views, { type: "checkbox", checked: true });
      label.append(views, make("span", "", "with all views (slower, larger)"));
      this.views = views;
      this.state = make("div", "rp-state");
      this.state.setAttribute("role", "status");
      const row = make("div", "rp-row");
      this.go = make("button", "rp-go", "Make the report");
      this.close = make("button", "", "Close");
      this.close.type = "button";
      this.close.onclick = () => this.box.close();
      row.append(this.close, this.go);
      this.form.append(...Object.values(this.fields).map((input) => input.parentElement), label, this.state, row);
      this.form.onsubmit = (event) => { event.preventDefault(); this.begin(); };
      this.box.append(head, lead, this.form);
      this.box.onclose = () => this.cancel();
      document.querySelector(".gradio-container").append(this.box);
    }

    field(title, tag) {
      const label = make("label", "rp-field", ""), input = make(tag);
      label.append(make("span", "", title), input);
      if (tag === "textarea") input.rows = 3;
      return input;
    }

    open(bench) {
      Object.assign(this, { token: bench.token, rule: bench.rule });
      this.state.replaceChildren();
      this.box.showModal();
    }

    async begin() {
      this.go.disabled = true;
      const body = { views: this.views.checked, rule: this.rule };
      for (const [name, input] of Object.entries(this.fields)) body[name] = input.value;
      try {
        const started = await (await fetch(`${HERE}/${this.token}`, { method: "POST", body: JSON.stringify(body) })).json();
        if (!started.id) return this.say(started.problem);
        this.id = started.id;
        await this.follow(started.id);
      } catch {
        this.say("The app does not answer. Is it still running?");
      } finally {
        this.go.disabled = false;
      }
    }

    async follow(id) {
      while (this.id === id) {
        const told = await (await fetch(`${HERE}/made/${id}`)).json();
        if (this.id !== id) return;
        if (told.state === "failed") return this.say(told.problem);
        if (told.state === "done") return this.hand(id, told.files);
        const [done, total, what] = told.progress, bar = make("progress");
        if (total) Object.assign(bar, { max: total, value: done });
        this.state.replaceChildren(bar, make("span", "", what ? `${what.replaceAll("_", " ")} (${done} of ${total})` : "Waiting …"));
      }
    }

    hand(id, files) {
      const list = make("ul", "rp-files");
      const order = Object.keys(NAMES);
      for (const { format, bytes } of files.sort((a, b) => order.indexOf(a.format) - order.indexOf(b.format))) {
        const item = make("li"), link = make("a", "", NAMES[format] ?? format);
        link.href = `${HERE}/made/${id}/${format}`;
        if (format === "html") Object.assign(link, { target: "_blank", rel: "noopener" });
        item.append(link, make("small", "", sizes(bytes)));
        if (format === "html") {
          const save = make("a", "", "save it");
          save.href = `${link.href}?save`;
          item.append(save);
        }
        list.append(item);
      }
      this.state.replaceChildren(list);
      this.id = null;
    }

    say(text) {
      this.state.replaceChildren(make("p", "rp-problem", text));
      this.id = null;
    }

    cancel() {
      if (this.id) fetch(`${HERE}/made/${this.id}`, { method: "DELETE" });
      this.id = null;
    }
  }

  let dialog = null;
  new MutationObserver(() => {
    const place = document.querySelector("#workbench .wb-actions");
    if (!place || place.querySelector(".rp-button")) return;
    const button = make("button", "wb-quiet rp-button", "Report …");
    button.type = "button";
    button.onclick = () => (dialog ??= new Dialog()).open(window.forensicsWorkbench());
    place.append(button);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
