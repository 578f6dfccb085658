// Starts the web interface; docs/web.md tells how it is made.

import { render } from "preact";
import { App } from "./app";
import { firstLanguage, startI18n } from "./lib/i18n";
import { startRouter } from "./lib/router";
import { startTheme } from "./lib/theme";

async function start(): Promise<void> {
  startTheme();
  await startI18n(firstLanguage());
  startRouter();
  const root = document.getElementById("app");
  if (root) render(<App />, root);
}

void start();
