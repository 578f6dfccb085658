// What a person does with Crisol, by clicking: each step finds things by the words on the page.

import assert from "node:assert/strict";
import { irisFile } from "./crisol.mjs";

export const password = "correct horse battery";
const trainWithin_ms = 90_000;

/** A person at a page that speaks a language. */
export class Person {
  constructor(page, words, language) {
    this.page = page;
    this.t = words;
    this.language = language;
  }

  button(key, values) {
    return this.page.getByRole("button", { name: this.t(key, values), exact: true });
  }

  field(key, where = this.page) {
    return where.getByLabel(this.t(key), { exact: true });
  }

  async go(key) {
    await openMenu(this);
    await this.page
      .getByRole("navigation", { name: this.t("nav.main") })
      .getByRole("link", { name: this.t(key), exact: true })
      .click();
    await this.title(this.t(key));
  }

  async title(text) {
    await this.page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
  }

  async tab(key) {
    await this.page
      .getByRole("navigation", { name: this.t("model.tabs") })
      .getByRole("link", { name: this.t(key), exact: true })
      .click();
  }

  async toast(text) {
    await this.page.locator(".toasts").getByText(text, { exact: true }).first().waitFor();
  }

  dialog() {
    return this.page.getByRole("dialog");
  }
}

export async function becomeAdministrator(person, link, name) {
  const { page, t } = person;
  await page.goto(link);
  await person.title(t("setup.title"));
  await person.field("user.name").fill(name);
  await person.field("user.password").fill(password);
  await person.field("user.passwordAgain").fill(password);
  await person.button("setup.submit").click();
  await person.title(t("nav.overview"));
}

export async function logIn(person, name, secret = password) {
  await person.field("user.name").fill(name);
  await person.field("user.password").fill(secret);
  await person.button("login.submit").click();
}

export async function openMenu(person) {
  const menu = person.page.getByRole("button", { name: person.t("nav.menu"), exact: true });
  if (await menu.isVisible()) await menu.click();
}

export async function logOut(person) {
  await openMenu(person);
  await person.button("nav.logOut").click();
  await person.title(person.t("login.title"));
}

export async function uploadIris(person) {
  const { page, t } = person;
  await person.go("nav.datasets");
  await page
    .getByRole("link", { name: t("datasets.upload") })
    .first()
    .click();
  await person.title(t("upload.title"));
  await page.locator("input[type=file]").setInputFiles(irisFile());
  assert.equal(await person.field("datasets.name").inputValue(), "iris");
  await page.getByRole("region", { name: t("upload.preview") }).waitFor();
  await person.button("upload.submit").click();
  await person.title("iris");
  await page.getByRole("rowheader", { name: "species" }).waitFor();
}

/** A table of numbers with a target that follows from them, but for some noise. */
export function noisyTable(rows) {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const line = () => {
    const [a, b, c] = [random(), random(), random()];
    return [a, b, c, 10 * a - 5 * b + 8 * random()].map((one) => one.toFixed(4)).join(",");
  };
  return ["x1,x2,x3,y", ...Array.from({ length: rows }, line), ""].join("\n");
}

export async function chooseFile(person, name, text) {
  await person.page
    .locator("input[type=file]")
    .setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
}

export async function openTrainForm(person, features = 4) {
  const { page, t } = person;
  await person.go("nav.catalogue");
  await page.locator('a[href^="/catalogue/svm"]').click();
  await page.getByRole("link", { name: t("module.train"), exact: true }).click();
  await page.locator('[name="kernel"]').waitFor();
  await page.getByText(t("train.chosen", { n: features, of: features })).waitFor();
}

/** The option of a select whose value is that JSON text. */
export async function chooseParameter(where, name, value) {
  await where.locator(`[name="${name}"]`).selectOption(JSON.stringify(value));
}

export async function waitUntil(person, status) {
  const { page, t } = person;
  await page
    .locator(".page-head .badge")
    .filter({ hasText: t(`status.${status}`) })
    .waitFor({ timeout: trainWithin_ms });
}

export async function trainFirst(person) {
  const { page, t } = person;
  await openTrainForm(person);
  await chooseParameter(page, "kernel", "radial");
  await page.getByLabel(new RegExp(`^${t("run.name")} ·`)).fill("radial svm");
  await page.getByLabel(new RegExp(`^${t("run.seed")} ·`)).fill("7");
  await person.field("run.experiment").selectOption("+");
  await person.field("experiments.name").fill("kernels");
  await person.button("train.submit").click();
  await person.title("radial svm");
  await waitUntil(person, "done");
}

export async function trainAgain(person) {
  const { page } = person;
  const first = page.url();
  await person.button("run.resubmit").click();
  const dialog = person.dialog();
  await dialog.locator('[name="kernel"]').waitFor();
  await chooseParameter(dialog, "kernel", "polynomial");
  await dialog.getByLabel(new RegExp(`^${person.t("run.name")} ·`)).fill("polynomial svm");
  await dialog.getByRole("button", { name: person.t("train.submit") }).click();
  await page.waitForURL((url) => url.href !== first && url.pathname.startsWith("/runs/"));
  await person.title("polynomial svm");
  await waitUntil(person, "done");
}

export async function registerRun(person, model, version) {
  const { page, t } = person;
  await person.button("run.register").click();
  const name = person.dialog().getByLabel(t("models.model"), { exact: true });
  await name.fill(model);
  await person
    .dialog()
    .getByRole("button", { name: t("run.registerConfirm"), exact: true })
    .click();
  await page.waitForURL(`**/models/${model}/versions`);
  await page.getByRole("heading", { name: t("version.long", { version }), exact: true }).waitFor();
}

export async function addShadow(person, version) {
  const { t } = person;
  await person.tab("model.traffic");
  await person.field("traffic.addVersion").selectOption(version);
  await person.field("traffic.addMode").selectOption("shadow");
  await person.button("traffic.add").click();
  await person.button("traffic.save").click();
  await person.toast(t("traffic.saved"));
}

/** Asks about a row of the data and tells that it was what the person says. */
export async function askAndTell(person, truth) {
  const { page, t } = person;
  const asked = page.getByRole("region", { name: t("try.history") }).locator("tbody tr");
  const before = await asked.count();
  await person.button("try.submit").click();
  await asked.nth(before).waitFor();
  const answer = page.locator(".verdict");
  const said = await answer.innerText();
  await page
    .locator(".answer")
    .getByRole("button", { name: truth ?? said, exact: true })
    .click();
  await page.getByText(t("try.told", { truth: truth ?? said }), { exact: true }).waitFor();
  return said;
}

export async function promote(person, version, reason) {
  const { t } = person;
  await person.tab("model.traffic");
  await person.page
    .getByRole("row")
    .filter({ hasText: t("version.long", { version }) })
    .getByRole("button", { name: t("traffic.promote") })
    .click();
  await person.field("traffic.reason", person.dialog()).fill(reason);
  await person
    .dialog()
    .getByRole("button", { name: t("traffic.promote"), exact: true })
    .click();
  await person.toast(t("traffic.promoted", { version }));
}

export async function rollBack(person, reason) {
  const { t } = person;
  await person.button("traffic.rollback").click();
  await person.field("traffic.reason", person.dialog()).fill(reason);
  await person
    .dialog()
    .getByRole("button", { name: t("traffic.rollback"), exact: true })
    .click();
  await person.toast(t("traffic.rolledBack"));
}

export async function assertChampion(person, version) {
  const { page, t } = person;
  await page
    .locator(".page-head .badge.is-accent")
    .filter({ hasText: t("version.short", { version }) })
    .waitFor();
}
