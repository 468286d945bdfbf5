// Bars that show how far tasks are. Each names an address which answers with JSON: {state, done, total, percent, note}.
//
//   <div data-hardy-progress="/reports/7/progress/" data-then="reload" hidden>
//     <progress max="100"></progress> <span data-progress-text></span>
//   </div>
//
// It is asked once a second, hidden until there is something to show, and left alone when the state is "ended"; then
// the page is loaded again if data-then says so, and the event "hardy:ended" is sent.
"use strict";
(() => {
  const EVERY = 1000;
  const asking = new WeakSet();

  async function ask(bar) {
    if (asking.has(bar)) return;
    asking.add(bar);
    try {
      const answer = await fetch(bar.dataset.hardyProgress, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) show(bar, await answer.json());
    } catch { /* the server is away for a moment; the next look may find it */ }
    asking.delete(bar);
  }

  function show(bar, now) {
    if (now.state === "ended") {
      bar.removeAttribute("data-hardy-progress");
      bar.dispatchEvent(new CustomEvent("hardy:ended", { bubbles: true }));
      if (bar.dataset.then === "reload") location.reload();
      return;
    }
    bar.hidden = now.done === undefined;
    if (bar.hidden) return;
    const line = bar.querySelector("progress"), text = bar.querySelector("[data-progress-text]");
    if (now.percent === null) line.removeAttribute("value");
    else line.value = now.percent;
    text.textContent = `${now.percent === null ? now.done : `${now.percent} %`} ${now.note}`.trim();
  }

  setInterval(() => {
    if (!document.hidden && !document.documentElement.hasAttribute("data-paused")) {
      document.querySelectorAll("[data-hardy-progress]").forEach(ask);
    }
  }, EVERY);
})();
