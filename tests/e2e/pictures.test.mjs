// Takes the README's pictures into docs/images/: npm run pictures. The data are real: Iris, two
// machines trained on it, all of its rows asked and most of their truth told.

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
const folder = path.join(root, "docs", "images");

test("the pictures of the README", { skip: wanted || missing() || missingBrowser() }, async () => {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  const server = await startCrisol();
  try {
    const desk = await openPage(browser, { address: server.address, language: "en", width: 1280 });
    const person = new Person(desk.page, wordsOf("en"), "en");
    await prepare(person, server);
    await onTheDesk(person);
    await inTheDark(browser, server, desk.context);
  } finally {
    await browser.close();
    await server.stop();
  }
});

async function prepare(person, server) {
  const { page } = person;
  await becomeAdministrator(person, server.setupLink, "ada");
  await uploadIris(person);
  await openTrainForm(person);
  await take(page, "train");
  await trainFirst(person);
  await registerRun(person, "iris", "1");
  await page.goBack();
  await person.title("radial svm");
  await take(page, "run");
  await trainAgain(person);
  await registerRun(person, "iris", "2");
  await addShadow(person, "2");
  await replay(page);
}

/** Every row of Iris is asked; the truth of each follows, but for the last thirty. */
async function replay(page) {
  const [head, ...lines] = readFileSync(irisFile(), "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  const rows = lines.map((line) => line.split(","));
  const target = names.length - 1;
  await page.evaluate(
    async ({ names, rows, target }) => {
      const { csrf } = await (await fetch("/api/v1/session")).json();
      const post = async (address, body) => {
        const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
        const answer = await fetch(address, {
          method: "POST",
          headers,
          body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(await answer.text());
      };
      const features = (row) =>
        Object.fromEntries(names.slice(0, target).map((name, i) => [name, Number(row[i])]));
      const ids = rows.map((_, index) => `flower-${index}`);
      await post("/api/v1/models/iris/predict", { rows: rows.map(features), ids });
      const items = ids
        .map((id, index) => ({ id, truth: rows[index][target] }))
        .filter((_, index) => index % 5 !== 4);
      await post("/api/v1/models/iris/feedback", { items });
    },
    { names, rows, target },
  );
}

async function take(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(900);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

async function onTheDesk(person) {
  const { page } = person;
  await page.goto("/");
  await page.locator(".model-card").waitFor();
  await take(page, "overview");
  await page.goto("/models/iris");
  await page.locator(".chart canvas").first().waitFor();
  await take(page, "performance");
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
