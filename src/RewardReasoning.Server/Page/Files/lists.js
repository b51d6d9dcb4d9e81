// Cohorts and jobs, live, and the recorded judgments.

import { make, show, table, number } from "./dom.js";
import { json } from "./api.js";
import { sideBySide } from "./difference.js";
import { judgmentView } from "./judgment.js";

const every = 2000;

// Shows what a path answers, again and again until it is left.
function live(title, path, view) {
  const body = make("div");
  let timer;
  let left = false;
  async function look() {
    try {
      const seen = await json(path);
      if (!left) {
        body.replaceChildren(...view(seen, look));
      }
    } catch (error) {
      body.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
    }
    if (!left) {
      timer = setTimeout(look, every);
    }
  }
  show(make("h2", {}, title), body);
  look();
  return () => {
    left = true;
    clearTimeout(timer);
  };
}

export function cohortsPage() {
  return live("Cohorts", "/v1/cohorts", ({ starving, cohorts }) => [
    starving ? make("p", { class: "bad", role: "alert" }, "Groups starve: their clients hold all connections, and no other member comes.") : null,
    cohorts.length
      ? table(
          "Cohorts",
          [{ name: "Group" }, { name: "Attempt", number: true }, { name: "State" }, { name: "Members", number: true }, { name: "Missing" }, { name: "Since" }, { name: "Quiet", number: true }],
          cohorts
            .slice(-200)
            .reverse()
            .map((cohort) =>
              make(
                "tr",
                {},
                make("td", { class: "wide" }, make("span", { class: "clip" }, cohort.group ?? "(by its query)")),
                make("td", { class: "number" }, `${cohort.attempt}`),
                make("td", {}, cohort.state),
                make("td", { class: "number" }, `${cohort.arrived.length} of ${cohort.expected}`),
                make("td", {}, cohort.missing.join(", ")),
                make("td", {}, new Date(cohort.since).toLocaleTimeString()),
                make("td", { class: "number" }, `${number(cohort.quiet_s, 0)} s`),
              ),
            ),
        )
      : make("p", {}, "No group has come yet."),
  ].filter(Boolean));
}

export function jobsPage() {
  return live("Jobs", "/v1/jobs?limit=200", ({ durable, jobs }, again) => [
    durable ? null : make("p", { class: "note" }, "This server keeps jobs in memory: they end with it."),
    jobs.length
      ? table(
          "Jobs",
          [{ name: "Job" }, { name: "State" }, { name: "Rows", number: true }, { name: "Progress" }, { name: "Errors", number: true }, { name: "" }],
          jobs.map((job) =>
            make(
              "tr",
              {},
              make("td", { class: "wide" }, make("span", { class: "clip" }, job.id)),
              make("td", {}, job.problem ? `${job.state}: ${job.problem}` : job.state),
              make("td", { class: "number" }, `${job.judged} of ${job.rows}`),
              make("td", {}, make("progress", { max: job.rows, value: job.judged, "aria-label": `Progress of ${job.id}` })),
              make("td", { class: "number" }, `${job.missing}`),
              make(
                "td",
                {},
                ["queued", "running"].includes(job.state)
                  ? make("button", { onclick: () => json(`/v1/jobs/${encodeURIComponent(job.id)}/cancel`, { method: "POST", body: {} }).then(again) }, "Cancel")
                  : null,
              ),
            ),
          ),
        )
      : make("p", {}, "No job was submitted yet."),
  ].filter(Boolean));
}

export function judgmentsPage() {
  const limit = 50;
  const text = make("input", { id: "search", type: "search" });
  const preferred = make("select", { id: "preferred" }, ...[["", "all"], ["1", "response 1"], ["2", "response 2"], ["none", "missing"]].map(([value, name]) => make("option", { value }, name)));
  const order = make("select", { id: "order" }, make("option", { value: "newest" }, "newest first"), make("option", { value: "unsure" }, "least certain first"));
  const list = make("div");
  const detail = make("div", { tabIndex: -1 });
  let skip = 0;

  async function open(id) {
    const whole = await json(`/v1/judgments/${id}`);
    detail.replaceChildren(
      make("h3", {}, `Judgment ${id}`),
      make("section", { class: "panel" }, make("h3", {}, "Query"), make("p", { class: "text" }, whole.query)),
      judgmentView(whole.judgment),
      sideBySide(whole.response_1, whole.response_2),
    );
    detail.focus();
  }

  async function search() {
    const query = new URLSearchParams({ limit, skip, order: order.value });
    if (text.value) {
      query.set("q", text.value);
    }
    if (preferred.value) {
      query.set("preferred", preferred.value);
    }
    const { durable, judgments, next_skip } = await json(`/v1/judgments?${query}`);
    list.replaceChildren(
      durable ? "" : make("p", { class: "note" }, "This server keeps the last judgments in memory: they end with it."),
      judgments.length
        ? table(
            "Judgments",
            [{ name: "Judgment" }, { name: "Query" }, { name: "Better" }, { name: "Uncertainty", number: true }, { name: "Label" }],
            judgments.map((one) =>
              make(
                "tr",
                {},
                make("td", {}, make("button", { onclick: () => open(one.id).catch(fail), "aria-label": `Open judgment ${one.id}` }, `${one.id}`)),
                make("td", {}, make("span", { class: "clip" }, one.query)),
                make("td", {}, one.preferred === null ? "missing" : `${one.preferred}`),
                make("td", { class: "number" }, number(one.uncertainty)),
                make("td", {}, one.label === null ? "" : `${one.label}`),
              ),
            ),
          )
        : make("p", {}, "Nothing is recorded that fits."),
      make(
        "div",
        { class: "row" },
        make("button", { disabled: skip === 0, onclick: () => move(-limit) }, "Newer page"),
        make("button", { disabled: next_skip === null, onclick: () => move(limit) }, "Older page"),
      ),
    );
  }

  function move(by) {
    skip = Math.max(0, skip + by);
    search().catch(fail);
  }

  function fail(error) {
    list.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
  }

  function again(event) {
    event?.preventDefault();
    skip = 0;
    search().catch(fail);
  }

  show(
    make("h2", {}, "Judgments"),
    make(
      "form",
      { class: "row", onsubmit: again, role: "search" },
      make("label", { htmlFor: "search" }, "Text", text),
      make("label", { htmlFor: "preferred" }, "Better", preferred),
      make("label", { htmlFor: "order" }, "Order", order),
      make("button", { class: "main" }, "Search"),
    ),
    list,
    detail,
  );
  again();
  return () => {};
}
