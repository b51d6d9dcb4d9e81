// Runs of training and benchmarks, as their folders show them: one of them, or two beside each other.

import { make, show, say, table } from "./dom.js";
import { ask, json } from "./api.js";

const every = 5000;

export function runsPage() {
  const list = make("div");
  const detail = make("section", { tabIndex: -1, "aria-label": "Shown runs" });
  const button = make("button", { class: "main", disabled: true, onclick: () => open().catch(fail) }, "Show");
  let chosen = [];
  let shown = [];
  let known = [];
  let pictures = [];
  let timer;
  let left = false;

  function fail(error) {
    detail.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
  }

  const of = (names) => new URLSearchParams(names.map((name) => ["run", name]));

  function choose(name, isChosen) {
    chosen = isChosen ? [...chosen, name].slice(-2) : chosen.filter((other) => other !== name);
    for (const box of list.querySelectorAll("input")) {
      box.checked = chosen.includes(box.value);
    }
    button.disabled = chosen.length === 0;
    button.textContent = chosen.length === 2 ? "Show side by side" : "Show";
  }

  function rows(runs) {
    return runs.map((run) =>
      make(
        "tr",
        {},
        make("td", {}, make("input", { type: "checkbox", value: run.name, checked: chosen.includes(run.name), "aria-label": `Choose ${run.name}`, onchange: (event) => choose(run.name, event.target.checked) })),
        make("td", { class: "wide" }, make("span", { class: "clip" }, run.name)),
        make("td", {}, run.kind),
        make("td", {}, run.state),
        make("td", {}, new Date(run.updated).toLocaleString()),
      ),
    );
  }

  async function look() {
    try {
      const { watched, runs } = await json("/v1/runs");
      if (left) {
        return;
      }
      const changed = JSON.stringify(runs) !== JSON.stringify(known);
      if (!watched) {
        list.replaceChildren(make("p", {}, "This server watches no folder. Start it with rrm serve --runs FOLDER."));
      } else if (changed || !list.hasChildNodes()) {
        const wasNewer = shown.some((name) => known.find((run) => run.name === name)?.updated !== runs.find((run) => run.name === name)?.updated);
        known = runs;
        const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
        list.replaceChildren(
          runs.length
            ? table("Runs", [{ name: "" }, { name: "Run" }, { name: "Kind" }, { name: "State" }, { name: "Last written" }], rows(runs))
            : make("p", {}, "There is no run in the folder yet."),
        );
        if (focused !== null) {
          [...list.querySelectorAll("input")].find((box) => box.value === focused)?.focus();
        }
        if (shown.length && wasNewer) {
          await draw(shown);
        }
      }
    } catch (error) {
      list.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
    }
    if (!left) {
      timer = setTimeout(look, every);
    }
  }

  async function open() {
    detail.replaceChildren(make("p", { class: "note" }, "Reading …"));
    await draw(chosen);
    detail.focus();
  }

  function picture({ caption, description, svg }) {
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    pictures.push(address);
    return make("figure", {}, make("img", { src: address, alt: description }), make("figcaption", {}, caption));
  }

  function drop() {
    pictures.forEach((address) => URL.revokeObjectURL(address));
    pictures = [];
  }

  async function draw(names) {
    const view = await json(`/v1/runs/view?${of(names)}`);
    if (left) {
      return;
    }
    drop();
    shown = names;
    const isTraining = known.find((run) => run.name === names[0])?.kind === "training";
    detail.replaceChildren(
      make("h3", {}, names.join(" and ")),
      ...view.result.map((line) => make("p", {}, line)),
      isTraining ? "" : make("button", { onclick: () => save(names).catch(fail) }, "Save the report"),
      make("div", { class: "figures" }, ...view.figures.map(picture)),
      ...view.tables.flatMap(({ title, rows: [heading, ...values] }) => [
        make("h3", {}, title),
        table(
          title,
          heading.map((name) => ({ name })),
          values.map((row) => make("tr", {}, ...row.map((cell, column) => make("td", { class: column === 0 ? "wide" : null }, cell)))),
        ),
      ]),
    );
  }

  async function save(names) {
    const page = await (await ask(`/v1/runs/report?${of(names)}`)).blob();
    const address = URL.createObjectURL(page);
    make("a", { href: address, download: `${names.join("-and-").replaceAll("/", "-")}.html` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    say("The report was saved.");
  }

  show(make("h2", {}, "Runs"), make("p", { class: "note" }, "Choose a run to see it, or two to see them side by side."), list, make("div", { class: "row" }, button), detail);
  look();
  return () => {
    left = true;
    clearTimeout(timer);
    drop();
  };
}
