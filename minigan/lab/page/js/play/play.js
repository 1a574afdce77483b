// Play: train, and see the samples, D and the losses move.

export const play = {
  id: "play",
  title: "Play",
  mount(root, lab) {
    const bar = document.createElement("p");
    for (const [text, command] of [["Play", "play"], ["Pause", "pause"], ["One round", "round"], ["Back", "back"]]) {
      const button = document.createElement("button");
      button.textContent = text;
      button.onclick = () => lab.do(command);
      bar.append(button, " ");
    }
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 480;
    const place = document.createElement("output");
    root.append(bar, place, canvas);
    const watching = lab.watch(() => ({ points: ["points", {}] }), ({ points }) => {
      const draw = canvas.getContext("2d");
      draw.clearRect(0, 0, 480, 480);
      const [left, right, lower, upper] = points.extent;
      const style = getComputedStyle(document.documentElement);
      for (const [name, colour] of [["real", "--real"], ["fake", "--generated"]]) {
        draw.fillStyle = style.getPropertyValue(colour);
        const { data, shape: [count] } = points[name];
        for (let i = 0; i < count; i++) {
          const x = (data[2 * i] - left) / (right - left) * 480, y = (upper - data[2 * i + 1]) / (upper - lower) * 480;
          draw.fillRect(x - 2, y - 2, 4, 4);
        }
      }
      place.textContent = `round ${lab.state.step}`;
    });
    return watching.end;
  },
};
