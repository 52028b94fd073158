"use strict";
// Filters and sorting. The page is complete without it; no value of an audit is ever in this script.
const one = (id) => document.getElementById(id);
const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
const form = one("filters");
const list = one("list");
const findings = all(".finding").map((element, place) => ({ element, place, ...element.dataset }));
const routers = all(".router").map((element) => ({
  element,
  name: element.dataset.router,
  incidents: (element.dataset.incidents || "").split(" "),
  parts: all("tbody tr, .fine", element),
}));
const byText = new Intl.Collator("en", { numeric: true }).compare;
const known = new WeakMap();

function remembered(element, read) {
  if (!known.has(element)) known.set(element, read());
  return known.get(element);
}

// A row, or a line of faultless prefixes: its own words, and its prefixes. The cells are symbols.
const partOf = (element, router) => remembered(element, () => {
  const list = element.querySelector(".list");
  const prefixes = list ? list.textContent.split(" ") : [(element.cells ? element.cells[0] : element).textContent.trim().split(" ")[0]];
  const shown = element.cells ? [1, 2].map((n) => element.cells[n].textContent).concat(element.querySelector(".words").firstChild?.data || "") : [];
  return { prefixes: prefixes.map((prefix) => prefix.toLowerCase()), words: shown.concat(router).join(" ").toLowerCase() };
});
const findingText = (element) => remembered(element, () => element.textContent.toLowerCase());

function wanted() {
  return {
    words: one("search").value.toLowerCase().split(/\s+/).filter(Boolean),
    severity: one("severity").value,
    router: one("router").value,
    incident: one("incident")?.value || "",
    faulty: one("faulty").checked,
  };
}

const has = (text, words) => words.every((word) => text.includes(word));

function showFindings(wish) {
  let shown = 0;
  for (const { element, severity, router, incident } of findings) {
    const fits = (!wish.severity || severity === wish.severity) && (!wish.router || router === wish.router)
      && (!wish.incident || incident === wish.incident)
      && (!wish.words.length || has(findingText(element), wish.words));
    element.hidden = !fits;
    shown += fits;
  }
  return shown;
}

// How many of the part's prefixes fit; a row without a fault has no severity and no incident.
function fitting(part, name, wish) {
  const { severity = "", incidents = "" } = part.dataset;
  if ((wish.faulty && part.className !== "faulty") || !severity.includes(wish.severity)) return 0;
  if (wish.incident && !incidents.split(" ").includes(wish.incident)) return 0;
  const { prefixes, words } = partOf(part, name);
  const left = wish.words.filter((word) => !words.includes(word));
  return left.length ? prefixes.filter((prefix) => has(prefix, left)).length : prefixes.length;
}

function showRows(wish) {
  const counts = { shown: 0, all: 0 };
  const isAll = !Object.values(wish).some((value) => value.length || value === true);
  for (const { element, name, incidents, parts } of routers) {
    const isWanted = !wish.router || name === wish.router;
    let shown = 0;
    for (const part of parts) {
      const number = isWanted ? fitting(part, name, wish) : 0;
      if (part.hidden !== !number) part.hidden = !number;
      shown += number;
      counts.all += partOf(part, name).prefixes.length;
    }
    const isAbout = isWanted && (wish.router || (wish.incident && !wish.words.length && incidents.includes(wish.incident)));
    element.hidden = !(isAll || shown || isAbout);
    counts.shown += shown;
  }
  return counts;
}

function filter() {
  const wish = wanted();
  const shown = showFindings(wish);
  const rows = showRows(wish);
  one("shown").textContent = `${rows.shown} of ${rows.all} prefixes and ${shown} of ${findings.length} findings shown`;
}

function sortFindings() {
  const key = one("order").value;
  const inPlace = (a, b) => a.place - b.place;
  findings.sort(key === "severity" ? inPlace : (a, b) => byText(a[key], b[key]) || inPlace(a, b));
  list?.append(...findings.map((finding) => finding.element));
}

function surplus(row) {
  const [installed, expected] = row.cells[1].textContent.split(" of ").map((number) => parseInt(number, 10));
  return Number.isNaN(expected) ? 0 : installed - expected;
}

const keys = {
  place: ({ place }) => place,
  surplus: ({ element }) => surplus(element),
  findings: ({ element }) => element.cells[2].childElementCount,
};

function sortRows(button) {
  const header = button.closest("th");
  const body = button.closest("table").tBodies[0];
  const { key, first = "ascending" } = button.dataset;
  const order = header.getAttribute("aria-sort") === "ascending" ? "descending"
    : header.getAttribute("aria-sort") === "descending" ? "ascending" : first;
  const direction = order === "ascending" ? 1 : -1;
  const rows = Array.from(body.rows, (element) => {
    element.place ??= element.sectionRowIndex;
    return { element, place: element.place };
  });
  for (const row of rows) row.value = keys[key](row);
  rows.sort((a, b) => direction * (a.value - b.value) || a.place - b.place);
  for (const other of all("[aria-sort]", header.parentNode)) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
  body.append(...rows.map(({ element }) => element));
}

const words = new Map(all(".legend .cell").map((cell) => [cell.classList[1] || "", cell.nextSibling.textContent.trim()]));

// The column under the pointer: a run of like cells is one element as wide as its columns.
function columnAt(cell, x) {
  const before = Array.from(cell.parentNode.cells).slice(0, cell.cellIndex).reduce((sum, one) => sum + one.colSpan, 0);
  return before + Math.min(cell.colSpan - 1, Math.max(0, Math.floor((x * cell.colSpan) / cell.offsetWidth)));
}

// The words of a cell are made when the pointer reaches it: all of them would be most of the page.
function explainCell({ target: inside, offsetX }) {
  const target = inside.tagName === "A" ? inside.parentElement : inside;
  if (target.tagName !== "TD" || target.cellIndex < 3 || target.className === "words") return;
  const row = target.parentNode;
  const header = row.closest("table").tHead.rows[0].cells[columnAt(target, offsetX)];
  const state = target.classList[0];
  target.title = `${row.cells[0].textContent}, ${header.title}: ${words.get(state === "r" ? "" : state) || "not expected here"}`;
}

// A link to something that the filters hide, or that is in a closed part, shows it.
function showTarget() {
  const target = location.hash && one(location.hash.slice(1));
  if (!target) return;
  for (let element = target; element; element = element.parentElement) {
    if (element.hidden) element.hidden = false;
    if (element.tagName === "DETAILS") element.open = true;
  }
  const inside = target.querySelector(":scope > details");
  if (inside) inside.open = true;
  target.scrollIntoView();
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", (event) => (event.target.id === "order" ? sortFindings() : filter()));
form.addEventListener("reset", () => setTimeout(() => { filter(); sortFindings(); }));
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.sort");
  if (button) sortRows(button);
});
document.addEventListener("mousemove", explainCell);
addEventListener("hashchange", showTarget);
form.hidden = false;
filter();
