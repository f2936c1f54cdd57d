/** The mock on its own: what it claims beyond the probes of conformance.real.test.ts. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createMock, type Mock, type MockOptions, type MockRedisReply, type MockRelay } from "../../kemi/mock";
import type { Ksr } from "../../kemi/types/ksr";
import { ok, resultCode } from "../../kemi/types/results";
import { sip } from "./messages";

const proxy = { ip: "192.0.2.1", port: 5060, proto: "udp" as const };

interface RequestOptions {
  method?: string;
  uri?: string;
  branch?: string;
  cseq?: number;
  toTag?: string;
  headers?: string[];
  body?: string;
}

function request(options: RequestOptions = {}): string {
  const method = options.method ?? "INVITE";
  return sip(
    [
      `${method} ${options.uri ?? "sip:bob@192.0.2.50"} SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.100;branch=${options.branch ?? "z9hG4bKa"};rport`,
      ...(options.headers ?? []),
      "Max-Forwards: 70",
      "From: <sip:alice@example.com>;tag=f1",
      `To: <sip:bob@example.com>${options.toTag === undefined ? "" : `;tag=${options.toTag}`}`,
      "Call-ID: call-1",
      `CSeq: ${options.cseq ?? 1} ${method}`,
    ],
    options.body ?? "",
  );
}

/** A mock whose request route is `script`. */
function withScript(script: (ksr: Ksr) => void, options: MockOptions = {}): Mock {
  const mock = createMock(options);
  mock.globals.ksr_request_route = () => script(mock.ksr);
  return mock;
}

/** Absorbs retransmissions, relays the rest, and tries node 2 when node 1 fails. */
function relayScript(ksr: Ksr): void {
  if (ksr.is_CANCEL()) {
    ksr.tm.t_relay();
    return;
  }
  if (resultCode(ksr.tm.t_check_trans()) === 0) return;
  ksr.rr.record_route_params(";w=x");
  ksr.tm.t_on_failure("ksr_failure_invite");
  ksr.pv.sets("$du", "sip:192.0.2.11");
  ksr.tm.t_relay();
}

function failover(options: MockOptions = {}): { mock: Mock; seen: unknown[] } {
  const mock = withScript(relayScript, options);
  const seen: unknown[] = [];
  mock.globals.ksr_failure_invite = () => {
    const { ksr } = mock;
    seen.push([
      ksr.pv.get("$T_reply_code"),
      ok(ksr.tm.t_is_canceled()),
      ok(ksr.tm.t_any_timeout()),
      ok(ksr.tm.t_branch_replied()),
    ]);
    if (ok(ksr.tm.t_is_canceled()) || seen.length > 1) return;
    ksr.tm.t_on_failure("ksr_failure_invite");
    ksr.pv.sets("$du", "sip:192.0.2.12");
    ksr.tm.t_relay();
  };
  return { mock, seen };
}

function only(relays: MockRelay[]): MockRelay {
  assert.is(relays.length, 1);
  return relays[0] as MockRelay;
}

test("a stateless reply carries its code, reason and appended headers", () => {
  const mock = withScript((ksr) => {
    ksr.hdr.append_to_reply("Retry-After: 5\r\nX-Reason: full\r\n");
    ksr.sl.send_reply(503, "No room");
  });
  const { replies, relays, dropped } = mock.receive({ message: request() });
  assert.equal([replies.length, relays.length, dropped], [1, 0, false]);
  const reply = replies[0]!;
  assert.equal(
    [reply.code, reply.reason, reply.headers, reply.stateful, reply.method, reply.callId],
    [503, "No room", ["Retry-After: 5", "X-Reason: full"], false, "INVITE", "call-1"],
  );
});

