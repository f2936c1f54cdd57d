/** What Kamailio's own modules check and absorb before routing sees a request. */

import { type Reply, refusal } from "../src/routing/decision";
import { asText } from "./text";
import type { Ksr } from "./types/ksr";
import { ok, resultCode } from "./types/results";

/**
 * Checks of the sanity module: Request-URI version and scheme (416), required header fields, Via version and
 * protocol, CSeq method and value, Content-Length, Expires value, Proxy-Require (420), parsable URIs.
 */
const MESSAGE_CHECKS = 18407;
/** Request-URI, From and To. */
const URI_CHECKS = 7;
const MOST_HOPS = 70;

/** Checks that come before a request is looked into. */
export interface Screen {
  /** False when the request has been answered, or is a CANCEL and dealt with. */
  passes(method: string): boolean;
  /** False for what belongs to a transaction that exists: a retransmission, or the ACK of a failure. */
  isNew(): boolean;
}

/** The checks of Kamailio's modules. */
export function screen(ksr: Ksr): Screen {
  const { t_check_trans: checkTransaction, t_relay: relay } = ksr.tm;
  const processMaxForwards = ksr.maxfwd.process_maxfwd;
  const checkSanity = ksr.sanity.sanity_check;

  return {
    passes(method) {
      if (resultCode(processMaxForwards(MOST_HOPS)) <= 0) {
        if (method !== "ACK") refuse(ksr, refusal("too-many-hops"));
        return false;
      }
      if (resultCode(checkSanity(MESSAGE_CHECKS, URI_CHECKS)) <= 0) {
        if (method !== "ACK") answerInsane(ksr);
        return false;
      }
      if (method !== "CANCEL") return true;
      // It belongs to the INVITE's transaction, whatever the script thinks (RFC 3261 section 16.10).
      if (ok(checkTransaction())) relay();
      else refuse(ksr, refusal("no-dialog"));
      return false;
    },
    isNew: () => resultCode(checkTransaction()) !== 0,
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
