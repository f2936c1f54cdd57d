/** What duk.test.ts runs inside Duktape: the probes on the mock, printed as JSON in ASCII. */
import { runMock } from "./conformance";

const text = JSON.stringify(runMock(5062, 5077));
let out = "";
for (let i = 0; i < text.length; i++) {
  const code = text.charCodeAt(i);
  out += code < 128 ? text.charAt(i) : "\\u" + ("000" + code.toString(16)).slice(-4);
}
(globalThis as unknown as { print(text: string): void }).print(out);
