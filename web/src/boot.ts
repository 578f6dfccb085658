// Runs before the first paint, so that neither the wrong shade nor the wrong language flashes.
(() => {
  let kept: string | null = null;
  let language: string | null = null;
  try {
    kept = localStorage.getItem("crisol.theme");
    language = localStorage.getItem("crisol.language");
  } catch {
    // Storage is switched off: the defaults serve.
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const shown = kept === "light" || kept === "dark" ? kept : dark ? "dark" : "light";
  document.documentElement.dataset.bsTheme = shown;
  if (language) document.documentElement.lang = language;
})();
