// The whole story by clicking: from the printed link to a promotion and back, in each language,
// on a desk and on a phone. On every page axe finds nothing and nothing is wider than the window;
// the console stays quiet and no other host is asked.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertQuiet, lookAt, missingBrowser, openBrowser, openPage, wordsOf } from "./browser.mjs";
import { missing, startCrisol } from "./crisol.mjs";
import {
  addShadow,
  askAndTell,
  assertChampion,
  becomeAdministrator,
  logIn,
  logOut,
  openTrainForm,
  Person,
  password,
  promote,
  registerRun,
  rollBack,
  trainAgain,
  trainFirst,
  uploadIris,
} from "./steps.mjs";

const skip = missing() || missingBrowser();
let browser;

before(async () => {
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

// Two at once: each has a server of its own, and half of a story is waiting.
describe("the whole story", { concurrency: 2 }, () => {
  for (const language of ["en", "es", "pt"]) {
    for (const width of [1280, 390]) {
      it(`from first start to roll-back, ${language}, ${width} px`, { skip }, () =>
        story(language, width),
      );
    }
  }
});

async function story(language, width) {
  const server = await startCrisol();
  const scheme = width === 390 ? "dark" : "light";
  const opened = await openPage(browser, { address: server.address, language, width, scheme });
  try {
    const person = new Person(opened.page, wordsOf(language), language);
    await beginning(person, server);
    await training(person);
    await serving(person);
    await scoring(person);
    await administration(person, server);
    await account(person, opened.watch);
    assertQuiet(opened.watch);
  } catch (cause) {
    cause.message += `\nat ${opened.page.url()}\nserver:\n${server.output().slice(-2000)}`;
    throw cause;
  } finally {
    await opened.context.close();
    assert.equal(await server.stop(), 0, "the server drains and ends well");
  }
}

async function beginning(person, server) {
  const { page } = person;
  await page.goto("/");
  await person.title(person.t("login.title"));
  assert.equal(await page.evaluate(() => document.documentElement.lang), person.language);
  await page.getByText(person.t("login.setupNeeded")).waitFor();
  await lookAt(page, "login");
  await page.goto(server.setupLink);
  await person.title(person.t("setup.title"));
  await lookAt(page, "setup");
  await becomeAdministrator(person, server.setupLink, "ada");
  await page.getByText(person.t("steps.title")).waitFor();
  await lookAt(page, "empty overview");
  for (const key of ["nav.datasets", "nav.experiments", "nav.runs", "nav.models"]) {
    await person.go(key);
    await page.locator(".empty").first().waitFor();
    await lookAt(page, `empty ${key}`);
  }
  await skipLink(person);
}

/** The first stop of the keyboard leads past the navigation, and a new page takes the focus. */
async function skipLink(person) {
  const { page } = person;
  await page.reload();
  await person.title(person.t("nav.models"));
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  assert.equal(await focused(), person.t("app.skip"));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await person.go("nav.runs");
  assert.equal(await focused(), person.t("nav.runs"));
}

async function training(person) {
  const { page } = person;
  await uploadIris(person);
  await lookAt(page, "dataset");
  await openTrainForm(person);
  await lookAt(page, "train form");
  await refusedParameter(person);
  await trainFirst(person);
  await page
    .getByRole("row")
    .filter({ hasText: person.t("metric.accuracy") })
    .first()
    .waitFor();
  await page.locator(".log").waitFor();
  await lookAt(page, "run");
  await registerRun(person, "iris", "1");
  await lookAt(page, "versions");
  await person.go("nav.runs");
  await page.getByRole("link", { name: "radial svm" }).click();
  await person.title("radial svm");
  await trainAgain(person);
  await registerRun(person, "iris", "2");
  await comparing(person);
}

/** A value out of range is refused beside its field, before anything is sent. */
async function refusedParameter(person) {
  const { page, t } = person;
  await page.locator('[name="C"]').fill("0");
  await person.button("train.submit").click();
  await page.getByText(t("form.moreThan", { bound: 0 })).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "C");
  assert.match(page.url(), /\/train/);
  await page.locator('[name="C"]').fill("1");
}

async function comparing(person) {
  const { page, t } = person;
  await person.go("nav.experiments");
  await lookAt(page, "experiments");
  await page.getByRole("link", { name: "kernels" }).click();
  await person.title("kernels");
  await person.go("nav.runs");
  const picks = page.locator("tbody input[type=checkbox]");
  await picks.nth(1).waitFor();
  await picks.nth(0).check();
  await picks.nth(1).check();
  await lookAt(page, "runs");
  await person.button("runs.compareSome", { n: 2 }).click();
  await person.title(t("compare.title"));
  const kernels = page.getByRole("row").filter({ hasText: "kernel" }).first();
  assert.match(await kernels.innerText(), /radial/);
  assert.match(await kernels.innerText(), /polynomial/);
  await lookAt(page, "compare");
}

async function serving(person) {
  const { page, t } = person;
  await person.go("nav.models");
  await page.getByRole("link", { name: "iris", exact: true }).click();
  await addShadow(person, "2");
  await lookAt(page, "traffic");
  await person.tab("model.try");
  await page.locator("main form").waitFor();
  await lookAt(page, "try it");
  await askAndTell(person);
  await person.button("try.example").click();
  await askAndTell(person);
  await askAndTell(person, "setosa");
  await lookAt(page, "answer");
  await person.tab("model.predictions");
  const rows = page.locator("tbody tr");
  await rows.nth(2).waitFor();
  assert.equal(await rows.count(), 3);
  await lookAt(page, "predictions");
  const waiting = page.waitForEvent("download");
  await page.getByTitle(t("predictions.export", { format: "CSV" })).click();
  assert.match((await waiting).suggestedFilename(), /iris-predictions\.csv/);
}

async function scoring(person) {
  const { page, t } = person;
  await person.tab("model.performance");
  const figures = page.getByRole("region", { name: t("performance.figures") });
  const accuracy = figures.getByRole("row").filter({ hasText: t("metric.accuracy") });
  await accuracy.waitFor();
  await page.waitForFunction(
    (text) =>
      [...document.querySelectorAll(".stat")].some((one) => one.textContent?.includes(text)),
    `${t("performance.labelled")}3`,
  );
  assert.equal(await accuracy.locator("td").count(), 5, "history and now of both versions");
  await page.locator(".confusion").nth(3).waitFor();
  await page.locator(".chart canvas").first().waitFor();
  await lookAt(page, "performance");
  await promote(person, "2", "It is better on virginica");
  await assertChampion(person, "2");
  await rollBack(person, "More doubtful answers");
  await assertChampion(person, "1");
  await person.tab("model.decisions");
  await page.getByText("More doubtful answers").waitFor();
  await page.getByText("It is better on virginica").waitFor();
  await lookAt(page, "decisions");
  await person.go("nav.overview");
  await page.locator(".model-card").waitFor();
  await lookAt(page, "overview");
}

async function administration(person, server) {
  const { page, t } = person;
  await person.go("nav.admin");
  await person.button("users.new").click();
  await person.field("user.name", person.dialog()).fill("grace");
  await person.field("user.password", person.dialog()).fill(password);
  await lookAt(page, "dialog of a new user");
  await person
    .dialog()
    .getByRole("button", { name: t("users.add"), exact: true })
    .click();
  await person.toast(t("users.added", { name: "grace" }));
  await lookAt(page, "users");
  await tokens(person, server);
  for (const part of ["audit", "settings"]) {
    await page.goto(`/admin/${part}`);
    await page.locator("tbody tr").first().waitFor();
    await lookAt(page, part);
  }
}

/** A token is shown once, works, and works no longer once it is revoked. */
async function tokens(person, server) {
  const { page, t } = person;
  await page.goto("/admin/tokens");
  await person.button("tokens.new").first().click();
  await person.field("tokens.label", person.dialog()).fill("sensor");
  await person.field("user.role", person.dialog()).selectOption("viewer");
  await person
    .dialog()
    .getByRole("button", { name: t("tokens.create"), exact: true })
    .click();
  const token = await page.getByTestId("token").innerText();
  await lookAt(page, "dialog of a new token");
  const status = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${server.address}/api/v1/models`, { headers })).status;
  };
  assert.equal(await status(), 200);
  await person
    .dialog()
    .getByRole("button", { name: t("app.close"), exact: true })
    .click();
  assert.equal((await page.content()).includes(token), false, "the token is not shown again");
  await lookAt(page, "tokens");
  const row = page.getByRole("row").filter({ hasText: "sensor" });
  await row.getByRole("button", { name: t("tokens.revoke") }).click();
  await person
    .dialog()
    .getByRole("button", { name: t("tokens.revoke"), exact: true })
    .click();
  await row.waitFor({ state: "detached" });
  assert.equal(await status(), 401);
}

async function account(person, watch) {
  const { page, t } = person;
  await page.goto("/me");
  await person.title(t("me.title"));
  await lookAt(page, "account");
  await switchLanguage(person);
  await page.locator("main").getByLabel(t("nav.theme")).selectOption("dark");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.bsTheme), "dark");
  await page.locator("main").getByLabel(t("nav.theme")).selectOption("light");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.bsTheme), "light");
  await page.goto("/nowhere");
  await person.title(t("app.notFound"));
  await logOutAndIn(person, watch);
}

/** The language changes at once and is still there after the page has been loaded again. */
async function switchLanguage(person) {
  const { page, t } = person;
  const other = person.language === "es" ? "en" : "es";
  const theirs = wordsOf(other);
  await page.locator("main").getByLabel(t("nav.language")).selectOption(other);
  await person.title(theirs("me.title"));
  await page.reload();
  await person.title(theirs("me.title"));
  assert.equal(await page.evaluate(() => document.documentElement.lang), other);
  await page.locator("main").getByLabel(theirs("nav.language")).selectOption(person.language);
  await person.title(t("me.title"));
}

async function logOutAndIn(person, watch) {
  const { page, t } = person;
  await logOut(person);
  watch.expected.push(/status of 401/);
  await logIn(person, "ada", "not the password");
  await page.getByText(t("login.wrong")).waitFor();
  await lookAt(page, "refused login");
  await logIn(person, "ada");
  await page.locator(".shell").waitFor();
}
