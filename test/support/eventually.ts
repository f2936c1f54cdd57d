/** Asks again and again until the answer is not null; throws with `what` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  ask: () => T | null | Promise<T | null>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
