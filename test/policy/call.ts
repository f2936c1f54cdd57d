import type { Call } from "../../src/routing/call";

/** What differs from the usual call: a phone's, alice to bob, both at acme.example. */
export interface CallParts {
  tenant?: string;
  /** `user@domain` */
  from?: string;
  /** `user@domain` */
  to?: string;
  kind?: Call["source"]["kind"];
  emergency?: boolean;
  headers?: Readonly<Record<string, string>>;
}

/** A call as a policy's route hook sees it, for tests of the hook. */
export function callOf(parts: CallParts = {}): Call {
  const party = (address: string) => {
    const at = address.lastIndexOf("@");
    return { user: address.slice(0, at), domain: address.slice(at + 1) };
  };
  return {
    tenant: parts.tenant ?? "acme",
    from: party(parts.from ?? "alice@acme.example"),
    to: party(parts.to ?? "bob@acme.example"),
    source: { kind: parts.kind ?? "device", address: "192.0.2.1", port: 5060, transport: "udp" },
    emergency: parts.emergency ?? false,
    header: (name) => parts.headers?.[name] ?? null,
  };
}
