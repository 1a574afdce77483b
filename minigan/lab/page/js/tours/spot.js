// The mark around the control that a tour speaks of.

const MARK = "tour-spot";

/** A control by its name, if it is on the page and visible. */
export function controlOf(name) {
  const found = document.querySelectorAll(`[data-control="${CSS.escape(name)}"]`);
  return [...found].find((node) => node.checkVisibility()) ?? found[0] ?? null;
}

/**
 * Marks the control `name` and scrolls it into view; parts draw themselves again, so it is looked for again.
 * Returns a function that ends this.
 */
export function spot(name) {
  let marked = null;
  const look = () => {
    const control = name && controlOf(name), node = control?.closest("label") ?? control;
    if (node === marked) return;
    marked?.classList.remove(MARK);
    marked = node;
    if (!node) return;
    openAround(node);
    node.classList.add(MARK);
    node.scrollIntoView({ block: "center", behavior: "smooth" });
  };
  look();
  const observer = new MutationObserver(look);
  observer.observe(document.getElementById("content"), { childList: true, subtree: true });
  return () => { observer.disconnect(); marked?.classList.remove(MARK); };
}

/** Opens the folded sections that a control is in. */
function openAround(node) {
  const hidden = node.closest("[id][hidden]");
  if (hidden) document.querySelector(`[aria-controls="${hidden.id}"]`)?.click();
  for (let fold = node.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) {
    fold.open = true;
  }
}

/** Switches a box or a pressed button on or off. */
export function setSwitch(name, on) {
  const node = controlOf(name);
  if (!node) return;
  const now = node.type === "checkbox" ? node.checked : node.getAttribute("aria-pressed") === "true";
  if (now !== on) node.click();
}

/** Resolves with the control as soon as it is on the page; with null if it does not come within `patience` ms. */
export async function appeared(name, patience = 5000) {
  const start = performance.now();
  while (!controlOf(name) && performance.now() - start < patience) await new Promise(requestAnimationFrame);
  return controlOf(name);
}
