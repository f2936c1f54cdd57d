import { test } from "uvu";
import * as assert from "uvu/assert";
import { dispatcherSets } from "../../src/policy/dispatcher";

test("each pool is a dispatcher set with its nodes in the policy's order", () => {
  const sets = dispatcherSets({
    pools: {
      main: {
        nodes: [
          { id: "media-1", address: "sip:192.0.2.11", capacity: 10 },
          { id: "media-2", address: "sip:[2001:db8::1]:5080;transport=tcp", capacity: 10 },
        ],
      },
      gateways: { nodes: [{ id: "gw", address: "sip:gw.example", capacity: 30 }] },
    },
    tenants: { acme: { domains: ["acme.example"], pool: "main", calls: { max: 5 } } },
    trusted: [],
  });
  assert.equal(sets, [
    {
      set: 1,
      pool: "main",
      nodes: [
        { id: "media-1", uri: "sip:192.0.2.11" },
        { id: "media-2", uri: "sip:[2001:db8::1]:5080;transport=tcp" },
      ],
    },
    { set: 2, pool: "gateways", nodes: [{ id: "gw", uri: "sip:gw.example" }] },
  ]);
});

test("a policy without pools has no sets", () => {
  const tenants = { acme: { domains: ["acme.example"], calls: { max: 5 } } };
  assert.equal(dispatcherSets({ tenants, trusted: [] }), []);
});

test.run();
