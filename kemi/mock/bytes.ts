/**
 * The border between JavaScript text and Kamailio's bytes. Inside the mock every text is a byte string: one character
 * (0x00 to 0xFF) a byte, as it would lie in Kamailio's memory. Engine code, like all of kemi/mock.
 *
 * Duktape keeps bytes that are no valid UTF-8 as they are and gives them back unchanged. JavaScript elsewhere cannot,
 * so such a byte 0xNN becomes the lone surrogate U+DCNN here, and a lone surrogate of that range becomes the byte again.
 */

/** What a script would get for these bytes: text, or a symbol when the first byte is one of Duktape's symbol marks. */
export function toScript(bytes: string): string | symbol {
  const first = bytes.length === 0 ? 0 : bytes.charCodeAt(0);
  if (first === 0xff || (first >= 0x80 && first <= 0x82)) return Symbol();
  return decodeText(bytes);
}

/** UTF-8 to text; bytes that are no UTF-8 become U+DC80 to U+DCFF. */
export function decodeText(bytes: string): string {
  let out = "";
  let start = 0;
  for (let i = 0; i < bytes.length; ) {
    const first = bytes.charCodeAt(i);
    if (first < 0x80) {
      i++;
      continue;
    }
    out += bytes.substring(start, i);
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      out += String.fromCharCode(0xdc00 + first);
      i++;
    } else {
      out += decodeSequence(bytes, i, length);
      i += length;
    }
    start = i;
  }
  return start === 0 ? bytes : out + bytes.substring(start);
}

/** Text to the bytes Kamailio gets; the first NUL ends it, because KEMI measures with strlen. */
export function toKamailio(text: string): string {
  const end = text.indexOf("\0");
  const source = end < 0 ? text : text.substring(0, end);
  let out = "";
  let start = 0;
  for (let i = 0; i < source.length; i++) {
    let code = source.charCodeAt(i);
    if (code < 0x80) continue;
    out += source.substring(start, i);
    const next = i + 1 < source.length ? source.charCodeAt(i + 1) : 0;
    if (code >= 0xdc80 && code <= 0xdcff) {
      out += String.fromCharCode(code - 0xdc00);
    } else if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      code = 0x10000 + (code - 0xd800) * 0x400 + (next - 0xdc00);
      out += String.fromCharCode(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
      i++;
    } else if (code < 0x800) {
      out += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    } else {
      out += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    start = i + 1;
  }
  return start === 0 ? source : out + source.substring(start);
}

/** An argument of type str as duk_to_string and strlen read it. Symbols throw, as they do there. */
export function textArgument(value: unknown): string {
  if (typeof value === "symbol") throw new TypeError("cannot string coerce Symbol");
  return toKamailio(String(value));
}

/** An argument of type int as duk_to_int reads it: towards zero, kept within int32, NaN is 0. */
export function intArgument(value: unknown): number {
  if (typeof value === "symbol") throw new TypeError("cannot number coerce Symbol");
  const number = Number(value);
  if (!(number >= 0 || number < 0)) return 0;
  if (number >= 2147483647) return 2147483647;
  if (number <= -2147483648) return -2147483648;
  return number < 0 ? Math.ceil(number) : Math.floor(number);
}

function sequenceLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at);
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) {
    if ((bytes.charCodeAt(at + i) & 0xc0) !== 0x80) return 0;
  }
  // Overlong forms, encoded surrogates and anything past U+10FFFF would not come back as the same bytes.
  const second = bytes.charCodeAt(at + 1);
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

function decodeSequence(bytes: string, at: number, length: number): string {
  const low = (index: number) => bytes.charCodeAt(at + index) & 63;
  const first = bytes.charCodeAt(at);
  if (length === 2) return String.fromCharCode(((first & 31) << 6) | low(1));
  if (length === 3) return String.fromCharCode(((first & 15) << 12) | (low(1) << 6) | low(2));
  const code = (((first & 7) << 18) | (low(1) << 12) | (low(2) << 6) | low(3)) - 0x10000;
  return String.fromCharCode(0xd800 + (code >> 10), 0xdc00 + (code & 1023));
}
