/* theme.js — loads blocking in <head>: resolves data-theme="auto" before the first paint. Without JS, "auto" is light.
   A visitor who is not signed in keeps the choice in this browser; a user's choice comes from the server. */
{
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  if ("visitor" in root.dataset) try { root.dataset.theme = localStorage.getItem("theme") || root.dataset.theme; } catch { /* storage is blocked */ }
  if (root.dataset.theme === "auto") {
    const follow = () => (root.dataset.theme = dark.matches ? "dark" : "light");
    follow(); dark.addEventListener("change", follow);
  }
}
