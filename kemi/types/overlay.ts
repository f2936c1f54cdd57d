/**
 * What app_jsdt.api_list does not say, by hand: parameter names, what an int means, what may be null. Read in the
 * source of the modules (Kamailio 5.6) and checked against the running one by test/mock/conformance.real.test.ts.
 */

/** Additions to one function of the list. */
export interface OverlayEntry {
  /** Names of all parameters, in order. */
  params?: string[];
  /** TypeScript type of the result; without it KemiResult for int, KemiValue for xval. */
  result?: string;
  /** What the result means or what to watch out for; a sentence. */
  doc?: string;
  deprecated?: string;
}

/** Functions of KSR.x, which Kamailio does not list. */
export const xFunctions: { signature: string; doc: string; deprecated: string }[] = [
  {
    signature: "exit(): never",
    doc: "Ends the script.",
    deprecated: "It works by throwing a string that any catch swallows. Return from the entry function instead.",
  },
  {
    signature: "drop(): never",
    doc: "Ends the script and drops the message.",
    deprecated: "It works by throwing a string that any catch swallows. Call set_drop() and return instead.",
  },
  {
    signature: "modf(name: string, ...parameters: string[]): number",
    doc: "Runs a function of kamailio.cfg by name.",
    deprecated: "It parses its arguments anew and logs an error on each call. Use the KEMI function.",
  },
];

const nullable = "KemiValue";
const text = "KemiString";
const textOrNumber = "string | number | symbol";
const count = "number";

