/** The sanity module: its checks by bit of the mask, in its order, with its replies. */
import { type Context, requestUri } from "./context";
import { headerOf, headersOf, parseAddress, parseUri, parseVia, splitList } from "./message";

/** What a failed check wants to answer; null for those that stay silent, because no reply could be matched. */
export type SanityAnswer = { code: number; reason: string; headers: string[] } | null;

type Check = (context: Context, uriChecks: number) => SanityAnswer | true;

function bad(code: number, reason: string, headers: string[] = []): SanityAnswer {
  return { code, reason, headers };
}

/** Bits the mock has a check for. The other ones (2048 digest, 4096 and 8192 tags and auth, 16384) pass. */
const checks: [number, Check][] = [
  [2, (c) => (parseUri(requestUri(c)) ? true : bad(400, "Bad Request URI"))],
  [
    4,
    (c) => {
      // Without these, or with CSeq twice, no reply can be made.
      for (const name of ["from", "to", "call-id", "cseq"]) {
        if (headersOf(c.message, name).length !== 1) return null;
      }
      return true;
    },
  ],
  [16, (c) => (parseVia(headerOf(c.message, "via") || "") ? true : bad(400, "Unsupported Transport in Topmost Via"))],
  [
    32,
    (c) => {
      const method = /^\d+\s+(\S+)/.exec(headerOf(c.message, "cseq") || "");
      if (!method) return bad(400, "Missing method in CSeq header");
      return method[1] === c.message.method ? true : bad(400, "CSeq method does not match request method");
    },
  ],
  [
    64,
    (c) => {
      // Numbers of 2^32 and more pass, in Kamailio 5.6 too.
      return /^\d+\s/.test(headerOf(c.message, "cseq") || "") ? true : bad(400, "Missing number in CSeq header");
    },
  ],
  [
    128,
    (c) => {
      const length = headerOf(c.message, "content-length");
      // A length that is no number leaves the headers unparsed, and then no reply can be made.
      if (length !== null && !/^\d+\s*$/.test(length)) return null;
      return length === null || Number(length) === c.message.body.length ? true : bad(400, "Content-Length mis-match");
    },
  ],
  [
    256,
    (c) => {
      const expires = headerOf(c.message, "expires");
      if (expires === null) return true;
      return /^\d+\s*$/.test(expires) && Number(expires) < 4294967296 ? true : bad(400, "Expires value is illegal");
    },
  ],
  [
    512,
    (c) => {
      const required = headerOf(c.message, "proxy-require");
      if (required === null) return true;
      const option = splitList(required)[0] as string;
      return bad(420, "Bad Proxy Require Extension", ["Unsupported: " + option]);
    },
  ],
  [
    1024,
    (c, uriChecks) => {
      const uriOf = (name: string) => parseUri(parseAddress(headerOf(c.message, name) || "").uri);
      if (uriChecks & 1 && !parseUri(requestUri(c))) return bad(400, "Bad Request URI");
      if (uriChecks & 2 && !uriOf("from")) return bad(400, "Invalid From Header");
      // The misspelling is Kamailio's.
      if (uriChecks & 4 && !uriOf("to")) return bad(400, "Ivalid To Header");
      return true;
    },
  ],
];

/** True when the request passes all checks of the mask. */
export function checkSanity(context: Context, messageChecks: number, uriChecks: number): SanityAnswer | true {
  for (const [bit, check] of checks) {
    if ((messageChecks & bit) === 0) continue;
    const answer = check(context, uriChecks);
    if (answer !== true) return answer;
  }
  return true;
}
