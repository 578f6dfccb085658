// Bundles tests/*.test.ts(x) for Node and runs them with its own test runner.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const cache = path.join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const made = mkdtempSync(path.join(cache, "tests-"));

const tests = readdirSync(path.join(root, "tests")).filter((name) => /\.test\.tsx?$/.test(name));
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["tests/setup.ts", ...tests.map((name) => `tests/${name}`)],
  outdir: made,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node18",
  outExtension: { ".js": ".mjs" },
  external: ["happy-dom"],
  jsx: "automatic",
  jsxImportSource: "preact",
  // Charts are drawn by the browser tests: their engine stays in a piece that nobody loads.
  splitting: true,
  logLevel: "warning",
});
const files = readdirSync(made).filter((name) => name.endsWith(".test.mjs"));
const setup = pathToFileURL(path.join(made, "setup.mjs"));
const run = spawnSync(process.execPath, ["--test", ...files.map((name) => path.join(made, name))], {
  stdio: "inherit",
  env: { ...process.env, NODE_OPTIONS: `--import=${setup}` },
});
rmSync(made, { recursive: true, force: true });
process.exit(run.status ?? 1);
