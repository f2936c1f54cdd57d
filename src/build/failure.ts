/**
 * Something the operator can put right. The command line prints the message and the remedy, without a stack; every
 * other exception is our own fault.
 */
export class Failure extends Error {
  /** What to do about it, in one sentence; empty when the message already says it. */
  readonly remedy: string;

  constructor(message: string, remedy = "") {
    super(message);
    this.name = "Failure";
    this.remedy = remedy;
  }
}
