// What the admin's fields lack: a choice that is searched (select2) tells it like any other field,
// so that htmx hears of it, and is named by its label, so that screen readers do. A sign with a text is a
// picture to them.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const $ = window.django && window.django.jQuery;
  if (!$) return;

  $(document).on("change", "select", (event) => {
    if (!event.originalEvent) {
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  function name() {
    for (const choice of document.querySelectorAll("select.select2-hidden-accessible")) {
      const label = document.querySelector(`label[for="${choice.id}"]`);
      const column = choice.closest("td");
      const text = label ? label.textContent : column && column.dataset.label;
      const shown = choice.nextElementSibling;
      for (const box of shown ? shown.querySelectorAll("[role=combobox], [role=textbox]") : []) {
        if (text) box.setAttribute("aria-label", text.replace("*", "").trim());
      }
    }
    for (const hint of document.querySelectorAll("span.help-tooltip[aria-label]")) {
      hint.setAttribute("role", "img");
    }
  }

  // They are made long after the page has come, and with each row that is added.
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
});
