// Checks the catalogues: every key that the code asks for is there, in the three languages, with
// every plural form and the same {{values}}; no key is left over; no page holds text of its own.
// With --keys it prints the keys that the code asks for.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const source = path.join(root, "src");
const languages = ["en", "es", "pt"];
const faults = [];

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(full);
    return /\.tsx?$/.test(entry.name) ? [full] : [];
  });
}

// --- what the code says ---------------------------------------------------------------------
const literals = new Map();
const patterns = new Map();
const keyShape = /^[a-zA-Z]+\.[a-zA-Z0-9_.]+$/;
const spoken = new Set([
  "title",
  "label",
  "placeholder",
  "aria-label",
  "alt",
  "hint",
  "summary",
  "lead",
  "note",
  "confirm",
  "text",
  "empty",
  "children",
]);

function place(file, node) {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return `${path.relative(root, file.fileName)}:${line + 1}`;
}

function hasWord(text) {
  return /\p{L}{2,}/u.test(text);
}

function insideCode(node) {
  for (let up = node.parent; up; up = up.parent) {
    if (ts.isJsxElement(up)) return up.openingElement.tagName.getText() === "code";
  }
  return false;
}

function visit(file, node) {
  if (ts.isJsxText(node) && hasWord(node.text) && !insideCode(node))
    faults.push(`${place(file, node)}: text outside the catalogues: "${node.text.trim()}"`);
  if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer)) {
    const name = node.name.getText(file);
    if (spoken.has(name) && hasWord(node.initializer.text))
      faults.push(
        `${place(file, node)}: ${name} outside the catalogues: "${node.initializer.text}"`,
      );
  }
  if (ts.isStringLiteralLike(node)) literals.set(node.text, place(file, node));
  if (ts.isTemplateExpression(node)) {
    const parts = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
    const called = ts.isCallExpression(node.parent) && node.parent.expression.getText() === "t";
    const cast = ts.isAsExpression(node.parent) && node.parent.type.getText() === "Key";
    if (called || cast) patterns.set(parts.join("*"), place(file, node));
  }
  if (ts.isCallExpression(node) && node.expression.getText(file) === "t") {
    const [key] = node.arguments;
    if (key && ts.isStringLiteral(key)) asked.set(key.text, place(file, node));
  }
  ts.forEachChild(node, (child) => visit(file, child));
}

const asked = new Map();
for (const name of filesBelow(source)) {
  const text = readFileSync(name, "utf8");
  const kind = name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
  visit(file, file);
}

// --- what the catalogues hold ---------------------------------------------------------------
const catalogues = Object.fromEntries(
  languages.map((one) => [
    one,
    JSON.parse(readFileSync(path.join(source, "locales", `${one}.json`), "utf8")),
  ]),
);
const plural = /^(.+)_(zero|one|two|few|many|other)$/;
const stem = (key) => plural.exec(key)?.[1] ?? key;
const stems = new Map(
  languages.map((one) => [one, new Set(Object.keys(catalogues[one]).map(stem))]),
);
const asRegExp = (pattern) =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.\\+?^$(){}|[\]]/g, "\\$&"))
      .join("[A-Za-z0-9_]+")}$`,
  );

if (process.argv.includes("--keys")) {
  for (const key of [...asked.keys()].sort()) console.log(key);
  for (const key of [...literals.keys()].sort())
    if (keyShape.test(key) && !asked.has(key)) console.log(`? ${key}`);
  for (const key of [...patterns.keys()].sort()) console.log(`~ ${key}`);
  process.exit(0);
}

for (const [key, where] of asked)
  if (!stems.get("en").has(key)) faults.push(`${where}: no such key: ${key}`);
for (const [pattern, where] of patterns) {
  if (![...stems.get("en")].some((key) => asRegExp(pattern).test(key)))
    faults.push(`${where}: no key fits ${pattern}`);
}
for (const key of stems.get("en")) {
  const used = literals.has(key) || [...patterns.keys()].some((one) => asRegExp(one).test(key));
  if (!used) faults.push(`en.json: nobody asks for ${key}`);
}

const valuesIn = (text) => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((one) => one[1]).sort();

function checkPlurals(language, key) {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const form of forms)
    if (!(`${key}_${form}` in catalogues[language]))
      faults.push(`${language}.json: ${key} has no form ${form}`);
}

for (const language of languages) {
  const own = catalogues[language];
  for (const key of stems.get("en"))
    if (!stems.get(language).has(key)) faults.push(`${language}.json: ${key} is missing`);
  for (const key of stems.get(language))
    if (!stems.get("en").has(key)) faults.push(`${language}.json: ${key} is not in en.json`);
  for (const [key, text] of Object.entries(own)) {
    if (typeof text !== "string" || text.trim() === "")
      faults.push(`${language}.json: ${key} is empty`);
    const model = catalogues.en[key] ?? catalogues.en[`${stem(key)}_other`] ?? "";
    const foreign = valuesIn(String(text)).filter((one) => !valuesIn(model).includes(one));
    if (foreign.length > 0)
      faults.push(`${language}.json: ${key} names unknown values: ${foreign.join(", ")}`);
    const lost = plural.test(key)
      ? []
      : valuesIn(model).filter((one) => !valuesIn(String(text)).includes(one));
    if (lost.length > 0) faults.push(`${language}.json: ${key} leaves out: ${lost.join(", ")}`);
  }
  for (const key of new Set(
    Object.keys(own)
      .filter((one) => plural.test(one))
      .map(stem),
  ))
    checkPlurals(language, key);
}

for (const fault of faults) console.error(fault);
const total = stems.get("en").size;
console.log(`catalogues: ${total} texts in ${languages.length} languages, ${faults.length} faults`);
process.exit(faults.length > 0 ? 1 : 0);