test("a relayed INVITE carries Record-Route, our Via, the sender's rport, fewer hops and an untouched body", () => {
  const mock = withScript((ksr) => {
    ksr.maxfwd.process_maxfwd(10);
    ksr.hdr.append("X-New: 1\r\n");
    ksr.hdr.remove("X-Old");
    relayScript(ksr);
  });
  mock.globals.ksr_failure_invite = () => {};
  const body = "v=0\r\n\r\n\xff";
  const outcome = mock.receive({ message: request({ headers: ["X-Old: 1"], body }) });
  assert.equal(
    outcome.automatic.map((reply) => reply.code),
    [100],
  );
  const sent = only(outcome.relays);
  assert.equal([sent.ruri, sent.destination, sent.duri], ["sip:bob@192.0.2.50", "sip:192.0.2.11", "sip:192.0.2.11"]);
  assert.is(sent.headers[0], "Record-Route: <sip:192.0.2.1;lr;ftag=f1;w=x>");
  assert.match(sent.headers[1] as string, /^Via: SIP\/2\.0\/UDP 192\.0\.2\.1;branch=z9hG4bK/);
  assert.is(sent.headers[2], "Via: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKa;rport=5060;received=192.0.2.100");
  assert.ok(sent.headers.includes("Max-Forwards: 69"));
  assert.ok(sent.headers.includes("X-New: 1"));
  assert.not.ok(sent.headers.some((line) => line.startsWith("X-Old")));
  assert.is(sent.body, body);
  assert.ok(sent.text.endsWith(`\r\n\r\n${body}`));
});

test("a request that leaves by another socket gets two Record-Routes, the outer one for the way out", () => {
  const mock = withScript((ksr) => {
    ksr.rr.record_route_params(";w=x");
    ksr.pv.sets("$du", "sip:192.0.2.11;transport=tcp");
    ksr.tm.t_relay();
  });
  const sent = only(mock.receive({ message: request() }).relays);
  assert.equal(sent.headers.slice(0, 2), [
    "Record-Route: <sip:192.0.2.1;transport=tcp;r2=on;lr;ftag=f1;w=x>",
    "Record-Route: <sip:192.0.2.1;r2=on;lr;ftag=f1;w=x>",
  ]);
});

test("replies go upstream; a retransmitted request gets the last one again and runs nothing", () => {
  const { mock } = failover();
  const sent = only(mock.receive({ message: request() }).relays);
  assert.is(mock.replyFrom(sent, 180, { reason: "Ringing" }).replies[0]!.code, 180);
  const answer = mock.replyFrom(sent, 200, { reason: "OK", headers: ["Contact: <sip:bob@192.0.2.50>"], body: "v=0" });
  const { code, forwarded, headers, body } = answer.replies[0]!;
  assert.equal([code, forwarded, headers, body], [200, true, ["Contact: <sip:bob@192.0.2.50>"], "v=0"]);
  const again = mock.receive({ message: request() });
  assert.equal([again.relays.length, again.replies[0]!.code, again.replies[0]!.retransmission], [0, 200, true]);
  assert.is(mock.openTransactions(), 0);
});

test("a failed branch runs the failure route, which relays to another node; its answer goes upstream", () => {
  const { mock, seen } = failover();
  const first = only(mock.receive({ message: request() }).relays);
  const failed = mock.replyFrom(first, 503, { reason: "Busy here" });
  assert.equal(seen, [[503, false, false, false]]);
  assert.equal(failed.ran, ["ksr_failure_invite"]);
  assert.equal(
    failed.generated.map((relay) => [relay.method, relay.destination]),
    [["ACK", "sip:192.0.2.11"]],
  );
  assert.is(failed.replies.length, 0);
  const second = only(failed.relays);
  assert.is(second.destination, "sip:192.0.2.12");
  assert.is(second.headers.filter((line) => line.startsWith("Record-Route")).length, 1);
  assert.is(mock.replyFrom(second, 200).replies[0]!.code, 200);
});

test("the failure of the last attempt goes upstream, and a 503 from downstream leaves as 500", () => {
  const { mock } = failover();
  const first = only(mock.receive({ message: request() }).relays);
  const second = only(mock.replyFrom(first, 503).relays);
  assert.is(mock.replyFrom(second, 503).replies[0]!.code, 500);

  const other = failover();
  const one = only(other.mock.receive({ message: request() }).relays);
  const two = only(other.mock.replyFrom(one, 404, { reason: "Not Found" }).relays);
  const { code, reason } = other.mock.replyFrom(two, 504, { reason: "Slow" }).replies[0]!;
  assert.equal([code, reason], [504, "Slow"]);
  assert.is((other.seen[1] as unknown[])[0], 504);
});

