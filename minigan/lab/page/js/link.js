// A set-up as text in the address's hash: JSON, made short (deflate), in letters that an address may have (base64url).

const MARK = "setup=";

const toLetters = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const toBytes = (letters) =>
  Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

async function through(stream, bytes) {
  const result = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await result.arrayBuffer());
}

/** The hash that restores this set-up. */
export async function hashOf(setup) {
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(setup)));
  return `#${MARK}${toLetters(packed)}`;
}

/** The set-up of a hash; null if it holds none. Fails with an Error for people if the hash is damaged. */
export async function setupOf(hash) {
  if (!hash.startsWith(`#${MARK}`)) return null;
  try {
    const packed = toBytes(hash.slice(1 + MARK.length));
    return JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), packed)));
  } catch {
    throw new Error(
      "The link's set-up cannot be read: a part of the link is missing or was changed. " +
        "Copy the whole link again. The lab shows its present set-up.",
    );
  }
}
