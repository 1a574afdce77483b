// Where the parts of the graph are: in one row where there is room, else G above D.

/** The size of a round node, the space between things, the height of a network, and the width of the losses. */
const NODE = 62,
  GAP = 26,
  TALL = 100,
  LOSSES = 150;

/** {height, nodes, boxes, layers, paths} for a width in pixels. */
export function layout(networks, width) {
  return width >= 640 ? wide(networks, width) : narrow(networks, width);
}

function wide({ generator, discriminator }, width) {
  const top = 28,
    above = top + TALL / 2,
    below = above + 92,
    between = (above + below) / 2;
  const room = width - 4 * GAP - 2 * NODE - LOSSES,
    share = Math.min(0.62, Math.max(0.38, part(generator, discriminator)));
  const xG = NODE + GAP,
    wG = room * share,
    xFake = xG + wG + GAP + NODE / 2;
  const xD = xFake + NODE / 2 + GAP,
    wD = room - wG,
    xLoss = xD + wD + GAP + LOSSES / 2;
  const boxG = { name: "generator", title: "G, the generator", x: xG, y: top, width: wG, height: TALL };
  const boxD = {
    name: "discriminator",
    title: "D, the discriminator",
    x: xD,
    y: between - TALL / 2,
    width: wD,
    height: TALL,
  };
  const nodes = nodesAt({
    noise: [NODE / 2, above],
    fake: [xFake, above],
    real: [xFake, below],
    loss: [xLoss, between],
  });
  const paths = [
    line("noise", NODE, above, xG, above),
    line("g", xG, above, xG + wG, above),
    line("fake", xG + wG, above, xFake - NODE / 2, above),
    curve("fake-d", xFake + NODE / 2, above, xD, between - 14),
    curve("real-d", xFake + NODE / 2, below, xD, between + 14),
    line("d", xD, between, xD + wD, between),
    line("loss", xD + wD, between, xLoss - LOSSES / 2, between),
  ];
  return {
    height: below + 40,
    nodes,
    boxes: [boxG, boxD],
    paths,
    layers: [...slabs(boxG, generator), ...slabs(boxD, discriminator)],
  };
}

function narrow({ generator, discriminator }, width) {
  const top = 28,
    above = top + TALL / 2,
    lower = top + TALL + 64,
    below = lower + TALL / 2;
  const wide = width - 2 * NODE - 2 * GAP;
  const boxG = { name: "generator", title: "G, the generator", x: NODE + GAP, y: top, width: wide, height: TALL };
  const boxD = {
    name: "discriminator",
    title: "D, the discriminator",
    x: NODE + GAP,
    y: lower,
    width: wide,
    height: TALL,
  };
  const xFake = width - NODE / 2,
    end = lower + TALL;
  const nodes = nodesAt({
    noise: [NODE / 2, above],
    fake: [xFake, above],
    real: [xFake, below],
    loss: [LOSSES / 2 + 2, end + 44],
  });
  const paths = [
    line("noise", NODE, above, NODE + GAP, above),
    line("g", NODE + GAP, above, NODE + GAP + wide, above),
    line("fake", NODE + GAP + wide, above, width - NODE, above),
    {
      id: "fake-d",
      d:
        `M${xFake},${above + 18} C${xFake},${lower - 20} ` +
        `${width - NODE - 8},${below - 20} ${NODE + GAP + wide},${below - 16}`,
    },
    line("real-d", width - NODE, below, NODE + GAP + wide, below),
    line("d", NODE + GAP + wide, below, NODE + GAP, below),
    { id: "loss", d: `M${NODE + GAP},${below} C${NODE / 2},${below} ${NODE / 2},${below} ${NODE / 2},${end + 26}` },
  ];
  const layers = [...slabs(boxG, generator), ...slabs(boxD, discriminator, true)];
  return { height: end + 68, nodes, boxes: [boxG, boxD], paths, layers };
}

/** G's share of the layers. */
const part = (generator, discriminator) => generator.length / (generator.length + discriminator.length);

const line = (id, x, y, toX, toY) => ({ id, d: `M${x},${y} L${toX},${toY}` });
const curve = (id, x, y, toX, toY) => ({
  id,
  d: `M${x},${y} C${(x + toX) / 2},${y} ${(x + toX) / 2},${toY} ${toX},${toY}`,
});

function nodesAt(places) {
  const words = { noise: ["noise", "z"], fake: ["generated", "G(z)"], real: ["real", "x"], loss: ["losses", "–"] };
  return Object.entries(places).map(([id, [x, y]]) => ({
    id,
    x,
    y,
    title: words[id][0],
    formula: words[id][1],
    width: id === "loss" ? LOSSES : NODE,
    height: 34,
  }));
}

/** The layers side by side inside their network; from right to left if the data flow that way. */
function slabs(box, layers, backwards = false) {
  const space = 6,
    each = Math.min(44, (box.width - space) / layers.length - space);
  const start = box.x + (box.width - layers.length * (each + space) + space) / 2;
  return layers.map((layer, i) => ({
    network: box.name,
    layer,
    width: each,
    height: box.height - 16,
    y: box.y + 8,
    x: start + (backwards ? layers.length - 1 - i : i) * (each + space),
  }));
}
