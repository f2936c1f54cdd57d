/** What Kamailio's own modules check and absorb before routing sees a request. */

import type { Ksr } from "./types/ksr";
import { ok, resultCode } from "./types/results";

/**
 * Checks of the sanity module: Request-URI version and scheme (416), required header fields, Via version and
 * protocol, CSeq method and value, Content-Length, Expires value, Proxy-Require (420), parsable URIs.
 */
const MESSAGE_CHECKS = 17895;
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
    // The module sends its own reply.
    if (!ok(checkSanity(MESSAGE_CHECKS, URI_CHECKS))) return false;
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
