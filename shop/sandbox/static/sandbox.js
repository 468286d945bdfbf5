"use strict";
// Keeps the open page true: counters, calls and faults on the index, the list on a vendor's page.

const PERIOD = 1500;
const live = document.querySelector("[data-live]");
const form = document.getElementById("break");
let seen = null;

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    if (isNaN(moment)) continue;
    const today = moment.toDateString() === new Date().toDateString();
    time.textContent = today ? moment.toLocaleTimeString() : moment.toLocaleString();
  }
}

function showFigures(figures) {
  for (const place of document.querySelectorAll("[data-counter]")) {
    const figure = String(figures[place.dataset.counter]);
    if (place.textContent === figure) continue;
    place.textContent = figure;
    place.classList.remove("moved");
    void place.offsetWidth; // starts the animation again
    place.classList.add("moved");
  }
  for (const place of document.querySelectorAll("[data-calls]")) place.textContent = figures.calls[place.dataset.calls];
  for (const place of document.querySelectorAll("[data-unit]")) {
    const unit = place.dataset.unit;
    place.textContent = place.previousElementSibling.textContent === "1" ? unit.slice(0, -1) : unit;
  }
}

function showFaults(faults) {
  for (const place of document.querySelectorAll("[data-fault]")) {
    const mine = faults.filter((fault) => fault.vendor === place.dataset.fault);
    const words = mine.map((fault) => fault.words + (fault.left === null ? "" : ` (${fault.left} left)`)).join("; ");
    if (place.textContent !== words) place.textContent = words;
    place.hidden = !mine.length;
    place.closest(".card").classList.toggle("broken", mine.length > 0);
  }
}

function callLine(call) {
  const line = document.createElement("li");
  const parts = [["time", call.time], ["b", call.vendor], ["code", call.call], ["span", call.outcome]];
  for (const [name, text] of parts) {
    const part = document.createElement(name);
    part.textContent = text;
    if (name === "time") part.dateTime = text;
    line.append(part, " ");
  }
  return line;
}

function showCalls(calls) {
  const list = document.getElementById("latest");
  if (!list) return;
  list.replaceChildren(...calls.map(callLine));
  localTimes(list);
  document.getElementById("latest-empty").hidden = calls.length > 0;
}

async function refreshList(figures) {
  const now = live.dataset.live.split(" ").map((name) => figures[name]).join();
  const isRead = live.contains(document.activeElement) || live.querySelector("details[open]");
  if (seen === null) seen = now;
  if (seen === now || isRead) return;
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (fresh) live.replaceChildren(...fresh.childNodes);
  localTimes(live);
  seen = now;
}

async function poll() {
  try {
    if (document.hidden) return;
    const figures = await (await fetch("/counters")).json();
    showFigures(figures);
    showFaults(figures.faults);
    showCalls(figures.latest);
    if (live) await refreshList(figures);
  } catch {
    // The sandbox restarts when its code changes; the next poll finds it again.
  } finally {
    setTimeout(poll, PERIOD);
  }
}

function offerKinds() {
  const only = form.elements.kind.querySelector("[data-only]");
  only.hidden = only.disabled = form.elements.vendor.value !== only.dataset.only;
  if (only.disabled && only.selected) form.elements.kind.selectedIndex = 0;
}

async function breakVendor(event) {
  event.preventDefault();
  const { vendor, kind, times } = form.elements;
  const fault = JSON.parse(kind.value);
  if (times.value) fault.times = Number(times.value);
  const answer = await fetch("/faults", { method: "PUT", body: JSON.stringify({ [vendor.value]: fault }) });
  const body = await answer.json();
  const name = vendor.selectedOptions[0].textContent;
  say(answer.ok ? `${name} ${kind.selectedOptions[0].textContent}, ${times.selectedOptions[0].textContent}.` : body.detail);
}

async function liftAll() {
  await fetch("/faults", { method: "DELETE" });
  say("All vendors are well.");
}

function say(words) {
  document.getElementById("break-status").textContent = words;
}

localTimes(document);
poll();
if (form) {
  form.hidden = false;
  form.addEventListener("submit", breakVendor);
  form.elements.vendor.addEventListener("change", offerKinds);
  document.getElementById("lift").addEventListener("click", liftAll);
  offerKinds();
}
