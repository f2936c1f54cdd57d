/** Holds a policy to its rules: every mistake with its path, the value and the remedy. */

import { ipKey, parseIp, parseNetwork } from "../net/cidr";
import { canonicalHost } from "../net/host";
import { parseSipUri, splitHostPort } from "../sip/uri";

/** One mistake in a policy. */
export interface Problem {
  /** Where, e.g. `tenants.acme.calls.max`. */
  readonly path: string;
  /** What stands there; undefined when something is missing. */
  readonly value: unknown;
  /** What is wrong with it. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

type Fields = Record<string, unknown>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Shows a problem on one line. */
export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? "" : ` (is ${show(problem.value)})`;
  return `${problem.path}: ${problem.message}${value}; ${problem.remedy}`;
}

/** @returns every mistake found, in the order of the file; none when the policy can be used */
export function validatePolicy(policy: unknown): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, value, message, remedy) => {
    problems.push({ path, value, message, remedy });
  };
  if (!isObject(policy)) {
    report("policy", policy, "is not an object", "write `export default definePolicy({ … })` in the policy file");
    return problems;
  }
  onlyKnown(report, "", policy, ["pools", "tenants", "registration", "calls", "emergency", "trusted", "route"]);
  const pools = checkPools(report, policy.pools);
  checkTenants(report, policy.tenants, pools);
  checkRegistration(report, policy.registration);
  checkTimes(report, policy.calls);
  checkEmergency(report, policy.emergency);
  checkSources(report, "trusted", policy.trusted, true);
  if (policy.route !== undefined && typeof policy.route !== "function") {
    report("route", policy.route, "is not a function", "write `route: (call) => byDefault()` or leave it out");
  }
  return problems;
}

type Report = (path: string, value: unknown, message: string, remedy: string) => void;

function checkPools(report: Report, pools: unknown): string[] {
  if (pools === undefined) return [];
  if (!isObject(pools)) {
    report("pools", pools, "is not an object", "write `pools: { main: { nodes: [ … ] } }`");
    return [];
  }
  const names = Object.keys(pools);
  for (const name of names) {
    const path = `pools.${name}`;
    const pool = pools[name];
    checkName(report, path, name, "pool");
    if (!isObject(pool)) {
      report(path, pool, "is not an object", "write `{ nodes: [ … ] }`");
      continue;
    }
    onlyKnown(report, path, pool, ["nodes", "choose"]);
    const zones = checkNodes(report, `${path}.nodes`, pool.nodes);
    checkChoose(report, `${path}.choose`, pool.choose, zones);
  }
  return names;
}

function checkNodes(report: Report, path: string, nodes: unknown): string[] {
  const zones: string[] = [];
  if (!Array.isArray(nodes) || nodes.length === 0) {
    report(
      path,
      nodes,
      "has no nodes",
      'list at least one: { id: "media-1", address: "sip:192.0.2.1", capacity: 100 }',
    );
    return zones;
  }
  const ids: string[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const at = `${path}[${i}]`;
    const node: unknown = nodes[i];
    if (!isObject(node)) {
      report(at, node, "is not an object", 'write { id: "media-1", address: "sip:192.0.2.1", capacity: 100 }');
      continue;
    }
    onlyKnown(report, at, node, ["id", "address", "capacity", "weight", "zone", "features"]);
    if (checkName(report, `${at}.id`, node.id, "node")) {
      if (ids.indexOf(node.id as string) >= 0) {
        report(`${at}.id`, node.id, "is used twice in this pool", "give each node its own id");
      }
      ids.push(node.id as string);
    }
    checkNodeAddress(report, `${at}.address`, node.address);
    checkWhole(report, `${at}.capacity`, node.capacity, 1, 1000000, true);
    checkNumber(report, `${at}.weight`, node.weight, 0.01, 100, false);
    if (node.zone !== undefined && checkName(report, `${at}.zone`, node.zone, "zone")) zones.push(node.zone as string);
    checkNames(report, `${at}.features`, node.features, "feature");
  }
  return zones;
}

