// Comforts over pages that work without it: theme, search shortcut, menus, hints, and what htmx needs.
(() => {
  "use strict";
  const root = document.documentElement;

  const toggleTheme = () => {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // the choice then lasts as long as the page
    }
  };

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    if (event.target.closest("[data-print]")) print();
    if (event.target.closest("[data-nav-toggle]")) {
      const open = root.classList.toggle("nav-open");
      document.querySelector("[data-nav-toggle]").setAttribute("aria-expanded", String(open));
    }
    const demo = event.target.closest("[data-fill-user]");
    if (demo) {
      document.querySelector("#id_username").value = demo.dataset.fillUser;
      document.querySelector("#id_password").value = demo.dataset.fillPassword;
      document.querySelector("#id_password").form.requestSubmit();
    }
    closeMenus(event.target.closest("details.menu"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      const search = document.querySelector("#search");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open] > summary");
      closeMenus(null);
      if (open) open.focus();
    }
  });

  // A select or a checkbox marked so submits its form: the button beside it is for pages without JavaScript.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-check-all]")) {
      for (const box of document.querySelectorAll(event.target.dataset.checkAll)) box.checked = event.target.checked;
    }
  });

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });

  const hint = (within) => {
    const Tooltip = (window.bootstrap ?? window.tabler?.bootstrap)?.Tooltip;
    if (!Tooltip) return;
    for (const mark of within.querySelectorAll("[data-bs-toggle=tooltip]")) {
      Tooltip.getOrCreateInstance(mark, { trigger: "hover focus" });
    }
  };
  document.addEventListener("htmx:load", (event) => hint(event.target));

  // A session that ended answers a part of a page with the login page: show it whole.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const url = event.detail.xhr.responseURL;
    if (url && new URL(url).pathname.startsWith("/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
})();
