/**
 * A small router that says what tm and rr answer it, for call.real.test.ts: the same code on the mock and in a real
 * Kamailio. Engine code.
 */
import type { Ksr } from "../../kemi/types/ksr";

/** What the script publishes. */
export interface CallScript {
  ksr_request_route(): void;
  ksr_failure_invite(): void;
  ksr_branch_invite(): void;
  ksr_onreply_invite(): void;
}

/** The raw code of a result; the script reports it rather than judges it. */
function code(result: unknown): string {
  return String(result);
}

/** Routes INVITEs to the first node, after its failure to the second, and in-dialog requests by Route. */
export function callScript(ksr: Ksr, firstNode: string, secondNode: string): CallScript {
  function text(name: string): string {
    return String(ksr.pv.gete(name));
  }

  function seen(line: string): void {
    ksr.err(`SEEN ${line}\n`);
  }
  return {
    ksr_request_route() {
      const method = String(ksr.pv.get("$rm"));
      if (method === "MESSAGE") {
        seen(`sanity ${code(ksr.sanity.sanity_check(18407, 7))} ru ${text("$ru")} fu ${text("$fu")} tu ${text("$tu")}`);
        seen(`reply ${code(ksr.sanity.sanity_reply())}`);
        return;
      }
      const check = code(ksr.tm.t_check_trans());
      seen(`${method} precheck ${code(ksr.tmx.t_precheck_trans())} check ${check}`);
      if (check === "0") return;
      if (method === "CANCEL") {
        seen(`CANCEL relay ${code(ksr.tm.t_relay())}`);
        return;
      }
      if (method === "OPTIONS") {
        seen(`newtran ${code(ksr.tm.t_newtran())} again ${code(ksr.tm.t_newtran())}`);
        ksr.hdr.append_to_reply("X-Stateful: 1\r\n");
        seen(`send ${code(ksr.sl.send_reply(404, "Not Here"))} again ${code(ksr.sl.send_reply(500, "Again"))}`);
        return;
      }
      if (method === "INFO") {
        seen(`loose ${code(ksr.rr.loose_route())} du ${text("$du")} ru ${text("$ru")} route ${text("$route_uri")}`);
        seen(`rb ${JSON.stringify(ksr.pv.get("$rb"))} bs ${text("$bs")} cl ${text("$cl")} ct ${text("$cT")}`);
        seen(`lr ${code(ksr.rr.check_route_param("lr"))} down ${code(ksr.rr.is_direction("downstream"))}`);
        ksr.sl.send_reply(200, "OK");
        return;
      }
      if (method === "ACK") {
        ksr.pv.sets("$du", firstNode);
        seen(`ACK relay ${code(ksr.tm.t_relay())}`);
        return;
      }
      if (method === "BYE") {
        seen(`loose ${code(ksr.rr.loose_route())} du ${text("$du")} ru ${text("$ru")}`);
        seen(`w ${text("$(route_uri{uri.param,w})")} down ${code(ksr.rr.is_direction("downstream"))}`);
        seen(`BYE relay ${code(ksr.tm.t_relay())}`);
        return;
      }
      ksr.rr.record_route_params(";w=x");
      ksr.tm.t_on_failure("ksr_failure_invite");
      ksr.tm.t_on_branch("ksr_branch_invite");
      if (ksr.pv.get("$rU") === "replies" || ksr.pv.get("$rU") === "again") ksr.tm.t_on_reply("ksr_onreply_invite");
      ksr.pvx.avp_sets("kept", "yes");
      ksr.hdr.append("X-Kept: 1\r\n");
      if (ksr.pv.get("$rU") === "fork") {
        ksr.pv.sets("$du", secondNode);
        seen(`append ${code(ksr.corex.append_branch())} du ${text("$du")}`);
      }
      ksr.pv.sets("$du", ksr.pv.get("$rU") === "nowhere" ? "nonsense" : firstNode);
      seen(`relay ${code(ksr.tm.t_relay())} code ${text("$T_reply_code")}`);
    },
    ksr_failure_invite() {
      seen(
        `failure ${text("$T_reply_code")} status ${code(ksr.tm.t_get_status_code())} cancelled ` +
          `${code(ksr.tm.t_is_canceled())} replied ${code(ksr.tm.t_branch_replied())} timeout ` +
          `${code(ksr.tm.t_branch_timeout())} any ${code(ksr.tm.t_any_timeout())} check ` +
          `${code(ksr.tm.t_check_status("[56][0-9][0-9]"))} trans ${code(ksr.tm.t_check_trans())} set ` +
          `${code(ksr.tm.t_is_set("failure_route"))} ru ${text("$ru")} du ${text("$du")} rm ` +
          `${text("$rm")} avp ${text("$avp(kept)")} si ${text("$si")}`,
      );
      if (ksr.pv.get("$rU") === "reply") {
        seen(`reply ${code(ksr.tm.t_reply(480, "Gone"))}`);
        return;
      }
      if (ksr.pv.get("$rU") === "throw") throw new Error("on purpose");
      if (ksr.pv.get("$rU") === "same") {
        seen(`relay the same ${code(ksr.tm.t_relay())}`);
        ksr.setdsturi(secondNode);
        seen(`relay by setdsturi ${code(ksr.tm.t_relay())}`);
        return;
      }
      const first = ksr.pvx.avp_get("tried") === null;
      ksr.pvx.avp_sets("tried", "yes");
      if ((ksr.pv.get("$rU") === "again" && first) || ksr.pv.get("$T_reply_code") === 487) {
        ksr.tm.t_on_failure("ksr_failure_invite");
        ksr.pv.sets("$du", secondNode);
        seen(`relay again ${code(ksr.tm.t_relay())}`);
      }
    },
    ksr_branch_invite() {
      ksr.hdr.append("X-Branch: 1\r\n");
      seen(`branch ru ${text("$ru")} du ${text("$du")}`);
    },
    ksr_onreply_invite() {
      seen(`onreply ${text("$rs")} ${text("$rr")} rm ${text("$rm")} ${text("$avp(kept)")}`);
    },
  };
}
