// Whether an element is on the screen: what nobody sees needs no fresh numbers.

/** Watches a node: {seen(), end()}; `onEnter` is called each time it comes onto the screen. */
export function seenOn(node, onEnter) {
  let now = false;
  const observer = new IntersectionObserver(
    ([entry]) => {
      const before = now;
      now = entry.isIntersecting;
      if (now && !before) onEnter();
    },
    { rootMargin: "120px" },
  );
  observer.observe(node);
  return { seen: () => now, end: () => observer.disconnect() };
}
