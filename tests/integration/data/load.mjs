// node load.mjs RUNTIME BASE LOCK PACKAGES PROGRAM: loads packages by a lock file, runs Python, prints its value.
//
// BASE is the URL or the directory that the lock file's names are relative to. The lock file is read here, since in
// Node.js Pyodide takes no URL for it.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [runtime, base, lock, packages, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const where = base.startsWith("http:")
  ? { lockFileContents: await (await fetch(lock)).text(), packageBaseUrl: base }
  : { lockFileURL: lock, packageBaseUrl: base, packageCacheDir: base }; // the last one for Pyodide 0.27
const pyodide = await loadPyodide({ indexURL: `${runtime}/`, ...where });
await pyodide.loadPackage(packages.split(","));
console.log(await pyodide.runPythonAsync(await readFile(program, "utf-8")));
process.exit(0);
