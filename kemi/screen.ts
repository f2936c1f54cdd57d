/** What Kamailio's own modules check and absorb before routing sees a request. */

import { type Reply, refusal } from "../src/routing/decision";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { ok } from "./types/results";

/**
 * Checks of the sanity module: Request-URI version and scheme (416), required header fields, Via version and
 * protocol, CSeq method and value, Content-Length, Expires value, Proxy-Require (420), parsable URIs.
 */
export const MESSAGE_CHECKS = 18407;
/** Request-URI, From and To. */
export const URI_CHECKS = 7;
export const MOST_HOPS = 70;

/** What is done with requests that go no further. */
export interface Screen {
  /** Answers a request that has no hop left (RFC 3261 section 16.3). */
  tooManyHops(method: string): void;
  /** Answers a request that failed the sanity checks. */
  insane(method: string): void;
  /** Hands a CANCEL to the INVITE's transaction, whatever the script thinks (RFC 3261 section 16.10). */
  cancel(): void;
}

/** The answers of a router. */
export function screen(ksr: Ksr): Screen {
  return {
    tooManyHops(method) {
      if (method !== "ACK") refuse(ksr, refusal("too-many-hops"));
    },
    insane(method) {
      if (method !== "ACK") answerInsane(ksr);
    },
    cancel() {
      if (ok(ksr.tm.t_check_trans())) ksr.tm.t_relay();
      else refuse(ksr, refusal("no-dialog"));
    },
  };
}

function refuse(ksr: Ksr, answer: Reply): void {
  ksr.hdr.append_to_reply(answer.headers);
  ksr.sl.sl_send_reply(answer.code, answer.phrase);
}

/** The module has found a reply and kept it (its parameter noreply): a scheme it cannot parse it would answer 400. */
function answerInsane(ksr: Ksr): void {
  // Of a URI that it cannot parse Kamailio shows nothing, so the start line has to do.
  const line = (asText(ksr.pv.get("$mb"), "message") ?? "").substring(0, 80);
  const uri = line.substring(line.indexOf(" ") + 1);
  if (/^(sips?|tel):/i.test(uri) || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) {
    ksr.sanity.sanity_reply();
    return;
  }
  refuse(ksr, refusal("bad-scheme"));
}
