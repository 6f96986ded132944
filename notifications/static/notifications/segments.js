// Counts the SMS that a text takes while it is typed, as notifications/content/sms_segments.py does:
// 3GPP TS 23.038 (alphabets), TS 23.040, 9.2.3.24 (concatenation).
"use strict";
(() => {
  const BASIC = new Set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
  const EXTENSION = new Set("\f^{}\\[~]|€");

  function count(text) {
    const chars = [...text.replaceAll("\r\n", "\n")];
    const plain = chars.every((char) => BASIC.has(char) || EXTENSION.has(char));
    const sizes = chars.map((char) => (plain ? (EXTENSION.has(char) ? 2 : 1) : char.length));
    const places = sizes.reduce((sum, size) => sum + size, 0);
    const [alone, each] = plain ? [160, 153] : [70, 67];
    let parts = 1;
    let filled = 0;
    if (places > alone) {
      for (const size of sizes) {
        if (filled + size > each) {
          parts += 1;
          filled = 0;
        }
        filled += size;
      }
    }
    return { places, parts, encoding: plain ? "GSM-7" : "UCS-2" };
  }

  function watch(area) {
    const shown = document.createElement("p");
    shown.className = "mt-2 text-sm";
    shown.setAttribute("aria-live", "polite");
    area.insertAdjacentElement("afterend", shown);
    const channel = document.getElementById("id_channel");
    const show = () => {
      const { places, parts, encoding } = count(area.value);
      const sms = !channel || channel.value === "sms" || channel.value === "";
      const fields = area.value.includes("{") ? " · the names of fields are counted, not what fills them" : "";
      shown.textContent = sms
        ? `${parts} SMS · ${places} places · ${encoding}${fields}`
        : `${[...area.value].length} characters`;
    };
    area.addEventListener("input", show);
    channel?.addEventListener("change", show);
    show();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("textarea[data-segments]").forEach(watch);
  });
})();
