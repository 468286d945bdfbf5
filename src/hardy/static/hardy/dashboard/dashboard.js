// Keeps pages fresh without moving what one reads. Everything works without it, by links and buttons.
"use strict";
(() => {
  const EVERY = 5000;
  const BOXES = "input[name=letter], input[name=job]";
  const list = document.querySelector("[data-rows]");
  const parts = [...document.querySelectorAll("[data-live]")];
  const button = document.querySelector("[data-pause]");
  const fresh = document.querySelector("[data-fresh]");
  let paused = false;

  async function look() {
    if (paused || document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
      if (answer.redirected) { paused = true; location.reload(); return; }  // logged out meanwhile
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts.forEach(part => exchange(part, page.getElementById(part.id)));
      if (list || fresh) follow(page.querySelector("[data-rows]"));
    } catch { /* the server is away for a moment; the next look may find it */ }
  }

  function exchange(part, now) {
    if (!now || part.innerHTML === now.innerHTML || part.contains(document.activeElement)) return;
    part.className = now.className;
    part.replaceChildren(...now.childNodes);
  }

  // Rows stay where they are: known ones change in place, new ones are counted, those that have left are dimmed.
  function follow(now) {
    const known = rowsOf(list), current = rowsOf(now);
    let unseen = 0;
    current.forEach((row, key) => {
      const mine = known.get(key);
      if (!mine) unseen += 1;
      else if (mine.innerHTML !== row.innerHTML && !mine.contains(document.activeElement)) renew(mine, row);
    });
    known.forEach((row, key) => row.classList.toggle("gone", key.startsWith("job-") && !current.has(key)));
    if (fresh) {
      fresh.hidden = unseen === 0;
      fresh.textContent = `${unseen} new: show`;
    }
  }

  function renew(mine, row) {
    const ticked = mine.querySelector("input:checked") !== null;
    mine.innerHTML = row.innerHTML;
    const box = mine.querySelector("input[type=checkbox]");
    if (box) box.checked = ticked;
  }

  function rowsOf(table) {
    return new Map([...(table ? table.querySelectorAll("tr[data-key]") : [])].map(row => [row.dataset.key, row]));
  }

  function choose(step) {
    const rows = [...document.querySelectorAll("tr[data-key]")];
    if (!rows.length) return;
    const at = rows.findIndex(row => row.classList.contains("chosen"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    rows.forEach(row => row.classList.toggle("chosen", row === next));
    (next.querySelector("a") || next).focus();
  }

  const keys = document.getElementById("keys"), helper = document.querySelector("[data-help]");
  function help() {
    if (keys.open) keys.close();
    else keys.showModal();
  }
  helper.hidden = false;
  helper.addEventListener("click", help);

  // On a phone the page one is on may be out of sight.
  const current = document.querySelector(".bar nav [aria-current]");
  if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.clientWidth / 2;

  function tick() {
    const box = document.querySelector("tr.chosen input[type=checkbox]");
    if (box) box.click();
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "j") choose(1);
    else if (event.key === "k") choose(-1);
    else if (event.key === "x") tick();
    else if (event.key === "?") help();
    else if (event.key === "/") {
      const search = document.querySelector("input[name=q], .filter input:not([type=hidden])");
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  });

  document.querySelectorAll("[data-all]").forEach(all => all.addEventListener("change", () => {
    all.closest("form").querySelectorAll(BOXES).forEach(one => { one.checked = all.checked; });
    mean(all.closest("form"));
  }));
  document.addEventListener("change", event => { if (event.target.matches(BOXES)) mean(event.target.form); });

  // Who ticks a box means those that are ticked; without one, the list of letters means all of them.
  function mean(form) {
    const which = form.elements.which;
    if (which && form.querySelector(`${BOXES.split(", ").join(":checked, ")}:checked`)) which.value = "selected";
    else if (which && form.querySelector("input[name=letter]")) which.value = "all";
  }

  if (fresh) fresh.addEventListener("click", () => location.reload());
  if (parts.length || list || fresh) {
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      document.documentElement.toggleAttribute("data-paused", paused);
      button.textContent = paused ? "Update again" : "Stop updates";
    });
    setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
  }
})();
