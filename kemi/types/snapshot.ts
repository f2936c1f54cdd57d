/**
 * The committed list of what one Kamailio offers to scripts: the shape of api-list.json and how its lines are read.
 */

/** Contents of api-list.json. */
export interface ApiSnapshot {
  /** Version of the Kamailio that was asked, as `kamailio -v` prints it: "5.6.3". */
  kamailio: string;
  /** Modules that were loaded, sorted. */
  modules: string[];
  /** Modules that were wanted but could not be loaded on that machine, sorted. */
  missing: string[];
  /** One line a function, sorted: "xval htable.sht_get(str, str)"; core functions have no module: "none info(str)". */
  functions: string[];
}

export type ApiReturn = "none" | "int" | "bool" | "str" | "xval";
export type ApiParameter = "int" | "str";

/** One function of the list. */
export interface ApiFunction {
  ret: ApiReturn;
  /** Empty for core functions, which sit on KSR itself. */
  module: string;
  name: string;
  params: ApiParameter[];
}

/** An entry as the RPC command app_jsdt.api_list answers it. */
export interface RpcFunction {
  ret: string;
  module: string;
  name: string;
  params: string;
}

const line = /^(none|int|bool|str|xval) (?:([a-z0-9_]+)\.)?([A-Za-z0-9_]+)\(([a-z, ]*)\)$/;

/** Reads one line of the snapshot. Throws on anything else, so that a new return type is noticed when it appears. */
export function parseFunction(text: string): ApiFunction {
  const match = line.exec(text);
  if (!match) {
    throw new Error(`api-list.json: cannot read "${text}": run npm run types again, or teach snapshot.ts the new form`);
  }
  const params = match[4] === "" ? [] : match[4]!.split(", ");
  for (const param of params) {
    if (param !== "int" && param !== "str") throw new Error(`api-list.json: unknown parameter type in "${text}"`);
  }
  return {
    ret: match[1] as ApiReturn,
    module: match[2] ?? "",
    name: match[3]!,
    params: params as ApiParameter[],
  };
}

/** The line that stands for one function of the RPC answer. */
export function formatFunction(entry: RpcFunction): string {
  const params = entry.params === "none" ? "" : entry.params;
  return `${entry.ret} ${entry.module === "" ? "" : `${entry.module}.`}${entry.name}(${params})`;
}

/** "module.name", or the name alone for core functions: the key the overlay uses. */
export function qualifiedName(fn: ApiFunction): string {
  return fn.module === "" ? fn.name : `${fn.module}.${fn.name}`;
}