test("a failure route is disarmed before it runs", () => {
  const mock = withScript(relayScript);
  let runs = 0;
  mock.globals.ksr_failure_invite = () => {
    runs++;
    mock.ksr.pv.sets("$du", "sip:192.0.2.12");
    mock.ksr.tm.t_relay();
  };
  const first = only(mock.receive({ message: request() }).relays);
  const second = only(mock.replyFrom(first, 500).relays);
  assert.is(mock.replyFrom(second, 500).replies[0]!.code, 500);
  assert.is(runs, 1);
});

test("no answer in time runs the failure route with 408", () => {
  const { mock, seen } = failover();
  const first = only(mock.receive({ message: request() }).relays);
  assert.is(only(mock.timeout(first).relays).destination, "sip:192.0.2.12");
  assert.equal(seen, [[408, false, true, false]]);
});

test("CANCEL is answered, goes to the ringing node, and its 487 runs the failure route as cancelled", () => {
  const { mock, seen } = failover();
  const sent = only(mock.receive({ message: request() }).relays);
  mock.replyFrom(sent, 180);
  const cancel = mock.receive({ message: request({ method: "CANCEL" }) });
  assert.equal(
    cancel.replies.map((reply) => [reply.method, reply.code]),
    [["CANCEL", 200]],
  );
  assert.equal(
    cancel.generated.map((relay) => [relay.method, relay.ruri, relay.destination]),
    [["CANCEL", "sip:bob@192.0.2.50", "sip:192.0.2.11"]],
  );
  assert.is(cancel.relays.length, 0);
  const ended = mock.replyFrom(sent, 487, { reason: "Request Terminated" });
  assert.equal(seen, [[487, true, false, true]]);
  assert.equal(
    ended.replies.map((reply) => [reply.method, reply.code]),
    [["INVITE", 487]],
  );
});

test("CANCEL before any answer waits for the first provisional one", () => {
  const { mock } = failover();
  const sent = only(mock.receive({ message: request() }).relays);
  assert.is(mock.receive({ message: request({ method: "CANCEL" }) }).generated.length, 0);
  assert.is(mock.replyFrom(sent, 180).generated[0]!.method, "CANCEL");
});

test("the ACK to a failure is absorbed, the ACK to a 2xx is relayed without a transaction", () => {
  const { mock } = failover();
  const sent = only(mock.receive({ message: request() }).relays);
  const second = only(mock.replyFrom(sent, 500).relays);
  mock.replyFrom(second, 500);
  assert.is(mock.receive({ message: request({ method: "ACK", toTag: "t" }) }).relays.length, 0);

  const answered = failover().mock;
  answered.replyFrom(only(answered.receive({ message: request() }).relays), 200);
  const ack = answered.receive({ message: request({ method: "ACK", toTag: "t", branch: "z9hG4bKack" }) });
  assert.equal([only(ack.relays).method, only(ack.relays).stateful], ["ACK", false]);
});

test("a destination that cannot be read is answered 478 when the script does not answer", () => {
  const mock = withScript((ksr) => {
    ksr.pv.sets("$du", "not a uri");
    assert.not.ok(ok(ksr.tm.t_relay()));
  });
  const { relays, replies } = mock.receive({ message: request() });
  assert.equal([relays.length, replies[0]!.code], [0, 478]);
});

test("loose routing: our Route goes, the next one becomes the destination, parameters can be read", () => {
  const codes: unknown[] = [];
  const mock = withScript((ksr) => {
    codes.push(resultCode(ksr.rr.loose_route()), ksr.pv.get("$(route_uri{uri.param,w})"), ksr.pv.get("$du"));
    ksr.tm.t_relay();
  });
  const headers = ["Route: <sip:192.0.2.1;lr;ftag=f1;w=7>, <sip:192.0.2.9;lr>"];
  const sent = only(mock.receive({ message: request({ method: "BYE", toTag: "t1", headers }) }).relays);
  assert.equal(codes, [1, "7", "sip:192.0.2.9;lr"]);
  assert.equal(
    sent.headers.filter((line) => line.startsWith("Route")),
    ["Route: <sip:192.0.2.9;lr>"],
  );
});

