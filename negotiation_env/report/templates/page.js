"use strict";
// What all figures share: the data, the filter, the colours of the theme, and tables that sort.
const data = JSON.parse(document.getElementById("report-data").textContent);
const byId = (id) => document.getElementById(id);
const figures = new Map(); // id of a plot -> function that gives its traces and layout

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Plotly reads a few HTML tags in its texts; names are shown as they are.
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const sidesPlain = data.sides.map(plain);

function round(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−");
}

function percent(value, digits = 0) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)} %`;
}

function told(value, scale) {
  return scale === "rate" ? percent(value, 1) : round(value, Math.abs(value ?? 0) >= 10 ? 1 : 2);
}

function range(low, high, scale) {
  return low === null || high === null ? "no interval" : `95 %: ${told(low, scale)} to ${told(high, scale)}`;
}

// --- which policies are shown -------------------------------------------------------------------------------------
function wanted() {
  return byId("filter").value.toLowerCase().split(",").map((part) => part.trim()).filter(Boolean);
}

function isShown(name) {
  const parts = wanted();
  return !parts.length || parts.some((part) => name.toLowerCase().includes(part));
}

function shownPolicies() {
  return data.policies.map((name, place) => place).filter((place) => isShown(data.policies[place]));
}

function applyFilter() {
  const count = shownPolicies().length;
  byId("filter-count").textContent = `${count} of ${data.policies.length} shown`;
  for (const row of document.querySelectorAll("tr[data-policies]")) {
    const names = row.dataset.policies.split("\n").filter(Boolean);
    row.hidden = names.length > 0 && !names.every(isShown);
  }
  document.dispatchEvent(new Event("filtered"));
  return drawAll();
}

// --- figures ------------------------------------------------------------------------------------------------------
const narrow = window.matchMedia("(max-width: 45rem)");

function axis(extra = {}) {
  return {
    gridcolor: colour("line"), zerolinecolor: colour("line"), linecolor: colour("line"), tickcolor: colour("line"),
    fixedrange: true, ticklen: 4, ...extra,
  };
}

function layout(extra = {}) {
  const size = narrow.matches ? 11 : 13;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false, hovermode: "closest",
    font: { family: "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif", size, color: colour("ink") },
    margin: { l: 56, r: 16, t: 14, b: 48 }, showlegend: false,
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") }, align: "left" },
    ...extra,
  };
}

// Beside the figure where there is room, else below it.
function legend(beside = {}) {
  return narrow.matches ? { orientation: "h", x: 0, y: -0.2, yanchor: "top", traceorder: "normal", font: { size: 11 } } : { traceorder: "normal", ...beside };
}

// The room that names beside an axis need; measured by Plotly itself it would cost a second drawing.
function room(names, most = 34) {
  return 14 + 7.2 * Math.min(Math.max(0, ...names.map((name) => name.length)), narrow.matches ? 16 : most) * (narrow.matches ? 0.86 : 1);
}

function draw(id) {
  const node = byId(id);
  if (!node) return;
  const [traces, shape, words] = figures.get(id)();
  node.style.minHeight = `${shape.height ?? 380}px`;
  if (words) node.setAttribute("aria-description", words);
  Plotly.react(node, traces, layout(shape), { responsive: true, displayModeBar: false, doubleClick: false });
}

// One figure after the other, so that the page can be used meanwhile; a newer call takes over from an older one.
let drawing = 0;
async function drawAll() {
  const turn = ++drawing;
  for (const id of figures.keys()) {
    draw(id);
    await new Promise((resolve) => setTimeout(resolve));
    if (turn !== drawing) return;
  }
  document.documentElement.dataset.drawn = Math.round(performance.now());
}

// A label cut to what a narrow page has room for; the hover text has it in full.
function brief(name) {
  const most = narrow.matches ? 16 : 34;
  return plain(name.length > most ? `${name.slice(0, most - 1)}…` : name);
}

// --- tables -------------------------------------------------------------------------------------------------------
function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function worth(cell) {
  if (!cell) return null;
  if (cell.dataset.value === undefined) return cell.textContent.toLowerCase();
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function sortBy(table, column, header) {
  const rising = header.getAttribute("aria-sort") === "descending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, two) => {
    const [a, b] = [worth(one.cells[column]), worth(two.cells[column])];
    if (a === null || b === null) return (a === null) - (b === null);
    return (a < b ? -1 : a > b ? 1 : 0) * (rising ? 1 : -1);
  });
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = element("button", header.textContent, { type: "button" });
    button.addEventListener("click", () => sortBy(table, column, header));
    header.replaceChildren(button);
  });
}

// --- the page -----------------------------------------------------------------------------------------------------
let waiting = 0;
byId("filter").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(applyFilter, 120);
});
byId("filter-form").addEventListener("submit", (event) => {
  event.preventDefault();
  applyFilter();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
narrow.addEventListener("change", drawAll);
window.addEventListener("DOMContentLoaded", applyFilter);
