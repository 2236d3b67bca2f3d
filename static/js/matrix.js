// The picture of the matrix: cells open in place, companies are named on hover and focus, arrows move about.
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "bubble-tip";
  tip.hidden = true;
  document.body.append(tip);

  // With a modifier key a link is a plain link.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    if (!link || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    const target = `#${link.dataset.part}`;
    htmx.ajax("GET", link.getAttribute("href"), { target, swap: "outerHTML show:none" }).then(() => {
      const head = document.querySelector("[data-focus]");
      (head ?? document.querySelector(target))?.focus({ preventScroll: matchMedia("(min-width: 75rem)").matches });
    });
  });

  const words = (bubble) => bubble.getAttribute("aria-label") ?? "";

  const show = (bubble) => {
    const [name, ...facts] = words(bubble).split(" · ");
    const head = document.createElement("strong");
    head.textContent = name;
    tip.replaceChildren(head, ...facts.map((fact) => {
      const line = document.createElement("span");
      line.textContent = fact;
      return line;
    }));
    tip.hidden = false;
    const box = bubble.querySelector(".bubble").getBoundingClientRect();
    const left = Math.min(Math.max(box.left + box.width / 2 - tip.offsetWidth / 2, 8), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : box.bottom + 8}px`;
  };
  const hide = () => { tip.hidden = true; };

  for (const [kind, handle] of [["mouseover", show], ["focusin", show], ["mouseout", hide], ["focusout", hide]]) {
    document.addEventListener(kind, (event) => {
      const bubble = event.target.closest?.(".bubble-link");
      if (bubble) handle(bubble);
    });
  }
  document.addEventListener("scroll", hide, { passive: true });

  // One stop of the Tab key for each cell and one for its companies; the arrows go on from there.
  const arrange = (within) => {
    for (const group of within.querySelectorAll(".bubbles")) {
      [...group.children].forEach((bubble, index) => {
        const title = bubble.querySelector("title");
        if (title) {
          bubble.setAttribute("aria-label", title.textContent.trim());
          title.remove();
        }
        bubble.setAttribute("tabindex", index ? "-1" : "0");
      });
    }
  };

  const middle = (mark) => {
    const box = mark.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const AHEAD = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

  const nearest = (from, others, [dx, dy]) => {
    const [x, y] = middle(from);
    let best = null;
    for (const other of others) {
      const [ox, oy] = middle(other);
      const along = (ox - x) * dx + (oy - y) * dy;
      const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
      if (other === from || along <= 1) continue;
      const far = along + 2 * aside;
      if (!best || far < best.far) best = { other, far };
    }
    return best?.other;
  };

  document.addEventListener("keydown", (event) => {
    const mark = event.target.closest?.(".bubble-link, .cell-link");
    if (!mark) return;
    if (event.key === "Escape" && mark.matches(".bubble-link")) {
      mark.closest(".bubbles").parentNode.querySelector(".cell-link").focus();
      return;
    }
    const way = AHEAD[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    const others = mark.matches(".bubble-link") ? mark.parentNode.children : mark.closest("svg").querySelectorAll(".cell-link");
    const next = nearest(mark, others, way);
    if (!next) return;
    event.preventDefault();
    if (mark.matches(".bubble-link")) {
      mark.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
    }
    next.focus();
  });

  arrange(document);
  document.addEventListener("htmx:load", (event) => {
    hide();
    arrange(event.target);
  });
})();
