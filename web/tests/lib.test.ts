import assert from "node:assert/strict";
import { test } from "node:test";
import { findRoute } from "../src/app";
import { ApiError } from "../src/lib/api";
import { guessSeparator, parseCsv, toCsv } from "../src/lib/csv";
import {
  absolute,
  brief,
  bytes,
  duration,
  figure,
  fixed,
  integer,
  relative,
  tick,
  typing,
} from "../src/lib/format";
import { setLanguage, startI18n, t } from "../src/lib/i18n";
import { isHistory, pathsOf } from "../src/lib/live";
import { bucketValue, figuresOf, figureValue, judge } from "../src/lib/metrics";
import { isBelow } from "../src/lib/query";
import { match } from "../src/lib/router";
import { roleSuffices } from "../src/lib/session";
import type { Metrics } from "../src/lib/types";
import { bucketFor, bucketOf, noteRefusal, withoutMinutes } from "../src/lib/windows";

test("addresses name their parts, escaped or not", () => {
  assert.deepEqual(match("/runs/:id", "/runs/a%20b"), { id: "a b" });
  assert.deepEqual(match("/", "/"), {});
  assert.equal(match("/runs/:id", "/runs"), null);
  assert.equal(match("/runs/:id", "/runs/%E0%A4%A"), null);
  assert.deepEqual(match("/models", "/models/"), {});
});

test("a fixed address wins over one with a name in it", () => {
  assert.equal(findRoute("/datasets/new")?.route.name, "upload");
  assert.equal(findRoute("/runs/compare")?.route.name, "compare");
  assert.equal(findRoute("/datasets/iris")?.route.name, "dataset");
  assert.equal(findRoute("/nowhere/at/all"), null);
});

test("CSV quotes what needs it and keeps missing values empty", () => {
  assert.equal(
    toCsv(
      ["a", "b"],
      [
        ['say "hi"', 1],
        ["x,y", null],
      ],
    ),
    'a,b\r\n"say ""hi""",1\r\n"x,y",\r\n',
  );
});

test("the reader of the preview knows quotes, line ends and separators", () => {
  assert.deepEqual(parseCsv('a;b\r\n"1;5";"say ""x"""\r\n', ";", 10), [
    ["a", "b"],
    ["1;5", 'say "x"'],
  ]);
  assert.deepEqual(parseCsv("a\nb\nc\n", ",", 2), [["a"], ["b"]]);
  assert.equal(guessSeparator('"x";"y"\n1,5;2,5\n'), ";");
  assert.equal(guessSeparator("x\ty\n1\t2\n"), "\t");
});

test("numbers and times are written as the language does", async () => {
  await startI18n("en");
  assert.equal(integer(1234567), "1,234,567");
  assert.equal(fixed(0.5), "0.5000");
  assert.equal(figure(null), "–");
  assert.equal(figure(0.00001234), "1.234e-5");
  assert.equal(fixed(102_345.5935), "102,345.6");
  assert.equal(fixed(41.26789), "41.268");
  assert.equal(brief(0.93333), "0.933");
  assert.equal(brief(102_345.5935), "102.3K");
  assert.equal(tick(2_500_000), "2.5M");
  assert.equal(typing(0.25), "0.25");
  assert.equal(bytes(4211), "4.2 kB");
  assert.equal(duration(90_500), "1 min 30 s");
  assert.equal(relative("2026-01-01T00:00:00Z", Date.parse("2026-01-03T01:00:00Z")), "2 days ago");
  await setLanguage("es", false);
  assert.equal(fixed(0.5), "0,5000");
  assert.equal(figure(0.00001234), "1,234e-5");
  assert.equal(tick(0.935), "0,935");
  assert.equal(typing(1234.5), "1234,5");
  assert.equal(relative("2026-01-01T00:00:00Z", Date.parse("2026-01-04T00:00:00Z")), "hace 3 días");
  assert.match(absolute("2026-01-31T12:00:00Z"), /2026/);
  assert.equal(t("nav.runs"), "Ejecuciones");
  await setLanguage("pt", false);
  assert.equal(t("overview.challengers", { count: 2 }), "2 desafiantes");
  await setLanguage("en", false);
});

