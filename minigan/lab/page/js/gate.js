// What a page shows whose token the lab does not know: that of a shared link, which has none, or of an old address.

import { element } from "lab/ui/dom.js";
import { labelled } from "lab/ui/fields.js";

/** A hidden section that asks for the address of the lab; the set-up in the link of this page goes with it. */
export function tokenGate() {
  const fault = element("p", { class: "fault", role: "alert" });
  const address = element("input", {
    type: "text",
    "data-control": "lab-address",
    placeholder: "http://127.0.0.1:...",
  });
  const open = (event) => {
    event.preventDefault();
    const place = labAddress(address.value.trim());
    if (place) location.assign(place + location.hash);
    else fault.textContent = "This is not such an address: it begins with http:// and has ?token= in it.";
  };
  return element(
    "section",
    { class: "card gate", "aria-label": "No access", hidden: true },
    element("h2", {}, "Which lab is to open this page?"),
    element(
      "p",
      {},
      "The lab at this address opens to those who know its token only. Start ",
      element("code", {}, "minigan lab"),
      " in a terminal, and paste here the whole address that it prints. The set-up of your link comes with you.",
    ),
    element(
      "form",
      { onsubmit: open },
      labelled("The address that the terminal shows", address),
      element("button", { type: "submit", class: "main", "data-control": "open-lab" }, "Open"),
    ),
    fault,
  );
}

/** The address without its hash, if it is one of a lab on this computer; else null. */
function labAddress(text) {
  const [, place] = /^(http:\/\/(?:127\.0\.0\.1|localhost):\d+\/\?token=[\w-]+)(?:#.*)?$/.exec(text) ?? [];
  return place ?? null;
}
