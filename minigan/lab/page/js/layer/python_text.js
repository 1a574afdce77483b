// Python source with its words marked, so that the eye finds comments, texts and keywords.

const PARTS = [
  ["text", /[rbf]{0,2}("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/y],
  ["comment", /#[^\n]*/y],
  [
    "keyword",
    new RegExp(
      "\\b(?:and|as|assert|break|case|class|continue|def|del|elif|else|except|False|finally|for|from" +
        "|if|import|in|is|lambda|match|None|nonlocal|not|or|pass|raise|return|self|True|try|while|with|yield)\\b",
      "y",
    ),
  ],
  ["name", /[A-Za-z_]\w*/y],
  ["number", /\d[\w.]*/y],
  ["other", /[\s\S]/y],
];

/** The parts of a source, each {kind, text}, in order. */
function partsOf(source) {
  const parts = [];
  for (let place = 0; place < source.length;) {
    for (const [kind, pattern] of PARTS) {
      pattern.lastIndex = place;
      const match = pattern.exec(source);
      if (!match) continue;
      parts.push({ kind, text: match[0] });
      place = pattern.lastIndex;
      break;
    }
  }
  return parts;
}

/** The lines of a source; each is a list of {kind, text}. A text over several lines is cut at their ends. */
export function pythonLines(lines) {
  const result = [[]];
  for (const { kind, text } of partsOf(lines.join("\n"))) {
    text.split("\n").forEach((piece, place) => {
      if (place) result.push([]);
      if (piece) result.at(-1).push({ kind, text: piece });
    });
  }
  return result;
}
