// The search of every page, by the keyboard: Ctrl-K begins it, the arrows go through what was found,
// Enter opens it, Escape closes it. Without this script it is a form that leads to a page.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("site-search");
  const found = document.getElementById("site-found");
  if (!box || !found) return;
  const form = box.form;

  function show(isShown) {
    found.hidden = !isShown || !box.value.trim();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      box.focus();
      show(false);
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [box, ...found.querySelectorAll("a[href]")];
    const at = stops.indexOf(document.activeElement);
    if (found.hidden || at < 0) return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.max(0, Math.min(next, stops.length - 1))].focus();
  });

  found.addEventListener("htmx:afterSwap", () => show(true));
  box.addEventListener("focus", () => show(found.childElementCount > 0));
  box.addEventListener("input", () => {
    if (!box.value.trim()) show(false);
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) show(false);
  });
  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) show(false);
  });
});
