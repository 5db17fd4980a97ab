// The figures of all tournaments: ranking, match-ups, deals, calibration, exploitability, theory.
function bars(estimates) {
  const known = (at, other) => estimates.map((e) => (e[at] === null || e[other] === null ? 0 : Math.abs(e[other] - e[at])));
  return { type: "data", symmetric: false, array: known(0, 2), arrayminus: known(0, 1), thickness: 1.4, width: 0 };
}

function rows(count, least = 150, each = narrow.matches ? 24 : 27) {
  return Math.max(least, each * count + 60);
}

function dots(names, estimates, texts, shape = {}) {
  return [{
    type: "scatter", mode: "markers", y: names.map((name, place) => place), x: estimates.map((e) => e[0]),
    error_x: { ...bars(estimates), color: colour("one") }, marker: { size: 9, color: colour("one") },
    hovertemplate: "%{text}<extra></extra>", text: texts, cliponaxis: false,
  }, {
    height: rows(names.length), margin: { l: room(names), r: 24, t: 8, b: 48 },
    yaxis: axis({ tickmode: "array", tickvals: names.map((n, place) => place), ticktext: names.map(brief), autorange: "reversed", zeroline: false, ticklen: 0 }),
    ...shape,
  }];
}

if (data.ranking) {
  figures.set("plot-ranking", () => {
    const shown = data.ranking.filter((row) => isShown(row.policy));
    const texts = shown.map((row) => `<b>${row.rank}. ${plain(row.policy)}</b><br>strength ${round(row.strength[0])} (${range(row.strength[1], row.strength[2])})<br>wins ${percent(row.win_rate, 1)}, mean share ${round(row.share)}`);
    const [trace, shape] = dots(shown.map((row) => row.policy), shown.map((row) => row.strength), texts, {
      xaxis: axis({ title: { text: "strength, log odds" }, zeroline: true, zerolinecolor: colour("soft") }),
    });
    const best = shown[0];
    return [[trace], shape, best ? `${shown.length} policies; the strongest is ${best.policy} with ${round(best.strength[0])}.` : "No policy is shown."];
  });
}

// --- match-ups ----------------------------------------------------------------------------------------------------
function colours(scale, values) {
  if (scale === "share") return { colorscale: [[0, colour("low")], [0.5, colour("middle")], [1, colour("high")]], zmin: 0, zmax: 1 };
  const most = scale === "rate" ? 1 : Math.max(...values.flat().filter((v) => v !== null), 1e-9);
  return { colorscale: [[0, colour("middle")], [1, colour("high")]], zmin: 0, zmax: most };
}

function mapShown() {
  const measure = data.maps.measures.find((m) => m.key === byId("map-measure").value);
  const mover = byId("map-mover").value;
  const shown = shownPolicies();
  const pick = (matrix) => shown.map((row) => shown.map((column) => matrix[row][column]));
  const [mean, low, high] = data.maps.cells[mover][measure.key].map(pick);
  return { measure, mover, names: shown.map((place) => data.policies[place]), mean, low, high, games: pick(data.maps.games[mover]) };
}

function mapFigure() {
  const { measure, names, mean, low, high, games } = mapShown();
  const many = names.length > (narrow.matches ? 6 : 14);
  const text = mean.map((row, i) => row.map((value, j) =>
    `<b>${told(value, measure.scale)}</b> ${range(low[i][j], high[i][j], measure.scale)}<br>${sidesPlain[0]}: ${plain(names[i])}<br>${sidesPlain[1]}: ${plain(names[j])}<br>${games[i][j] ?? 0} games`));
  const places = names.map((name, place) => place);
  const ticks = { tickmode: "array", tickvals: places, ticktext: names.map(brief), zeroline: false, showgrid: false, ticklen: 0 };
  const trace = {
    type: "heatmap", z: mean, x: places, y: places, hovertext: text, hovertemplate: "%{hovertext}<extra></extra>", xgap: 1, ygap: 1,
    text: many ? undefined : mean.map((row) => row.map((v) => (v === null ? "" : measure.scale === "rate" ? String(Math.round(100 * v)) : round(v, Math.abs(v) >= 10 ? 0 : 2)))),
    texttemplate: many ? undefined : "%{text}", showscale: !narrow.matches, hoverongaps: false,
    colorbar: { thickness: 12, outlinewidth: 0, tickformat: measure.scale === "rate" ? ".0%" : "", len: 0.9 },
    ...colours(measure.scale, mean),
  };
  const title = (side) => (narrow.matches ? undefined : { text: side, standoff: 10 });
  const wide = narrow.matches ? 26 : 32;
  return [[trace], {
    height: Math.max(200, Math.min(wide * names.length, 1100)) + room(names) + (narrow.matches ? 10 : 40), margin: { l: room(names) + (narrow.matches ? 0 : 24), r: 10, t: 10, b: room(names) + (narrow.matches ? 0 : 30) },
    plot_bgcolor: colour("none"),
    xaxis: axis({ ...ticks, tickangle: names.length > 4 || narrow.matches ? -90 : 0, title: title(sidesPlain[1]) }),
    yaxis: axis({ ...ticks, autorange: "reversed", title: title(sidesPlain[0]) }),
  }, `${measure.label}, ${names.length} by ${names.length} policies; the table below holds the numbers.`];
}

