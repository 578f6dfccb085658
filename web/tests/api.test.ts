import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, api, query, setCsrf, url } from "../src/lib/api";
import { answerWith } from "./dom";

test("names are escaped on their way into an address", () => {
  assert.equal(url`/models/${"a b/c"}/arms`, "/models/a%20b%2Fc/arms");
  assert.equal(query({ version: "1", window: "", from: null, limit: 5 }), "?version=1&limit=5");
  assert.equal(query({}), "");
});

test("the CSRF token goes with everything that is not GET", async () => {
  const asked = answerWith(() => ({ status: 200, body: {} }));
  setCsrf("token-1");
  await api.get("/me");
  await api.post("/tokens", { label: "x" });
  assert.equal(asked[0]?.headers["X-CSRF-Token"], undefined);
  assert.equal(asked[1]?.headers["X-CSRF-Token"], "token-1");
  assert.deepEqual(asked[1]?.body, { label: "x" });
});

test("a problem becomes an error with its sentence and its fields", async () => {
  answerWith(() => ({
    status: 422,
    body: {
      title: "A value is not valid",
      detail: "C must be more than 0.",
      code: "invalid",
      errors: [{ pointer: "/parameters/C", detail: "must be more than 0" }],
    },
  }));
  const error = await api.post<ApiError>("/runs", {}).catch((cause: ApiError) => cause);
  assert.ok(error instanceof ApiError);
  assert.equal(error.message, "C must be more than 0.");
  assert.equal(error.at("/parameters/C"), "must be more than 0");
  assert.equal(error.at("/name"), undefined);
  assert.equal(error.at("/parameters"), "must be more than 0", "a part speaks for the whole");
  assert.equal(error.at("/param"), undefined);
});

test("an answer that is no JSON, a wait, and a dead server are told apart", async () => {
  answerWith(() => ({ status: 429, body: { detail: "slow" }, headers: { "Retry-After": "7" } }));
  const slow = await api.post<ApiError>("/session", {}).catch((cause: ApiError) => cause);
  assert.equal(slow.retryAfter_s, 7);
  globalThis.fetch = async () => {
    throw new TypeError("failed");
  };
  const dead = await api.get<ApiError>("/me").catch((cause: ApiError) => cause);
  assert.equal(dead.code, "network");
  globalThis.fetch = async () => new Response("<h1>Bad gateway</h1>", { status: 502 });
  const strange = await api.get<ApiError>("/me").catch((cause: ApiError) => cause);
  assert.equal(strange.status, 502);
  assert.match(strange.message, /Bad gateway/);
});
