// A judgment as it is shown: the verdict, a strip of votes, and what each of them wrote.

import { make, number } from "./dom.js";

export function voteMark(vote) {
  const order = vote.order === "swapped" ? "⇄" : "→";
  const words = vote.order === "swapped" ? "shown swapped" : "shown in order";
  return vote.verdict
    ? make("li", { class: vote.verdict === 1 ? "one" : "two-chosen", title: words }, `${vote.verdict} ${order}`)
    : make("li", { class: "none", title: `${words}; ${vote.missing ?? "no verdict"}` }, `? ${order}`);
}

function parting(votes) {
  for (const one of votes) {
    for (const other of votes) {
      if (one.verdict === 1 && other.verdict === 2 && one.order === other.order && one.reasoning && other.reasoning) {
        let at = 0;
        while (at < one.reasoning.length && one.reasoning[at] === other.reasoning[at]) {
          at++;
        }
        return make(
          "section",
          { class: "panel" },
          make("h3", {}, "Where two votes part"),
          make("p", { class: "note" }, "…" + one.reasoning.slice(Math.max(0, at - 120), at)),
          make(
            "div",
            { class: "two" },
            make("p", { class: "text only-one" }, one.reasoning.slice(at, at + 300) || "(ends here)"),
            make("p", { class: "text only-two" }, other.reasoning.slice(at, at + 300) || "(ends here)"),
          ),
        );
      }
    }
  }
  return null;
}

export function judgmentView(judgment) {
  const confidence = judgment.calibrated_confidence ?? judgment.confidence;
  const votes = judgment.votes ?? [];
  const usage = judgment.usage ?? {};
  return make(
    "section",
    { class: "panel", "aria-label": "Judgment" },
    judgment.preferred
      ? make("p", { class: "verdict" }, `Response ${judgment.preferred} is better (confidence ${number(confidence)})`)
      : judgment.outcome === "abstained"
        ? make("p", { class: "verdict" }, `Abstained: response ${judgment.withheld} would be better, with confidence ${number(confidence)}`)
        : judgment.outcome === "tie"
          ? make("p", { class: "verdict" }, `A tie (confidence ${number(confidence)})`)
          : make("p", { class: "verdict bad" }, `No judgment: ${judgment.missing ?? "every vote is missing"}`),
    votes.length ? make("ul", { class: "votes", "aria-label": "Votes: the chosen response, and the order shown" }, ...votes.map(voteMark)) : null,
    make(
      "p",
      { class: "note" },
      `${usage.prompt_tokens ?? 0} tokens read, ${usage.output_tokens ?? 0} written, ${number(usage.seconds, 1)} s` +
        (usage.cost === null || usage.cost === undefined ? "" : `, cost ${usage.cost}`) +
        ` · ${judgment.model}`,
    ),
    ...(judgment.warnings ?? []).map((warning) => make("p", { class: "note bad" }, warning)),
    parting(votes),
    ...votes
      .filter((vote) => vote.reasoning || vote.answer)
      .map((vote) =>
        make(
          "details",
          {},
          make("summary", {}, `Vote ${vote.index + 1}: ${vote.verdict ?? "no verdict"}, ${vote.order}`),
          make("p", { class: "reasoning", tabIndex: 0, role: "region", "aria-label": `Reasoning of vote ${vote.index + 1}` }, (vote.reasoning ?? "") + (vote.answer ? "\n\n" + vote.answer : "")),
        ),
      ),
  );
}
