import { type Decision, reply } from "../decision";
import { allowed, type Step } from "../pipeline";

/** Answers OPTIONS for the proxy itself (RFC 3261 section 11.2): that is how phones and nodes keep alive. */
export const answerOptions: Step = (request): Decision | null => {
  if (request.requestUser !== "") return null;
  return reply(200, "OK", `Allow: ${allowed()}\r\nAccept: application/sdp\r\n`);
};
