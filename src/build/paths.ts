import path from "node:path";

/** Absolute path of the repository (or the installed package). */
export const root = path.resolve(__dirname, "../..");

/** The module behind `import ... from "weir"`. */
export const weirEntry = path.join(root, "src/policy/index.ts");

/** `file` as messages show it: relative to the repository when it lies inside, else absolute. */
export function shown(file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative.split(path.sep).join("/");
}

/** Whether `file` lies in `folder` or below. */
export function within(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
}

/** The operator's policy, where no other is named. */
export const defaultPolicy = path.join(root, "src/policy.ts");
