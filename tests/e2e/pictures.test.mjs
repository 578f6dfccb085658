// Takes the README's pictures into docs/images/: npm run pictures. The data are real: Iris, two
// machines trained on it, its rows asked over a day of the server's clock and most of their truth
// told.

import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { missingBrowser, openBrowser, openPage, wordsOf } from "./browser.mjs";
import { irisFile, missing, root, startCrisol } from "./crisol.mjs";
import {
  addShadow,
  askAndTell,
  becomeAdministrator,
  openTrainForm,
  Person,
  registerRun,
  trainAgain,
  trainFirst,
  uploadIris,
} from "./steps.mjs";

const wanted = process.env.CRISOL_PICTURES ? false : "only when asked: npm run pictures";
const hours = 24;
const hour_ms = 3_600_000;
/** High enough for the table of figures and the chart below it. */
const tall_px = 1330;
const folder = path.join(root, "docs", "images");

test("the pictures of the README", { skip: wanted || missing() || missingBrowser() }, async () => {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  const start = new Date(Date.now() - hours * hour_ms).toISOString();
  try {
    await withServer(browser, [], training);
    await withServer(browser, ["--set", `clock.virtual=${start}`], serving);
  } finally {
    await browser.close();
  }
});

async function withServer(browser, options, work) {
  const server = await startCrisol(options);
  try {
    const desk = await openPage(browser, { address: server.address, language: "en", width: 1280 });
    const person = new Person(desk.page, wordsOf("en"), "en");
    await becomeAdministrator(person, server.setupLink, "ada");
    await uploadIris(person);
    await work(person, browser, server);
  } finally {
    await server.stop();
  }
}

async function training(person) {
  const { page } = person;
  await openTrainForm(person);
  await take(page, "train");
  await trainFirst(person);
  await registerRun(person, "iris", "1");
  await page.goBack();
  await person.title("radial svm");
  await take(page, "run");
}

async function serving(person, browser, server) {
  const { page } = person;
  await trainFirst(person);
  await registerRun(person, "iris", "1");
  await page.goBack();
  await person.title("radial svm");
  await trainAgain(person);
  await registerRun(person, "iris", "2");
  await addShadow(person, "2");
  await replay(page);
  await onTheDesk(person);
  await inTheDark(browser, server, page.context());
}

/**
 * A day passes: every hour some rows of Iris are asked, more by day than by night, and the truth
 * about most of those of the hour before is told.
 */
async function replay(page) {
  const [head, ...lines] = readFileSync(irisFile(), "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  const rows = lines.map((line) => line.split(","));
  await page.evaluate(passDay, { names, rows, hours, step: 7 });
}

/** Runs in the page: only what it is given is known there. */
async function passDay({ names, rows, hours, step }) {
  const { csrf } = await (await fetch("/api/v1/session")).json();
  const post = async (address, body) => {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const text = JSON.stringify(body);
    const answer = await fetch(`/api/v1${address}`, { method: "POST", headers, body: text });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const target = names.length - 1;
  const features = (row) =>
    Object.fromEntries(names.slice(0, target).map((name, i) => [name, Number(row[i])]));
  let asked = 0;
  let waiting = [];
  for (let hour = 0; hour < hours; hour++) {
    const count = 30 + Math.round(20 * Math.sin((2 * Math.PI * hour) / hours));
    const some = Array.from({ length: count }, () => {
      asked++;
      return { id: `flower-${asked}`, row: rows[(asked * step) % rows.length] };
    });
    await post("/models/iris/predict", {
      rows: some.map((one) => features(one.row)),
      ids: some.map((one) => one.id),
    });
    const known = waiting.filter((_, index) => index % step !== 0);
    const items = known.map((one) => ({ id: one.id, truth: one.row[target] }));
    if (items.length > 0) await post("/models/iris/feedback", { items });
    waiting = some;
    await post("/clock", { advance_s: 3600 });
  }
}

async function take(page, name, height) {
  const { width, height: usual } = page.viewportSize();
  if (height) await page.setViewportSize({ width, height });
  const toasts = page.locator(".toast-item button");
  while ((await toasts.count()) > 0) await toasts.first().click();
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(900);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  if (height) await page.setViewportSize({ width, height: usual });
}

async function onTheDesk(person) {
  const { page } = person;
  await page.goto("/");
  await page.locator(".model-card").waitFor();
  await take(page, "overview");
  await page.goto("/models/iris");
  await page.locator(".chart canvas").first().waitFor();
  await take(page, "performance", tall_px);
  await person.tab("model.try");
  await askAndTell(person);
  await take(page, "try");
  await person.tab("model.traffic");
  await take(page, "traffic");
}

async function inTheDark(browser, server, context) {
  const cookies = await context.cookies();
  const phone = await openPage(browser, {
    address: server.address,
    language: "es",
    width: 390,
    scheme: "dark",
  });
  await phone.context.addCookies(cookies);
  await phone.page.goto("/models/iris");
  await phone.page.locator(".chart canvas").first().waitFor();
  await take(phone.page, "performance-phone");
}
