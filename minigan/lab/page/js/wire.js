// A message from bytes: the counterpart of minigan/lab/wire.py, which describes the form.

const KINDS = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** An array as {shape, dtype, data}, with data in one row. */
function arrayOf(buffer, start, { dtype, shape, start: place }) {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = new KINDS[dtype](buffer, start + place, count);
  return { shape, dtype, data: dtype === "int64" ? Float64Array.from(data, Number) : data };
}

function restored(value, arrays) {
  if (Array.isArray(value)) return value.map((item) => restored(item, arrays));
  if (value === null || typeof value !== "object") return value;
  if ("$array" in value) return arrays[value.$array];
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, restored(item, arrays)]));
}

/** The message in an ArrayBuffer; every array is {shape, dtype, data}. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { $arrays: places, ...message } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return restored(
    message,
    places.map((place) => arrayOf(buffer, 4 + length, place)),
  );
}