test("an event refreshes what it makes old and nothing beside it", () => {
  assert.ok(pathsOf("feedback", { model: "a/b" }).includes("/models/a%2Fb/metrics"));
  assert.ok(pathsOf("run", { id: "1" }).includes("/runs"));
  assert.deepEqual(pathsOf("hello", {}), []);
  assert.ok(isBelow("/runs?limit=50", "/runs"));
  assert.ok(isBelow("/models/iris/metrics?x=1", "/models/iris/metrics"));
  assert.ok(!isBelow("/models/iris2/metrics", "/models/iris"));
});

test("what has happened once is not asked for again at every event", () => {
  assert.ok(isHistory("/models/iris/metrics?version=1&source=holdout"));
  assert.ok(isHistory("/models/iris/curves?source=training&kind=roc"));
  assert.ok(!isHistory("/models/iris/metrics?version=1&source=live&window=24h"));
  assert.ok(!isHistory("/models/iris/metrics?version=source=holdout2"));
});

test("a window is drawn as finely as its points can be told apart", () => {
  const hour = 3_600_000;
  assert.equal(bucketFor(hour / 2), "1m");
  assert.equal(bucketFor(24 * hour), "15m");
  assert.equal(bucketFor(48 * hour), "15m");
  assert.equal(bucketFor(49 * hour), "1h", "minutes are kept for two days");
  assert.equal(bucketFor(7 * 24 * hour), "1h");
  assert.equal(bucketFor(30 * 24 * hour), "6h");
  assert.equal(bucketFor(4000 * 24 * hour), "7d");
  assert.equal(bucketFor(hour / 2, hour), "1h");
});

test("where the server gives no minutes, full hours serve, for that model and window", () => {
  const model = { name: "iris", created: new Date().toISOString() };
  const refusal = new ApiError(422, { errors: [{ pointer: "/bucket", detail: "full hours" }] });
  assert.equal(bucketOf(model, "24h", withoutMinutes.get()), "15m");
  noteRefusal("iris", "24h", new ApiError(500, {}));
  assert.equal(bucketOf(model, "24h", withoutMinutes.get()), "15m");
  noteRefusal("iris", "24h", refusal);
  assert.equal(bucketOf(model, "24h", withoutMinutes.get()), "1h");
  assert.equal(bucketOf(model, "30m", withoutMinutes.get()), "1m");
  assert.equal(bucketOf({ ...model, name: "wine" }, "24h", withoutMinutes.get()), "15m");
});

test("roles are one ladder", () => {
  assert.ok(roleSuffices("admin", "developer"));
  assert.ok(!roleSuffices("viewer", "developer"));
});

test("a change is judged by the direction that is better", () => {
  const [accuracy] = figuresOf("classification");
  const loss = figuresOf("classification").find((one) => one.id === "log_loss");
  const bias = figuresOf("regression").find((one) => one.id === "me");
  assert.ok(accuracy && loss && bias);
  assert.equal(judge(accuracy, 0.9, 0.95), "good");
  assert.equal(judge(loss, 0.3, 0.4), "bad");
  assert.equal(judge(bias, -0.5, 0.1), "good");
  assert.equal(judge(accuracy, 0.9, 0.9001), "same");
});

test("averaged figures are found, in a table and in a bucket", () => {
  const f1 = figuresOf("classification").find((one) => one.id === "f1");
  assert.ok(f1);
  const metrics = { f1: { macro: 0.8, weighted: 0.9, per_class: {} } } as unknown as Metrics;
  assert.equal(figureValue(metrics, f1), 0.8);
  assert.equal(figureValue(undefined, f1), null);
  assert.equal(bucketValue({ f1: { macro: 0.7 } }, "f1"), 0.7);
  assert.equal(bucketValue({ f1: 0.6 }, "f1"), 0.6);
  assert.equal(bucketValue({ f1: null }, "f1"), null);
});