function fillMapTable() {
  if (!byId("map-table").open) return;
  const { measure, names, mean, low, high } = mapShown();
  const table = element("table");
  table.append(element("caption", `${measure.label}; rows: ${data.sides[0]}, columns: ${data.sides[1]}; in brackets the 95 % interval`));
  const head = table.createTHead().insertRow();
  head.append(element("th", `${data.sides[0]} / ${data.sides[1]}`, { scope: "col" }), ...names.map((name) => element("th", name, { scope: "col", class: "number" })));
  const body = table.createTBody();
  names.forEach((name, i) => {
    const row = body.insertRow();
    row.append(element("th", name, { scope: "row" }));
    row.append(...mean[i].map((value, j) => element("td", value === null ? "–" : `${told(value, measure.scale)}${low[i][j] === null ? "" : ` (${told(low[i][j], measure.scale)} to ${told(high[i][j], measure.scale)})`}`, { class: "number" })));
  });
  byId("map-table").querySelector(".scroll").replaceChildren(table);
}

if (data.maps) {
  figures.set("plot-map", mapFigure);
  for (const id of ["map-measure", "map-mover"]) byId(id).addEventListener("change", () => { draw("plot-map"); fillMapTable(); });
  byId("map-table").addEventListener("toggle", fillMapTable);
  document.addEventListener("filtered", fillMapTable);
}

// --- deal rate against the share ------------------------------------------------------------------------------------
if (data.deals) {
  figures.set("plot-deals", () => {
    const shown = data.deals.rows.filter((row) => isShown(row.policy));
    const [x, y] = [shown.map((row) => row.deal_rate), shown.map((row) => row.share)];
    const labelled = shown.length <= (narrow.matches ? 10 : 20);
    return [[{
      type: "scatter", mode: labelled ? "markers+text" : "markers", x: x.map((e) => e[0]), y: y.map((e) => e[0]),
      error_x: { ...bars(x), color: colour("soft"), thickness: 1 }, error_y: { ...bars(y), color: colour("soft"), thickness: 1 },
      marker: { size: 9, color: colour("one") }, text: shown.map((row) => brief(row.policy)), textposition: shown.map((row, place) => sides(x, y, place)),
      customdata: shown.map((row) => `<b>${plain(row.policy)}</b><br>deals ${percent(row.deal_rate[0], 1)} (${range(row.deal_rate[1], row.deal_rate[2], "rate")})<br>share ${round(row.share[0])} (${range(row.share[1], row.share[2])})`),
      hovertemplate: "%{customdata}<extra></extra>", cliponaxis: false,
    }], {
      height: 420, margin: { l: 56, r: 40, t: 20, b: 48 },
      xaxis: axis({ title: { text: data.deals.rate }, tickformat: ".0%", zeroline: false }),
      yaxis: axis({ title: { text: data.deals.share }, zeroline: false }),
    }, `${shown.length} policies.`];
  });
}

// Names go to the side on which the nearest other dot is not.
function sides(x, y, place) {
  const span = (all) => Math.max(...all.map((e) => e[0] ?? 0)) - Math.min(...all.map((e) => e[0] ?? 0)) || 1;
  const [width, height] = [span(x), span(y)];
  const near = x.map((e, other) => ({ other, far: Math.hypot((e[0] - x[place][0]) / width, (y[other][0] - y[place][0]) / height) }))
    .filter((e) => e.other !== place).sort((a, b) => a.far - b.far)[0];
  const above = !near || y[place][0] >= y[near.other][0];
  const right = (x[place][0] - Math.min(...x.map((e) => e[0]))) / width > 0.85;
  return `${above ? "top" : "bottom"} ${right ? "left" : "right"}`;
}

// --- calibration of rho ---------------------------------------------------------------------------------------------
if (data.calibration) {
  byId("rho-case").addEventListener("change", () => draw("plot-rho"));
  figures.set("plot-rho", () => {
    const found = data.calibration[Number(byId("rho-case").value)];
    const inks = ["two", "one", "good", "warm", "soft", "ink"].map(colour);
    const marks = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];
    const band = found.policies[0].points.filter((point) => point[2] !== null);
    const ends = (sign) => band.map((point) => point[0] + sign * point[2]);
    const commands = band.map((point) => point[0]);
    const traces = [
      { type: "scatter", mode: "lines", x: commands, y: ends(-1), line: { width: 0 }, hoverinfo: "skip", showlegend: false },
      { type: "scatter", mode: "lines", x: commands, y: ends(1), line: { width: 0 }, fill: "tonexty", fillcolor: colour("zone"), hoverinfo: "skip", name: "achievable" },
      { type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], line: { dash: "dash", width: 1, color: colour("soft") }, hoverinfo: "skip", name: "as commanded" },
      ...found.policies.map((policy, place) => ({
        type: "scatter", mode: "lines+markers", name: brief(policy.policy), x: policy.points.map((p) => p[0]), y: policy.points.map((p) => p[1]),
        line: { color: inks[place % 6], width: 1.8 }, marker: { symbol: marks[place % 6], size: 7 },
        text: policy.points.map((p) => `<b>${plain(policy.policy)}</b><br>commanded ${round(p[0])}, achieved ${round(p[1])}<br>${percent(p[3], 1)} deals, ${round(p[2], 3)} away at best`),
        hovertemplate: "%{text}<extra></extra>",
      })),
    ];
    return [traces, {
      height: narrow.matches ? 460 : 440, showlegend: true, legend: legend(),
      xaxis: axis({ title: { text: "commanded rho" }, range: [-0.03, 1.03], zeroline: false }),
      yaxis: axis({ title: { text: "mean rho of the deals" }, range: [-0.03, 1.03], zeroline: false }),
    }, `${found.policies.length} policies, scenario ${found.scenario}, limits ${found.information}.`];
  });
}

