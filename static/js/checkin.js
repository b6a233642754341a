/* checkin.js — the button of a visit asks the browser for the position, only when it is pressed. */
(() => {
  const d = document;
  const said = (button, text, isWrong) => {
    const note = button.parentElement.querySelector("[data-checkin-note]");
    if (note) { note.textContent = text; note.classList.toggle("error", isWrong); }
  };
  const send = async (button, place) => {
    const body = new URLSearchParams({ latitude: place.coords.latitude.toFixed(6), longitude: place.coords.longitude.toFixed(6) });
    const token = JSON.parse(d.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
    const answer = await fetch(button.dataset.checkin, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" }, body }).catch(() => null);
    const told = answer ? await answer.json().catch(() => null) : null;
    button.disabled = false;
    if (!answer?.ok || !told) return said(button, told?.refusal ?? button.dataset.failed, true);
    button.form.elements.stamp.value = told.stamp;
    said(button, told.said, false);
  };
  d.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-checkin]");
    if (!button) return;
    if (!navigator.geolocation) return said(button, button.dataset.failed, true);
    button.disabled = true; said(button, button.dataset.waiting, false);
    navigator.geolocation.getCurrentPosition((place) => send(button, place), () => { button.disabled = false; said(button, button.dataset.failed, true); }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  });
})();
