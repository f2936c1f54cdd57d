// A script that says what it sees: for tests of the configuration and the host parts without the bundle.

// The AUTH that ndb_redis must not send itself (see kamailio-cfg/weir.cfg).
function pingRedis() {
  if (typeof KSR.ndb_redis === "undefined") {
    return "none";
  }
  var code = KSR.ndb_redis.redis_cmd("weir", "PING", "r");
  if (code === -1 && String(KSR.pv.get("$redis(r=>info)")).indexOf("NOAUTH") === 0) {
    KSR.ndb_redis.redis_cmd_p1("weir", "AUTH %s", KSR.pv.get("$env(WEIR_REDIS_PASSWORD)"), "r");
    code = KSR.ndb_redis.redis_cmd("weir", "PING", "r");
  }
  return code;
}

// biome-ignore lint/correctness/noUnusedVariables: Kamailio calls it by name.
function ksr_request_route() {
  var get = KSR.pv.get;
  if (get("$rm") === "INVITE" || get("$rm") === "CANCEL") {
    KSR.pv.sets("$du", "sip:" + get("$rU"));
    KSR.tm.t_relay();
    return 1;
  }
  var body = [
    "secret=" + get("$env(WEIR_SECRET)"),
    "httpPort=" + get("$def(WEIR_HTTP_PORT)"),
    "redis=" + pingRedis(),
    "protocol=" + get("$proto"),
    "localPort=" + get("$Rp"),
    "ticks=" + KSR.htable.sht_get("weir", "ticks"),
    "events=" + KSR.htable.sht_get("weir", "events"),
  ].join("\n");
  KSR.textops.set_reply_body(body, "text/plain");
  KSR.sl.sl_send_reply(200, "OK");
  return 1;
}

// biome-ignore lint/correctness/noUnusedVariables: Kamailio calls it by name.
function ksr_timer() {
  var before = KSR.htable.sht_get("weir", "ticks");
  KSR.htable.sht_seti("weir", "ticks", before === null ? 1 : before + 1);
  return 1;
}

// biome-ignore lint/correctness/noUnusedVariables: Kamailio calls it by name.
function ksr_http(event) {
  KSR.xhttp.xhttp_reply(200, "OK", "text/plain", event + " " + KSR.pv.get("$rm") + " " + KSR.pv.get("$hu"));
  return 1;
}

// biome-ignore lint/correctness/noUnusedVariables: Kamailio calls it by name.
function ksr_dispatcher_event(event) {
  var before = KSR.htable.sht_get("weir", "events");
  var now = event + " " + KSR.pv.get("$ru") + " " + KSR.pv.get("$dsv(code)");
  KSR.htable.sht_sets("weir", "events", (before === null ? "" : before + ", ") + now);
  return 1;
}
