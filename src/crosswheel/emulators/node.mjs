// Pyodide as a command: node node.mjs RUNTIME EXECUTABLE [ARGUMENTS OF PYTHON…]
//
// RUNTIME is the directory of an unpacked Pyodide, EXECUTABLE what sys.executable shall be: Python finds a virtual
// environment by it. The files of this machine are there under their own paths, but for those that Pyodide has itself.
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const PYODIDES_OWN = new Set(["dev", "lib", "proc"]);
const [runtime, executable, ...words] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const directories = readdirSync("/", { withFileTypes: true }).filter(
  (entry) => !entry.isFile() && !PYODIDES_OWN.has(entry.name),
);

async function showFiles(FS) {
  for (const { name } of directories) {
    FS.mkdirTree(`/${name}`);
    FS.mount(FS.filesystems.NODEFS, { root: `/${name}` }, `/${name}`);
  }
  FS.chdir(process.cwd());
}

try {
  const pyodide = await loadPyodide({
    indexURL: `${runtime}/`,
    args: words,
    // Unless told otherwise Pyodide goes on after the program, as `python -i` does.
    env: { ...process.env, PYTHONINSPECT: "" },
    fsInit: showFiles,
    _sysExecutable: executable,
  });
  pyodide.FS.chdir(process.cwd());
  process.exitCode = pyodide._module._run_main();
} catch (error) {
  if (error.name === "ExitStatus") {
    process.exitCode = error.status;
  } else {
    console.error(error);
    process.exitCode = 134; // as a program that was aborted
  }
}
