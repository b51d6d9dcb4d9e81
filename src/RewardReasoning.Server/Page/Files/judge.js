// Judge: two responses and their reasoning as it comes, or more of them and a matrix of matches.

import { make, show, say, table, number } from "./dom.js";
import { events } from "./api.js";
import { sideBySide } from "./difference.js";
import { judgmentView, voteMark } from "./judgment.js";

let draft = { query: "", responses: ["", ""] };

export function judgePage() {
  let stop = new AbortController();
  const query = make("textarea", { id: "query", value: draft.query, required: true });
  const list = make("div");
  const result = make("div", { "aria-live": "polite" });
  const button = make("button", { class: "main", type: "submit" }, "Judge");

  function fields() {
    list.replaceChildren(
      ...draft.responses.flatMap((text, at) => [
        make("label", { htmlFor: `response-${at + 1}` }, `Response ${at + 1}`),
        make("textarea", { id: `response-${at + 1}`, value: text, oninput: (event) => (draft.responses[at] = event.target.value) }),
      ]),
    );
  }

  async function judge(event) {
    event.preventDefault();
    stop.abort();
    stop = new AbortController();
    draft.query = query.value;
    const responses = [...draft.responses];
    button.disabled = true;
    try {
      await (responses.length === 2 ? judgeTwo(draft.query, responses, result, stop.signal) : rank(draft.query, responses, result, stop.signal));
    } catch (error) {
      if (error.name !== "AbortError") {
        result.append(make("p", { class: "bad", role: "alert" }, error.message));
      }
    } finally {
      button.disabled = false;
    }
  }

  query.addEventListener("input", () => (draft.query = query.value));
  fields();
  show(
    make("h2", {}, "Judge"),
    make(
      "form",
      { onsubmit: judge },
      make("label", { htmlFor: "query" }, "Query"),
      query,
      list,
      make(
        "div",
        { class: "row" },
        button,
        make("button", { type: "button", onclick: () => (draft.responses.push(""), fields()) }, "Add a response"),
        make("button", { type: "button", onclick: () => (draft.responses.length > 2 ? (draft.responses.pop(), fields()) : say("Two responses are the least.")) }, "Remove the last"),
      ),
    ),
    result,
  );
  return () => stop.abort();
}

async function judgeTwo(query, [first, second], result, signal) {
  const strip = make("ul", { class: "votes", "aria-label": "Votes" });
  const live = make("div");
  const texts = new Map();
  result.replaceChildren(sideBySide(first, second), strip, live);
  for await (const { name, data } of events("/v1/judge", { query, response_1: first, response_2: second, stream: true }, signal)) {
    if (name === "draw") {
      const text = make("p", { class: "reasoning", tabIndex: 0, role: "region", "aria-label": `Reasoning of vote ${data.vote + 1}` });
      texts.get(data.vote)?.parentElement.remove();
      texts.set(data.vote, text);
      live.append(make("section", { class: "panel" }, make("h3", {}, `Vote ${data.vote + 1}, ${data.order}`), text));
    } else if (name === "reasoning" || name === "answer") {
      texts.get(data.vote)?.append(data.text);
    } else if (name === "vote") {
      strip.append(voteMark(data));
    } else if (name === "judgment") {
      result.replaceChildren(judgmentView(data), sideBySide(first, second));
    } else if (name === "error") {
      throw new Error(data.detail);
    }
  }
}

async function rank(query, responses, result, signal) {
  const cells = responses.map(() => responses.map(() => make("td", {}, "·")));
  const progress = make("p", { class: "note" });
  const matrix = table(
    "Who beat whom",
    [{ name: "beats" }, ...responses.map((_, at) => ({ name: `${at + 1}` }))],
    responses.map((_, at) => make("tr", {}, make("th", { scope: "row" }, `${at + 1}`), ...cells[at])),
    { class: "matrix" },
  );
  result.replaceChildren(progress, matrix);
  for await (const { name, data } of events("/v1/rank", { query, responses, stream: true }, signal)) {
    if (name === "match") {
      const { first, second, winner } = data.match;
      for (const [one, other] of [[first, second], [second, first]]) {
        cells[one][other].textContent = winner === null ? "?" : winner === one ? "✓" : "–";
        cells[one][other].className = winner === one ? "won" : "";
      }
      progress.textContent = `${data.played} of ${data.planned ?? "?"} matches`;
    } else if (name === "ranking") {
      result.prepend(
        data.best === null
          ? make("p", { class: "verdict bad" }, `No ranking: ${data.missing ?? "nothing was decided"}`)
          : make("p", { class: "verdict" }, `Response ${data.best + 1} is the best`),
        table(
          "Ranking",
          [{ name: "Response" }, { name: "Rating", number: true }, { name: "95 % interval", number: true }, { name: "Won", number: true }, { name: "Lost", number: true }, { name: "Reward", number: true }],
          data.ranking.map((one) =>
            make(
              "tr",
              {},
              make("td", { class: "wide" }, make("span", { class: "clip" }, `${one.index + 1}: ${responses[one.index]}`)),
              make("td", { class: "number" }, number(one.rating, 0)),
              make("td", { class: "number" }, one.low === null ? "–" : `${number(one.low, 0)} to ${number(one.high, 0)}`),
              make("td", { class: "number" }, `${one.wins}`),
              make("td", { class: "number" }, `${one.losses}`),
              make("td", { class: "number" }, number(one.reward)),
            ),
          ),
        ),
      );
    } else if (name === "error") {
      throw new Error(data.detail);
    }
  }
}
