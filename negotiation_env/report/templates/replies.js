// What best replies earn: the share of the surplus that a reply which knows everything takes from each policy.
if (data.replies) {
  figures.set("plot-replies", () => {
    const shown = data.replies.filter((row) => isShown(row.policy));
    const texts = shown.map((row) => `<b>${plain(row.policy)}</b><br>best reply ${round(row.reply[0])} (${range(row.reply[1], row.reply[2])})<br>left to the policy ${round(row.kept)}, exact in ${percent(row.exact)}`);
    const [trace, shape] = dots(shown.map((row) => row.policy), shown.map((row) => row.reply), texts, {
      xaxis: axis({ title: { text: "share of the surplus" }, zeroline: false }),
      shapes: [{ type: "line", x0: 0.5, x1: 0.5, yref: "paper", y0: 0, y1: 1, line: { color: colour("two"), width: 1, dash: "dot" } }],
    });
    trace.marker = { ...trace.marker, symbol: shown.map((row) => (row.exact < 0.995 ? "circle-open" : "circle")) };
    return [[trace], shape, `${shown.length} policies.`];
  });
}
