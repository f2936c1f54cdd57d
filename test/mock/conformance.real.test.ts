/** The same probes in the mock and inside a real Kamailio must give the same. Needs Kamailio (Debian: kamailio, kamailio-redis-modules). */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runMock } from "./conformance";
import { runReal } from "./kamailio";
import { probeRequest } from "./messages";
import { probes } from "./probes";

test("the mock answers every probe as Kamailio does", async () => {
  const real = await runReal(probeRequest);
  const mock = runMock(real.proxyPort, real.clientPort);
  assert.is(Object.keys(real.results).length, probes.length, "every probe has its own name and a result");
  for (const probe of probes) {
    assert.equal(mock[probe.name], real.results[probe.name], probe.name);
  }
  assert.is(real.received.length, 1);
  assert.match(real.received[0] as string, /^SIP\/2\.0 200 OK\r\n/);
  assert.match(real.received[0] as string, /\r\nX-Reply: 1\r\n/);
});

test.run();
