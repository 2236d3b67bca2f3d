// Lists to work through: j and k walk the rows, x selects, d does what is selected, or else the row under the cursor.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => rows().findIndex((row) => row.contains(document.activeElement));
  const box = (row) => row?.querySelector("[data-pick]");
  const ticked = () => document.querySelector("[data-pick]:checked");

  const move = (step) => {
    const all = rows();
    const here = current();
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    (box(all[Math.min(Math.max(next, 0), all.length - 1)]) ?? all[0]?.querySelector("a"))?.focus();
  };

  const perform = () => {
    const button = document.querySelector("[data-do]");
    if (!button) return;
    const mine = box(rows()[current()]);
    if (!ticked() && mine) mine.checked = true;
    if (ticked()) button.form.requestSubmit(button);
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => box(rows()[current()])?.click(),
    d: perform,
    u: () => document.querySelector("[data-undo]")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("textarea, select, input:not([type=checkbox]), [contenteditable]");
    if (typing || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  // Who ticks companies means those, not the whole cell.
  document.addEventListener("change", (event) => {
    const chosen = document.querySelector("[data-chosen]");
    if (chosen && event.target.matches("[data-ticks]") && ticked()) chosen.checked = true;
  });
})();