function checkNodeAddress(report: Report, path: string, address: unknown): void {
  const remedy = 'write "sip:192.0.2.1", "sip:[2001:db8::1]:5080;transport=tcp" or "sip:media-1.example"';
  if (typeof address !== "string") {
    report(path, address, "is not a text", remedy);
    return;
  }
  const uri = parseSipUri(address);
  if (uri === null || isMistypedAddress(uri.host)) report(path, address, "is not a SIP URI", remedy);
  else if (uri.user !== "" || uri.headers !== "") report(path, address, "names more than a server", remedy);
  else {
    for (const param of uri.params) {
      if (param.name !== "transport") report(path, address, `has the parameter "${param.name}"`, "keep only transport");
      else if (["udp", "tcp", "tls", "sctp", "ws", "wss"].indexOf(param.value.toLowerCase()) < 0) {
        report(path, address, `has the unknown transport "${param.value}"`, "use udp, tcp, tls, sctp, ws or wss");
      }
    }
  }
}

function checkChoose(report: Report, path: string, choose: unknown, zones: readonly string[]): void {
  if (choose === undefined) return;
  if (!isObject(choose) || choose.strategy !== "least-loaded") {
    report(path, choose, "is no strategy", 'write leastLoaded() or leastLoaded({ preferZone: "a" })');
    return;
  }
  const zone = choose.preferZone;
  if (zone !== undefined && zones.indexOf(zone as string) < 0) {
    report(`${path}.preferZone`, zone, "is the zone of no node in this pool", zoneRemedy(zones));
  }
}

function zoneRemedy(zones: readonly string[]): string {
  return zones.length === 0 ? "give the nodes a zone first" : `use one of ${zones.join(", ")}`;
}

function checkTenants(report: Report, tenants: unknown, pools: readonly string[]): void {
  if (!isObject(tenants) || Object.keys(tenants).length === 0) {
    report(
      "tenants",
      tenants,
      "has no tenants",
      'write tenants: { acme: { domains: ["acme.example"], calls: { max: 100 } } }',
    );
    return;
  }
  const owners: Record<string, string> = Object.create(null);
  for (const name of Object.keys(tenants)) {
    const path = `tenants.${name}`;
    const tenant = tenants[name];
    checkName(report, path, name, "tenant");
    if (!isObject(tenant)) {
      report(path, tenant, "is not an object", 'write { domains: ["acme.example"], calls: { max: 100 } }');
      continue;
    }
    onlyKnown(report, path, tenant, [
      "domains",
      "trunks",
      "pool",
      "calls",
      "rate",
      "callsBetweenUsers",
      "whenStoreIsDown",
    ]);
    checkDomains(report, path, tenant.domains, owners, name);
    checkSources(report, `${path}.trunks`, tenant.trunks, false, owners, name);
    if (tenant.domains === undefined && tenant.trunks === undefined) {
      report(path, undefined, "has neither domains nor trunks", "add one, or nobody's calls will be this tenant's");
    }
    if (tenant.pool !== undefined && pools.indexOf(tenant.pool as string) < 0) {
      const remedy =
        pools.length === 0 ? "add it under `pools`" : `use one of ${pools.join(", ")}, or add it under \`pools\``;
      report(`${path}.pool`, tenant.pool, "is not a pool of this policy", remedy);
    }
    if (tenant.pool === undefined && tenant.trunks !== undefined) {
      report(
        `${path}.pool`,
        undefined,
        "is missing, but the tenant has trunks",
        "name the pool that takes the trunks' calls",
      );
    }
    if (!isObject(tenant.calls)) {
      report(`${path}.calls`, tenant.calls, "is missing", "write calls: { max: 100 }");
    } else {
      onlyKnown(report, `${path}.calls`, tenant.calls, ["max"]);
      checkWhole(report, `${path}.calls.max`, tenant.calls.max, 0, 1000000, true);
    }
    checkRate(report, `${path}.rate`, tenant.rate);
    checkOneOf(report, `${path}.callsBetweenUsers`, tenant.callsBetweenUsers, ["pool", "direct"]);
    if (tenant.callsBetweenUsers === "pool" && tenant.pool === undefined) {
      report(`${path}.callsBetweenUsers`, "pool", "needs a pool", 'name a pool, or use "direct"');
    }
    checkOneOf(report, `${path}.whenStoreIsDown`, tenant.whenStoreIsDown, ["local", "admit", "reject"]);
  }
}

