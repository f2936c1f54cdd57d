/** Scenarios on the mock: the router's own TypeScript, a fresh proxy for each. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { router } from "../../kemi/main";
import { weirConfiguration } from "../../src/host/kamailio";
import type { Policy } from "../../src/policy/types";
import { homes, type LedgerHome, policyNames, scenariosOf } from "./all";
import { MockWorld, playOn } from "./mock-world";
import hook from "./policies/hook";
import main from "./policies/main";
import type { PolicyName } from "./scenario";

const policies: Record<PolicyName, Policy> = { main, hook };
const cfg = readFileSync(weirConfiguration, "utf8");
const build = {
  version: "0",
  policyHash: "0",
  library: { name: "weir_test", text: "#!lua name=weir_test\n" },
};

function proxyWith(home: LedgerHome, policy: PolicyName): MockWorld {
  return new MockWorld(home, cfg, (mock) => {
    Object.assign(mock.globals, router(mock.ksr, policies[policy], build, mock.nowMs));
  });
}

for (const home of homes) {
  const test = suite(`scenarios on the mock, ${home} home`);
  for (const policy of policyNames) {
    for (const titled of scenariosOf(policy)) {
      test(titled.title, () => {
        const world = proxyWith(home, policy);
        assert.is(playOn(world, titled), null);
      });
    }
  }
  // What the first call teaches the router holds for the next ones, so each goes another way than alone.
  for (const policy of policyNames) {
    test(`all of policy ${policy} one after the other on one proxy`, () => {
      const world = proxyWith(home, policy);
      for (const titled of scenariosOf(policy)) assert.is(playOn(world, titled), null, titled.title);
    });
  }
  test.run();
}

const test = suite("scenarios");

test("each scenario registers users of its own, so that they can share a proxy", () => {
  const owners = new Map<string, string>();
  for (const policy of policyNames) {
    for (const { title, scenario } of scenariosOf(policy)) {
      for (const step of scenario.steps) {
        if (!("send" in step) || "within" in step || step.send !== "REGISTER") continue;
        const owner = owners.get(`${policy} ${step.user}`) ?? title;
        assert.is(owner, title, `${step.user} is ${owner}'s`);
        owners.set(`${policy} ${step.user}`, title);
      }
    }
  }
});

test.run();
