import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadPolicy } from "../../src/build/policy";
import { castPolicy } from "../../src/demo/cast";
import { playedPolicy, playedPolicyText } from "../../src/demo/played-policy";
import type { Policy } from "../../src/policy/types";
import { validatePolicy } from "../../src/policy/validate";

const test = suite("policy as it is played");

const policy: Policy = {
  pools: {
    main: {
      nodes: [{ id: "a", address: "sip:203.0.113.1", capacity: 200, zone: "x" }],
      choose: { strategy: "least-loaded" },
    },
    other: { nodes: [{ id: "b", address: "sip:203.0.113.2:5070", capacity: 10 }] },
  },
  tenants: {
    big: { trunks: ["203.0.113.9"], pool: "main", calls: { max: 40 } },
    little: { domains: ["little.example"], pool: "main", calls: { max: 3 } },
  },
  registration: { minExpires: 600, maxContacts: 2 },
  emergency: ["112"],
  trusted: ["203.0.113.0/24"],
};
const addresses = { main: ["sip:127.0.0.11:20001"], other: ["sip:127.0.0.12:20002"] };

test("names no address outside this machine, and keeps what the operator decided", () => {
  const played = playedPolicy(policy, castPolicy(policy), { addresses, minExpires: 1 });
  assert.not.match(JSON.stringify(played), /203\.0\.113/);
  assert.equal(played.pools?.main?.nodes, [{ id: "a", address: "sip:127.0.0.11:20001", capacity: 200, zone: "x" }]);
  assert.equal(played.tenants.big?.calls, { max: 40 });
  assert.equal(played.tenants.little, policy.tenants.little);
  assert.equal(played.registration, { minExpires: 1, maxContacts: 2 });
  assert.equal(validatePolicy(played), []);
});

test("plays another limit only when told to", () => {
  const played = playedPolicy(policy, castPolicy(policy), { addresses, minExpires: 1, playedMax: 9 });
  assert.equal(played.tenants.little?.calls, { max: 9 });
});

test("its text loads as the same policy, route hook included", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "weir-demo-test-"));
  try {
    const operators = path.join(directory, "operators.ts");
    const hook = '(call) => (call.to.user === "7" ? refuse(603, "No") : byDefault())';
    const imports = "byDefault, definePolicy, type Policy, refuse";
    const base = `const base: Policy = ${JSON.stringify(policy)};\nexport default definePolicy({ ...base, route: ${hook} });`;
    writeFileSync(operators, `import { ${imports} } from "weir";\n${base}\n`);
    const loaded = await loadPolicy(operators);
    const played = playedPolicy(loaded, castPolicy(loaded), { addresses, minExpires: 1 });
    const file = path.join(directory, "policy.ts");
    writeFileSync(file, playedPolicyText(played, operators));

    const again = await loadPolicy(file);
    const { route, ...data } = again;
    const { route: _, ...wanted } = played;
    assert.equal(JSON.parse(JSON.stringify(data)), JSON.parse(JSON.stringify(wanted)));
    assert.type(route, "function");
    assert.is(`${route}`, `${loaded.route}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test.run();
