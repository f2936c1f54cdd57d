/** Builds the request that leaves: the received one with the script's changes, Record-Route and our Via. */
import { type Context, type MockEndpoint, type MockProtocol, type MockRelay, requestUri } from "./context";
import { headerKey, headerOf, parseParams, parseUri, parseVia } from "./message";
import { hostPort, recordRouteLines } from "./rr";
import type { World } from "./world";

interface Line {
  key: string;
  text: string;
}

/** The message for the context's present destination, or null when its URI cannot be read. */
export function buildRelay(world: World, context: Context, branchId: string, stateful: boolean): MockRelay | null {
  const ruri = requestUri(context);
  const destination = context.dstUri === null ? ruri : context.dstUri;
  const uri = parseUri(destination);
  if (!uri || uri.host === "" || !parseUri(ruri)) return null;
  const transport = parseParams(uri.params).transport;
  const proto = (transport ? transport.toLowerCase() : uri.scheme === "sips" ? "tls" : "udp") as MockProtocol;
  const out = pickSocket(world, context, proto, uri.host.charAt(0) === "[");
  if (!out) return null;
  const lines = changedHeaders(context);
  const own: string[] = recordRouteLines(context, out, world.options.fullLr === true);
  own.push("Via: SIP/2.0/" + proto.toUpperCase() + " " + hostPort(out) + ";branch=" + branchId);
  const headers = own.concat(lines.map((line) => line.text));
  const text =
    context.message.method + " " + ruri + " SIP/2.0\r\n" + headers.join("\r\n") + "\r\n\r\n" + context.message.body;
  return {
    id: ++world.relayCount,
    method: context.message.method,
    ruri,
    destination,
    duri: context.dstUri,
    headers,
    body: context.message.body,
    text,
    stateful,
    callId: headerOf(context.message, "call-id") || "",
  };
}

function changedHeaders(context: Context): Line[] {
  let lines: Line[] = [];
  let viaSeen = false;
  let routesDone = false;
  let maxForwardsDone = context.maxForwards === null;
  for (const header of context.message.headers) {
    const key = headerKey(header.name);
    let value = header.value;
    if (key === "via" && !viaSeen) {
      viaSeen = true;
      value = markVia(context, value);
    } else if (key === "max-forwards" && context.maxForwards !== null) {
      value = String(context.maxForwards);
      maxForwardsDone = true;
    } else if (key === "route" && context.routes !== null) {
      if (!routesDone) for (const route of context.routes) lines.push({ key, text: "Route: " + route });
      routesDone = true;
      continue;
    }
    lines.push({ key, text: header.name + ": " + value });
  }
  if (!maxForwardsDone) lines = [{ key: "max-forwards", text: "Max-Forwards: " + context.maxForwards }].concat(lines);
  for (const edit of context.edits) {
    if (edit.kind === "remove") {
      const key = headerKey(edit.name);
      lines = lines.filter((line) => line.key !== key);
      continue;
    }
    const added: Line[] = edit.line
      .split("\r\n")
      .filter((text) => text !== "")
      .map((text) => ({ key: headerKey(text.split(":")[0] as string), text }));
    let at = edit.kind === "insert" ? 0 : lines.length;
    if (edit.kind === "after" || edit.kind === "before") {
      const key = headerKey(edit.name);
      for (let i = 0; i < lines.length; i++) {
        if ((lines[i] as Line).key === key) {
          at = edit.kind === "after" ? i + 1 : i;
          break;
        }
      }
    }
    lines = lines.slice(0, at).concat(added, lines.slice(at));
  }
  return lines;
}

/** Adds received and rport to the sender's Via (RFC 3581 §4). */
function markVia(context: Context, value: string): string {
  const via = parseVia(value);
  if (!via) return value;
  const comma = value.indexOf(",");
  const first = comma < 0 ? value : value.substring(0, comma);
  const rest = comma < 0 ? "" : value.substring(comma);
  let out = first;
  if (via.params.rport === "") out = out.replace(/;rport(?==|;|$)/, ";rport=" + context.source.port);
  if (via.params.rport !== undefined || via.host.replace(/^\[|\]$/g, "") !== context.source.ip) {
    out += ";received=" + context.source.ip;
  }
  return out + rest;
}

/** The socket the script forced, or the one it came by when the protocol fits, or the first that fits. */
function pickSocket(world: World, context: Context, proto: string, ipv6: boolean): MockEndpoint | null {
  const forced = context.sendSocket;
  let first: MockEndpoint | null = null;
  for (const socket of world.listen) {
    const own = socket.proto || "udp";
    if (forced === own + ":" + (socket.ip.indexOf(":") >= 0 ? "[" + socket.ip + "]" : socket.ip) + ":" + socket.port)
      return socket;
    if (own !== proto || (ipv6 && socket.ip.indexOf(":") < 0)) continue;
    if (socket.ip === context.received.ip && socket.port === context.received.port) first = socket;
    if (first === null) first = socket;
  }
  return first;
}