test("loose_route: -1 without Route, -3 for only our own preloaded one, 1 for somebody else's", () => {
  const cases: [string[], string | undefined, number][] = [
    [[], "t", -1],
    [["Route: <sip:192.0.2.1;lr>"], undefined, -3],
    [["Route: <sip:192.0.2.1;lr>"], "t", 1],
    [["Route: <sip:192.0.2.77;lr>"], "t", 1],
    [["Route: <sip:192.0.2.1;lr>, <sip:192.0.2.8;lr>"], undefined, 1],
  ];
  for (const [headers, toTag, expected] of cases) {
    let code = 0;
    const mock = withScript((ksr) => {
      code = resultCode(ksr.rr.loose_route());
    });
    mock.receive({ message: request({ method: "BYE", headers, toTag }) });
    assert.is(code, expected, `${headers} ${toTag}`);
  }
});

test("an exception that leaves the entry drops the request without a reply, and is kept", () => {
  const mock = withScript(() => {
    throw new Error("broken");
  });
  const { dropped, replies, error, logs } = mock.receive({ message: request() });
  assert.equal([dropped, replies.length, String(error)], [true, 0, "Error: broken"]);
  assert.ok(logs.some((log) => log.level === "err" && log.text.includes("ksr_request_route")));
});

test("bytes that are no SIP message run no script", () => {
  let ran = false;
  const mock = withScript(() => {
    ran = true;
  });
  for (const message of ["", "\0\0", "INVITE\r\n\r\n", "INVITE sip:a SIP/2.0\r\nno colon\r\n\r\n", "x".repeat(100)]) {
    assert.is(mock.receive({ message }).dropped, true);
  }
  assert.is(ran, false);
});

test("what the mock does not know is thrown again after a script that caught it", () => {
  const cases: [RegExp, (ksr: Ksr) => unknown][] = [
    [/KSR\.tm\.t_uac_send is not modelled/, (ksr) => ksr.tm.t_uac_send("", "", "", "", "", "")],
    [/KSR\.tm\.nothing does not exist/, (ksr) => (ksr.tm as unknown as { nothing: unknown }).nothing],
    [/KSR\.sqlops does not exist/, (ksr) => (ksr as unknown as { sqlops: unknown }).sqlops],
    [/\$nothing\(x\) is not modelled/, (ksr) => ksr.pv.get("$nothing(x)")],
    [/\{s\.nothing\} is not modelled/, (ksr) => ksr.pv.get("$(ru{s.nothing})")],
    [/\$ci cannot be set/, (ksr) => ksr.pv.sets("$ci", "x")],
    [/no function ksr_failure_none/, (ksr) => ksr.tm.t_on_failure("ksr_failure_none")],
    [/not whole header lines/, (ksr) => ksr.hdr.append_to_reply("X: 1")],
    [/not whole header lines/, (ksr) => ksr.hdr.append_to_reply("X: 1\r\n\r\nY: 2\r\n")],
    [/it is not locked/, (ksr) => ksr.htable.sht_unlock("t", "k")],
    [/lock of htable t held/, (ksr) => ksr.htable.sht_lock("t", "k")],
    [/"%d" in the command/, (ksr) => ksr.ndb_redis.redis_cmd("r", "GET %d", "x")],
    [/"%b" in the command/, (ksr) => ksr.ndb_redis.redis_cmd_p1("r", "GET %b", "a", "x")],
    [/more %s than arguments/, (ksr) => ksr.ndb_redis.redis_cmd("r", "GET %s", "x")],
    [/fewer %s than arguments/, (ksr) => ksr.ndb_redis.redis_cmd_p1("r", "GET k", "a", "x")],
  ];
  for (const [expected, run] of cases) {
    const mock = withScript(
      (ksr) => {
        try {
          run(ksr);
        } catch {
          ksr.sl.send_reply(500, "Server Internal Error");
        }
      },
      { tables: { t: {} }, redis: () => ({ type: "nil" }) },
    );
    assert.throws(() => mock.receive({ message: request() }), expected);
  }
});

