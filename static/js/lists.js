/* lists.js — the shared row menu, the order of columns, short addresses of filter forms. Delegated, so htmx swaps need nothing. */
(() => {
  const d = document, $ = (s, el = d) => el.querySelector(s);
  const menu = () => d.getElementById("row-menu");
  let opener = null;
  const close = (focus) => { const box = menu(); if (box && !box.hidden) { box.hidden = true; if (focus) opener?.focus(); } };
  const open = (link) => {
    const box = menu(), row = link.closest("tr"), at = link.getBoundingClientRect();
    opener = link;
    for (const item of box.querySelectorAll("[data-address]")) {
      const address = item.dataset.address.replace("/0/", `/${row.dataset.id}/`).replace(/=0$/, `=${row.dataset.id}`);
      item.tagName === "FORM" ? (item.action = address) : (item.href = address);
    }
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(8, at.right - width)}px`;
    box.style.top = `${at.bottom + height + 8 > innerHeight ? Math.max(8, at.top - height - 4) : at.bottom + 4}px`;
    $("a, button", box)?.focus();
  };
  d.addEventListener("click", (e) => {
    const link = e.target.closest("[data-row-menu]");
    if (link && menu()) { e.preventDefault(); return menu().hidden || opener !== link ? open(link) : close(true); }
    if (!e.target.closest("#row-menu")) close(false);
    const up = e.target.closest("[data-move-up]"), column = up?.closest("[data-column]"), before = column?.previousElementSibling;
    if (before?.matches("[data-column]") && !$("input:disabled", before)) { before.before(column); up.focus(); }
  });
  d.addEventListener("keydown", (e) => {
    const box = menu();
    if (!box || box.hidden) return;
    if (e.key === "Escape") { e.stopPropagation(); close(true); }
    const items = [...box.querySelectorAll("a, button")], at = items.indexOf(d.activeElement);
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); items[(at + (e.key === "ArrowDown" ? 1 : -1) + items.length) % items.length].focus(); }
  }, true);
  addEventListener("scroll", () => close(false), true);
  d.addEventListener("submit", (e) => {
    if (e.target.method === "get") for (const field of e.target.elements) if (field.name && !field.value) field.disabled = true;
  });
})();
