// A slider and the number beside it say the same; the number is what is sent.
(() => {
  "use strict";
  const number = (field) => Number(field.value.replace(/\s/g, "").replace(",", "."));
  for (const slider of document.querySelectorAll("[data-mirror]")) {
    const field = document.getElementById(slider.dataset.mirror);
    slider.value = number(field);
    slider.addEventListener("input", () => {
      field.value = slider.value;
    });
    field.addEventListener("input", () => {
      slider.value = number(field);
    });
  }
})();
