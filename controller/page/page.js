"use strict";
// Keeps the page current and filters while typing; without it the page is whole and the form filters.
const live = document.getElementById("live"), q = document.getElementById("q");
document.querySelector("form button").hidden = true;
let asked = 0;
async function refresh() {
  const mine = ++asked, url = q.value ? "/?q=" + encodeURIComponent(q.value) : "/";
  try {
    const text = await (await fetch(url, { cache: "no-store" })).text();
    if (mine !== asked) return;
    const next = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    if (!next) return;
    for (const open of live.querySelectorAll("details[open]")) {
      const again = next.querySelector("#" + CSS.escape(open.id));
      if (again) again.open = true;
    }
    live.replaceChildren(...next.childNodes);
    history.replaceState(null, "", url);
    document.body.removeAttribute("aria-busy");
  } catch { document.body.setAttribute("aria-busy", "true"); }
}
let typing;
q.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(refresh, 150); });
q.form.addEventListener("submit", (e) => { e.preventDefault(); refresh(); });
setInterval(() => { if (!document.hidden) refresh(); }, 3000);
