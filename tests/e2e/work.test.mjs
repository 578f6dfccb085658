// Work that takes time or goes wrong: a broken file, an upload that can be watched, a refused
// parameter, a run that is followed live and cancelled, a regression and its score, a server that
// goes away and comes back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { assertQuiet, lookAt, missingBrowser, openBrowser, openPage, wordsOf } from "./browser.mjs";
import { missing, startCrisol } from "./crisol.mjs";
import {
  becomeAdministrator,
  chooseFile,
  noisyTable,
  openTrainForm,
  Person,
  registerRun,
  waitUntil,
} from "./steps.mjs";

const skip = missing() || missingBrowser();
const manyRows = 2000;
let browser;

before(async () => {
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

// The shades are those that the first story of the same language and width does not have.
describe("work", { concurrency: 2 }, () => {
  for (const [language, width, scheme] of [
    ["en", 1280, "dark"],
    ["es", 390, "light"],
    ["pt", 768, "dark"],
  ]) {
    it(`work that takes time or goes wrong, ${language}, ${width} px`, { skip }, () =>
      story(language, width, scheme),
    );
  }
});

async function story(language, width, scheme) {
  const server = await startCrisol();
  const opened = await openPage(browser, { address: server.address, language, width, scheme });
  try {
    const person = new Person(opened.page, wordsOf(language), language);
    opened.watch.expected.push(/status of 422.*\/(datasets|runs)$/);
    await becomeAdministrator(person, server.setupLink, "ada");
    await brokenFile(person);
    await watchedUpload(person, opened.context);
    await refusedByTheServer(person);
    await followAndCancel(person);
    await regression(person);
    await tryRegression(person);
    await score(person);
    await comeBack(person, server, opened.watch);
    assertQuiet(opened.watch);
  } catch (cause) {
    cause.message += `\nat ${opened.page.url()}\nserver:\n${server.output().slice(-2000)}`;
    throw cause;
  } finally {
    await opened.context.close();
    assert.equal(await server.stop(), 0, "the server drains and ends well");
  }
}

async function brokenFile(person) {
  const { page, t } = person;
  await page.goto("/datasets/new");
  await chooseFile(person, "broken.csv", "a,b\n1,2\n3,4\n5,6,7\n8,9\n");
  await person.button("upload.submit").click();
  const alert = page.getByRole("alert");
  assert.match(await alert.innerText(), /line 4\b/);
  assert.equal((await alert.innerText()).match(/line 4/g).length, 1, "one fault is said once");
  await lookAt(page, "broken file");
  await person.go("nav.datasets");
  await page.getByText(t("datasets.empty")).waitFor();
}

/** The line is made slow enough to see the share that has left. */
async function watchedUpload(person, context) {
  const { page, t } = person;
  await page.goto("/datasets/new");
  await chooseFile(person, "noise.csv", noisyTable(manyRows));
  const network = await context.newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 80_000 };
  await network.send("Network.emulateNetworkConditions", slow);
  await person.button("upload.submit").click();
  const meter = page.getByRole("progressbar", { name: t("upload.progress"), exact: true });
  await meter.waitFor();
  await page.waitForFunction(() => {
    const share = Number(document.querySelector(".meter")?.getAttribute("aria-valuenow"));
    return share > 0 && share < 100;
  });
  await person.title("noise");
  await network.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });
  await network.detach();
  await page.getByRole("rowheader", { name: "y", exact: true }).waitFor();
}

/** What only the server can know is shown at its field, in the group that was folded. */
async function refusedByTheServer(person) {
  const { page, t } = person;
  await openTrainForm(person, 3);
  const weights = page.getByLabel(/class_weight$/);
  assert.equal(await weights.isVisible(), false, "the advanced group is folded");
  const advanced = page.getByText(t("train.advanced_other", { count: 5 }), { exact: true });
  await advanced.click();
  await weights.fill('{"setosa": -1}');
  await advanced.click();
  await person.button("train.submit").click();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  const described = await weights.getAttribute("aria-describedby");
  const fault = page.locator(`[id="${described.split(" ").pop()}"]`);
  assert.match(await fault.innerText(), /class_weight/);
  assert.equal(await weights.getAttribute("aria-invalid"), "true");
  await lookAt(page, "refused by the server");
  await weights.fill("null");
}

