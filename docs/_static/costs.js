// What a cell and the dense head on it cost, from the formulas of the page "LSTM or GRU?".
// A test holds them to what gatedrnn counts.
"use strict";

const CELLS = {
  // Products of x, products of h, biases of each unit, sigmoids of each unit, states.
  LSTM: { x: 4, h: 4, biases: 4, gates: 3, states: 2 },
  GRU: { x: 3, h: 3, biases: 4, gates: 2, states: 1 },
  "GRU-before": { x: 3, h: 3, biases: 3, gates: 2, states: 1 },
  MinGRU: { x: 2, h: 0, biases: 2, gates: 1, states: 1 },
  SimpleRNN: { x: 1, h: 1, biases: 1, gates: 0, states: 1 },
};

function costs(name, inputs, units, outputs) {
  const cell = CELLS[name];
  const head = outputs ? units * outputs + outputs : 0;
  return {
    units,
    parameters: units * (cell.x * inputs + cell.h * units + cell.biases),
    total: units * (cell.x * inputs + cell.h * units + cell.biases) + head,
    flops: 2 * units * (cell.x * inputs + cell.h * units),
    sigmoids: cell.gates * units,
    states: cell.states * units,
  };
}

// The size at which a cell has about as many parameters as an LSTM, the head included; of two equally near the smaller.
function sameParameters(name, inputs, units, outputs) {
  const wanted = costs("LSTM", inputs, units, outputs).total;
  const distance = (size) => Math.abs(costs(name, inputs, size, outputs).total - wanted);
  let high = 1;
  while (costs(name, inputs, high, outputs).total < wanted) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (costs(name, inputs, middle, outputs).total < wanted) low = middle;
    else high = middle;
  }
  return low > 0 && distance(low) <= distance(high) ? low : high;
}

function rows(inputs, units, outputs, equal) {
  return Object.keys(CELLS).map((name) => {
    const size = equal === "parameters" ? sameParameters(name, inputs, units, outputs) : units;
    return { name, ...costs(name, inputs, size, outputs) };
  });
}

const COLUMNS = [
  ["units", "units"],
  ["parameters", "parameters"],
  ["total", "with the head"],
  ["flops", "FLOPs a step"],
  ["sigmoids", "sigmoids"],
  ["states", "numbers carried"],
];

function field(form, words, name, value) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "number", name, value, min: name === "outputs" ? 0 : 1, max: 100000, step: 1, required: true });
  label.append(words, input);
  form.append(label);
}

function choice(form, words, name, options) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.name = name;
  for (const option of options) select.append(new Option(option, option));
  label.append(words, select);
  form.append(label);
}

function fill(table, found) {
  const head = document.createElement("thead");
  for (const words of ["cell", ...COLUMNS.map(([, heading]) => heading)]) {
    const cell = document.createElement("th");
    cell.textContent = words;
    (head.rows[0] || head.insertRow()).append(cell);
  }
  const body = document.createElement("tbody");
  for (const row of found) {
    const line = body.insertRow();
    line.insertCell().textContent = row.name;
    for (const [key] of COLUMNS) {
      const part = row === found[0] ? "" : ` (${(row[key] / found[0][key]).toFixed(2)})`;
      line.insertCell().textContent = row[key].toLocaleString("en") + part;
    }
  }
  table.replaceChildren(head, body);
}

function show(place) {
  const form = document.createElement("form");
  field(form, "inputs I", "inputs", 64);
  field(form, "units H of the LSTM", "units", 128);
  field(form, "outputs O of the head", "outputs", 10);
  choice(form, "equal", "equal", ["width", "parameters"]);
  const table = document.createElement("table");
  const update = () => {
    if (!form.checkValidity()) return;
    const given = ["inputs", "units", "outputs"].map((name) => Number(form.elements[name].value));
    fill(table, rows(...given, form.elements.equal.value));
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  place.replaceChildren(form, table);
  update();
}

if (typeof document !== "undefined") {
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".cell-costs").forEach(show));
}
if (typeof module !== "undefined") module.exports = { costs, sameParameters };
