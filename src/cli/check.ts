/** `npm run check` */
import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "../build/failure";
import { defaultPolicy, shown } from "../build/paths";
import { loadPolicy } from "../build/policy";
import { formatErrors, typeCheck } from "../build/type-check";
import { advise } from "../policy/advise";
import { compilePolicy, type Pool, type Tenant } from "../policy/compile";
import type { Policy } from "../policy/types";
import { formatProblem, type Problem, validatePolicy } from "../policy/validate";

export const help = `npm run check [-- --policy FILE] [--json]

Reports every mistake in a policy at once: wrong types, as the editor shows them, and wrong values with their path, the
value and what to do about it.

  --policy FILE  the policy (default: src/policy.ts); it may lie anywhere
  --json         one JSON object instead of text: { policy, valid, typeErrors, problems, warnings, pools, tenants }

Ends with exit code 1 when there are mistakes. Warnings are remarks on a policy that can be used; they and a summary
of pools and tenants come with exit code 0.`;

interface NodeSummary {
  id: string;
  address: string;
  capacity: number;
  zone?: string;
}

interface PoolSummary {
  id: string;
  capacity: number;
  nodes: NodeSummary[];
}

interface TenantSummary {
  id: string;
  /** Null when its users can only call each other. */
  pool: string | null;
  maxCalls: number;
  perSecond: number | null;
  whenStoreIsDown: string;
}

/** What `--json` prints. */
export interface Report {
  policy: string;
  valid: boolean;
  /** `file:line:column: message`, one each. */
  typeErrors: string[];
  problems: Problem[];
  warnings: Problem[];
  pools: PoolSummary[];
  tenants: TenantSummary[];
}

export async function run(args: string[]): Promise<number> {
  let values: { policy?: string; json?: boolean };
  try {
    ({ values } = parseArgs({ args, options: { policy: { type: "string" }, json: { type: "boolean" } } }));
  } catch (error) {
    throw new Failure((error as Error).message, "npm run check -- --help tells the options.");
  }
  const report = await check(path.resolve(values.policy ?? defaultPolicy));
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else if (report.valid) console.log(summary(report));
  else console.error(mistakes(report));
  return report.valid ? 0 : 1;
}

/** Checks types and values of a policy file. Throws a Failure when it is missing or cannot be evaluated at all. */
export async function check(file: string): Promise<Report> {
  if (!existsSync(file)) throw new Failure(`There is no policy file ${shown(file)}.`, "Name one with --policy FILE.");
  const report: Report = {
    policy: shown(file),
    valid: false,
    typeErrors: [],
    problems: [],
    warnings: [],
    pools: [],
    tenants: [],
  };
  const errors = typeCheck([file]);
  report.typeErrors = errors.map((error) => formatErrors([error]));
  let policy: Policy;
  try {
    policy = await loadPolicy(file);
  } catch (error) {
    // What does not even parse has been said by the type check, with a line and a column.
    if (error instanceof Failure && errors.length > 0) return report;
    throw error;
  }
  report.problems = validatePolicy(policy);
  report.valid = errors.length === 0 && report.problems.length === 0;
  if (!report.valid) return report;
  report.warnings = advise(policy);
  const compiled = compilePolicy(policy);
  report.pools = compiled.poolList.map(poolSummary);
  report.tenants = compiled.tenantList.map(tenantSummary);
  return report;
}

function poolSummary(pool: Pool): PoolSummary {
  return {
    id: pool.id,
    capacity: pool.nodes.reduce((sum, node) => sum + node.capacity, 0),
    nodes: pool.nodes.map(({ id, uri, capacity, zone }) => ({
      id,
      address: uri,
      capacity,
      ...(zone === "" ? {} : { zone }),
    })),
  };
}

function tenantSummary(tenant: Tenant): TenantSummary {
  const { rate } = tenant.poolTerms;
  return {
    id: tenant.id,
    pool: tenant.pool?.id ?? null,
    maxCalls: tenant.max,
    perSecond: rate === null ? null : 1e6 / rate.intervalMicros,
    whenStoreIsDown: tenant.whenStoreIsDown,
  };
}

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}

function mistakes(report: Report): string {
  const lines = [...report.typeErrors, ...report.problems.map(formatProblem)];
  return `${count(lines.length, "mistake")} in ${report.policy}:\n${lines.join("\n")}`;
}

function summary(report: Report): string {
  const lines = [`${report.policy} can be used.`];
  for (const pool of report.pools) {
    lines.push(`pool ${pool.id}: ${count(pool.nodes.length, "node")}, ${count(pool.capacity, "call")}`);
    for (const node of pool.nodes) {
      lines.push(`  ${node.id} ${node.address}, ${node.capacity}${node.zone ? `, zone ${node.zone}` : ""}`);
    }
  }
  for (const tenant of report.tenants) {
    const rate = tenant.perSecond === null ? "" : `, ${Number(tenant.perSecond.toFixed(3))} a second`;
    const where = tenant.pool === null ? "between its users" : `to ${tenant.pool}`;
    lines.push(
      `tenant ${tenant.id}: at most ${count(tenant.maxCalls, "call")}${rate}, ${where}, ${tenant.whenStoreIsDown} when the store is down`,
    );
  }
  const capacity = report.pools.reduce((sum, pool) => sum + pool.capacity, 0);
  const promised = report.tenants.reduce((sum, tenant) => sum + tenant.maxCalls, 0);
  const nodes = report.pools.reduce((sum, pool) => sum + pool.nodes.length, 0);
  lines.push(
    `together: ${count(nodes, "node")} for ${count(capacity, "call")}, ${count(report.tenants.length, "tenant")} with at most ${count(promised, "call")}`,
  );
  for (const warning of report.warnings) lines.push(`warning: ${formatProblem(warning)}`);
  return lines.join("\n");
}
