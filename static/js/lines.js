/* lines.js — the line editor by keyboard: Enter goes to the next line (and adds one), arrows move up and down a column,
   Alt with an arrow moves the line, Alt with Del removes it; after each of these the focus is where one goes on typing.
   What is typed while the lines are on their way from the server stays as typed. */
(() => {
  const d = document;
  const field = /^lines-(\d+)-(.+)$/, command = /^(add|up|down|remove)(?:-(\d+))?$/;
  const button = (value) => d.querySelector(`[data-lines] button[value="${value}"]`);
  const goTo = (row, column) => { const found = d.getElementById(`lines-${row}-${column}`) ?? button(`${column}-${row}`); found?.focus(); found?.select?.(); return Boolean(found); };
  let wanted = null; // row and column (or button) to go to once the lines are there again
  let asked = null; // what the fields held when the lines were asked for; null where lines change their places
  let typed = []; // what was typed since then

  const held = () => [...d.querySelectorAll("[data-lines] :is(input, select, textarea)[id]")].map((one) => [one.id, one.value]);
  const isAboutLines = (e) => e.detail.target.id === "lines";

  d.addEventListener("click", (e) => {
    const found = command.exec(e.target.closest?.("[data-lines] button[name=line]")?.value ?? "");
    if (!found) return;
    const [verb, row] = [found[1], Number(found[2])];
    if (verb === "add") wanted = [Number(d.querySelector("[name=lines-count]").value), "product"];
    else wanted = verb === "remove" ? [row, "product"] : [row + (verb === "up" ? -1 : 1), verb];
  });
  const press = (value, row, column) => { button(value)?.click(); wanted = [row, column]; };

  d.addEventListener("keydown", (e) => {
    const found = e.target.closest?.("[data-lines]") && field.exec(e.target.id);
    if (!found || e.isComposing || e.ctrlKey || e.metaKey) return;
    const [row, column] = [Number(found[1]), found[2]], step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (e.altKey) {
      if (e.key === "Delete") { e.preventDefault(); press(`remove-${row}`, row, column); }
      else if (step && e.target.matches("input")) { e.preventDefault(); if (d.getElementById(`line-${row + step}`)) press(`${step > 0 ? "down" : "up"}-${row}`, row + step, column); }
    } else if (e.key === "Enter") {
      e.preventDefault();
      if (!goTo(row + 1, column)) press("add", row + 1, "product");
    } else if (step && e.target.matches("input:not([list])") && goTo(row + step, column)) e.preventDefault();
  });
  d.addEventListener("htmx:beforeRequest", (e) => { if (isAboutLines(e)) asked = e.detail.elt.matches("button:not([value=add])") ? null : new Map(held()); });
  d.addEventListener("htmx:beforeSwap", (e) => { if (isAboutLines(e)) typed = asked ? held().filter(([id, value]) => asked.get(id) !== value) : []; });
  d.addEventListener("htmx:afterSwap", (e) => {
    if (!isAboutLines(e)) return;
    for (const [id, value] of typed.splice(0)) {
      const found = d.getElementById(id);
      if (found) { found.value = value; found.dispatchEvent(new Event("input", { bubbles: true })); }
    }
  });
  d.addEventListener("htmx:afterSettle", (e) => {
    if (!wanted || !isAboutLines(e)) return;
    const [row, column] = wanted;
    wanted = null;
    goTo(row, column) || goTo(row - 1, column) || goTo(0, "product"); // the last line may have gone
  });
})();
