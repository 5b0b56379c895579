// Pyodide as a command: node node.mjs RUNTIME EXECUTABLE [PYTHON ARGUMENTS…]
//
// RUNTIME is the directory of an unpacked Pyodide; EXECUTABLE becomes sys.executable, from which Python finds a virtual
// environment. The files of this machine are mounted at their own paths, except for directories that Pyodide has itself.
import { readdirSync, readSync } from "node:fs";
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

// Standard input, never a terminal, where Python would start an interactive prompt.
function read(buffer) {
  try {
    return readSync(0, buffer);
  } catch (error) {
    if (error.code === "EOF") return 0;
    throw error;
  }
}

// Pyodide keeps the interpreter alive after the program (`python -i`), where SystemExit is an ordinary exception. That is
// kept, since finalizing the interpreter crashes once many modules were imported.
const LIKE_A_PROGRAM = `
import sys

def ended(kind, error, trace, show=sys.excepthook):
    if not isinstance(error, SystemExit):
        return show(kind, error, trace)
    code = error.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
    finish()
    import os
    os._exit(0 if code is None else code & 0xFF if isinstance(code, int) else 1)

def finish():
    import atexit
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()

sys.excepthook = ended
finish
`;

try {
  const pyodide = await loadPyodide({
    indexURL: `${runtime}/`,
    args: words,
    env: process.env,
    fsInit: showFiles,
    _sysExecutable: executable,
  });
  pyodide.FS.chdir(process.cwd());
  pyodide.setStdin({ read, isatty: false });
  const finish = pyodide.runPython(LIKE_A_PROGRAM, { globals: pyodide.toPy({}) });
  const status = pyodide._module._run_main();
  finish();
  process.exitCode = status;
} catch (error) {
  if (error.name === "ExitStatus") {
    // Now: a program that called exit has no GIL, without which the runtime fails if it frees objects that it collects.
    process.exit(error.status);
  } else {
    console.error(error);
    process.exitCode = 134; // like a program killed by SIGABRT
  }
}
