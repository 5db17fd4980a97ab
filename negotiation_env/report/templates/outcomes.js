// The Pareto picture: where the outcomes of multi-item games lie in shares of both pools.
function outcomeKey() {
  const [one, two] = [byId("pair-0").value, byId("pair-1").value];
  return one === "" || two === "" ? "all pairs" : `${one}|${two}`;
}

function fillPairs() {
  for (const seat of [0, 1]) {
    const select = byId(`pair-${seat}`);
    const before = select.value;
    const only = Object.keys(data.outcomes).length === 1 ? [] : shownPolicies();
    select.replaceChildren(new Option("all", ""), ...only.map((place) => new Option(data.policies[place], place)));
    select.value = only.includes(Number(before)) && before !== "" ? before : "";
  }
}

function outcomeFigure() {
  const places = data.outcomes[outcomeKey()] ?? [];
  const sum = (column) => places.reduce((total, place) => total + place[column], 0);
  const most = Math.max(...places.map((place) => place[2]), 1);
  const dotsOf = (part, column, ink, name) => ({
    type: "scatter", mode: "markers", name, x: part.map((p) => p[0]), y: part.map((p) => p[1]), cliponaxis: false,
    marker: { sizemode: "area", size: part.map((p) => p[column]), sizeref: most / 900, sizemin: 1.5, color: ink, line: { width: 0 }, opacity: 1 },
    text: part.map((p) => `${sidesPlain[0]} ${round(p[0], 3)}, ${sidesPlain[1]} ${round(p[1], 3)}<br>${p[2]} games, ${p[4]} deals, ${p[3]} Pareto-optimal`),
    hovertemplate: "%{text}<extra></extra>",
  });
  const missed = places.filter((p) => p[4] < p[2]);
  const games = sum(2);
  byId("outcome-count").textContent = games
    ? `${games.toLocaleString("en")} games: ${percent(sum(4) / games, 1)} deals, ${percent(sum(3) / games, 1)} Pareto-optimal.`
    : "No game of this pair has ended without a fault.";
  return [[
    { type: "scatter", mode: "lines", x: [0, 1], y: [1, 0], line: { dash: "dash", width: 1, color: colour("soft") }, hoverinfo: "skip", name: "shares add up to 1" },
    dotsOf(places.filter((p) => p[4] > 0), 4, colour("line"), "deals"),
    dotsOf(places.filter((p) => p[3] > 0 && p[4] > 0), 3, colour("good"), "Pareto-optimal"),
    { ...dotsOf(missed, 2, colour("two"), "no deal"), marker: { symbol: "x", size: 10, color: colour("two") } },
  ], {
    height: narrow.matches ? 460 : 560, showlegend: true, legend: legend(), margin: { l: 56, r: 20, t: 14, b: 48 },
    xaxis: axis({ title: { text: `${sidesPlain[0]}’s share of its pool` }, range: [-0.06, 1.06], zeroline: false, constrain: "domain" }),
    yaxis: axis({ title: { text: `${sidesPlain[1]}’s share of its pool` }, range: [-0.06, 1.06], zeroline: false, scaleanchor: narrow.matches ? undefined : "x" }),
  }, byId("outcome-count").textContent];
}

if (data.outcomes) {
  fillPairs();
  figures.set("plot-outcomes", outcomeFigure);
  document.addEventListener("filtered", fillPairs);
  for (const seat of [0, 1]) {
    byId(`pair-${seat}`).addEventListener("change", () => {
      const other = byId(`pair-${1 - seat}`);
      if (byId(`pair-${seat}`).value === "") other.value = "";
      else if (other.value === "") other.value = byId(`pair-${seat}`).value;
      draw("plot-outcomes");
    });
  }
}
