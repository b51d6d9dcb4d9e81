// Two texts word by word: what only one of them holds is marked.

import { make } from "./dom.js";

const mostWords = 1500;

function words(text) {
  return text.match(/\s+|[^\s]+/g) ?? [];
}

// Longest common subsequence; for texts so long that it would take long, nothing is marked.
function common(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const inA = new Set();
  const inB = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      inA.add(i++);
      inB.add(j++);
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) {
      i++;
    } else {
      j++;
    }
  }
  return [inA, inB];
}

function marked(parts, shared, name) {
  return make("p", { class: "text" }, ...parts.map((part, at) => (shared.has(at) || !part.trim() ? part : make("span", { class: name }, part))));
}

export function sideBySide(first, second, titles = ["Response 1", "Response 2"]) {
  const [a, b] = [words(first), words(second)];
  const all = { has: () => true };
  const [inA, inB] = a.length > mostWords || b.length > mostWords ? [all, all] : common(a, b);
  return make(
    "div",
    { class: "two" },
    make("section", { class: "panel" }, make("h3", {}, titles[0]), marked(a, inA, "only-one")),
    make("section", { class: "panel" }, make("h3", {}, titles[1]), marked(b, inB, "only-two")),
  );
}
