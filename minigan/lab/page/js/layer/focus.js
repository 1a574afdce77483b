// The keyboard's place, when a part of the page is made again.

/** Carries out `change`, which makes the inside of `root` again; the focus comes back to the control of that name. */
export function keepFocus(root, change) {
  const control = root.contains(document.activeElement) ? document.activeElement.dataset.control : null;
  change();
  if (control) root.querySelector(`[data-control="${CSS.escape(control)}"]`)?.focus({ preventScroll: true });
}
