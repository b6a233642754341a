/* app.js — the behaviour layer: menus, dialogs, selection, keys, palette, toasts, theme, form care.
   Everything is delegated on document, so htmx swaps need no re-init. No inline handlers, no eval. */
(() => {
  const d = document, root = d.documentElement;
  const $ = (s, el = d) => el.querySelector(s), $$ = (s, el = d) => [...el.querySelectorAll(s)];
  const words = () => $("#words")?.dataset ?? {};
  const token = () => { try { return JSON.parse(d.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || ""; } catch { return ""; } };

  /* ── menus: <details class="menu"> closes on an outside click, Esc or a choice ── */
  const closeMenus = (except) => $$("details.menu[open]").forEach((menu) => menu !== except && menu.removeAttribute("open"));
  const closeSide = () => { root.classList.remove("side-open"); $("[data-side]")?.setAttribute("aria-expanded", "false"); };

  /* ── dialogs: the browser gives focus back to the opener; a form inside asks first what is safe ── */
  const openDialog = (id) => {
    const dialog = d.getElementById(id);
    if (!dialog || dialog.open) return;
    closeMenus(); closeSide(); dialog.showModal();
    if (id === "palette") { $("input", dialog).select(); cursorTo(options()[0]); }
    else $("[autofocus], [data-cancel]", dialog)?.focus();
  };

  const switchTheme = () => {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = theme;
    if ("visitor" in root.dataset) { try { localStorage.setItem("theme", theme); } catch { /* storage is blocked */ } return; }
    fetch("/settings/appearance/", { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" }, body: new URLSearchParams({ theme }) })
      .catch(() => toast({ text: words().offline, tone: "error" }));
  };

  const reveal = (button) => {
    const input = $("input", button.parentElement), on = input.type === "password";
    input.type = on ? "text" : "password"; button.setAttribute("aria-pressed", on);
  };

  d.addEventListener("click", (e) => {
    const t = e.target;
    closeMenus(t.closest("details.menu"));
    if (t.closest("a.menu-item, button.menu-item") && t.closest("details.menu")) closeMenus();
    const opener = t.closest("[data-open]");
    if (opener) openDialog(opener.dataset.open);
    if (t.matches("dialog")) t.close();
    if (t.closest("dialog [data-cancel]")) { e.preventDefault(); t.closest("dialog").close(); }
    if (t.closest("[data-theme-toggle]")) switchTheme();
    const pw = t.closest("[data-reveal]");
    if (pw) reveal(pw);
    const side = t.closest("[data-side]");
    if (side) { const on = root.classList.toggle("side-open"); side.setAttribute("aria-expanded", on); if (on) $(".side a")?.focus(); }
    else if (root.classList.contains("side-open") && !t.closest(".side")) closeSide();
    const dismiss = t.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".bulkbar") ? clearSelection() : dismiss.closest(".toast, .note")?.remove();
    if (t.closest("[data-select-all]")) { e.preventDefault(); selectAllMatches(t.closest("[data-select-all]")); }
    if (t.closest("[aria-disabled=true]")) e.preventDefault();
  });

  /* ── selection: checkbox ⇄ aria-selected ⇄ bulk bar; "all that match" is a hidden field the server reads ── */
  const boxesOf = (table) => $$("tbody .cb", table);
  const bar = () => $(".bulkbar");
  const setAll = (on) => $$(".bulkbar [name=all]").forEach((field) => (field.value = on ? "1" : ""));
  const refresh = (table) => {
    const boxes = boxesOf(table), on = boxes.filter((box) => box.checked), head = $("thead .cb", table), all = $(".bulkbar [name=all]")?.value;
    boxes.forEach((box) => box.closest("tr").setAttribute("aria-selected", box.checked));
    if (head) { head.checked = boxes.length > 0 && on.length === boxes.length; head.indeterminate = on.length > 0 && on.length < boxes.length; }
    if (!bar()) return;
    bar().hidden = !on.length;
    const count = $("[data-n]", bar()), more = $("[data-select-all]", bar());
    if (count) count.textContent = all && more ? more.dataset.count : on.length;
    if (more) more.hidden = Boolean(all) || on.length < boxes.length;
  };
  const clearSelection = () => { setAll(false); $$("table").forEach((table) => { boxesOf(table).forEach((box) => (box.checked = false)); refresh(table); }); };
  const selectAllMatches = (link) => {
    setAll(true);
    $$("table").forEach((table) => { boxesOf(table).forEach((box) => (box.checked = true)); if (boxesOf(table).length) refresh(table); });
    link.hidden = true;
  };
  let lastBox = null;
  d.addEventListener("change", (e) => {
    const box = e.target.closest?.(".cb"), table = box?.closest("table");
    if (table) {
      if (box.closest("thead")) boxesOf(table).forEach((one) => (one.checked = box.checked));
      setAll(false); lastBox = box; refresh(table);
    }
    if (e.target.matches?.("[data-submit-on-change]")) e.target.form?.requestSubmit();
  });
  d.addEventListener("click", (e) => { // shift-click takes the rows between
    const box = e.target.closest?.("tbody .cb");
    if (!box || !e.shiftKey || !lastBox || lastBox === box || lastBox.closest("table") !== box.closest("table")) return;
    const boxes = boxesOf(box.closest("table")), [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
    boxes.slice(from, to + 1).forEach((one) => (one.checked = box.checked));
  });
  const refreshTables = (within = d) => $$("table", within).forEach((table) => boxesOf(table).length && refresh(table));

  /* ── keyboard (DESIGN §6.1): single keys only outside fields and dialogs; the user may switch them off ── */
  let wentAt = 0;
  const rows = () => $$("[data-rows] > tr, [data-rows] > li");
  const moveCursor = (by) => {
    const list = rows(), at = list.findIndex((row) => row.classList.contains("is-cursor"));
    if (!list.length) return;
    const next = Math.max(0, Math.min(list.length - 1, at + by));
    list[at]?.classList.remove("is-cursor"); list[next].classList.add("is-cursor");
    list[next].scrollIntoView({ block: "nearest" }); $("a", list[next])?.focus({ preventScroll: true });
  };
  const inField = (t) => t.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, dialog, [contenteditable]");
  const singleKey = (e) => {
    const row = $(".is-cursor"), go = Date.now() - wentAt < 1200 && $(`[data-go="${CSS.escape(e.key)}"]`);
    wentAt = 0;
    if (go) return go.click();
    if (e.key === "g") return void (wentAt = Date.now());
    if (e.key === "/") { const search = $("[data-search]"); if (search) { e.preventDefault(); search.focus(); search.select(); } return; }
    if (e.key === "?") return openDialog("keys");
    if (e.key === "j" || e.key === "k") return moveCursor(e.key === "j" ? 1 : -1);
    if (e.key === "x" && row) return $(".cb", row)?.click();
    const onPage = (row && $(`[data-key="${CSS.escape(e.key)}"]`, row)) || $(`.page-actions [data-key="${CSS.escape(e.key)}"], .rec-head [data-key="${CSS.escape(e.key)}"]`);
    (onPage || $(`[data-command="${CSS.escape(e.key)}"]`))?.click();
  };
  d.addEventListener("keydown", (e) => {
    if (e.isComposing) return; // an input method is choosing characters
    const control = e.ctrlKey || e.metaKey;
    if (control && e.key.toLowerCase() === "k") { e.preventDefault(); return openDialog("palette"); }
    if (control && e.key === "Enter") { const form = e.target.form ?? $("form[data-main]"); if (form) { e.preventDefault(); form.requestSubmit(e.target.matches?.("button[formaction]") ? e.target : null); } return; }
    if (e.key === "Enter" && e.target.matches?.(".cb")) return e.preventDefault(); // a ticked row is not sent to the first verb
    if (e.target.closest?.("[role=combobox]") && comboKey(e)) return;
    if (e.key === "Escape" && !$("dialog[open]")) {
      if ($("details.menu[open]")) { const menu = $("details.menu[open]"); closeMenus(); $("summary", menu)?.focus(); }
      else if (root.classList.contains("side-open")) closeSide();
      else if (inField(e.target)) e.target.blur();
      else clearSelection();
      return;
    }
    if (control || e.altKey || e.key.length !== 1 || inField(e.target) || $("dialog[open]") || root.dataset.keys === "off") return;
    singleKey(e);
  });

  /* ── the palette: arrows move aria-selected, Enter follows it ── */
  const options = (box = $("#palette [role=combobox]")) => $$("[role=option]", d.getElementById(box?.getAttribute("aria-controls")) ?? d.createElement("i"));
  const cursorTo = (option, box = $("#palette [role=combobox]")) => {
    options(box).forEach((one) => one.setAttribute("aria-selected", one === option));
    if (!option) return box?.removeAttribute("aria-activedescendant");
    option.id ||= "option-" + Math.random().toString(36).slice(2);
    box.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" });
  };
  const comboKey = (e) => {
    const box = e.target.closest("[role=combobox]"), list = options(box), at = list.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (e.key === "Enter" && list[at]) { e.preventDefault(); list[at].click(); return true; }
    if (e.key === "Escape" && box.dataset.combo !== undefined && box.getAttribute("aria-expanded") === "true") { e.preventDefault(); closeCombo(box); return true; }
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return false;
    e.preventDefault();
    if (box.dataset.combo !== undefined && box.getAttribute("aria-expanded") !== "true") { openCombo(box); return true; }
    if (list.length) cursorTo(list[(at + (e.key === "ArrowDown" ? 1 : -1) + list.length) % list.length], box);
    return true;
  };

  /* ── toasts: from the server's messages and from HX-Trigger {"toast": {"text", "undo", "tone"}} ── */
  const settle = (el) => {
    const undo = $("form:not([hidden])", el), seconds = $("[data-seconds]", el);
    if (el.classList.contains("toast-error")) return;
    let left = undo ? 10 : 5;
    const tick = () => {
      if (!el.isConnected) return;
      if (!el.matches(":hover, :focus-within")) left -= 1; // reading pauses the clock
      if (seconds && undo) seconds.textContent = ` ${left} ${words().seconds ?? ""}`;
      if (left <= 0) el.remove(); else setTimeout(tick, 1000);
    };
    setTimeout(tick, 1000);
  };
  const toast = ({ text, undo, tone }) => {
    const place = $("#toasts"), template = $("#toast-template");
    if (!place || !template || !text) return;
    const el = template.content.firstElementChild.cloneNode(true), bad = tone === "error";
    el.classList.toggle("toast-error", bad); el.setAttribute("role", bad ? "alert" : "status");
    $("p", el).textContent = text; $(`[data-icon=${bad ? "ok" : "error"}]`, el).remove();
    if (undo && undo.startsWith("/") && !undo.startsWith("//")) { const form = $("form", el); form.action = undo; form.hidden = false; $("input", form).value = token(); }
    place.append(el);
    $$(".toast", place).slice(0, -3).forEach((old) => old.remove());
    settle(el);
  };
  d.addEventListener("toast", (e) => toast(e.detail));

  /* ── a refused form: its summary, or where it has none the first wrong field ── */
  const toWrong = (within = d) => ($("[data-form-errors]", within) ?? $("[data-main] :is([aria-invalid=true], .combo [aria-invalid])", within))?.focus();

  /* ── htmx: errors in words, tables and comboboxes after a swap, focus on what is wrong ── */
  d.addEventListener("htmx:afterSwap", (e) => {
    refreshTables(); combos(e.detail.target);
    if (e.detail.target.id === "palette-list") cursorTo(options()[0]);
    if (e.detail.target.id === "dialog" && e.detail.target.childElementCount) openDialog("dialog");
    toWrong(e.detail.target);
  });
  /* rows that are added, moved or removed take the pressed button with them: focus goes to the one now in its place, or the last of its kind */
  d.addEventListener("htmx:afterSettle", (e) => {
    const { name, value } = e.detail.requestConfig?.elt ?? {};
    if (!name || !value || d.activeElement !== d.body) return;
    const alike = $$(`button[name="${name}"][value^="${value.split(/[:-]\d/)[0]}"]`);
    (alike.find((one) => one.value === value) ?? alike.at(-1))?.focus();
  });
  d.addEventListener("htmx:responseError", (e) => {
    const { status } = e.detail.xhr, said = words();
    toast({ text: { 403: said.refused, 429: said.busy }[status] ?? said.failed, tone: "error" });
  });
  d.addEventListener("htmx:sendError", () => toast({ text: words().offline, tone: "error" }));

  /* ── forms: leaving with changes asks once; money gets thousands; a double click sends one request ── */
  let dirty = false;
  d.addEventListener("input", (e) => { if (e.target.form?.matches("form[data-main]")) dirty = true; });
  d.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method === "dialog" || e.defaultPrevented) return;
    if (form.matches("form[data-main]")) dirty = false;
    if (form.method === "post") {
      if (form.dataset.sent) return e.preventDefault();
      form.dataset.sent = "1"; setTimeout(() => delete form.dataset.sent, 4000);
    }
  });
  addEventListener("beforeunload", (e) => { if (dirty) { dirty = false; e.preventDefault(); } });
  addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));
  d.addEventListener("focusout", (e) => {
    const field = e.target.closest?.("[data-money]"), plain = field?.value.replace(/[,，\s]/g, "");
    if (plain && /^-?\d+(\.\d+)?$/.test(plain)) { const [whole, part] = plain.split("."); field.value = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : "." + part); }
  });

  /* ── drop zone: <label class="drop"> around a file input shows what was chosen ── */
  const dropOf = (e) => e.target.closest?.(".drop");
  d.addEventListener("dragover", (e) => { if (dropOf(e)) { e.preventDefault(); dropOf(e).classList.add("is-over"); } });
  d.addEventListener("dragleave", (e) => dropOf(e)?.classList.remove("is-over"));
  d.addEventListener("drop", (e) => {
    const zone = dropOf(e), input = zone && $("input[type=file]", zone);
    if (!input) return;
    e.preventDefault(); zone.classList.remove("is-over"); input.files = e.dataTransfer.files; input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  d.addEventListener("change", (e) => { const name = dropOf(e) && $("[data-file-name]", dropOf(e)); if (name) name.textContent = e.target.files?.[0]?.name ?? ""; });

  /* ── composers: a paper clip says how many files were chosen ── */
  d.addEventListener("change", (e) => { const said = e.target.matches?.("[data-chooses]") && $("[data-chosen]", e.target.parentElement); if (said) said.textContent = e.target.files.length || ""; });

  /* ── combobox over <select data-combobox>: the select stays the value, the input searches its options ── */
  const openCombo = (input) => { const list = d.getElementById(input.getAttribute("aria-controls")); list.hidden = false; input.setAttribute("aria-expanded", "true"); };
  const closeCombo = (input) => { d.getElementById(input.getAttribute("aria-controls")).hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const comboSelect = (input) => input.parentElement.querySelector("select");
  const comboShown = (select) => (select.value ? select.selectedOptions[0]?.textContent.trim() : "") ?? "";
  const fillCombo = (input) => {
    const select = comboSelect(input), list = d.getElementById(input.getAttribute("aria-controls")), typed = input.value.trim().toLowerCase();
    const all = typed === comboShown(select).toLowerCase() ? "" : typed;
    const found = [...select.options].filter((o) => o.value !== "" || !select.required).filter((o) => (o.textContent + " " + (o.dataset.search ?? "")).toLowerCase().includes(all)).slice(0, 50);
    list.replaceChildren(...found.map((o) => {
      const item = d.createElement("button");
      item.type = "button"; item.tabIndex = -1; item.className = "menu-item"; item.setAttribute("role", "option"); item.setAttribute("aria-selected", o.selected);
      item.textContent = o.textContent.trim() || "—"; item.dataset.value = o.value; return item;
    }));
    if (!found.length) { const p = d.createElement("p"); p.className = "menu-label"; p.textContent = words().none ?? ""; list.append(p); }
    openCombo(input); cursorTo(options(input)[0], input);
  };
  const combos = (within = d) => $$("select[data-combobox]:not([data-ready])", within).forEach((select) => {
    const box = d.createElement("span"), input = d.createElement("input"), list = d.createElement("div");
    select.dataset.ready = ""; box.className = "combo"; list.className = "menu-pop start combo-list"; list.hidden = true; list.id = select.id + "-list";
    list.setAttribute("role", "listbox"); list.setAttribute("aria-label", select.labels[0]?.textContent.trim() ?? "");
    Object.assign(input, { type: "text", className: "input", autocomplete: "off", value: comboShown(select), placeholder: select.dataset.placeholder ?? "", disabled: select.disabled });
    for (const [key, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list", "data-combo": "" })) input.setAttribute(key, value);
    for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    input.id = select.id; select.id += "-value"; select.tabIndex = -1; select.setAttribute("aria-hidden", "true"); select.classList.add("sr");
    select.replaceWith(box); box.append(input, select, list);
  });
  d.addEventListener("input", (e) => { if (e.target.matches?.("[data-combo]")) fillCombo(e.target); });
  d.addEventListener("focusin", (e) => { if (e.target.matches?.("[data-combo]")) { e.target.select(); fillCombo(e.target); } });
  d.addEventListener("focusout", (e) => {
    const input = e.target.closest?.(".combo")?.querySelector("[data-combo]");
    if (!input || input.parentElement.contains(e.relatedTarget)) return;
    const select = comboSelect(input);
    if (!input.value.trim() && !select.required && [...select.options].some((o) => o.value === "")) choose(input, "");
    input.value = comboShown(select); closeCombo(input);
  });
  const choose = (input, value) => { const select = comboSelect(input); if (select.value === value) return; select.value = value; select.dispatchEvent(new Event("change", { bubbles: true })); select.dispatchEvent(new Event("input", { bubbles: true })); };
  d.addEventListener("mousedown", (e) => { if (e.target.closest?.(".combo-list")) e.preventDefault(); }); // keeps the focus in the input
  d.addEventListener("click", (e) => {
    const item = e.target.closest?.(".combo-list [role=option]"), input = item?.closest(".combo").querySelector("[data-combo]");
    if (input) { choose(input, item.dataset.value); input.value = comboShown(comboSelect(input)); closeCombo(input); }
  });

  const start = () => { refreshTables(); combos(); $$("#toasts .toast").forEach(settle); toWrong(); };
  d.readyState === "loading" ? d.addEventListener("DOMContentLoaded", start) : start();
})();
