// Review: where the judge is least sure, labelled before its choice is shown.

import { make, show, number } from "./dom.js";
import { json, ask } from "./api.js";
import { sideBySide } from "./difference.js";
import { judgmentView } from "./judgment.js";

const labels = { 1: "Response 1 is better", 2: "Response 2 is better", 0: "Neither" };

export function reviewPage() {
  const passed = new Set();
  const counts = make("p", { class: "note", role: "status" });
  const pair = make("div");
  let current = null;
  let revealed = false;

  function agreement(now) {
    counts.textContent =
      `${now.labels} labels, ${now.agreed} as the judge. ` +
      (now.kappa === null ? "Cohen's kappa needs labels of both kinds." : `Cohen's kappa ${number(now.kappa)} (95 % ${number(now.low)} to ${number(now.high)}).`) +
      (now.undecided ? ` ${now.undecided} more without a choice of both.` : "");
  }

  async function next() {
    revealed = false;
    const { judgments } = await json(`/v1/judgments?order=unsure&labelled=false&limit=${Math.min(500, passed.size + 1)}`);
    current = judgments.find((one) => !passed.has(one.id)) ?? null;
    pair.replaceChildren(
      ...(current
        ? [
            make("section", { class: "panel" }, make("h3", {}, "Query"), make("p", { class: "text" }, current.query)),
            sideBySide(current.response_1, current.response_2),
            make(
              "div",
              { class: "row" },
              ...[1, 2, 0].map((label) => make("button", { onclick: () => choose(label) }, make("kbd", {}, `${label}`), ` ${labels[label]}`)),
              make("button", { onclick: pass }, make("kbd", {}, "s"), " Skip"),
            ),
          ]
        : [make("p", {}, "Nothing is left to label here.")]),
    );
  }

  async function choose(label) {
    if (!current || revealed) {
      return;
    }
    revealed = true;
    agreement(await json(`/v1/judgments/${current.id}/label`, { method: "PUT", body: { label } }));
    const whole = await json(`/v1/judgments/${current.id}`);
    const onward = make("button", { class: "main", onclick: next }, make("kbd", {}, "Enter"), " Next");
    pair.append(make("p", { class: "verdict" }, `You: ${labels[label]}`), judgmentView(whole.judgment), onward);
    onward.focus();
  }

  function pass() {
    if (current && !revealed) {
      passed.add(current.id);
      next().catch(fail);
    }
  }

  function fail(error) {
    pair.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
  }

  function key(event) {
    if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (["0", "1", "2"].includes(event.key)) {
      choose(Number(event.key)).catch(fail);
    } else if (event.key === "s") {
      pass();
    }
  }

  async function download() {
    const rows = await (await ask("/v1/judgments/labelled")).blob();
    const link = make("a", { href: URL.createObjectURL(rows), download: "labelled.jsonl" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  document.addEventListener("keydown", key);
  show(
    make("h2", {}, "Review"),
    make("p", { class: "note" }, "The least certain judgments come first. Label before you see what the judge chose."),
    counts,
    pair,
    make("div", { class: "row" }, make("button", { onclick: () => download().catch(fail) }, "Download the labelled pairs")),
  );
  json("/v1/judgments/agreement").then(agreement).then(next).catch(fail);
  return () => document.removeEventListener("keydown", key);
}
