// The viewer steps through one game: its offers in a figure, and what was said, with the notes of the policies.
const viewer = { game: null, step: 0 };

function options(id, values, before) {
  const select = byId(id);
  select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
  select.value = values.some(([value]) => String(value) === before) ? before : String(values[0]?.[0] ?? "");
}

// The lists of players and games: only what is there, and what the filter shows.
function fillGames(changed) {
  const games = data.games.map((game, place) => ({ game, place })).filter(({ game }) => game.players.every((p) => isShown(data.policies[p])));
  byId("viewer").hidden = !games.length;
  const named = (seat, among) => [...new Set(among.map(({ game }) => game.players[seat]))].sort((a, b) => a - b).map((p) => [p, data.policies[p]]);
  options("game-0", named(0, games), byId("game-0").value);
  const first = games.filter(({ game }) => String(game.players[0]) === byId("game-0").value);
  options("game-1", named(1, first), byId("game-1").value);
  const both = first.filter(({ game }) => String(game.players[1]) === byId("game-1").value);
  options("game-number", both.map(({ game, place }) => [place, `${game.number + 1}, ${opener(game)} opens: ${outcome(game)}`]), changed === "game-number" ? byId("game-number").value : "");
  viewer.game = games.length ? data.games[Number(byId("game-number").value)] : null;
  viewer.step = viewer.game ? viewer.game.moves.length : 0;
  byId("step").max = viewer.step;
  describe();
}

function opener(game) {
  return data.sides[game.moves.length ? game.moves[0][0] : 0];
}

function outcome(game) {
  if (!game.deal) return { walk: "walked away", deadline: "deadline", fault: "fault" }[game.ended] ?? game.ended;
  return game.limits ? `deal ${round(game.price)}` : `deal ${game.payoffs.map((p) => round(p, 1)).join(" and ")}`;
}

function facts(game) {
  if (game.limits) {
    const width = game.limits[0] - game.limits[1];
    const zone = width >= 0 ? `surplus ${round(width)}` : "no surplus";
    return `The buyer pays at most ${round(game.limits[0])}, the seller takes at least ${round(game.limits[1])}: ${zone}. ${game.deal ? `Deal at ${round(game.price)}, rho ${round(game.rho)}.` : "No deal."}`;
  }
  const worthOf = (values) => values.map((v) => round(v, 1)).join(", ");
  return `Items: ${game.quantities.join(", ")}. Worth one each: ${worthOf(game.values[0])} to ${data.sides[0]}; ${worthOf(game.values[1])} to ${data.sides[1]}. ${game.deal ? `Deal worth ${game.payoffs.map((p) => round(p, 1)).join(" and ")}, ${game.pareto ? "" : "not "}Pareto-optimal.` : "No deal."}`;
}

function offerText(move, game) {
  const [seat, kind, offer] = move;
  if (kind !== "offer") return { accept: "accepts", walk: "walks away", fault: "fails" }[kind] ?? kind;
  if (game.limits) return `offers ${round(offer)}`;
  return `keeps ${offer[0].join(", ")}, worth ${round(offer[1][seat], 1)} to it and ${round(offer[1][1 - seat], 1)} to the other`;
}

function moveItem(move, place, game) {
  const item = element("li", "", { class: `seat-${move[0]}` });
  item.append(element("div", `${place + 1}. ${data.sides[move[0]]}, ${data.policies[game.players[move[0]]]}`, { class: "who" }));
  item.append(element("div", offerText(move, game)));
  if (move[3]) item.append(element("p", `“${move[3]}”`, { class: "said" }));
  if (move[4]) {
    const notes = element("details");
    const list = element("dl");
    for (const [name, text] of move[4]) list.append(element("dt", name), element("dd", text));
    notes.append(element("summary", "reasons and notes"), list);
    item.append(notes);
  }
  return item;
}

// Everything but the figure.
function describe() {
  const { game, step } = viewer;
  if (!game) return;
  byId("game-facts").textContent = facts(game);
  byId("step").value = step;
  const last = game.moves[step - 1];
  byId("step-text").textContent = `${step} of ${game.moves.length}${last ? `: ${data.sides[last[0]]} ${offerText(last, game)}` : ""}`;
  byId("step").setAttribute("aria-valuetext", byId("step-text").textContent);
  for (const id of ["step-first", "step-back"]) byId(id).disabled = step === 0;
  for (const id of ["step-on", "step-last"]) byId(id).disabled = step === game.moves.length;
  const list = byId("moves");
  list.replaceChildren(...game.moves.slice(0, step).map((move, place) => moveItem(move, place, game)));
  list.lastElementChild?.classList.add("now");
  list.scrollTop = list.scrollHeight;
}

function go(step) {
  viewer.step = Math.max(0, Math.min(step, viewer.game.moves.length));
  describe();
  draw("plot-game");
}

