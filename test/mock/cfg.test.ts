/** The mock's reading of a configuration's routing blocks. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createMock, type MockOptions } from "../../kemi/mock";
import { weirConfiguration } from "../../src/host/kamailio";
import { sip } from "./messages";

const lines = (method: string, ...more: string[]) => [
  `${method} sip:bob@192.0.2.50 SIP/2.0`,
  "Via: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKa",
  ...more,
  "From: <sip:alice@example.com>;tag=f1",
  "To: <sip:bob@example.com>",
  "Call-ID: call-1",
  `CSeq: 1 ${method}`,
];

/** Runs a configuration for one request; `said` has what its jsdt_run calls were given. */
function run(cfg: string, options: MockOptions = {}, message = sip(lines("OPTIONS"))) {
  const said: unknown[][] = [];
  const mock = createMock({ ...options, cfg });
  mock.globals.say = (...args: unknown[]) => said.push(args);
  mock.globals.fail = () => {
    throw new Error("on purpose");
  };
  return { outcome: mock.receive({ message }), said };
}

const route = (...body: string[]) => `request_route {\n${body.join("\n")}\n}\n`;

test("conditions: !, && before ||, == and !=, else, and blocks in blocks", () => {
  const { said } = run(
    route(
      '$var(a) = 2; $var(b) = "2";',
      'if ($var(a) == $var(b) && !is_method("INVITE|BYE")) jsdt_run("say", "1"); else jsdt_run("say", "not");',
      'if ($var(a) != 2 || is_method("OPTIONS") && $var(b) == 2) { { jsdt_run("say", "2"); } }',
      'if ($hdr(X-None) == "" && $hdr(X-None) == 0 && $hdr(X-None) != "x") jsdt_run("say", "3");',
      'if ($var(never)) { jsdt_run("say", "not"); } else if (1) { jsdt_run("say", "4"); }',
    ),
  );
  assert.equal(said, [["1"], ["2"], ["3"], ["4"]]);
});

test("texts are expanded where they are arguments or in $_s, and a symbol stays one", () => {
  const { said } = run(
    route(
      "$var(a) = $_s(<$rm$ci>);",
      'jsdt_run("say", "$var(a);x=$(ci{s.len})", "$hdr(X-None)", "plain");',
      'jsdt_run("say", "$hdr(X-Ff)");',
    ),
    {},
    sip(lines("OPTIONS", "X-Ff: \xffabc")),
  );
  assert.equal(said[0], ["<OPTIONScall-1>;x=6", "<null>", "plain"]);
  assert.is(typeof said[1]?.[0], "symbol");
});

test("exit ends the script, return the route, and a function that gives 0 everything", () => {
  const cfg =
    'route[A] {\n  jsdt_run("say", "a");\n  return;\n  jsdt_run("say", "not");\n}\n' +
    "route[B] { exit; }\n" +
    route(
      "route(A);",
      'if (!mf_process_maxfwd_header("70")) jsdt_run("say", "not");',
      "route(B);",
      'jsdt_run("say", "not");',
    );
  assert.equal(run(cfg).said, [["a"]]);
  const absorbed = route(
    'if (t_check_trans()) jsdt_run("say", "not");',
    "t_relay();",
    "t_check_trans();",
    'jsdt_run("say", "not");',
  );
  assert.equal(run(absorbed).said, []);
});

test("a failing or missing function of the script is false, and the script goes on", () => {
  const { outcome, said } = run(
    route('if (!jsdt_run("fail")) jsdt_run("say", "1");', 'if (!jsdt_run("none")) jsdt_run("say", "2");'),
  );
  assert.equal(said, [["1"], ["2"]]);
  assert.is(outcome.dropped, false);
  assert.is(outcome.logs.filter(({ level }) => level === "err").length, 2);
});

test("sanity_check drops what fails unless the configuration says otherwise", () => {
  const checked = route('if (!sanity_check("18407", "7")) jsdt_run("say", "insane");');
  const message = sip(lines("OPTIONS", "Proxy-Require: teleport"));
  const options = { sanityNoReply: true };
  assert.equal(run(checked, options, message).said, []);
  assert.equal(run(`modparam("sanity", "autodrop", 0)\n${checked}`, options, message).said, [["insane"]]);
});

test("#!ifdef, #!ifndef and #!else choose, and comments say nothing", () => {
  const cfg = [
    "#!define ONE",
    "#!ifdef ONE",
    "#!ifndef TWO",
    route('# jsdt_run("say", "not");', 'jsdt_run("say", "right");'),
    "#!else",
    route('jsdt_run("say", "two");'),
    "#!endif",
    "#!endif",
  ].join("\n");
  assert.equal(run(cfg).said, [["right"]]);
  assert.equal(run(cfg, { defines: { TWO: "1" } }).said, [["two"]]);
});

test("what the mock does not know of the language is a mistake, not a guess", () => {
  for (const body of ['xlog("x");', "while (1) exit;", "$ru = ;", "if (1 < 2) exit;", "route(NONE);"]) {
    assert.throws(() => run(route(body)), /kamailio\.cfg/, body);
  }
});

test("weir.cfg is read as a whole", () => {
  const mock = createMock({ cfg: readFileSync(weirConfiguration, "utf8") });
  const ran: string[] = [];
  mock.globals.ksr_timer = () => ran.push("timer");
  mock.globals.ksr_http = () => ran.push("http");
  mock.tick();
  mock.http({ url: "/" });
  assert.equal(ran, ["timer", "http"]);
});

test.run();
