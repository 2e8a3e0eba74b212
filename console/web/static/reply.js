// Says what the checker finds while somebody types. Without JavaScript the button does it.
const field = document.getElementById("reply-text");
const form = field?.form;
let waiting = 0, asked = 0;

async function check() {
  const mine = ++asked;
  let said;
  try {
    const answer = await fetch(form.dataset.findings, { method: "POST", body: new FormData(form) });
    if (!answer.ok || answer.redirected) return;
    said = await answer.json();
  } catch {
    return; // the button still works
  }
  if (mine !== asked) return; // more was typed meanwhile
  document.getElementById("reply-found").innerHTML = said.html; // made by our own template
  document.getElementById("reply-length").textContent = said.length;
  document.getElementById("reply-meter").value = said.length;
}

if (form) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
}
