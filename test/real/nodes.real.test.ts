import * as assert from "uvu/assert";
import { eventually } from "../support/eventually";
import { at, liveCalls, realSuite, withScene } from "../support/scene";

/** Nodes that Kamailio's probing holds for dead. */
const test = realSuite("nodes");

test("a node that answers no probes gets no calls, and gets them again when it does, also over dispatcher.reload", () =>
  withScene(
    { home: "embedded", capacities: [10, 10], kamailio: { defines: { WEIR_PING_INTERVAL: 1 } } },
    async (scene) => {
      const { proxy, caller, nodes } = scene;
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error("two nodes");
      const isDown = async () => (await proxy.status()).pools[0]?.nodes[0]?.down ?? null;
      const becomes = (down: boolean) =>
        eventually(`down is ${down}`, async () => ((await isDown()) === down ? true : null), 30_000);

      first.answersProbes = false;
      await becomes(true);
      for (let i = 0; i < 3; i++) {
        const call = await caller.invite(at(proxy), "sip:a@acme.example");
        await (await second.incoming()).reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
      }
      first.answersProbes = true;
      await becomes(false);

      first.answersProbes = false;
      await becomes(true);
      // The reload forgets that it was dead, and tells nobody.
      first.answersProbes = true;
      await proxy.rpc("dispatcher.reload");
      await becomes(false);
      await liveCalls(proxy, 0);
    },
  ));

test.run();
