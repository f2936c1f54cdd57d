import * as assert from "uvu/assert";
import { requestFrom } from "../support/requests";
import { at, realSuite, withScene } from "../support/scene";

/** Packets that are made to hurt: each is answered, the worker lives, and nothing in the store is touched. */
for (const home of ["embedded", "redis"] as const) {
  const test = realSuite(`hostile packets, ${home} home`);

  test("a first byte of 0xFF, 0x80, 0x81 or 0x82 is answered, in whatever field", () =>
    withScene({ home }, async ({ proxy, caller }) => {
      for (const byte of ["\xff", "\x80", "\x81", "\x82"]) {
        const messages: [string, string][] = [
          ["Call-ID", requestFrom(caller.socket, { method: "INVITE", headers: { "Call-ID": `${byte}abc` } })],
          ["request user", requestFrom(caller.socket, { method: "INVITE", uri: `sip:${byte}x@acme.example` })],
          [
            "From user",
            requestFrom(caller.socket, { method: "INVITE", headers: { From: `<sip:${byte}@acme.example>;tag=1` } }),
          ],
          [
            "From tag",
            requestFrom(caller.socket, { method: "INVITE", headers: { From: `<sip:a@acme.example>;tag=${byte}1` } }),
          ],
          [
            "To user",
            requestFrom(caller.socket, { method: "REGISTER", headers: { To: `<sip:${byte}@acme.example>` } }),
          ],
          [
            "Contact",
            requestFrom(caller.socket, {
              method: "REGISTER",
              headers: { To: "<sip:a@acme.example>", Contact: `${byte}` },
            }),
          ],
          [
            "Expires",
            requestFrom(caller.socket, {
              method: "REGISTER",
              headers: { To: "<sip:a@acme.example>", Expires: `${byte}1` },
            }),
          ],
        ];
        for (const [field, text] of messages) {
          await caller.socket.send(text, at(proxy));
          const reply = await caller.socket.nextReply().catch(() => null);
          assert.ok(reply !== null, `${field} beginning with ${byte.charCodeAt(0).toString(16)} got no answer`);
          assert.ok((reply.status ?? 0) >= 400, `${field}: ${reply.startLine}`);
        }
      }
      assert.not.match(proxy.log(), /CRITICAL|exited by a signal/);
    }));

  test("%s, %d and %99999999d are just text, in whatever field", () =>
    withScene({ home, acme: { calls: { max: 50 } } }, async ({ proxy, caller, node, redis }) => {
      for (const text of ["%99999999d", "%s%s%s%n", "%d", "a b", "$(var(x))", "{main}", "*", "'\"`"]) {
        const started = Date.now();
        const call = await caller.invite(at(proxy), "sip:a@acme.example", { "Call-ID": `${text}-${home}@x` });
        const incoming = await node.incoming();
        assert.ok(Date.now() - started < 2000, `${text} took ${Date.now() - started} ms`);
        await incoming.reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
        const user = encodeURIComponent(text).replace(/['*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
        const saved = await caller.register(at(proxy), {
          To: `<sip:${user}@acme.example>`,
          Contact: `<sip:${user}@${caller.socket.hostPort}>`,
          "Call-ID": `${text}-${home}@r`,
        });
        assert.is(saved.status, 200, text);
        assert.match(saved.header("Contact") ?? "", user);
      }
      if (redis !== null) assert.ok(redis.pid > 0);
    }));

  test("an INVITE whose every field is missing, empty or broken is answered or ignored, never fatal", () =>
    withScene({ home }, async ({ proxy, caller }) => {
      const broken: Record<string, string | null>[] = [
        { "Call-ID": "" },
        { "Call-ID": null },
        { From: null },
        { From: "garbage" },
        { To: "<sip:>" },
        { CSeq: "x INVITE" },
        { CSeq: "4294967296 INVITE" },
        { "Max-Forwards": "-1" },
        { Contact: "<sip:a@b>, *" },
        { "Content-Length": "99999" },
        { Via: "SIP/2.0/UDP ;branch=z9hG4bK" },
        { Route: "<sip:127.0.0.1;lr;w=>" },
        { Route: "garbage" },
      ];
      for (const headers of broken) {
        await caller.socket.send(
          requestFrom(caller.socket, { method: "INVITE", uri: "sip:a@acme.example", headers }),
          at(proxy),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (let i = 0; i < 8; i++) {
        await caller.socket.send(requestFrom(caller.socket, { uri: "sip:127.0.0.1" }), at(proxy));
        await caller.socket.nextReply(200);
      }
      assert.not.match(proxy.log(), /CRITICAL|exited by a signal|weir: [a-z]+: TypeError/);
    }));

  test("an exception in the script is answered 500, logged with its stack once, and the worker lives", () =>
    withScene(
      {
        home,
        policy: {},
        kamailio: { workers: 1 },
        route: '(call) => { if (call.to.user === "boom") throw new Error("the hook fails"); return byDefault(); }',
      },
      async ({ proxy, caller, node }) => {
        for (let i = 0; i < 3; i++) {
          const failed = await (await caller.invite(at(proxy), "sip:boom@acme.example")).final();
          assert.is(failed.status, 500);
          assert.is(failed.header("X-Weir-Reason"), "internal-error");
        }
        assert.is(proxy.log().split("the hook fails").length - 1, 1, "logged once");
        assert.match(proxy.log(), /the hook fails.*\(eval:\d+\)/);
        const call = await caller.invite(at(proxy), "sip:fine@acme.example");
        await (await node.incoming()).reply(486, "Busy Here");
        assert.is((await call.final()).status, 486);
      },
    ));

  test.run();
}
