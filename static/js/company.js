// On a narrow screen the tab bar scrolls: bring the current tab into view.
(() => {
  "use strict";
  const current = document.querySelector(".company-tabs [aria-current]");
  const bar = current?.closest(".company-tabs");
  if (bar) bar.scrollLeft = current.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
})();
