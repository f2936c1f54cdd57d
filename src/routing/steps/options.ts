import { type Decision, reply } from "../decision";
import type { Step } from "../pipeline";
import { ALLOW } from "./screen";

const HEADERS = `Allow: ${ALLOW}\r\nAccept: application/sdp\r\n`;

/** Answers OPTIONS for the proxy itself (RFC 3261 section 11.2): that is how phones and nodes keep alive. */
export const answerOptions: Step = (request): Decision | null => {
  if (request.method !== "OPTIONS" || request.requestUser !== "") return null;
  return reply(200, "OK", HEADERS);
};