// --- the meta-game --------------------------------------------------------------------------------------------------
if (data.meta) {
  figures.set("plot-exploit", () => {
    const shown = data.meta.rows.filter((row) => isShown(row.policy));
    const text = shown.map((row) => `<b>${plain(row.policy)}</b><br>the best answer, ${plain(row.answers.join(" or "))}, earns ${round(row.exploitability, 3)} more<br>weight in the equilibrium ${percent(row.weight, 1)}`);
    return [[{
      type: "bar", orientation: "h", y: shown.map((r, place) => place), x: shown.map((row) => row.exploitability), text, textposition: "none",
      hovertemplate: "%{text}<extra></extra>", marker: { color: shown.map((row) => colour(row.weight > 0.005 ? "good" : "one")) },
    }], {
      height: rows(shown.length), margin: { l: room(shown.map((row) => row.policy)), r: 24, t: 8, b: 48 },
      xaxis: axis({ title: { text: narrow.matches ? "gain of the best answer" : "gain of the best answer, in shares; green: part of the equilibrium" }, rangemode: "tozero" }),
      yaxis: axis({ tickmode: "array", tickvals: shown.map((r, place) => place), ticktext: shown.map((row) => brief(row.policy)), autorange: "reversed", ticklen: 0, zeroline: false }),
    }, `${shown.length} policies; least to exploit: ${shown[0]?.policy ?? "none"}.`];
  });
  figures.set("plot-replicator", () => {
    const inks = ["one", "two", "good", "warm", "soft", "ink"].map(colour);
    const dashes = ["solid", "dash", "dot", "dashdot"];
    const last = data.meta.weights.at(-1);
    const settled = data.meta.weights.findLastIndex((row) => row.some((weight, place) => Math.abs(weight - last[place]) > 0.005));
    const shown = data.meta.policies.map((name, place) => place).filter((place) => isShown(data.meta.policies[place]));
    return [shown.map((place, order) => ({
      type: "scatter", mode: "lines", name: brief(data.meta.policies[place]), x: data.meta.times, y: data.meta.weights.map((row) => row[place]),
      line: { color: inks[order % 6], dash: dashes[Math.floor(order / 6) % 4], width: 1.8 },
      hovertemplate: `<b>${plain(data.meta.policies[place])}</b><br>%{y:.1%} at time %{x}<extra></extra>`,
    })), {
      height: 380, showlegend: shown.length <= 12, legend: legend(),
      xaxis: axis({ title: { text: "time" }, zeroline: false, range: [0, 1.1 * (data.meta.times[settled + 1] ?? data.meta.times.at(-1) ?? 1)] }), yaxis: axis({ title: { text: "share of the population" }, tickformat: ".0%", rangemode: "tozero" }),
    }, "The lines end where the dynamics have come to."];
  });
}

// --- theory ---------------------------------------------------------------------------------------------------------
if (data.theory) {
  figures.set("plot-theory", () => {
    const lines = [{ policy: "all games", share: data.theory.all }, ...data.theory.policies.filter((line) => isShown(line.policy))];
    const texts = lines.map((line) => `<b>${plain(line.policy)}</b><br>${percent(line.share[0], 1)} of the possible gains (${range(line.share[1], line.share[2], "rate")})`);
    const [trace, shape] = dots(lines.map((line) => line.policy), lines.map((line) => line.share), texts, {});
    const marks = data.theory.references.map(([, share]) => ({ type: "line", x0: share, x1: share, yref: "paper", y0: 0, y1: 1, line: { color: colour("two"), width: 1, dash: "dot" } }));
    const lead = narrow.matches ? [] : data.theory.references.map(([label, share], place) => ({ x: share, y: 1, yref: "paper", yanchor: "bottom", yshift: 2 + 15 * (place % 5), text: plain(label), showarrow: false, xanchor: "right", font: { size: 11, color: colour("two") } }));
    return [[trace], { ...shape, shapes: marks, annotations: lead, margin: { ...shape.margin, t: narrow.matches ? 10 : 16 + 15 * marks.length }, height: rows(lines.length, 220) + 60,
      xaxis: axis({ title: { text: "share of the possible gains" }, tickformat: ".0%", zeroline: false }) }, `All games: ${percent(data.theory.all[0], 1)}.`];
  });
}
