// Shows the page that the address names.

import { json } from "./api.js";
import { judgePage } from "./judge.js";
import { reviewPage } from "./review.js";
import { runsPage } from "./runs.js";
import { cohortsPage, jobsPage, judgmentsPage } from "./lists.js";

const pages = { judge: judgePage, review: reviewPage, cohorts: cohortsPage, jobs: jobsPage, runs: runsPage, judgments: judgmentsPage };
let leave = () => {};

function go() {
  const name = location.hash.slice(1) in pages ? location.hash.slice(1) : "judge";
  for (const link of document.querySelectorAll("nav a")) {
    link.toggleAttribute("aria-current", false);
    if (link.hash === `#${name}`) {
      link.setAttribute("aria-current", "page");
    }
  }
  leave();
  leave = pages[name]();
}

addEventListener("hashchange", () => {
  if (location.hash === "#main") {
    document.getElementById("main").focus();
  } else {
    go();
  }
});
go();
json("/v1/judge")
  .then(({ judge, domain }) => {
    document.getElementById("fingerprint").textContent =
      `${judge.model} · ${judge.votes} vote${judge.votes === 1 ? "" : "s"}, ${judge.order} order, temperature ${Number(judge.temperature.toFixed(3))}, seed ${judge.seed}` +
      ` · ${judge.identity}${judge.calibrated ? ", calibrated" : ""}${domain ? ` · ${domain.says}` : ""}`;
  })
  .catch(() => {});
