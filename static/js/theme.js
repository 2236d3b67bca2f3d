// Runs before the first paint, so that a dark page never flashes white.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let stored = null;
  try {
    stored = localStorage.getItem("theme");
  } catch {
    stored = null; // storage may be switched off: the system's wish decides
  }
  root.dataset.bsTheme = stored || (dark.matches ? "dark" : "light");
  root.classList.add("js");
})();
