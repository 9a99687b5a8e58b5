/* What stands below the viewer: sentences, a gallery of places, tables that sort and fly, links to save. Texts are set as text.

   ForensicsFindings.draw(made, token, fly) gives the nodes; `fly(place)` is called when a person picks a place. */
"use strict";
globalThis.ForensicsFindings = (() => {
  const HERE = "/forensics";
  const SHORT = 12; // a table of so many rows is open from the start

  function make(tag, name, text) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function sentences(texts) {
    const list = make("ul", "wb-sentences");
    list.append(...texts.map((text) => make("li", "", text)));
    return list;
  }

  function gallery(crops, token, fly) {
    const row = make("div", "wb-gallery");
    for (const crop of crops) {
      const item = make("button"), image = make("img");
      Object.assign(item, { type: "button", title: `${crop.caption}: show this place` });
      Object.assign(image, { src: `${HERE}/crop/${token}/${crop.x}/${crop.y}/${crop.w}/${crop.h}.png`, alt: "", width: 92, height: 92, loading: "lazy" });
      item.append(image, make("span", "", crop.caption));
      item.onclick = () => fly(crop);
      row.append(item);
    }
    return row;
  }

  function charts(curves) {
    const box = make("div", "wb-charts");
    box.append(...curves.map((curve) => ForensicsCharts.draw(curve)));
    return box;
  }

  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));

  function say(value) {
    if (value === null) return "–";
    return typeof value === "number" ? String(value).replace("-", "−") : String(value);
  }

  function line(cells, place, fly) {
    const row = make("tr");
    row.append(...cells.map((value) => make("td", typeof value === "number" ? "number" : "", say(value))));
    if (!place) return row;
    Object.assign(row, { tabIndex: 0, className: "flies", title: "Show this place", onclick: () => fly(place) });
    row.dataset.place = [place.x, place.y, place.w, place.h].join();
    row.onkeydown = (event) => { if (event.key === "Enter") fly(place); };
    return row;
  }

  function table({ title, columns, rows, places }, fly, open) {
    const box = make("details", "wb-table"), grid = make("table"), head = make("tr"), body = make("tbody");
    box.open = open || rows.length <= SHORT || places.length > 0;
    const lines = rows.map((cells, i) => line(cells, places[i], fly));
    columns.forEach((name, at) => {
      const numeric = rows.length > 0 && rows.every((cells) => cells[at] === null || typeof cells[at] === "number");
      const cell = make("th", numeric ? "number" : ""), sort = make("button", "", name);
      sort.type = "button";
      sort.onclick = () => {
        const down = cell.getAttribute("aria-sort") !== "descending";
        for (const other of head.children) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        const order = rows.map((cells, i) => [cells[at], i]).sort(([a], [b]) => compare(a, b));
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

  /** Links to what is on the screen: all numbers, and each map as it is coloured or as numbers. */
  function downloads(made) {
    const row = make("p", "wb-downloads");
    const link = (text, address, into) => { const a = make("a", "", text); a.href = address; a.download = ""; into.append(a); };
    const group = (text) => row.appendChild(make("span", "", `${text} `));
    link("JSON", `${HERE}/numbers/${made.id}.json`, group("Save the numbers:"));
    for (const [i, pane] of (made.viewer?.panes ?? []).entries()) {
      if (pane.kind !== "map") continue;
      const place = group(`${pane.title}:`);
      link("PNG", `${HERE}/map/${made.id}/${i}.png`, place);
      place.append(" ");
      link("npy", `${HERE}/map/${made.id}/${i}.npy`, place);
    }
    return row;
  }

  function draw(made, token, fly) {
    const parts = [];
    if (made.sentences.length) parts.push(sentences(made.sentences));
    if (made.crops.length) parts.push(gallery(made.crops, token, fly));
    if (made.curves.length) parts.push(charts(made.curves));
    parts.push(...made.tables.map((each) => table(each, fly, made.view === "file")));
    // What it found can lower the verdicts above; the server weighs them again.
    if (made.view === "stability") document.getElementById("weigh")?.click();
    return parts;
  }

  return { make, draw, downloads };
})();
