// Asks the server. A key, where one is wanted, is kept for this tab alone.

const keyName = "rrm-key";

// One question, however many requests wait for its answer: a second would clear what is being typed.
let asking;

function askForKey() {
  asking ??= showQuestion().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function showQuestion() {
  const dialog = document.getElementById("key");
  const field = document.getElementById("key-value");
  field.value = "";
  await new Promise((resolve) => {
    dialog.addEventListener("close", resolve, { once: true });
    dialog.showModal();
  });
  sessionStorage.setItem(keyName, field.value);
  return field.value !== "";
}

export async function ask(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  const key = sessionStorage.getItem(keyName);
  if (key) {
    headers.Authorization = `Bearer ${key}`;
  }
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401) {
    // Another request may have got a key while this one was under way.
    const isNew = (sessionStorage.getItem(keyName) ?? "") !== (key ?? "");
    if (isNew || (await askForKey())) {
      return ask(path, { method, body, signal });
    }
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    const error = new Error(problem.detail ?? `The server answered with ${response.status}.`);
    error.code = problem.code;
    throw error;
  }
  return response;
}

export async function json(path, options) {
  return (await ask(path, options)).json();
}

// The events of an answer, as they come.
export async function* events(path, body, signal) {
  const response = await ask(path, { method: "POST", body, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const [name, data] = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      yield { name: name.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
    }
  }
}
