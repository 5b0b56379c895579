// Load Pyodide and the wheels from the directory of this page, and show the results of page.py.

const PACKAGES = ["regex", "ujson"]; // prepare.py checks that the directory contains them
const element = (name) => document.getElementById(name);
const say = (text) => (element("status-text").textContent = text);
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function get(name, method = "GET") {
  const response = await fetch(name, { method });
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response;
}

async function load() {
  const started = performance.now();
  say("Loading Python …");
  const lock = await (await get("pyodide-lock.json")).json();
  const wheels = Object.fromEntries(PACKAGES.map((name) => [name, lock.packages[name]?.file_name]));
  for (const name of PACKAGES) {
    if (!wheels[name] || wheels[name].includes("://")) throw new Error(`no wheel for ${name} in pyodide-lock.json`);
  }
  for (const name of ["python_stdlib.zip", "pyodide.asm.wasm"]) await get(name, "HEAD"); // Pyodide's errors do not name the file
  const { loadPyodide } = await import("./pyodide.mjs");
  const here = new URL("./", import.meta.url).href;
  const pyodide = await loadPyodide({ indexURL: here, lockFileURL: `${here}pyodide-lock.json` });
  const python = seconds(started);

  say(`Loading ${PACKAGES.join(" and ")} …`);
  const loading = performance.now();
  const problems = [];
  await pyodide.loadPackage(PACKAGES, {
    messageCallback: () => {},
    errorCallback: (problem) => problems.push(problem),
  });
  const missing = PACKAGES.filter((name) => !(name in pyodide.loadedPackages));
  if (missing.length) throw new Error([`not loaded: ${missing.map((name) => wheels[name]).join(", ")}`, ...problems].join("\n"));

  pyodide.FS.writeFile("/home/pyodide/page.py", await (await get("page.py")).text());
  const page = pyodide.pyimport("page");
  const about = JSON.parse(page.about());
  globalThis.pyodide = pyodide; // for the browser's console
  return { page, about, wheels, times: `Python ready in ${python}, packages in ${seconds(loading)}.` };
}

function showModules(modules, wheels) {
  const rows = modules.map(({ name, version, file, size }) => {
    const row = document.createElement("tr");
    for (const text of [`${name} ${version}`, wheels[name], `${file} (${Math.round(size / 1024)} KiB)`]) {
      row.appendChild(document.createElement("td")).textContent = text;
    }
    return row;
  });
  element("modules").replaceChildren(...rows);
}

function note(id, text, wrong = false) {
  element(id).textContent = text;
  element(id).classList.toggle("wrong", wrong);
}

function search(page) {
  const result = JSON.parse(page.search(element("pattern").value, element("text").value));
  if (result.error) {
    element("matches").replaceChildren();
    return note("search-note", result.error, true);
  }
  const pieces = result.pieces.map(([text, matched]) => {
    const piece = document.createElement(matched ? "mark" : "span");
    piece.textContent = text;
    return piece;
  });
  element("matches").replaceChildren(...pieces);
  const count = `${result.count} ${result.count === 1 ? "match" : "matches"} in ${result.milliseconds} ms.`;
  note("search-note", result.builtin ? `${count} Python’s re: ${result.builtin}.` : count);
}

function roundTrip(page) {
  const result = JSON.parse(page.round_trip(element("document").value));
  element("returned").textContent = result.text ?? "";
  const slowest = Math.max(...Object.values(result.microseconds ?? {}));
  for (const name of ["ujson", "json"]) {
    const time = result.microseconds?.[name];
    element(`time-${name}`).textContent = time ? `${time.toFixed(1)} µs` : "";
    element(`bar-${name}`).style.width = time ? `${(100 * time) / slowest}%` : "0";
  }
  if (result.error) return note("json-note", result.error, true);
  note("json-note", result.same ? "The same value came back." : "Another value came back.", !result.same);
}

// Show unexpected Python exceptions like failures to load: the last line, and the traceback below it.
function guarded(action) {
  try {
    action();
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  const text = String(error.message ?? error).trim();
  fail(`This did not work: ${text.split("\n").at(text.startsWith("Traceback") ? -1 : 0)}`, text);
}

function afterTyping(action) {
  let waiting;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => guarded(action), 150);
  };
}

if (location.protocol !== "file:") {
  try {
    const { page, about, wheels, times } = await load();
    showModules(about.modules, wheels);
    search(page);
    roundTrip(page);
    const searching = afterTyping(() => search(page));
    element("pattern").addEventListener("input", searching);
    element("text").addEventListener("input", searching);
    element("document").addEventListener("input", afterTyping(() => roundTrip(page)));
    for (const button of document.querySelectorAll("[data-pattern]")) {
      button.addEventListener("click", () => {
        element("pattern").value = button.dataset.pattern;
        guarded(() => search(page));
      });
    }
    element("controls").disabled = false;
    say(`${about.runtime}. ${times}`);
    element("page").dataset.state = "ready";
  } catch (error) {
    failed(error);
  }
}
