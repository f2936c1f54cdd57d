/** SHA-256 (FIPS 180-4) of a byte string, for the transformation {s.sha256}. */

const initial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** Fractional parts of the cube roots of the first 64 primes, computed rather than listed. */
const roundConstants = (() => {
  const out: number[] = [];
  for (let candidate = 2; out.length < 64; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) prime = prime && candidate % divisor !== 0;
    if (prime) {
      const root = candidate ** (1 / 3);
      out.push(((root - Math.floor(root)) * 4294967296) | 0);
    }
  }
  return out;
})();

/** 64 lower-case hexadecimal digits. */
export function sha256(bytes: string): string {
  const words: number[] = [];
  const length = bytes.length;
  for (let i = 0; i < length; i++) words[i >> 2] = (words[i >> 2] || 0) | (bytes.charCodeAt(i) << (24 - (i % 4) * 8));
  words[length >> 2] = (words[length >> 2] || 0) | (0x80 << (24 - (length % 4) * 8));
  const total = (((length + 8) >> 6) + 1) * 16;
  for (let i = 0; i < total; i++) words[i] = words[i] || 0;
  words[total - 2] = Math.floor(length / 0x20000000);
  words[total - 1] = length << 3;
  let state = initial.slice(0);
  for (let block = 0; block < total; block += 16) state = compress(state, words, block);
  let out = "";
  for (const word of state) out += ("0000000" + (word >>> 0).toString(16)).slice(-8);
  return out;
}

function compress(state: number[], words: number[], block: number): number[] {
  const w: number[] = [];
  for (let i = 0; i < 64; i++) {
    if (i < 16) {
      w[i] = words[block + i] as number;
      continue;
    }
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (roundConstants[i] as number) + (w[i] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const next = [a, b, c, d, e, f, g, h];
  return state.map((value, index) => (value + (next[index] as number)) | 0);
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}