test("an iterator left open holds a lock; one that was ended does not", () => {
  const walk = (end: boolean) =>
    withScript(
      (ksr) => {
        ksr.htable.sht_sets("t", "k", "v");
        ksr.htable.sht_iterator_start("i", "t");
        ksr.htable.sht_iterator_next("i");
        if (end) ksr.htable.sht_iterator_end("i");
      },
      { tables: { t: {} } },
    );
  assert.throws(() => walk(false).receive({ message: request() }), /lock of htable t held/);
  walk(true).receive({ message: request() });
});

test("names of pseudo-variables built from data are noticed", () => {
  const mock = withScript((ksr) => {
    for (let i = 0; i < 500; i++) ksr.pv.get(`$var(call-${i})`);
  });
  assert.throws(() => mock.receive({ message: request() }), /more than 400 names/);
  assert.ok(mock.names().length >= 400);
});

test("items expire at the end of their last second, by read and by timer", () => {
  const mock = createMock({ nowMs: 10_900, tables: { x: { autoexpire: 100 }, plain: {} } });
  const { ksr } = mock;
  const left = () => mock.inside(() => [ksr.htable.sht_get("x", "k"), ksr.htable.sht_get("plain", "k")]);
  mock.inside(() => {
    ksr.htable.sht_setxs("x", "k", "v", 2);
    ksr.htable.sht_setxs("plain", "k", "v", 2);
  });
  mock.advance(2_000);
  assert.equal(left(), ["v", "v"]);
  mock.advance(99);
  assert.equal(left(), ["v", "v"]);
  mock.advance(1);
  assert.equal(left(), [null, "v"]);
  assert.equal(Object.keys(mock.table("x")), []);
});

test("Redis commands reach the injected server as separate arguments, and every kind of answer can be read", () => {
  const calls: string[][] = [];
  const answers: { [name: string]: MockRedisReply } = {
    STR: { type: "string", text: "\xffraw" },
    TXT: { type: "string", text: "text" },
    INT: { type: "integer", value: 4294967297 },
    STS: { type: "status", text: "OK" },
    NIL: { type: "nil" },
    ARR: {
      type: "array",
      items: [
        { type: "integer", value: 7 },
        { type: "nil" },
        { type: "array", items: [{ type: "string", text: "in" }] },
      ],
    },
    ERR: { type: "error", text: "NOSCRIPT no" },
    SLOW: { type: "timeout" },
    OFF: { type: "disabled" },
  };
  const mock = createMock({
    redis: (args, server) => {
      calls.push([server, ...args]);
      return answers[args[0] as string] ?? { type: "down" };
    },
  });
  const { ksr } = mock;
  const read = (...names: string[]) => names.map((name) => ksr.pv.get(`$redis(x=>${name})`));
  mock.inside(() => {
    assert.is(ksr.ndb_redis.redis_cmd_p2("r", "TXT  a:%s %s z", "1 2%d", "", "x"), 0);
    assert.equal(calls[0], ["r", "TXT", "a:1 2%d", "", "z"]);
    assert.equal(read("value", "info", "type", "size"), ["text", "text", 1, null]);
    assert.is(ksr.ndb_redis.redis_cmd("r", "STR", "x"), 0);
    assert.is(typeof read("value")[0], "symbol");
    ksr.ndb_redis.redis_cmd("r", "INT", "x");
    assert.equal(read("value", "type"), [1, 3]);
    ksr.ndb_redis.redis_cmd("r", "STS", "x");
    assert.equal(read("value", "info", "type"), [null, "OK", 5]);
    ksr.ndb_redis.redis_cmd("r", "NIL", "x");
    assert.equal(read("value", "type"), [null, 4]);
    ksr.ndb_redis.redis_cmd("r", "ARR", "x");
    assert.equal(read("size", "value[0]", "value[1]", "value[9]", "value"), [3, 7, null, null, null]);
    assert.equal(read("type[2]", "value[2]=>value[0]"), [2, "in"]);
    assert.is(ksr.ndb_redis.redis_cmd("r", "ERR", "x"), -1);
    assert.equal(read("info", "value"), ["NOSCRIPT no", null]);
    assert.is(ksr.ndb_redis.redis_cmd("r", "OFF", "x"), -2);
    assert.equal(read("info"), ["NOSCRIPT no"]);
    assert.is(ksr.ndb_redis.redis_cmd("r", "SLOW", "x"), -1);
    assert.equal(read("info", "type"), [null, null]);
    assert.is(ksr.ndb_redis.redis_cmd("r", "GONE", "x"), -1);
    assert.is(ok(ksr.ndb_redis.redis_free("x")), true);
  });
});