function priceFigure({ game, step }) {
  const [buyerMax, sellerMin] = game.limits;
  const prices = game.moves.filter((move) => move[2] !== null).map((move) => move[2]);
  const all = [buyerMax, sellerMin, ...prices];
  const margin = 0.07 * (Math.max(...all) - Math.min(...all)) || 1;
  const ink = [colour("one"), colour("two")];
  const offersOf = (seat) => {
    const made = game.moves.slice(0, step).map((move, place) => [place + 1, move]).filter(([, move]) => move[0] === seat && move[1] === "offer");
    return {
      type: "scatter", mode: "lines+markers", name: sidesPlain[seat], x: made.map(([turn]) => turn), y: made.map(([, move]) => move[2]),
      line: { color: ink[seat], width: 2 }, marker: { symbol: ["circle", "square"][seat], size: 8 }, cliponaxis: false,
      hovertemplate: `turn %{x}: ${sidesPlain[seat]} offers %{y:.2f}<extra></extra>`,
    };
  };
  const over = step === game.moves.length && game.deal;
  const deal = { type: "scatter", mode: "markers", name: "deal", x: over ? [step] : [], y: over ? [game.price] : [], marker: { symbol: "star", size: 16, color: colour("ink") }, hovertemplate: `deal at %{y:.2f}<extra></extra>` };
  const line = (level, seat) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: level, y1: level, line: { color: ink[seat], width: 1.2, dash: "dash" } });
  const name = (level, seat, high) => ({ xref: "paper", x: 1, xanchor: "right", y: level, yanchor: high ? "bottom" : "top", text: `${sidesPlain[seat]}’s limit ${round(level)}`, showarrow: false, font: { color: ink[seat], size: 12 } });
  const zone = { type: "rect", xref: "paper", x0: 0, x1: 1, y0: sellerMin, y1: buyerMax, line: { width: 0 }, fillcolor: colour("zone"), layer: "below" };
  return [[offersOf(0), offersOf(1), deal], {
    height: 400, showlegend: true, legend: { orientation: "h", x: 0, y: 1.12 }, margin: { l: 56, r: 12, t: 34, b: 48 },
    shapes: [...(buyerMax > sellerMin ? [zone] : []), line(buyerMax, 0), line(sellerMin, 1)],
    annotations: [name(buyerMax, 0, buyerMax >= sellerMin), name(sellerMin, 1, buyerMax < sellerMin)],
    xaxis: axis({ title: { text: "turn" }, range: [0.4, game.maxTurns + 0.6], zeroline: false, tick0: 0 }),
    yaxis: axis({ title: { text: "price" }, range: [Math.min(...all) - margin, Math.max(...all) + margin], zeroline: false }),
  }];
}

function splitFigure({ game, step }) {
  const ink = [colour("one"), colour("two")];
  const dotsAt = (points, name, marker) => ({ type: "scatter", mode: "markers", name, x: points.map((p) => p[0]), y: points.map((p) => p[1]), marker, hovertemplate: `${name}: %{x:.1f}, %{y:.1f}<extra></extra>`, cliponaxis: false });
  const frontier = [...game.solutions.pareto].sort((a, b) => a[0] - b[0]);
  const offersOf = (seat) => {
    const made = game.moves.slice(0, step).map((move, place) => [place + 1, move]).filter(([, move]) => move[0] === seat && move[1] === "offer");
    return { type: "scatter", mode: "lines+markers+text", name: `proposals of ${sidesPlain[seat]}`, x: made.map(([, m]) => m[2][1][0]), y: made.map(([, m]) => m[2][1][1]), text: made.map(([turn]) => turn), textposition: "top center", textfont: { color: ink[seat], size: 11 }, line: { color: ink[seat], width: 1.5 }, marker: { symbol: ["circle", "square"][seat], size: 8 }, hovertemplate: "turn %{text}: %{x:.1f}, %{y:.1f}<extra></extra>", cliponaxis: false };
  };
  const over = step === game.moves.length;
  const end = over ? [game.payoffs] : [];
  return [[
    dotsAt(game.points, "split", { size: 5, color: colour("line") }),
    { ...dotsAt(frontier, "Pareto frontier", { size: 6, color: colour("good") }), mode: "lines+markers", line: { color: colour("good"), width: 1.2, dash: "dot" } },
    dotsAt(game.solutions.nash, "Nash", { symbol: "diamond-open", size: 14, color: colour("ink") }),
    dotsAt(game.solutions.kalai_smorodinsky, "Kalai-Smorodinsky", { symbol: "triangle-up-open", size: 15, color: colour("ink") }),
    offersOf(0), offersOf(1),
    dotsAt(end, game.deal ? "deal" : "no deal", { symbol: game.deal ? "star" : "x", size: 16, color: colour("ink") }),
  ], {
    height: narrow.matches ? 500 : 460, showlegend: true, legend: { orientation: "h", x: 0, y: -0.18, yanchor: "top", font: { size: 11 } }, margin: { l: 56, r: 20, t: 12, b: 48 },
    xaxis: axis({ title: { text: `utility of ${sidesPlain[0]}` }, zeroline: false, rangemode: "tozero" }),
    yaxis: axis({ title: { text: `utility of ${sidesPlain[1]}` }, zeroline: false, rangemode: "tozero" }),
  }];
}

if (data.games) {
  figures.set("plot-game", () => {
    if (!viewer.game) return [[], { height: 200 }];
    const [traces, shape] = viewer.game.limits ? priceFigure(viewer) : splitFigure(viewer);
    return [traces, shape, `${byId("game-facts").textContent} Shown: ${byId("step-text").textContent}`];
  });
  for (const id of ["game-0", "game-1", "game-number"]) byId(id).addEventListener("change", () => { fillGames(id); draw("plot-game"); });
  document.addEventListener("filtered", () => fillGames());
  byId("step").addEventListener("input", () => go(Number(byId("step").value)));
  for (const [id, to] of [["step-first", () => 0], ["step-back", () => viewer.step - 1], ["step-on", () => viewer.step + 1], ["step-last", () => Infinity]]) {
    byId(id).addEventListener("click", () => go(to()));
  }
  document.querySelector(".steps").addEventListener("keydown", (event) => {
    const to = { ArrowLeft: viewer.step - 1, ArrowRight: viewer.step + 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
}
