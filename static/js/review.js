// The review by keyboard. Every key presses a button or follows a link of the page, which works without this file.
(() => {
  "use strict";
  const CALM = 200; // ms after a new company came: a key meant for the one before must not decide on it
  let busy = false;
  let since = 0;

  const byKey = (key) => document.querySelector(`[data-key="${key}"]`);
  const press = (key) => byKey(key)?.click();
  const offers = () => [...document.querySelectorAll("#offers input[type=radio]:not(:disabled)")];
  const calm = () => !busy && performance.now() - since > CALM;

  const choose = (step) => {
    const all = offers();
    if (!all.length) return;
    const here = all.findIndex((radio) => radio.checked);
    const radio = all[(here + step + all.length) % all.length];
    radio.checked = true;
    radio.focus({ preventScroll: true });
    radio.closest(".offer").scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const reject = () => {
    const menu = byKey("r")?.parentElement;
    if (!menu) return;
    menu.open = true;
    menu.querySelector("input[type=radio]:checked")?.focus();
  };

  const search = (event) => {
    const field = document.querySelector("#search-by-hand [name=s-name]");
    if (!field) return;
    event.preventDefault();
    field.closest(".card").scrollIntoView({ block: "nearest" });
    field.focus({ preventScroll: true });
    field.select();
  };

  const keys = {
    a: () => offers().some((radio) => radio.checked) && press("a"),
    j: () => choose(1),
    ArrowRight: () => choose(1),
    ArrowDown: () => choose(1),
    k: () => choose(-1),
    ArrowLeft: () => choose(-1),
    ArrowUp: () => choose(-1),
    n: () => press("n"),
    p: () => press("p"),
    r: reject,
    u: () => press("u"),
    "?": () => document.querySelector("#keys")?.showModal(),
  };
  keys.Enter = keys.a;

  const elsewhere = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return true;
    if (event.target.closest("textarea, select, input:not([type=radio]), [contenteditable]")) return true;
    const radio = event.target.closest("input[type=radio]");
    if (radio && !radio.closest("#offers")) return true;
    return event.key === "Enter" && event.target.closest("a, button, summary") !== null;
  };

  document.addEventListener("keydown", (event) => {
    if (!document.querySelector(".review-bar, .undo") || elsewhere(event)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "s") return search(event);
    if (!Object.hasOwn(keys, key)) return;
    event.preventDefault();
    if (!event.repeat && calm()) keys[key]();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-key="?"]')) keys["?"]();
    if (event.target.closest('[data-key="s"]')) search(event);
    if (event.target.closest('summary[data-key="r"]')) {
      const menu = event.target.closest("details");
      if (!menu.open) setTimeout(reject);
    }
  });

  // Tells a screen reader what came: the new page is put in place without being loaded.
  const live = document.createElement("p");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");
  document.body.append(live);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "content") busy = true;
  });
  for (const over of ["htmx:responseError", "htmx:sendError", "htmx:swapError", "htmx:timeout"]) {
    document.addEventListener(over, () => {
      busy = false;
    });
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "content") return;
    busy = false;
    since = performance.now();
    const said = ["#content .site-messages", "#content h1", "#review-progress-words"];
    live.textContent = said.map((place) => document.querySelector(place)?.textContent.trim() ?? "").join(". ");
    document.querySelector("#offers input:checked")?.focus({ preventScroll: true });
  });
})();