export const overlay: { [name: string]: OverlayEntry } = {
  dbg: { params: ["text"] },
  info: { params: ["text"] },
  notice: { params: ["text"] },
  warn: { params: ["text"] },
  err: { params: ["text"] },
  crit: { params: ["text"] },
  log: { params: ["level", "text"] },
  is_myself: { params: ["uriOrHost"] },
  is_method: { params: ["name"] },
  is_method_in: { params: ["letters"] },
  is_proto: { params: ["letters"] },
  seturi: { params: ["uri"] },
  setuser: { params: ["user"] },
  sethost: { params: ["host"] },
  setdsturi: { params: ["uri"] },
  setflag: { params: ["flag"] },
  resetflag: { params: ["flag"] },
  isflagset: { params: ["flag"] },
  get_debug: { result: count, doc: "The debug level." },

  "pv.get": { params: ["name"], result: nullable, doc: "null: the pseudo-variable has no value or is not known." },
  "pv.gete": { params: ["name"], result: textOrNumber, doc: 'No value gives "".' },
  "pv.getw": { params: ["name"], result: textOrNumber, doc: 'No value gives "<null>".' },
  "pv.getvs": { params: ["name", "otherwise"], result: textOrNumber },
  "pv.getvn": { params: ["name", "otherwise"], result: textOrNumber },
  "pv.geti": { params: ["name"], result: count, doc: "0 when there is no value or it is not a number." },
  "pv.sets": { params: ["name", "value"] },
  "pv.seti": { params: ["name", "value"] },
  "pv.unset": { params: ["name"] },
  "pv.is_null": { params: ["name"], doc: "Also true for a pseudo-variable that is not known." },

  "pvx.var_sets": { params: ["name", "value"] },
  "pvx.var_seti": { params: ["name", "value"] },
  "pvx.var_get": { params: ["name"], result: nullable, doc: "A variable never set is the integer 0, not null." },
  "pvx.shv_sets": { params: ["name", "value"] },
  "pvx.shv_seti": { params: ["name", "value"] },
  "pvx.shv_get": { params: ["name"], result: nullable, doc: "0 unless modparam pv/shvset declared it." },
  "pvx.avp_sets": { params: ["name", "value"], doc: "Adds one more value before the others; it does not replace." },
  "pvx.avp_seti": { params: ["name", "value"], doc: "Adds one more value before the others; it does not replace." },
  "pvx.avp_get": { params: ["name"], result: nullable },
  "pvx.avp_gete": { params: ["name"], result: textOrNumber },
  "pvx.avp_getw": { params: ["name"], result: textOrNumber },
  "pvx.avp_rm": { params: ["name"], doc: "Removes the newest value only." },
  "pvx.avp_is_null": {
    params: ["name"],
    deprecated: "Kamailio 5.6 removes the newest value before it looks. Compare avp_get with null.",
  },

  "hdr.append": {
    params: ["line"],
    doc: 'The line ends in "\\r\\n"; visible only after msg_apply_changes or sending.',
  },
  "hdr.append_after": { params: ["line", "name"] },
  "hdr.insert": { params: ["line"] },
  "hdr.insert_before": { params: ["line", "name"] },
  "hdr.remove": { params: ["name"] },
  "hdr.rmappend": { params: ["name", "line"] },
  "hdr.rminsert": { params: ["name", "line"] },
  "hdr.is_present": { params: ["name"] },
  "hdr.append_to_reply": { params: ["line"], doc: 'The line ends in "\\r\\n".' },
  "hdr.get": { params: ["name"], result: "string | symbol | null", doc: "Body of the first header with this name." },
  "hdr.gete": { params: ["name"], result: text },
  "hdr.getw": { params: ["name"], result: text },
  "hdr.get_idx": { params: ["name", "index"], result: "string | symbol | null", doc: "Negative counts from the end." },
  "hdr.gete_idx": { params: ["name", "index"], result: text },
  "hdr.getw_idx": { params: ["name", "index"], result: text },
  "hdr.match_content": { params: ["name", "operator", "value", "index"] },

  "sl.sl_send_reply": { params: ["code", "reason"], doc: "Always stateless." },
  "sl.send_reply": { params: ["code", "reason"], doc: "Through the transaction when there is one." },
  "sl.send_reply_mode": { params: ["code", "reason", "mode"] },

  "tm.t_relay": { doc: "0 or below: not sent; tm answers 478 and the like unless the script answers." },
  "tm.t_newtran": { doc: "1 made; 0 a retransmission, absorbed; -10 made before." },
  "tm.t_branch_replied": { doc: "In a failure route: about provisional replies only." },
  "tmx.t_precheck_trans": {
    doc: "1 another worker has the same message; -1 not; -2 ACK and CANCEL are not looked at.",
  },
  "tm.t_on_branch": { params: ["callback"] },
  "tm.t_on_failure": { params: ["callback"] },
  "tm.t_on_branch_failure": { params: ["callback"] },
  "tm.t_on_reply": { params: ["callback"] },
  "tm.t_reply": { params: ["code", "reason"] },
  "tm.t_send_reply": { params: ["code", "reason"] },
  "tm.t_check_trans": {
    doc: "0 absorbed: a retransmission or the ACK to a failure; return. 1 a CANCEL of a known INVITE. -1 new.",
  },
  "tm.t_is_set": { params: ["what"] },
  "tm.t_set_fr": { params: ["inviteTimeoutMs", "replyTimeoutMs"] },
  "tm.t_set_fr_inv": { params: ["inviteTimeoutMs"] },
  "tm.t_set_retr": { params: ["t1Ms", "t2Ms"] },
  "tm.t_set_max_lifetime": { params: ["inviteMs", "otherMs"] },
  "tm.t_check_status": { params: ["pattern"] },
  "tm.t_grep_status": { params: ["code"] },
  "tm.t_get_status_code": { result: count, doc: "Status of the reply or of the winning branch; below 0 without one." },
  "tm.t_get_branch_index": { result: count },
  "tm.t_relay_to_flags": { params: ["flags"] },
  "tm.t_relay_to_proxy": { params: ["proxy"] },
  "tm.t_uac_send": { params: ["method", "uri", "nextHop", "socket", "headers", "body"] },

  "rr.record_route_params": { params: ["parameters"], doc: 'The text starts with ";".' },
  "rr.loose_route": { doc: "1 routed, even by a foreign Route; -1 no Route; -3 only our own preloaded Route." },
  "rr.add_rr_param": { params: ["parameters"], doc: 'The text starts with ";".' },
  "rr.check_route_param": { params: ["pattern"] },
  "rr.is_direction": { params: ["direction"] },
  "maxfwd.process_maxfwd": { params: ["limit"], doc: "1 decreased; 2 added; -1 exhausted; -2 not a number." },
  "maxfwd.is_maxfwd_lt": { params: ["limit"] },
  "sanity.sanity_check": {
    params: ["messageChecks", "uriChecks"],
    doc: "1 good; else bad, and a reply has been sent.",
  },
  "siputils.is_uri": { params: ["uri"] },
  "siputils.is_numeric": { params: ["text"] },
  "siputils.is_tel_number": { params: ["text"] },
  "siputils.cmp_uri": { params: ["a", "b"] },
  "siputils.cmp_aor": { params: ["a", "b"] },

  "htable.sht_get": { params: ["table", "key"], result: nullable, doc: "null: no such item, or it has expired." },
  "htable.sht_gete": { params: ["table", "key"], result: textOrNumber },
  "htable.sht_getw": { params: ["table", "key"], result: textOrNumber },
  "htable.sht_sets": {
    params: ["table", "key", "value"],
    doc: "Expiry starts anew with autoexpire, unless updateexpire=0.",
  },
  "htable.sht_seti": {
    params: ["table", "key", "value"],
    doc: "Expiry starts anew with autoexpire, unless updateexpire=0.",
  },
  "htable.sht_setxs": {
    params: ["table", "key", "value", "ttlSeconds"],
    doc: "A longer text over an existing item, or a text over a number, never expires: call sht_setex after it.",
  },
  "htable.sht_setxi": {
    params: ["table", "key", "value", "ttlSeconds"],
    result: "0 | -1",
    doc: "0 is success here, unlike its sisters; -1 an error.",
  },
  "htable.sht_setex": { params: ["table", "key", "ttlSeconds"], doc: "0 or below: for ever. No item is no error." },
  "htable.sht_rm": { params: ["table", "key"], doc: "True also when there was no such item." },
  "htable.sht_inc": {
    params: ["table", "key"],
    result: count,
    doc: "The new value; -255 for no item without initval, or a text.",
  },
  "htable.sht_dec": {
    params: ["table", "key"],
    result: count,
    doc: "The new value; -255 for no item without initval, or a text.",
  },
  "htable.sht_is_null": { params: ["table", "key"], doc: "1 no item; 2 no table; -1 an item; -2 table has a default." },
  "htable.sht_lock": { params: ["table", "key"], doc: "Locks the slot of the key; re-entrant within the process." },
  "htable.sht_unlock": { params: ["table", "key"] },
  "htable.sht_reset": { params: ["table"], result: "0 | -1", doc: "0 is success; -1 no such table." },
  "htable.sht_iterator_start": { params: ["iterator", "table"], doc: "Holds the lock of a slot until the end." },
  "htable.sht_iterator_next": { params: ["iterator"] },
  "htable.sht_iterator_end": { params: ["iterator"] },
  "htable.sht_iterator_rm": {
    params: ["iterator"],
    doc: "Moves to the next item; -2 removed and no next; -1 nothing to remove.",
  },
  "htable.sht_iterator_sets": { params: ["iterator", "value"] },
  "htable.sht_iterator_seti": { params: ["iterator", "value"] },
  "htable.sht_iterator_setex": { params: ["iterator", "ttlSeconds"] },
  "htable.sht_rm_name": { params: ["table", "operator", "value"] },
  "htable.sht_rm_value": { params: ["table", "operator", "value"] },
  "htable.sht_rm_name_re": { params: ["table", "pattern"] },
  "htable.sht_rm_value_re": { params: ["table", "pattern"] },
  "htable.sht_match_name": { params: ["table", "operator", "value"] },
  "htable.sht_match_str_value": { params: ["table", "operator", "value"] },

  "ndb_redis.redis_cmd": {
    params: ["server", "format", "reply"],
    result: "RedisResult",
    doc: "The format is a constant: it goes through printf.",
  },
  "ndb_redis.redis_cmd_p1": { params: ["server", "format", "a", "reply"], result: "RedisResult" },
  "ndb_redis.redis_cmd_p2": { params: ["server", "format", "a", "b", "reply"], result: "RedisResult" },
  "ndb_redis.redis_cmd_p3": { params: ["server", "format", "a", "b", "c", "reply"], result: "RedisResult" },
  "ndb_redis.redis_free": { params: ["reply"] },

  "jsonrpcs.exec": { params: ["request"], doc: "The answer is in $jsonrpl(code) and $jsonrpl(body)." },
  "jsonrpcs.execx": { params: ["request"] },

  "dispatcher.ds_select": { params: ["set", "algorithm"] },
  "dispatcher.ds_select_dst": { params: ["set", "algorithm"] },
  "dispatcher.ds_select_domain": { params: ["set", "algorithm"] },
  "dispatcher.ds_is_from_list": { params: ["set"] },
  "dispatcher.ds_is_from_list_mode": { params: ["set", "mode"] },
  "dispatcher.ds_is_from_list_uri": { params: ["set", "mode", "uri"] },
  "dispatcher.ds_mark_dst_state": { params: ["state"] },
  "dispatcher.ds_list_exists": { params: ["set"] },
  "dispatcher.ds_is_active": { params: ["set"] },
  "dispatcher.ds_is_active_uri": { params: ["set", "uri"] },

  "xhttp.xhttp_reply": {
    params: ["code", "reason", "contentType", "body"],
    result: "0 | -1",
    doc: "0 is success.",
  },
  "xhttp.get_hu": { result: "string | symbol | null", doc: "The request's path and query." },

  "mqueue.mq_add": { params: ["queue", "key", "value"] },
  "mqueue.mq_fetch": { params: ["queue"] },
  "mqueue.mq_size": { params: ["queue"], result: count, doc: "-1: no such queue." },
  "mqueue.mq_pv_free": { params: ["queue"] },
  "mqueue.mqk_get": { params: ["queue"], result: nullable },
  "mqueue.mqv_get": { params: ["queue"], result: nullable },

  "textops.set_body": { params: ["body", "contentType"] },
  "textops.set_reply_body": { params: ["body", "contentType"] },
  "textops.remove_hf": { params: ["name"] },
  "textopsx.msg_apply_changes": { doc: "Makes changed headers visible; not in failure routes." },
};
