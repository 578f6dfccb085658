// Starts the real program on an empty folder and a free port, and stops it again.
//
//     const server = await startCrisol();
//     ... server.address, server.setupLink ...
//     await server.stop();

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const binary = process.env.CRISOL_BINARY ?? path.join(root, "build", "crisol");
const startWithin_ms = 20_000;
const stopWithin_ms = 15_000;

/** Iris as the project ships it, else as it lies among the shared data. */
export function irisFile() {
  const shared = process.env.CRISOL_SHARED_DATA ?? path.join(root, "..", "shared", "data");
  const places = [path.join(root, "demo", "iris.csv"), path.join(shared, "tabular", "iris.csv")];
  return places.find((one) => existsSync(one)) ?? null;
}

export function missing() {
  if (!existsSync(binary)) return `${binary} is not there: run dev/build, or set CRISOL_BINARY`;
  if (!irisFile()) return "iris.csv is not there (CRISOL_SHARED_DATA)";
  return false;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function waitFor(what, within_ms, look) {
  const end = Date.now() + within_ms;
  while (Date.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what}: not within ${within_ms} ms`);
}

async function isReady(address) {
  try {
    return (await fetch(`${address}/v2/health/ready`)).ok;
  } catch {
    return false;
  }
}

/** One process of the program: what it says, and how it is ended. */
async function startProcess(args, address) {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise((resolve) => child.on("exit", (code) => resolve(code ?? -1)));
  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopWithin_ms);
    const code = await ended;
    clearTimeout(timer);
    return code;
  };
  try {
    await waitFor("the server is ready", startWithin_ms, () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${output}`);
      return isReady(address);
    });
    return { stop, output: () => output };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

export async function startCrisol(options = []) {
  const data = mkdtempSync(path.join(tmpdir(), "crisol-e2e-"));
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const args = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, ...options];
  let running = await startProcess(args, address);
  let before = "";
  const end = async () => {
    const code = await running.stop();
    before += running.output();
    return code;
  };
  const server = {
    address,
    output: () => before + running.output(),
    /** Drains the server; the same folder and port are used when it starts again. */
    pause: end,
    resume: async () => {
      running = await startProcess(args, address);
    },
    stop: async () => {
      const code = await end();
      rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
  try {
    server.setupLink = await waitFor("the link for the first administrator", 5000, () =>
      Promise.resolve(/http:\/\/\S+\/setup\?token=[^\s"]+/.exec(server.output())?.[0]),
    );
    return server;
  } catch (cause) {
    await server.stop();
    throw cause;
  }
}
