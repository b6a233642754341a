/* mentions.js — @ in a text with data-mentions offers colleagues; without script the name is simply typed. */
(() => {
  const d = document;
  let box = null, list = null, asked = 0;
  const close = () => { list?.remove(); list = box = null; };
  const typed = (field) => /(?:^|[^\w.+-])@([^\s@]{0,30})$/.exec(field.value.slice(0, field.selectionStart));
  const items = () => (list ? [...list.querySelectorAll("[role=option]")] : []);
  const cursorTo = (item) => items().forEach((one) => one.setAttribute("aria-selected", one === item));
  const choose = (item) => {
    const found = typed(box);
    if (!found) return close();
    const end = box.selectionStart, start = end - found[1].length;
    box.setRangeText(`${item.dataset.mention} `, start, end, "end");
    box.dispatchEvent(new Event("input", { bubbles: true })); const field = box; close(); field.focus();
  };
  const offer = async (field, text) => {
    const turn = (asked += 1);
    const answer = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || turn !== asked || !typed(field)) return;
    const html = await answer.text();
    close();
    if (!html.includes("data-mention")) return;
    box = field; list = d.createElement("div");
    list.className = "menu-pop start mention-list"; list.setAttribute("role", "listbox"); list.innerHTML = html;
    field.after(list); cursorTo(items()[0]);
  };
  d.addEventListener("input", (e) => {
    if (!e.target.matches?.("textarea[data-mentions]") || !e.target.dataset.mentions) return;
    const found = typed(e.target);
    found ? offer(e.target, found[1]) : close();
  });
  d.addEventListener("keydown", (e) => {
    if (!list || e.isComposing) return;
    const all = items(), at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); close(); }
    else if (e.key === "Enter" && !e.ctrlKey && !e.metaKey && all[at]) { e.preventDefault(); e.stopPropagation(); choose(all[at]); }
    else if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); cursorTo(all[(at + (e.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]); }
  }, true);
  d.addEventListener("mousedown", (e) => { if (e.target.closest?.(".mention-list")) e.preventDefault(); });
  d.addEventListener("click", (e) => { const item = e.target.closest?.(".mention-list [role=option]"); item ? choose(item) : close(); });
})();
