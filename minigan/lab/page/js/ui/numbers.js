// Numbers as text.

/** A number with a few significant digits, as Python's format(number, ".4g"): 0.6931, 1.2e-05; "–" for none. */
export function format(number, digits = 4) {
  if (number === null || number === undefined || Number.isNaN(number)) return "–";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const [mantissa, power] = number.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (number === 0) return "0";
  if (exponent < -4 || exponent >= digits) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${shortened(mantissa)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return shortened(number.toFixed(Math.max(0, digits - 1 - exponent)));
}

/** Without zeros at the end that say nothing. */
function shortened(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with commas: 12,345. */
export function whole(number) {
  return number === null || number === undefined ? "–" : WHOLE.format(number);
}
