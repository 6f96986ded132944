// Puts the code of an invitation, which stands behind # in its link, into the form.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("id_code");
  if (field && !field.value && location.hash.length > 1) {
    field.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
});
