// Hands on the keyboard: j and k walk the rows, x selects, t takes what is selected, or else the row under the cursor.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => rows().findIndex((row) => row.contains(document.activeElement));
  const box = (row) => row?.querySelector("[name=alert]");

  const move = (step) => {
    const all = rows();
    const here = current();
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    all[Math.min(Math.max(next, 0), all.length - 1)]?.querySelector("[data-row-link]").focus();
  };

  const take = () => {
    const button = document.querySelector("[data-take]");
    if (!button) return;
    const mine = box(rows()[current()]);
    if (!document.querySelector("[name=alert]:checked") && mine) mine.checked = true;
    if (document.querySelector("[name=alert]:checked")) button.form.requestSubmit(button);
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: () => box(rows()[current()])?.click(),
    t: take,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("textarea, select, input:not([type=checkbox]), [contenteditable]");
    if (typing || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
