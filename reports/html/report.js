"use strict";
// Filters and sorting. The page is complete without it; no value of an audit is ever in this script.
const one = (id) => document.getElementById(id);
const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
const form = one("filters");
const list = one("list");
const findings = all(".finding").map((element, place) => ({ element, place, ...element.dataset }));
const routers = all("section.router").map((element) => ({ element, name: element.dataset.router }));
const byText = new Intl.Collator("en", { numeric: true }).compare;
const texts = new WeakMap();

function remembered(element, read) {
  if (!texts.has(element)) texts.set(element, read().toLowerCase());
  return texts.get(element);
}

// A row's own words: prefix, count with the faults in words, codes. The cells are symbols.
const rowText = (row, router) => remembered(row, () => [0, 1, 2].map((n) => row.cells[n].textContent).concat(router).join(" "));
const findingText = (element) => remembered(element, () => element.textContent);

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

function showRows(wish) {
  const counts = { shown: 0, all: 0 };
  for (const { element, name } of routers) {
    const isWanted = !wish.router || name === wish.router;
    element.hidden = !isWanted;
    for (const row of all("tbody tr", element)) {
      const fits = isWanted && (!wish.faulty || row.className === "faulty")
        && (!wish.severity || (row.dataset.severity || "").includes(wish.severity))
        && (!wish.words.length || has(rowText(row, name), wish.words));
      if (row.hidden === fits) row.hidden = !fits;
      counts.all += 1;
      counts.shown += fits;
    }
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
  list.append(...findings.map((finding) => finding.element));
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
function explainCell({ target, offsetX }) {
  if (target.tagName !== "TD" || target.cellIndex < 3) return;
  const row = target.parentNode;
  const header = row.closest("table").tHead.rows[0].cells[columnAt(target, offsetX)];
  const state = target.classList[0];
  target.title = `${row.cells[0].textContent}, ${header.title}: ${words.get(state === "r" ? "" : state) || "not expected here"}`;
}

// A link to a finding that the filters hide shows it.
function showTarget() {
  const target = location.hash && one(location.hash.slice(1));
  if (target && target.hidden) target.hidden = false;
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
