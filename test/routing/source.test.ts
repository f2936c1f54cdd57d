import { test } from "uvu";
import * as assert from "uvu/assert";
import { compilePolicy } from "../../src/policy/compile";
import type { Policy } from "../../src/policy/types";
import { type Source, type SourceTable, sourceTable } from "../../src/routing/source";

const policy: Policy = {
  pools: {
    main: {
      nodes: [
        { id: "udp", address: "sip:192.0.2.11:5080", capacity: 1 },
        { id: "tcp", address: "sip:[2001:db8::11];transport=tcp", capacity: 1 },
        { id: "named", address: "sip:Media.example:5090", capacity: 1 },
        { id: "beside", address: "sip:192.0.2.11:5081", capacity: 1 },
      ],
    },
  },
  tenants: {
    acme: { trunks: ["192.0.2.64/26", "sbc.example"], pool: "main", calls: { max: 1 } },
    inner: { trunks: ["192.0.2.72", "2001:db8:7::/48"], pool: "main", calls: { max: 1 } },
    same: { trunks: ["10.0.0.0/8"], pool: "main", calls: { max: 1 } },
  },
  trusted: ["192.0.2.0/24", "10.0.0.0/8", "phones.example"],
};

function from(table: SourceTable, sourceAddress: string, sourcePort = 5060, transport = "udp"): string {
  const sender = { sourceAddress, sourcePort, transport, fromOwnAddress: false, fromListeningPort: false };
  return described(table.find(sender));
}

function described(source: Source): string {
  if (source.kind === "node") return `node ${source.node.id}`;
  return source.kind === "trunk" ? `trunk ${source.tenant.id}` : source.kind;
}

const known = () => sourceTable(compilePolicy(policy));

test("who is in no network is a stranger", () => {
  const table = known();
  for (const address of ["203.0.113.1", "2001:db8::1", "", "x", "[", "__proto__", "constructor", "0"]) {
    assert.is(from(table, address), "stranger", address);
  }
});

test("the narrowest network decides, a trunk before a trusted network of the same size", () => {
  const table = known();
  assert.is(from(table, "192.0.2.1"), "device");
  assert.is(from(table, "192.0.2.65"), "trunk acme");
  assert.is(from(table, "192.0.2.72"), "trunk inner");
  assert.is(from(table, "10.9.9.9"), "trunk same");
});

test("IPv6 sources are known in brackets or not, and IPv4 ones in mapped form", () => {
  const table = known();
  assert.is(from(table, "2001:db8:7::9"), "trunk inner");
  assert.is(from(table, "[2001:DB8:7:0:0:0:0:9]"), "trunk inner");
  assert.is(from(table, "::ffff:192.0.2.72"), "trunk inner");
});

test("a node is known over UDP by address and port, over TCP from any port of its transport", () => {
  const table = known();
  assert.is(from(table, "192.0.2.11", 5080), "node udp");
  assert.is(from(table, "192.0.2.11", 5081), "node beside");
  assert.is(from(table, "192.0.2.11", 5082), "device");
  assert.is(from(table, "192.0.2.11", 5080, "tcp"), "device");
  assert.is(from(table, "2001:db8:0:0:0:0:0:11", 40000, "tcp"), "node tcp");
  assert.is(from(table, "2001:db8::11", 40000, "tls"), "stranger");
});

test("what comes from a port this proxy listens on has come round; others on the same machine are who they are", () => {
  const table = known();
  const sender = { sourceAddress: "192.0.2.50", sourcePort: 5060, transport: "udp", fromOwnAddress: true };
  assert.is(described(table.find({ ...sender, fromListeningPort: true })), "self");
  assert.is(described(table.find({ ...sender, fromListeningPort: false })), "device");
  const node = { ...sender, sourceAddress: "192.0.2.11", sourcePort: 5080 };
  assert.is(described(table.find({ ...node, fromListeningPort: false })), "node udp");
});

test("host names are known by what they resolve to, and forgotten when that changes", () => {
  const table = known();
  assert.equal([...table.hostNames].sort(), ["media.example", "phones.example", "sbc.example"]);
  assert.is(from(table, "198.51.100.5", 5090), "stranger");
  table.resolve("media.example", ["198.51.100.5", "2001:db8:9::5"]);
  table.resolve("sbc.example", ["198.51.100.6"]);
  table.resolve("phones.example", ["198.51.100.7"]);
  assert.is(from(table, "198.51.100.5", 5090), "node named");
  assert.is(from(table, "2001:db8:9::5", 5090), "node named");
  assert.is(from(table, "198.51.100.6"), "trunk acme");
  assert.is(from(table, "198.51.100.7"), "device");
  table.resolve("sbc.example", ["198.51.100.8"]);
  assert.is(from(table, "198.51.100.6"), "stranger");
  assert.is(from(table, "198.51.100.8"), "trunk acme");
  table.resolve("phones.example", ["not an address"]);
  assert.is(from(table, "198.51.100.7"), "stranger");
});

test("a scan of addresses changes no answer", () => {
  const table = known();
  for (let i = 0; i < 10_000; i++) {
    const expected = i % 3 === 0 ? "device" : "stranger";
    const net = i % 3 === 0 ? "192.0.2" : `203.0.${i % 100}`;
    assert.is(from(table, `${net}.${i % 3 === 0 ? 1 + (i % 10) : i % 256}`), expected);
  }
  assert.is(from(table, "192.0.2.72"), "trunk inner");
});

test.run();