/** Curves and log come while the run works; the run of before stays when another is asked for. */
async function followAndCancel(person) {
  const { page, t } = person;
  await page.locator('[name="folds"]').fill("50");
  await page.locator('[name="C"]').fill("100");
  await page.getByLabel(new RegExp(`^${t("run.name")} ·`)).fill("long");
  await person.button("train.submit").click();
  await person.title("long");
  await waitUntil(person, "running");
  await page.locator(".log").filter({ hasText: "fold 3" }).waitFor();
  await page.locator(".chart canvas").first().waitFor();
  const meter = page.getByRole("progressbar", { name: t("run.progress"), exact: true });
  await meter.and(page.locator(':not([aria-valuenow="0"])')).waitFor();
  assert.equal(await page.locator(".page-head .is-good").count(), 0, "it still works");
  await lookAt(page, "a run at work");
  await person.button("run.cancel").click();
  await waitUntil(person, "cancelled");
  await person.button("run.cancel").waitFor({ state: "detached" });
  await lookAt(page, "a cancelled run");
}

/** "Change the data too" opens the form as the run was; the numbers are those of the language. */
async function regression(person) {
  const { page, t } = person;
  await person.button("run.resubmit").click();
  await person
    .dialog()
    .getByRole("link", { name: t("run.trainLike") })
    .click();
  await page.locator('[name="folds"]').waitFor();
  assert.equal(await page.locator('[name="folds"]').inputValue(), "50");
  const share = page.getByLabel(t("train.holdout"), { exact: true });
  assert.equal(await share.inputValue(), person.language === "en" ? "0.25" : "0,25");
  await page.locator('[name="folds"]').fill("0");
  await page.getByLabel(new RegExp(`^${t("run.name")} ·`)).fill("line");
  await person.button("train.submit").click();
  await person.title("line");
  await waitUntil(person, "done");
  await registerRun(person, "noise", "1");
}

/** Five rows are asked and their truth is told: the live figures stand beside the hold-out. */
async function tryRegression(person) {
  const { page, t } = person;
  await person.tab("model.try");
  const asked = page.getByRole("region", { name: t("try.history") }).locator("tbody tr");
  for (const [index, truth] of ["3.5", "-1", "8,25", "2", "6"].entries()) {
    await person.button("try.example").click();
    await person.button("try.submit").click();
    await asked.nth(index).waitFor();
    await person.field("try.truthValue").fill(truth);
    await person.button("try.tell").click();
    await page.locator(".answer .is-good").waitFor();
  }
  await lookAt(page, "asked a regression");
}

async function score(person) {
  const { page, t } = person;
  await person.tab("model.performance");
  const figures = page.getByRole("region", { name: t("performance.figures") });
  await page
    .locator(".stat")
    .filter({ hasText: t("performance.labelled") })
    .filter({ hasText: "5" })
    .waitFor();
  const rmse = await figures.getByRole("row").filter({ hasText: "RMSE" }).innerText();
  assert.match(rmse, person.language === "en" ? /\d\.\d{3}/ : /\d,\d{3}/);
  await page
    .getByRole("img", { name: t("curve.summary", { name: t("curve.scatter"), version: "1" }) })
    .waitFor();
  await page.getByLabel(t("window.window"), { exact: true }).selectOption("30m");
  await page.locator(".chart canvas").nth(1).waitFor();
  await lookAt(page, "performance of a regression");
  const waiting = page.waitForEvent("download");
  await page.getByTitle(t("app.downloadCsv")).first().click();
  const file = readFileSync(await (await waiting).path(), "utf8");
  assert.match(file, /RMSE,[\d.]+,[\d.]+,[\d.]+\r\n/, "the file has all digits, with points");
  await person.tab("model.versions");
  await page.getByTitle(t("app.copy")).first().click();
  await person.toast(t("app.copied"));
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^[0-9a-f]{64}$/);
}

/** The page says that it is cut off, comes back by itself, and shows what happened meanwhile. */
async function comeBack(person, server, watch) {
  const { page, t } = person;
  await person.go("nav.datasets");
  await page.getByRole("link", { name: "noise", exact: true }).waitFor();
  watch.expected.push(
    /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/,
  );
  await server.pause();
  await page.locator(".live.is-down").first().waitFor({ state: "attached" });
  await server.resume();
  const cookies = await page.context().cookies();
  await addDataset(server.address, cookies, "meanwhile");
  await page.getByRole("link", { name: "meanwhile", exact: true }).waitFor();
  await page.locator(".live.is-live").first().waitFor({ state: "attached" });
  assert.equal(await person.button("app.retry").count(), 0);
  await page.getByText(t("datasets.all")).waitFor();
}

async function addDataset(address, cookies, name) {
  const Cookie = cookies.map((one) => `${one.name}=${one.value}`).join("; ");
  const session = await fetch(`${address}/api/v1/session`, { headers: { Cookie } });
  const { csrf } = await session.json();
  const form = new FormData();
  form.set("name", name);
  form.set("file", new Blob(["a,b\n1,2\n3,4\n"], { type: "text/csv" }), `${name}.csv`);
  const headers = { Cookie, "X-CSRF-Token": csrf };
  const made = await fetch(`${address}/api/v1/datasets`, { method: "POST", headers, body: form });
  assert.equal(made.status, 201);
}