function checkDomains(
  report: Report,
  path: string,
  domains: unknown,
  owners: Record<string, string>,
  tenant: string,
): void {
  if (domains === undefined) return;
  if (!Array.isArray(domains)) {
    report(`${path}.domains`, domains, "is not a list", 'write domains: ["acme.example"]');
    return;
  }
  for (let i = 0; i < domains.length; i++) {
    const at = `${path}.domains[${i}]`;
    const domain: unknown = domains[i];
    const parts = typeof domain === "string" ? splitHostPort(domain) : null;
    if (parts === null || parts.port !== 0 || isMistypedAddress(parts.host)) {
      report(
        at,
        domain,
        "is not a domain",
        'write a host name or address without port, like "acme.example" or "[2001:db8::1]"',
      );
      continue;
    }
    claim(report, at, domain, `domain ${canonicalHost(parts.host)}`, owners, tenant);
  }
}

function claim(
  report: Report,
  path: string,
  value: unknown,
  key: string,
  owners: Record<string, string>,
  tenant: string,
): void {
  const owner = owners[key];
  if (owner !== undefined) {
    report(path, value, `belongs to tenant "${owner}" already`, "let exactly one tenant have it");
  } else owners[key] = tenant;
}

/** A list of addresses, networks and host names. */
function checkSources(
  report: Report,
  path: string,
  sources: unknown,
  required: boolean,
  owners?: Record<string, string>,
  tenant = "",
): void {
  if (sources === undefined && !required) return;
  if (!Array.isArray(sources)) {
    report(
      path,
      sources,
      sources === undefined ? "is missing" : "is not a list",
      'write ["192.0.2.0/24"], or [] for nobody',
    );
    return;
  }
  for (let i = 0; i < sources.length; i++) {
    const at = `${path}[${i}]`;
    const source: unknown = sources[i];
    if (typeof source !== "string" || !isSource(source)) {
      const remedy = 'write "192.0.2.1", "192.0.2.0/24", "2001:db8::/32" or "sbc.example"; no bits behind the prefix';
      report(at, source, "is not an address, network or host name", remedy);
    } else if (owners !== undefined) claim(report, at, source, `trunk ${sourceKey(source)}`, owners, tenant);
  }
}

function isSource(text: string): boolean {
  if (parseNetwork(text) !== null) return true;
  const parts = splitHostPort(text);
  return parts !== null && parts.port === 0 && !isMistypedAddress(parts.host);
}

/** What looks like an IP address but is none: a typing mistake, not a host name. */
function isMistypedAddress(host: string): boolean {
  return (/^[0-9.]+$/.test(host) || host.indexOf("[") === 0) && parseIp(host) === null;
}

/** One text per source, however it is written. */
function sourceKey(source: string): string {
  const network = parseNetwork(source);
  return network === null ? canonicalHost(source) : `${ipKey(network.groups)}/${network.bits}`;
}

function checkRate(report: Report, path: string, rate: unknown): void {
  if (rate === undefined) return;
  if (!isObject(rate)) {
    report(path, rate, "is not an object", "write rate: { perSecond: 20, burst: 60 }");
    return;
  }
  onlyKnown(report, path, rate, ["perSecond", "burst"]);
  checkNumber(report, `${path}.perSecond`, rate.perSecond, 0.001, 10000, true);
  checkWhole(report, `${path}.burst`, rate.burst, 1, 100000, false);
}

function checkRegistration(report: Report, registration: unknown): void {
  const path = "registration";
  if (registration === undefined) return;
  if (!isObject(registration)) {
    report(path, registration, "is not an object", "write registration: { minExpires: 60 }");
    return;
  }
  onlyKnown(report, path, registration, ["minExpires", "maxExpires", "defaultExpires", "maxContacts"]);
  checkWhole(report, `${path}.minExpires`, registration.minExpires, 1, 3600, false, "RFC 3261 allows at most an hour");
  checkWhole(report, `${path}.maxExpires`, registration.maxExpires, 1, 604800, false);
  checkWhole(report, `${path}.defaultExpires`, registration.defaultExpires, 1, 604800, false);
  checkWhole(report, `${path}.maxContacts`, registration.maxContacts, 1, 100, false);
  const min = numberOr(registration.minExpires, 60);
  const max = numberOr(registration.maxExpires, 3600);
  const granted = numberOr(registration.defaultExpires, Math.min(3600, max));
  if (min > max) report(`${path}.minExpires`, min, `is more than maxExpires (${max})`, "make it smaller");
  else if (granted < min || granted > max) {
    report(
      `${path}.defaultExpires`,
      granted,
      `is not between ${min} and ${max}`,
      "put it between minExpires and maxExpires",
    );
  }
}

