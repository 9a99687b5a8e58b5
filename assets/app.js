/* Drop and paste anywhere, light and dark. Files go into the page's own file input, so that one road leads to the server. */
(() => {
  "use strict";

  window.forensicsVia = "file"; // how the last file came: file, drop, paste-file, or paste

  const picker = () => document.querySelector("#picker input[type=file], input[type=file]#picker, #intake input[type=file]");
  const isFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  function hand(file, via) {
    const input = picker();
    if (!input || !file) return;
    window.forensicsVia = via;
    const list = new DataTransfer();
    list.items.add(file);
    input.files = list.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* Refused here, before 200 MB travel: the server would answer with an error that helps nobody. */
  document.addEventListener("change", (event) => {
    if (event.target !== picker()) return;
    const file = event.target.files?.[0];
    const limit = Number(document.querySelector(".invitation")?.dataset.limit ?? Infinity);
    if (!file) return;
    if (file.size > limit) {
      event.stopImmediatePropagation();
      event.target.value = "";
      say(`${file.name} is ${(file.size / 2 ** 20).toFixed(1)} MB large; the limit is ${(limit / 2 ** 20).toFixed(0)} MB. Nothing was opened.`);
    } else say(`Reading ${file.name}`);
  }, true);

  const say = (words) => { const line = document.querySelector(".status"); if (line) line.textContent = words; };

  /* A picture copied in a program has no file: the browser makes a PNG of its pixels at this moment and calls it image.png. */
  const madeByBrowser = (file) => file.name === "image.png" && Date.now() - file.lastModified < 5000;

  let depth = 0;
  const marked = (on) => document.documentElement.classList.toggle("dropping", on);
  document.addEventListener("dragenter", (event) => { if (isFiles(event)) { depth += 1; marked(true); } });
  document.addEventListener("dragleave", (event) => { if (isFiles(event) && --depth <= 0) { depth = 0; marked(false); } });
  document.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    depth = 0;
    marked(false);
    if (!isFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    hand(event.dataTransfer.files[0], "drop");
  }, true);

  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files?.[0];
    if (!file || event.target.closest?.("input, textarea")) return;
    event.preventDefault();
    hand(file, madeByBrowser(file) ? "paste" : "paste-file");
  });

  /* A pick by hand is also a file; the note of an earlier drop or paste must not stick to it. */
  document.addEventListener("click", (event) => { if (event.target.closest?.("#picker")) window.forensicsVia = "file"; }, true);

  /* Gradio sets the class by the system's wish, at a moment of its own; a choice made here goes before it. */
  const stored = () => { try { return localStorage.getItem("forensics-theme"); } catch { return null; } };
  const dark = (on) => { if (document.body.classList.contains("dark") !== on) document.body.classList.toggle("dark", on); };
  const keep = () => { if (stored()) dark(stored() === "dark"); };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme")) return;
    const on = !document.body.classList.contains("dark");
    try { localStorage.setItem("forensics-theme", on ? "dark" : "light"); } catch { /* private window: it lasts as long as the page */ }
    dark(on);
  });
  new MutationObserver(keep).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  keep();
})();
