// Lets esbuild read SCSS. Bootstrap 5.3 still uses features that Sass has announced to drop, so
// the warnings about Bootstrap's own files are silenced; those about ours are not.
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as sass from "sass";

export function scss(root) {
  return {
    name: "scss",
    setup(build) {
      build.onLoad({ filter: /\.scss$/ }, (args) => {
        const made = sass.compile(args.path, {
          loadPaths: [path.join(root, "node_modules")],
          quietDeps: true,
          silenceDeprecations: ["import", "global-builtin", "color-functions", "mixed-decls"],
          importers: [{ findFileUrl: (url) => findPackage(root, url) }],
        });
        return { contents: made.css, loader: "css", resolveDir: path.dirname(args.path) };
      });
    },
  };
}

function findPackage(root, url) {
  if (!url.startsWith("bootstrap/")) return null;
  return pathToFileURL(path.join(root, "node_modules", url));
}
