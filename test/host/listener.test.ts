import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatListener, parseHostPort, parseListener, parseRedisUrl, redisEnvironment } from "../../src/host/listener";

test("listeners are read and written the same way, IPv6 in brackets", () => {
  for (const text of ["udp:127.0.0.1:5060", "tcp:[::1]:5061", "udp:edge-1.example:0"]) {
    assert.is(formatListener(parseListener(text)), text);
  }
  assert.equal(parseListener("tcp:[2001:db8::1]:5060"), { protocol: "tcp", host: "2001:db8::1", port: 5060 });
});

test("what is no address is refused with the right form", () => {
  for (const text of ["5060", "127.0.0.1", "::1:5060", "127.0.0.1:70000", "a b:1", ""]) {
    assert.throws(() => parseHostPort(text), /HOST:PORT/, text);
  }
  assert.throws(() => parseListener("tls:127.0.0.1:5061"), /udp:HOST:PORT or tcp:HOST:PORT/);
});

test("Redis addresses", () => {
  assert.equal(parseRedisUrl("redis://cache.example"), { host: "cache.example", port: 6379, database: 0 });
  assert.equal(parseRedisUrl("redis://:p%40ss@[::1]:7000/3"), {
    host: "::1",
    port: 7000,
    database: 3,
    password: "p@ss",
  });
  assert.throws(() => parseRedisUrl("redis://user:x@h"), /passwords only/);
  assert.throws(() => parseRedisUrl("redis://h/one"), /not a Redis address/);
  assert.throws(() => parseRedisUrl("http://h"), /not a Redis address/);
});

test("the server parameter of ndb_redis has no password and cannot be broken out of", () => {
  assert.equal(redisEnvironment(parseRedisUrl("redis://:secret@127.0.0.1:7000/2")), {
    WEIR_REDIS: "name=weir;addr=127.0.0.1;port=7000;db=2",
    WEIR_REDIS_PASSWORD: "secret",
    WEIR_REDIS_DATABASE: "2",
  });
  assert.equal(redisEnvironment(parseRedisUrl("unix:///run/r.sock?db=1")), {
    WEIR_REDIS: "name=weir;unix=/run/r.sock;db=1",
  });
  assert.throws(() => redisEnvironment(parseRedisUrl("unix:///run/a;db=9")), /semicolons/);
});

test.run();
