/** What Kamailio's own modules check and absorb before routing sees a request. */

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

/** @returns a check that is false when the request has been answered or belongs to a transaction that exists */
export function screen(ksr: Ksr): () => boolean {
  const { t_check_trans: checkTransaction, t_relay: relay } = ksr.tm;
  const precheckTransaction = ksr.tmx.t_precheck_trans;
  const processMaxForwards = ksr.maxfwd.process_maxfwd;
  const checkSanity = ksr.sanity.sanity_check;
  const isAck = ksr.is_ACK;
  const isCancel = ksr.is_CANCEL;

  return () => {
    if (!ok(processMaxForwards(MOST_HOPS))) {
      if (!isAck()) {
        ksr.hdr.append_to_reply("X-Weir-Reason: too-many-hops\r\n");
        ksr.sl.sl_send_reply(483, "Too Many Hops");
      }
      return false;
    }
    if (!ok(checkSanity(MESSAGE_CHECKS, URI_CHECKS))) {
      answerInsane(ksr);
      return false;
    }
    if (isCancel()) {
      if (ok(checkTransaction())) relay();
      else {
        ksr.hdr.append_to_reply("X-Weir-Reason: no-dialog\r\n");
        ksr.sl.sl_send_reply(481, "Call/Transaction Does Not Exist");
      }
      return false;
    }
    // Another worker may be busy with the same request right now.
    if (!isAck() && ok(precheckTransaction())) {
      checkTransaction();
      return false;
    }
    // 0: a retransmission, answered from the transaction, or the ACK of a failure.
    return resultCode(checkTransaction()) !== 0;
  };
}

/** The module has found a reply and kept it (its parameter noreply): a scheme it cannot parse it would answer 400. */
function answerInsane(ksr: Ksr): void {
  if (ksr.is_ACK()) return;
  // Of a URI that it cannot parse Kamailio shows nothing, so the start line has to do.
  const line = (asText(ksr.pv.get("$mb"), "message") ?? "").substring(0, 80);
  const uri = line.substring(line.indexOf(" ") + 1);
  if (/^(sips?|tel):/i.test(uri) || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) {
    ksr.sanity.sanity_reply();
    return;
  }
  ksr.hdr.append_to_reply("X-Weir-Reason: bad-scheme\r\n");
  ksr.sl.sl_send_reply(416, "Unsupported URI Scheme");
}
