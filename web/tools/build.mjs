// Builds the web interface into dist/: index.html, hashed scripts, styles and fonts under
// assets/, licenses.txt of what was bundled, and manifest.json, the list of all of them.
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { scss } from "./scss.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const dist = path.join(root, "dist");

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  outdir: "dist/assets",
  target: ["es2021", "chrome100", "firefox100", "safari15.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "file" },
  legalComments: "none",
  logLevel: "warning",
  plugins: [scss(root)],
};

/** The output that was made from an entry point, as a path below dist/. */
function outputOf(metafile, entry, extension) {
  for (const [file, info] of Object.entries(metafile.outputs)) {
    if (info.entryPoint === entry && file.endsWith(extension)) return file.slice("dist/".length);
  }
  throw new Error(`esbuild made no ${extension} from ${entry}`);
}

/** The scripts that the entry loads at once, so that the browser can ask for them early. */
function staticImports(metafile, file, seen = new Set()) {
  for (const one of metafile.outputs[`dist/${file}`]?.imports ?? []) {
    const name = one.path.slice("dist/".length);
    if (one.kind !== "import-statement" || seen.has(name)) continue;
    seen.add(name);
    staticImports(metafile, name, seen);
  }
  return seen;
}

function page(files) {
  const preload = files.preload.map((file) => `    <link rel="modulepreload" href="/${file}">\n`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Crisol</title>
    <link rel="icon" type="image/svg+xml" href="/${files.icon}">
    <link rel="preload" as="font" type="font/woff2" crossorigin href="/${files.font}">
    <link rel="stylesheet" href="/${files.style}">
    <script src="/${files.boot}"></script>
${preload.join("")}    <script type="module" src="/${files.main}"></script>
  </head>
  <body>
    <div id="app"></div>
    <noscript>Crisol needs JavaScript. Crisol necesita JavaScript. O Crisol precisa de JavaScript.</noscript>
  </body>
</html>
`;
}

/** What the licences of the bundled packages ask for: their notices travel with the bundle. */
async function licences(metafiles) {
  const packages = new Set();
  for (const metafile of metafiles) {
    for (const input of Object.keys(metafile.inputs)) {
      const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (found) packages.add(found[1]);
    }
  }
  packages.add("bootstrap");
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = path.join(root, "node_modules", name);
    const about = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    const text = file ? await readFile(path.join(folder, file), "utf8") : "";
    parts.push(`${name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(78)}\n\n`);
}

async function list(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await list(full)));
    else found.push({ path: path.relative(dist, full), bytes: (await stat(full)).size });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function build() {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const app = await esbuild.build({
    ...common,
    entryPoints: ["src/main.tsx", "src/theme/theme.scss", "src/theme/icons/crisol.svg"],
    format: "esm",
    splitting: true,
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const boot = await esbuild.build({ ...common, entryPoints: ["src/boot.ts"], format: "iife" });

  const main = outputOf(app.metafile, "src/main.tsx", ".js");
  const outputs = Object.keys(app.metafile.outputs);
  const asset = (pattern) => outputs.find((one) => pattern.test(one)).slice("dist/".length);
  await writeFile(
    path.join(dist, "index.html"),
    page({
      main,
      boot: outputOf(boot.metafile, "src/boot.ts", ".js"),
      style: outputOf(app.metafile, "src/theme/theme.scss", ".css"),
      icon: asset(/crisol-[A-Z0-9]+\.svg$/),
      font: asset(/inter-latin-wght-normal-[A-Z0-9]+\.woff2$/),
      preload: [...staticImports(app.metafile, main)],
    }),
  );
  // The icon's entry point leaves a script that only names the icon; nobody loads it.
  const stub = outputOf(app.metafile, "src/theme/icons/crisol.svg", ".js");
  await rm(path.join(dist, stub));
  await writeFile(path.join(dist, "licenses.txt"), await licences([app.metafile, boot.metafile]));
  const files = await list(dist);
  await writeFile(
    path.join(dist, "manifest.json"),
    `${JSON.stringify({ index: "index.html", files }, null, 1)}\n`,
  );
  return files;
}

const files = await build();
for (const file of files) console.log(`${String(file.bytes).padStart(9)}  ${file.path}`);