function checkTimes(report: Report, times: unknown): void {
  if (times === undefined) return;
  if (!isObject(times)) {
    report("calls", times, "is not an object", "write calls: { ringSeconds: 120 }");
    return;
  }
  onlyKnown(report, "calls", times, ["ringSeconds", "maxCallSeconds", "nodeAnswerSeconds", "retryAfterSeconds"]);
  checkWhole(report, "calls.ringSeconds", times.ringSeconds, 5, 600, false);
  checkWhole(report, "calls.maxCallSeconds", times.maxCallSeconds, 10, 86400, false);
  checkNumber(report, "calls.nodeAnswerSeconds", times.nodeAnswerSeconds, 0.2, 30, false);
  checkWhole(report, "calls.retryAfterSeconds", times.retryAfterSeconds, 1, 3600, false);
}

function checkEmergency(report: Report, emergency: unknown): void {
  if (emergency === undefined) return;
  if (!Array.isArray(emergency)) {
    report("emergency", emergency, "is not a list", 'write emergency: ["112", "911"]');
    return;
  }
  for (let i = 0; i < emergency.length; i++) {
    const number: unknown = emergency[i];
    if (typeof number !== "string" || !/^[A-Za-z0-9+*#_.:-]{1,64}$/.test(number)) {
      report(`emergency[${i}]`, number, "is not a number that can be called", 'write it as text: "112"');
    }
  }
}

function checkName(report: Report, path: string, name: unknown, what: string): boolean {
  if (typeof name === "string" && NAME.test(name)) return true;
  report(path, name, `is not a ${what} name`, "use letters, digits, _ - . (first a letter or digit), at most 63");
  return false;
}

function checkNames(report: Report, path: string, names: unknown, what: string): void {
  if (names === undefined) return;
  if (!Array.isArray(names)) {
    report(path, names, "is not a list", `write ["${what}"]`);
    return;
  }
  for (let i = 0; i < names.length; i++) checkName(report, `${path}[${i}]`, names[i], what);
}

function checkOneOf(report: Report, path: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.indexOf(value as string) >= 0) return;
  report(path, value, "is unknown", `use ${allowed.map((one) => `"${one}"`).join(" or ")}`);
}

function checkWhole(
  report: Report,
  path: string,
  value: unknown,
  min: number,
  max: number,
  required: boolean,
  why = "",
): void {
  if (value === undefined && !required) return;
  const fine = typeof value === "number" && Math.floor(value) === value && value >= min && value <= max;
  const message = value === undefined ? "is missing" : `is not a whole number between ${min} and ${max}`;
  if (!fine) report(path, value, message, why === "" ? `use ${min} to ${max}` : `use ${min} to ${max} (${why})`);
}

function checkNumber(report: Report, path: string, value: unknown, min: number, max: number, required: boolean): void {
  if (value === undefined && !required) return;
  const fine = typeof value === "number" && value >= min && value <= max;
  const message = value === undefined ? "is missing" : `is not a number between ${min} and ${max}`;
  if (!fine) report(path, value, message, `use ${min} to ${max}`);
}

function onlyKnown(report: Report, path: string, object: Fields, known: readonly string[]): void {
  for (const field of Object.keys(object)) {
    if (known.indexOf(field) >= 0) continue;
    const near = nearest(field, known);
    const remedy = near === null ? `remove it; known are ${known.join(", ")}` : `did you mean "${near}"?`;
    report(path === "" ? field : `${path}.${field}`, object[field], "is unknown here", remedy);
  }
}

/** The known word that differs least, when it differs little. */
function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row: number[] = [];
  for (let j = 0; j <= b.length; j++) row.push(j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  const text = asJson(value) ?? String(value);
  return text.length > 80 ? `${text.substring(0, 77)}...` : text;
}

/** Undefined for what has no JSON: undefined, symbols, circles. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
