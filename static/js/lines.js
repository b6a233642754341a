/* lines.js — the line editor by keyboard: Enter goes to the next line (and adds one), arrows move up and down a column. */
(() => {
  const d = document;
  const place = /^lines-(\d+)-(.+)$/;
  const goTo = (row, column) => { const field = d.getElementById(`lines-${row}-${column}`); field?.focus(); field?.select?.(); return Boolean(field); };
  let wanted = null; // where to go once the new line is there

  d.addEventListener("keydown", (e) => {
    const found = e.target.closest?.("[data-lines]") && place.exec(e.target.id);
    if (!found || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
    const [row, column] = [Number(found[1]), found[2]];
    if (e.key === "Enter") {
      e.preventDefault();
      if (goTo(row + 1, column)) return;
      wanted = [row + 1, "product"];
      d.querySelector("[data-line-add]")?.click();
    } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && e.target.matches("input:not([list])")) {
      if (goTo(row + (e.key === "ArrowDown" ? 1 : -1), column)) e.preventDefault();
    }
  });
  d.addEventListener("htmx:afterSettle", (e) => {
    if (!wanted || e.detail.target.id !== "lines") return;
    const [row, column] = wanted;
    wanted = null; goTo(row, column);
  });
})();
