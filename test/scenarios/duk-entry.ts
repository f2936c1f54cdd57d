/**
 * What duk.test.ts runs inside Duktape: the mock as a host for the built bundles, and all scenarios over it. Prints what
 * was wrong as JSON, `[[title, complaint], …]`.
 */
import { homes, policyNames, scenariosOf } from "./all";
import { MockWorld, playOn } from "./mock-world";

declare function print(text: string): void;

/** Duktape's global object, which a bundle writes its entry points to and reads KSR from. */
const globals = globalThis as unknown as {
  [name: string]: unknown;
  /** Built bundles by policy; duk.test.ts puts them in front of this text. */
  BUNDLES: { [policy: string]: string };
  /** Text of weir.cfg. */
  CFG: string;
  eval(script: string): void;
};

const failures: [string, string][] = [];
let played = 0;
for (const home of homes) {
  for (const policy of policyNames) {
    // One proxy for all scenarios of a policy, as in a real Kamailio.
    const world = new MockWorld(
      home,
      globals.CFG,
      (mock) => {
        globals.KSR = mock.ksr;
        Date.now = mock.nowMs;
        globals.eval(globals.BUNDLES[policy] || "");
      },
      globals,
    );
    for (const titled of scenariosOf(policy)) {
      let complaint: string | null;
      try {
        complaint = playOn(world, titled);
      } catch (error) {
        complaint = String(error instanceof Error ? error.stack : error);
      }
      played++;
      if (complaint !== null) failures.push([home + " home, " + titled.title, complaint]);
    }
  }
}

const text = JSON.stringify({ played, failures });
let ascii = "";
for (let i = 0; i < text.length; i++) {
  const code = text.charCodeAt(i);
  ascii += code < 128 ? text.charAt(i) : "\\u" + ("000" + code.toString(16)).slice(-4);
}
print(ascii);
