/** Runs the probes on the mock, with the ports a real run had. Engine code: it runs in Duktape too. */
import { createMock } from "../../kemi/mock";
import type { TableOptions } from "../../kemi/mock/htable";
import { probeRequest } from "./messages";
import { probes, runProbe } from "./probes";

/** Tables both worlds have; the modparam strings are Kamailio's own. */
export const tables = [
  "t=>size=4;",
  "x=>size=4;autoexpire=100;",
  "keep=>size=4;autoexpire=100;updateexpire=0;",
  "zero=>size=4;initval=0;",
  "it=>size=4;",
];

/** Turns Kamailio's modparam into the mock's option. */
export function tableOptions(modparams: string[]): { [name: string]: TableOptions } {
  const out: { [name: string]: TableOptions } = {};
  for (const text of modparams) {
    const [name, rest] = text.split("=>") as [string, string];
    const options: { [key: string]: number } = {};
    for (const pair of rest.split(";").filter((part) => part !== "")) {
      const [key, value] = pair.split("=") as [string, string];
      options[key] = Number(value);
    }
    out[name] = options;
  }
  return out;
}

/** Result by probe name. */
export function runMock(proxyPort: number, clientPort: number): { [name: string]: unknown } {
  const mock = createMock({
    listen: [{ ip: "127.0.0.1", port: proxyPort, proto: "udp" }],
    aliases: ["proxy.example"],
    tables: tableOptions(tables),
    shared: { counter: 3 },
    defines: { DEFINED: "17" },
  });
  const results: { [name: string]: unknown } = {};
  mock.globals.ksr_request_route = () => {
    for (const probe of probes) results[probe.name] = runProbe(probe, mock.ksr);
  };
  try {
    mock.receive({
      message: probeRequest(proxyPort, clientPort),
      from: { ip: "127.0.0.1", port: clientPort, proto: "udp" },
    });
  } catch (error) {
    results.fault = String(error);
  }
  return results;
}
