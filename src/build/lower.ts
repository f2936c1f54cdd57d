/** How engine code becomes ES5: TypeScript lowers each file, esbuild puts the files together. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Plugin } from "esbuild";
import ts from "typescript";
import { root, weirEntry } from "./paths";

/** Lowers one file to ES5 with an inline source map. Types are not looked at. */
export function lowerFile(text: string, file: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES5,
      module: ts.ModuleKind.ESNext,
      importHelpers: true,
      inlineSourceMap: true,
      inlineSources: true,
      sourceRoot: path.dirname(file),
    },
  });
  // Same length, so the source map stays right; lets esbuild drop a class that nobody uses.
  return outputText.replaceAll("/** @class */", "/*@__PURE__*/");
}

/** Where `weir` and TypeScript's helpers lie, also for a policy outside the repository; and `more` names for files. */
export function resolveWeir(more: Record<string, string> = {}): Plugin {
  const files: Record<string, string> = {
    ...more,
    weir: weirEntry,
    tslib: path.join(root, "node_modules/tslib/tslib.es6.mjs"),
  };
  return {
    name: "weir-resolve",
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(${Object.keys(files).join("|")})$`) }, (imported) => ({
        path: files[imported.path],
      }));
    },
  };
}

/** Feeds esbuild with ES5, which is all it accepts for `target: "es5"`. */
export function lowerToEs5(): Plugin {
  return {
    name: "weir-lower",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path: file }) => ({
        contents: lowerFile(await readFile(file, "utf8"), file),
        loader: "js",
        resolveDir: path.dirname(file),
      }));
    },
  };
}
