// Keeps a story while it is written. Without this the button "save" does the same.
"use strict";
(() => {
  const form = document.getElementById("story-form");
  const text = document.getElementById("story-text");
  const kept = document.getElementById("kept");
  if (!form || !text || !kept) return;
  let saved = text.value;
  let waiting = false;
  const save = async () => {
    waiting = false;
    if (text.value === saved) return;
    const now = text.value;
    const data = new FormData(form);
    const answer = await fetch(form.action.replace("/story", "/draft"), {
      method: "POST", body: new URLSearchParams(data), redirect: "manual", credentials: "same-origin",
    }).catch(() => null);
    if (answer && answer.type === "opaqueredirect") {
      saved = now;
      kept.textContent = kept.dataset.saved + " " + new Date().toLocaleTimeString();
    }
  };
  text.addEventListener("input", () => {
    if (!waiting) { waiting = true; setTimeout(save, 8000); }
  });
})();
