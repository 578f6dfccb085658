// Shows openapi.json: one fold for each operation, grouped by what it is about.
"use strict";

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const reference = (schema) => schema?.$ref?.split("/").pop();

// A schema as the JSON that it describes: types in place of values, names of other schemas kept.
function sketch(schema, doc, depth = 0) {
  if (!schema) return null;
  const name = reference(schema);
  if (name) {
    const target = doc.components.schemas[name];
    return target && depth < 3 ? sketch(target, doc, depth + 1) : name;
  }
  if (schema.enum) return schema.enum.map((value) => String(value)).join(" | ");
  if (schema.oneOf || schema.anyOf)
    return (schema.oneOf || schema.anyOf).map((one) => sketch(one, doc, depth + 1));
  if (schema.properties) {
    const shown = {};
    for (const [key, value] of Object.entries(schema.properties)) {
      const optional = schema.required && !schema.required.includes(key);
      shown[optional ? `${key}?` : key] = sketch(value, doc, depth);
    }
    return shown;
  }
  if (schema.items) return [sketch(schema.items, doc, depth)];
  const type = [].concat(schema.type || "any").join(" | ");
  return schema.format ? `${type} (${schema.format})` : type;
}

function part(title, content, doc) {
  const parts = [];
  for (const [kind, media] of Object.entries(content || {})) {
    const name = reference(media.schema);
    parts.push(make("h4", {}, `${title}: ${kind}${name ? ` · ${name}` : ""}`));
    if (media.schema)
      parts.push(make("pre", {}, JSON.stringify(sketch(media.schema, doc), null, 2)));
  }
  return parts;
}

function parameters(operation) {
  const rows = (operation.parameters || []).map((p) =>
    make("li", {}, make("code", {}, p.name), ` (${p.in}) ${p.schema.description || ""}`),
  );
  return rows.length ? [make("ul", {}, ...rows)] : [];
}

function fold(path, method, operation, doc) {
  const role = operation["x-role"] === "none" ? "open to everybody" : operation["x-role"];
  const open = operation["x-open"] ? `, or anybody with ${operation["x-open"]}` : "";
  return make(
    "details",
    { "data-text": `${method} ${path} ${role} ${operation.summary}`.toLowerCase() },
    make(
      "summary",
      {},
      make("span", { class: "method" }, method.toUpperCase()),
      make("code", {}, path),
      " ",
      make("span", { class: "role" }, role + open),
      make("br"),
      operation.summary,
    ),
    ...parameters(operation),
    ...part("Takes", operation.requestBody?.content, doc),
    ...part("Answers", operation.responses["2XX"]?.content, doc),
  );
}

function show(doc) {
  const groups = new Map();
  for (const [path, item] of Object.entries(doc.paths))
    for (const [method, operation] of Object.entries(item)) {
      const tag = operation.tags[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(fold(path, method, operation, doc));
    }
  const about = document.getElementById("about");
  about.replaceChildren(
    `${doc.info.description} Version ${doc.info.version}; as a file: `,
    make("a", { href: "/api/v1/openapi.json" }, "openapi.json"),
  );
  for (const tag of [...groups.keys()].sort()) {
    document.getElementById("tags").append(make("a", { href: `#${tag}` }, tag));
    document
      .getElementById("operations")
      .append(make("section", { id: tag }, make("h2", {}, tag), ...groups.get(tag)));
  }
}

function search(event) {
  const wanted = event.target.value.toLowerCase().split(/\s+/);
  for (const entry of document.querySelectorAll("details"))
    entry.hidden = !wanted.every((word) => entry.dataset.text.includes(word));
  for (const section of document.querySelectorAll("section"))
    section.hidden = !section.querySelector("details:not([hidden])");
}

document.getElementById("search").addEventListener("input", search);
fetch("/api/v1/openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => {
    document.getElementById("about").textContent = `The document could not be read: ${error}`;
  });
