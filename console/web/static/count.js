// Counts a text as a phone does (3GPP TS 23.038) while it is written; the server counts again.
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const TWICE = new Set("^{}\\[~]|€\f");

function measure(text) {
  const odd = [...new Set(text)].filter((letter) => !BASIC.has(letter) && !TWICE.has(letter));
  if (odd.length) return { used: text.length, limit: 70, odd };
  const twice = [...text].filter((letter) => TWICE.has(letter)).length;
  return { used: text.length + twice, limit: 160, odd };
}

for (const line of document.querySelectorAll("[data-count]")) {
  const field = document.getElementById(line.dataset.count);
  const tell = () => {
    const { used, limit, odd } = measure(field.value);
    const why = odd.length ? ` (with ${odd.join("")})` : "";
    line.textContent = `As a text: ${used} of ${limit}${why}.`;
    line.classList.toggle("lacks", used > limit);
  };
  field.addEventListener("input", tell);
  tell();
}
