import type { SipSocket } from "../../src/host/sip-socket";

let serial = 0;

/** What a test's request may say differently from the usual; a header set to null is left out. */
export interface RequestParts {
  method?: string;
  uri?: string;
  headers?: Readonly<Record<string, string | null>>;
  body?: string;
}

/** A request with every mandatory header (RFC 3261 §8.1.1) and identifiers that are new each time. */
export function requestFrom(socket: SipSocket, parts: RequestParts = {}): string {
  serial++;
  const unique = `${process.pid}-${Date.now().toString(36)}-${serial}`;
  const method = parts.method ?? "OPTIONS";
  const uri = parts.uri ?? "sip:probe@weir.example";
  const body = parts.body ?? "";
  const headers: Record<string, string | null> = {
    Via: `SIP/2.0/${socket.protocol.toUpperCase()} ${socket.hostPort};rport;branch=z9hG4bK-${unique}`,
    From: `<sip:tester@weir.example>;tag=f${serial}`,
    To: `<${uri}>`,
    "Call-ID": `${unique}@weir.example`,
    CSeq: `1 ${method}`,
    "Max-Forwards": "70",
    Contact: `<sip:tester@${socket.hostPort}${socket.protocol === "tcp" ? ";transport=tcp" : ""}>`,
    "Content-Length": `${Buffer.byteLength(body, "latin1")}`,
    ...parts.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${method} ${uri} SIP/2.0\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