test("management calls go to the injected handler", () => {
  const mock = createMock({
    rpc: (method, params) => (method === "dispatcher.add" ? { result: params } : null),
  });
  const { ksr } = mock;
  mock.inside(() => {
    assert.ok(ok(ksr.jsonrpcs.exec('{"jsonrpc":"2.0","method":"dispatcher.add","params":[1,"sip:a"],"id":1}')));
    assert.is(ksr.pv.get("$jsonrpl(code)"), 200);
    assert.equal(JSON.parse(String(ksr.pv.get("$jsonrpl(body)"))).result, [1, "sip:a"]);
    assert.ok(ok(ksr.jsonrpcs.exec('{"jsonrpc":"2.0","method":"no.such","id":1}')));
    assert.equal([ksr.pv.get("$jsonrpl(code)"), ksr.pv.get("$jsonrpl(text)")], [500, "Method Not Found"]);
  });
});

test("the HTTP entry sees method, path, headers and body, and answers", () => {
  const mock = createMock();
  mock.globals.ksr_http = () => {
    const { ksr } = mock;
    const parts = ["$rm", "$hu", "$rb", "$hdr(Authorization)", "$si"].map((name) => ksr.pv.get(name));
    ksr.xhttp.xhttp_reply(200, "OK", "application/json", JSON.stringify(parts));
  };
  const { http } = mock.http({ method: "POST", url: "/api?x=1", headers: { Authorization: "Bearer t" }, body: "{}" });
  assert.equal([http?.code, http?.contentType], [200, "application/json"]);
  assert.equal(JSON.parse(http?.body ?? ""), ["POST", "/api?x=1", "{}", "Bearer t", "127.0.0.1"]);
});

test("timer and event functions run with the event's name", () => {
  const mock = createMock();
  const seen: unknown[] = [];
  mock.globals.ksr_timer = (name: string) => seen.push(name);
  mock.globals.ksr_dispatcher_event = (name: string) => seen.push(name);
  mock.tick();
  mock.event("ksr_dispatcher_event", "dispatcher:dst-down");
  assert.equal(seen, ["rtimer", "dispatcher:dst-down"]);
  assert.throws(() => mock.tick("ksr_none"), /no function ksr_none/);
});

test("outside of an entry function KSR does nothing and says so", () => {
  const mock = createMock();
  assert.is(mock.ksr.pv.get("$rm"), false);
});

test("reply routes see the reply", () => {
  const mock = withScript((ksr) => {
    ksr.tm.t_on_reply("ksr_onreply");
    ksr.tm.t_relay();
  });
  const seen: unknown[] = [];
  mock.globals.ksr_onreply = () => {
    const { ksr } = mock;
    seen.push(["$rs", "$rr", "$T_reply_code", "$rm", "$ci", "$tt", "$hdr(X-A)"].map((name) => ksr.pv.get(name)));
  };
  const sent = only(mock.receive({ message: request() }).relays);
  mock.replyFrom(sent, 183, { reason: "Session Progress", headers: ["To: <sip:bob@example.com>;tag=t9", "X-A: 1"] });
  assert.equal(seen, [[183, "Session Progress", 183, "INVITE", "call-1", "t9", "1"]]);
});

