// Formulas: from a short text to MathML.

/** Words that are set upright by MathML anyway, and need a space after them. */
const FUNCTIONS = new Set(["log", "exp", "mean", "max", "min"]);
const OPERATORS = { "-": "−", "<=": "≤", ">=": "≥", "*": "·" };

/**
 * A formula as MathML text: math("L_G = -log D(G(z))"). `_` and `^` bind to the next token or {group};
 * `frac{a}{b}` is a fraction; words are upright, single letters italic.
 */
export function math(source, display = "block") {
  const tokens = source.match(/\p{L}+|\d+(\.\d+)?|<=|>=|\S/gu);
  return `<math display="${display}">${sequence(tokens)}</math>`;
}

/** Everything up to the end of the group. */
function sequence(tokens) {
  const items = [];
  while (tokens.length && tokens[0] !== "}") {
    const token = tokens[0];
    if (token === "_" || token === "^") {
      tokens.shift();
      items.push(script(token, items.pop(), item(tokens), tokens));
    } else items.push(item(tokens));
  }
  return items.join("");
}

/** A base with an index, a power, or both. */
function script(first, base, one, tokens) {
  if ((tokens[0] === "_" || tokens[0] === "^") && tokens[0] !== first) {
    tokens.shift();
    const other = item(tokens),
      [below, above] = first === "_" ? [one, other] : [other, one];
    return `<msubsup>${base}${below}${above}</msubsup>`;
  }
  const tag = first === "_" ? "msub" : "msup";
  return `<${tag}>${base}${one}</${tag}>`;
}

function item(tokens) {
  const token = tokens.shift();
  if (token === "{") {
    const inside = sequence(tokens);
    tokens.shift();
    return `<mrow>${inside}</mrow>`;
  }
  if (token === "frac") return `<mfrac>${item(tokens)}${item(tokens)}</mfrac>`;
  if (token === "∑") return "<mo>∑</mo>";
  if (FUNCTIONS.has(token)) return `<mi>${token}</mi><mspace width="0.15em"></mspace>`;
  if (/^\p{L}/u.test(token)) return `<mi>${token}</mi>`;
  if (/^\d/.test(token)) return `<mn>${token}</mn>`;
  return `<mo>${(OPERATORS[token] ?? token).replace("<", "&lt;")}</mo>`;
}
