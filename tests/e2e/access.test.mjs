// What other people see: a viewer has no buttons for what a viewer may not do; registration
// appears when it is allowed; a session that ends leads to the login and back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, lookAt, missingBrowser, openBrowser, openPage, wordsOf } from "./browser.mjs";
import { missing, startCrisol } from "./crisol.mjs";
import { becomeAdministrator, logIn, logOut, Person, password, uploadIris } from "./steps.mjs";

const skip = missing() || missingBrowser();
let browser;

before(async () => {
  if (!skip) browser = await openBrowser();
});
after(() => browser?.close());

async function withServer({ options = [], language = "en", width = 1280, scheme }, work) {
  const server = await startCrisol(options);
  const address = server.address;
  const opened = await openPage(browser, { address, language, width, scheme });
  const person = new Person(opened.page, wordsOf(language), language);
  try {
    await becomeAdministrator(person, server.setupLink, "ada");
    await work(person, opened);
    assertQuiet(opened.watch);
  } finally {
    await opened.context.close();
    assert.equal(await server.stop(), 0);
  }
}

const registration = { options: ["--set", "identity.registration=true"] };

test("who registers is a viewer, reads everything and is offered no changes", { skip }, () =>
  withServer({ ...registration, language: "es", width: 390, scheme: "dark" }, async (person) => {
    const { page, t } = person;
    await uploadIris(person);
    await logOut(person);
    await page.getByRole("link", { name: t("login.register") }).click();
    await person.title(t("register.title"));
    await lookAt(page, "registration");
    await person.field("user.name").fill("reader");
    await person.field("user.password").fill(password);
    await person.field("user.passwordAgain").fill(password);
    await person.button("register.submit").click();
    await person.title(t("nav.overview"));
    await person.go("nav.datasets");
    await page.getByRole("link", { name: "iris", exact: true }).waitFor();
    assert.equal(await page.getByRole("link", { name: t("datasets.upload") }).count(), 0);
    assert.equal(await page.getByRole("link", { name: t("nav.admin"), exact: true }).count(), 0);
    await page.goto("/datasets/new");
    await person.title(t("app.forbidden"));
    await page.goto("/admin/users");
    await person.title(t("app.forbidden"));
    await lookAt(page, "a page that is not theirs");
  }),
);

test("a session that ends leads to the login, and back to the same page", { skip }, () =>
  withServer({ language: "pt" }, async (person, { context, watch }) => {
    const { page, t } = person;
    watch.expected.push(/status of 401/);
    await uploadIris(person);
    await context.clearCookies();
    await person.page.getByRole("link", { name: t("datasets.newVersion") }).click();
    await person.title(t("upload.title"));
    await page.goto("/datasets/iris");
    await person.title(t("login.title"));
    await page.getByText(t("login.goesOn")).waitFor();
    await logIn(person, "ada");
    await person.title("iris");
  }),
);

test("a file that is no table is refused with its reason beside the form", { skip }, () =>
  withServer({}, async (person, { watch }) => {
    const { page } = person;
    watch.expected.push(/status of 4\d\d/);
    await page.goto("/datasets/new");
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "empty.csv", mimeType: "text/csv", buffer: Buffer.from("") });
    await person.button("upload.submit").click();
    await page.getByRole("alert").waitFor();
    assert.match(page.url(), /datasets\/new/);
    await lookAt(page, "refused upload");
  }),
);

test("the page follows the server: a dataset of somebody else appears by itself", { skip }, () =>
  withServer({}, async (person, { context }) => {
    const { page, t } = person;
    await person.go("nav.datasets");
    await page.getByText(t("datasets.empty")).waitFor();
    await page.locator(".side .live.is-live").waitFor();
    const other = new Person(await context.newPage(), t, "en");
    await other.page.goto("/");
    await uploadIris(other);
    await page.getByRole("link", { name: "iris", exact: true }).waitFor();
  }),
);