test("IPv6 and TCP: addresses without brackets, sockets by protocol", () => {
  const mock = withScript(
    (ksr) => {
      assert.equal([ksr.pv.get("$si"), ksr.pv.get("$pr"), ksr.pv.get("$Rp")], ["2001:db8::100", "tcp", 5062]);
      ksr.rr.record_route();
      ksr.pv.sets("$du", "sip:[2001:db8::11];transport=tcp");
      ksr.tm.t_relay();
    },
    { listen: [proxy, { ip: "2001:db8::1", port: 5062, proto: "tcp" }] },
  );
  const from = { ip: "2001:db8::100", port: 40000, proto: "tcp" as const };
  const sent = only(mock.receive({ message: request(), from }).relays);
  assert.is(sent.headers[0], "Record-Route: <sip:[2001:db8::1]:5062;transport=tcp;lr;ftag=f1>");
  assert.match(sent.headers[1] as string, /^Via: SIP\/2\.0\/TCP \[2001:db8::1\]:5062;branch=/);
});

test("time that passes: a silent node times out, then one that rings too long, and the timer runs", () => {
  const { mock, seen } = failover({ timers: { answerMs: 500, ringMs: 2000 } });
  let ticks = 0;
  mock.globals.ksr_timer = () => ticks++;
  mock.receive({ message: request() });
  assert.equal(mock.pass(499).relays, []);
  const second = only(mock.pass(1).relays);
  assert.is(second.destination, "sip:192.0.2.12");
  assert.equal(seen, [[408, false, true, false]]);
  mock.replyFrom(second, 180, { reason: "Ringing" });
  const over = mock.pass(2000);
  assert.equal(
    over.generated.map(({ method }) => method),
    ["CANCEL"],
  );
  assert.equal(
    over.replies.map(({ code }) => code),
    [408],
  );
  assert.is(ticks, 2);
  assert.is(mock.pass(60_000).relays.length, 0, "and nothing more comes of it");
});

test("what cannot be sent is answered by tm at the end of the script, or left to the script", () => {
  for (const left of [0, 1]) {
    const results: number[] = [];
    const mock = withScript((ksr) => {
      ksr.tm.t_set_disable_internal_reply(left);
      ksr.pv.sets("$du", "nonsense");
      results.push(resultCode(ksr.tm.t_relay()));
    });
    const { replies } = mock.receive({ message: request() });
    assert.equal([results, replies.map(({ code }) => code)], left === 1 ? [[-4], []] : [[-478], [478]]);
  }
});

test("times that the script sets count instead of the module's", () => {
  const mock = withScript((ksr) => {
    ksr.tm.t_set_fr(3000, 200);
    ksr.pv.sets("$du", "sip:192.0.2.11");
    ksr.tm.t_relay();
  });
  mock.receive({ message: request() });
  assert.equal(mock.pass(199).replies, []);
  assert.is(mock.pass(1).replies[0]?.code, 408);
});

test("the ACK of a stateless reply reaches no script, that of another does", () => {
  const mock = withScript((ksr) => {
    if (!ksr.is_ACK()) ksr.sl.sl_send_reply(503, "Full");
  });
  const [reply] = mock.receive({ message: request() }).replies;
  assert.equal(reply?.to, { ip: "192.0.2.100", port: 5060, proto: "udp" });
  const ack = (toTag: string) => mock.receive({ message: request({ method: "ACK", toTag }) }).ran;
  assert.equal(ack(reply?.toTag ?? ""), []);
  assert.equal(ack("other"), ["ksr_request_route"]);
});

test("a module that is not loaded is not there, and one that does not exist is a mistake", () => {
  const { ksr } = createMock({ absent: ["ndb_redis"] });
  assert.is((ksr as { ndb_redis?: unknown }).ndb_redis, undefined);
  assert.ok(createMock().ksr.ndb_redis);
  assert.throws(() => createMock({ absent: ["nosuch"] }), /no module nosuch/);
});

test.run();
