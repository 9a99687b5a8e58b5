/* Copies the value beside a button of "The file says", and says that it did. */
(() => {
  "use strict";

  /* Only pages opened on this machine have a clipboard: elsewhere the selection is copied. */
  async function copy(text, node) {
    try { await navigator.clipboard.writeText(text); } catch {
      getSelection().selectAllChildren(node);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(".file-says .copy");
    if (!button) return;
    const value = button.previousElementSibling;
    await copy(value.textContent, value);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
})();
