/**
 * The example policies, tested as an operator tests a policy of his own: load the file, ask its route hook about calls,
 * and let the router decide about whole requests. Neither Kamailio nor Redis is needed.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { build, maxBytes } from "../../src/build/build";
import { root } from "../../src/build/paths";
import { loadPolicy } from "../../src/build/policy";
import { requireTypes } from "../../src/build/type-check";
import { advise } from "../../src/policy/advise";
import type { Policy } from "../../src/policy/types";
import { formatProblem, validatePolicy } from "../../src/policy/validate";
import { byDefault, type Destination, refuse, toPool, toUser } from "../../src/routing/call";
import { decide } from "../../src/routing/pipeline";
import { contextFor, fakeRegister, fakeRequest, inShort, registered, toNode, toPhones } from "../routing/support";
import { type CallParts, callOf } from "./call";

const folder = path.join(root, "src/policy/examples");
const policies = new Map<string, Promise<Policy>>();

/** An example's policy, loaded once. */
function example(name: string): Promise<Policy> {
  const known = policies.get(name) ?? loadPolicy(path.join(folder, `${name}.ts`));
  policies.set(name, known);
  return known;
}

/** Where an example's route hook sends a call. */
async function routed(name: string, parts: CallParts): Promise<Destination> {
  const { route } = await example(name);
  if (route === undefined) throw new Error(`${name} has no route hook`);
  return route(callOf(parts));
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

test("the examples have no type errors and need nothing that Duktape lacks", () => {
  requireTypes(names.map((name) => path.join(folder, `${name}.ts`)));
});

for (const name of names) {
  test(`${name} builds without a mistake or a remark`, async () => {
    const { manifest } = await build({ policy: path.join(folder, `${name}.ts`), out: null, typeCheck: false });
    assert.ok(manifest.bytes <= maxBytes);
    const policy = await example(name);
    assert.equal(validatePolicy(policy).map(formatProblem), []);
    assert.equal(advise(policy).map(formatProblem), []);
  });
}

test("single-node: phones of the office and the provider's calls go to the Asterisk, nobody else's", async () => {
  const context = contextFor(await example("single-node"));
  const office = { fromHost: "company.example", requestHost: "company.example" };
  assert.is(toNode(fakeRequest({ ...office, sourceAddress: "192.168.10.77" }), context).node.id, "asterisk");
  const provider = { sourceAddress: "203.0.113.10", fromHost: "provider.example", requestHost: "198.51.100.1" };
  assert.is(toNode(fakeRequest(provider), context).tenant, "company");
  assert.is(inShort(decide(fakeRequest({ ...office, sourceAddress: "203.0.113.99" }), context)), "403 untrusted");
});

test("single-node: the 51st call is refused, an emergency call is not", async () => {
  const context = contextFor(await example("single-node"));
  const office = { sourceAddress: "192.168.10.77", fromHost: "company.example", requestHost: "company.example" };
  for (let i = 0; i < 50; i++) toNode(fakeRequest(office), context);
  assert.is(inShort(decide(fakeRequest(office), context)), "503 tenant-limit");
  assert.is(toNode(fakeRequest({ ...office, requestUser: "112" }), context).node.id, "asterisk");
});

test("single-node: calls go on while the store is down", async () => {
  const context = contextFor(await example("single-node"), { down: true });
  const office = { sourceAddress: "192.168.10.77", fromHost: "company.example", requestHost: "company.example" };
  for (let i = 0; i < 60; i++) assert.is(toNode(fakeRequest(office), context).node.id, "asterisk");
});

test("call-centre: service lines go to the queues, however the number is written", async () => {
  for (const user of ["8001000", "08001000", "+498001000", "00498001000"]) {
    const call: CallParts = { kind: "trunk", from: "anonymous@anonymous.invalid", to: `${user}@carrier.example` };
    assert.equal(await routed("call-centre", call), toPool("queues"), user);
  }
});

test("call-centre: hidden numbers reach the service lines only", async () => {
  const call: CallParts = { kind: "trunk", from: "anonymous@anonymous.invalid", to: "301@carrier.example" };
  assert.equal(await routed("call-centre", call), refuse(433, "Anonymity Disallowed"));
  assert.equal(await routed("call-centre", { ...call, from: "+4989@carrier.example" }), byDefault());
});

test("call-centre: conferences, recordings and supervisors go where they belong", async () => {
  const from = "lead-1@centre.example";
  assert.equal(
    await routed("call-centre", { to: "conf-7@centre.example" }),
    toPool("conferences", { features: ["mixing"] }),
  );
  assert.equal(await routed("call-centre", { from, to: "lead-2@centre.example" }), toUser("lead-2", "centre.example"));
  assert.equal(await routed("call-centre", { from, to: "301@centre.example" }), byDefault());
  assert.equal(
    await routed("call-centre", { headers: { "X-Record": "yes" } }),
    toPool("queues", { features: ["recording"] }),
  );
});

test("call-centre: a node's call never goes to a pool again, and an emergency call is never bent", async () => {
  assert.equal(await routed("call-centre", { kind: "node", to: "conf-7@centre.example" }), byDefault());
  assert.equal(await routed("call-centre", { emergency: true, headers: { "X-Record": "yes" } }), byDefault());
});

test("call-centre: the hook at work in the router: a conference needs a node that mixes", async () => {
  const context = contextFor(await example("call-centre"));
  const parts = { fromHost: "centre.example", requestHost: "centre.example" };
  assert.is(toNode(fakeRequest({ ...parts, requestUser: "conf-7" }), context).node.pool, "conferences");
  registered(context, "lead-2", "centre.example", "sip:lead-2@10.0.0.9:5062");
  const ringing = toPhones(fakeRequest({ ...parts, fromUser: "lead-1", requestUser: "lead-2" }), context);
  assert.is(ringing.targets[0]?.uri, "sip:lead-2@10.0.0.9:5062");
  context.dead.add("conferences/mix-1").add("conferences/mix-2");
  assert.is(inShort(decide(fakeRequest({ ...parts, requestUser: "conf-7" }), context)), "503 no-node");
});

test("call-centre: the near site's queues first, the others when those are gone, guests last of all", async () => {
  const context = contextFor(await example("call-centre"));
  const parts = { fromHost: "centre.example", requestHost: "centre.example" };
  const zones = () => toNode(fakeRequest(parts), context).node.zone;
  assert.equal([zones(), zones(), zones()], ["east", "east", "east"]);
  context.dead.add("queues/queue-1").add("queues/queue-2");
  assert.is(zones(), "west");
  context.ledger.down = true;
  const guest = { fromHost: "guest.example", requestHost: "guest.example" };
  assert.is(inShort(decide(fakeRequest(guest), context)), "503 store-down");
  assert.is(zones(), "west");
});

test("two-sites: north's nodes as long as they live, then south's", async () => {
  const context = contextFor(await example("two-sites"));
  const parts = { sourceAddress: "2001:db8:5::20", fromHost: "city.example", requestHost: "townhall.city.example" };
  const zone = () => toNode(fakeRequest(parts), context).node.zone;
  assert.equal([zone(), zone()], ["north", "north"]);
  context.dead.add("media/north-1").add("media/north-2");
  assert.is(zone(), "south");
});

test("two-sites: each tenant has its own way while the store is down", async () => {
  const context = contextFor(await example("two-sites"), { down: true });
  const home = (host: string) =>
    toNode(fakeRequest({ sourceAddress: "10.20.0.1", fromHost: host, requestHost: host }), context).lease.charAt(0);
  assert.is(home("city.example"), "l");
  assert.is(home("hospital.example"), "n");
  const campaign = { sourceAddress: "192.0.2.200", fromHost: "x.example", requestHost: "x.example" };
  assert.is(inShort(decide(fakeRequest(campaign), context)), "503 store-down");
});

test("two-sites: trunks are known by network and, once it is resolved, by name", async () => {
  const context = contextFor(await example("two-sites"));
  const tenant = (sourceAddress: string) => {
    const decision = decide(fakeRequest({ sourceAddress, fromHost: "x.example", requestHost: "x.example" }), context);
    return decision.kind === "to-node" ? decision.tenant : inShort(decision);
  };
  assert.is(tenant("2001:db8:77::5"), "city");
  assert.is(tenant("192.0.2.129"), "campaign");
  assert.is(tenant("198.51.100.9"), "403 untrusted");
  context.sources.resolve("sbc.carrier.example", ["198.51.100.9"]);
  assert.is(tenant("198.51.100.9"), "city");
});

test("two-sites: the warehouse's phones ring each other by IPv6 address, without a node", async () => {
  const context = contextFor(await example("two-sites"));
  const phone = { sourceAddress: "2001:db8:5::20", fromHost: "[2001:db8:5::1]", requestHost: "[2001:db8:5:0::1]" };
  const gate = fakeRegister("<sip:gate@[2001:db8:5::21]:5062>", {
    ...phone,
    toUser: "gate",
    toHost: "[2001:db8:5::1]",
  });
  assert.is(inShort(decide(gate, context)), "200 OK");
  const ringing = toPhones(fakeRequest({ ...phone, requestUser: "gate" }), context);
  assert.is(ringing.targets[0]?.uri, "sip:gate@[2001:db8:5::21]:5062");
});

test.run();
