// Opens pages in Debian's Chromium and watches over them: what the console says, which hosts are
// asked, whether the page is wider than its window, and what axe finds.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { root } from "./crisol.mjs";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const locales = { en: "en-GB", es: "es-ES", pt: "pt-BR" };

export const chromiumPath = process.env.CRISOL_CHROMIUM ?? "/usr/bin/chromium";

export function missingBrowser() {
  return existsSync(chromiumPath) ? false : `${chromiumPath} is not there: run dev/setup test`;
}

export function openBrowser() {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: chromiumPath,
    args: [...sandbox, "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

/** The words of the interface in a language, from its own catalogues. */
export function wordsOf(language) {
  const file = path.join(root, "web", "src", "locales", `${language}.json`);
  const catalogue = JSON.parse(readFileSync(file, "utf8"));
  return (key, values = {}) => {
    const text = catalogue[key];
    assert.ok(text !== undefined, `${language}.json has no ${key}`);
    return text.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name]));
  };
}

export async function openPage(browser, { address, language, width, scheme = "light" }) {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 900 },
    locale: locales[language],
    colorScheme: scheme,
    baseURL: address,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const watch = { console: [], foreign: [], expected: [] };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      watch.console.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => watch.console.push(String(error)));
  page.on("request", (request) => {
    const asked = request.url();
    if (/^(data|blob):/.test(asked)) return;
    if (new URL(asked).origin !== address) watch.foreign.push(asked);
  });
  return { context, page, watch };
}

/** Chromium writes each refused request to the console; a test that provokes one says so. */
export function assertQuiet(watch) {
  const loud = watch.console.filter((text) => !watch.expected.some((one) => one.test(text)));
  assert.deepEqual(loud, [], "the console is quiet");
  assert.deepEqual(watch.foreign, [], "no other host is asked");
}

export async function assertAccessible(page, name) {
  // Toasts come and go; what they cover is looked at without them.
  await page.waitForTimeout(150);
  // It is half a megabyte: a page that was not loaded anew has it already.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
  const found = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }),
    axeTags,
  );
  const faults = found.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`,
  );
  assert.deepEqual(faults, [], `axe on ${name}`);
}

export async function assertFits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${name} is ${over} px wider than its window`);
}

export async function lookAt(page, name) {
  await assertAccessible(page, name);
  await assertFits(page, name);
}
