// Small comforts; every page works without them.
"use strict";

// A form pressed twice is sent once. (The server makes sure of it, too.)
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
// Back from the next page: the form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A pass ID is grouped while it is typed at its end.
for (const input of document.querySelectorAll('input[name="code"].mono:not(.digits)')) {
  input.addEventListener("input", () => {
    if (input.selectionStart !== input.value.length) return;
    const plain = input.value.toUpperCase().replace(/[^0-9A-Z]/g, "").slice(0, 18);
    input.value = plain.replace(/(.{4})(?=.)/g, "$1-");
  });
}
