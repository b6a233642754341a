/* files.js — uploads on a page of files: one request per file, by choosing, dropping or pasting; the form works without it. */
(() => {
  const d = document, form = d.querySelector("form[data-files]");
  if (!form) return;
  const input = form.querySelector("input[type=file]"), progress = form.querySelector("[data-progress]");
  const words = form.dataset;

  const say = (lines) => {
    form.querySelector("[data-refusals]")?.remove();
    if (!lines.length) return;
    const note = d.createElement("div");
    note.className = "note t-red"; note.dataset.refusals = ""; note.setAttribute("role", "alert");
    const box = d.createElement("div");
    for (const line of lines) { const p = d.createElement("p"); p.textContent = line; box.append(p); }
    note.append(box); form.prepend(note);
  };

  const send = async (file) => {
    if (file.size > words.limit * 1024 * 1024) return [`${file.name}: ${words.tooLarge}`];
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("files", file, file.name);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) return [];
      return answer.status === 422 ? (await answer.json()).refusals : [`${file.name}: ${words.failed}`];
    } catch { return [`${file.name}: ${words.failed}`]; }
  };

  let busy = false;
  const sendAll = async (files) => {
    if (busy || !files.length) return;
    if (files.length > words.atMost) return say([words.tooMany]);
    busy = true; form.setAttribute("aria-busy", "true");
    const refused = [];
    for (const [at, file] of files.entries()) {
      progress.textContent = `${words.sending} ${at + 1} / ${files.length} · ${file.name}`;
      refused.push(...await send(file));
    }
    progress.textContent = ""; input.value = ""; busy = false; form.removeAttribute("aria-busy");
    say(refused);
    window.htmx.ajax("GET", form.action, { target: "#files", swap: "outerHTML" });
  };

  form.classList.add("is-live");
  input.addEventListener("change", () => sendAll([...input.files]));
  d.addEventListener("paste", (e) => {
    if (e.target.closest?.("input, textarea") || !e.clipboardData?.files.length) return;
    e.preventDefault(); sendAll([...e.clipboardData.files]);
  });
})();
