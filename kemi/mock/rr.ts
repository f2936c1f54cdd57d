/** The rr module: Record-Route and loose routing (RFC 3261 §16.4, §16.12), with Kamailio's return codes. */
import { type Context, type MockEndpoint, requestUri } from "./context";
import { headerOf, headersOf, type MockUri, parseAddress, parseParams, parseUri, splitList } from "./message";
import type { World } from "./world";

/** loose_route: 1 routed, -1 no Route or an error, -3 only our own preloaded Route. */
export function looseRoute(world: World, context: Context): number {
  const routes = routeSet(context);
  if (routes.length === 0) return -1;
  const ruri = parseUri(requestUri(context));
  const to = headerOf(context.message, "to");
  if (!ruri || to === null) return -1;
  const preloaded = !parseAddress(to).params.tag;
  if (!preloaded && isOurs(world, ruri)) return afterStrict(world, context, routes, ruri);
  return afterLoose(world, context, routes, preloaded);
}

/** Parameters of the first Route URI that is ours, for check_route_param and is_direction; null when there is none. */
export function routedParams(world: World, context: Context): string | null {
  if (context.routedParams !== null) return context.routedParams;
  const route = headerOf(context.message, "route");
  if (route === null) return null;
  const uri = parseUri(parseAddress(splitList(route)[0] as string).uri);
  return uri && isOurs(world, uri) ? ";" + uri.params : null;
}

/** True for requests that go the way the first one went: ftag is the caller's tag. */
export function isDownstream(world: World, context: Context): boolean {
  const params = routedParams(world, context);
  const ftag = params === null ? undefined : parseParams(params).ftag;
  if (!ftag) return true;
  const from = headerOf(context.message, "from");
  return from !== null && parseAddress(from).params.tag === ftag;
}

/** Record-Route header lines, topmost first. Two when the request leaves by another socket than it came by. */
export function recordRouteLines(context: Context, out: MockEndpoint, fullLr: boolean): string[] {
  const lines: string[] = [];
  const from = headerOf(context.message, "from");
  const tag = from === null ? undefined : parseAddress(from).params.tag;
  const tail = tag === undefined ? "" : ";ftag=" + tag;
  const incoming = socketUri(context.received);
  const outgoing = socketUri(out);
  for (const params of context.recordRoutes) {
    const suffix = (fullLr ? ";lr=on" : ";lr") + tail + params + context.rrParams + ">";
    if (incoming === outgoing) {
      lines.push("Record-Route: <" + incoming + suffix);
    } else {
      lines.push("Record-Route: <" + outgoing + ";r2=on" + suffix, "Record-Route: <" + incoming + ";r2=on" + suffix);
    }
  }
  return lines;
}

/** "192.0.2.1:5062" or "[2001:db8::1]"; the port of SIP itself is left out. */
export function hostPort(socket: MockEndpoint): string {
  const host = socket.ip.indexOf(":") >= 0 ? "[" + socket.ip + "]" : socket.ip;
  return socket.port === 5060 ? host : host + ":" + socket.port;
}

function socketUri(socket: MockEndpoint): string {
  const proto = socket.proto || "udp";
  return "sip:" + hostPort(socket) + (proto === "udp" ? "" : ";transport=" + proto);
}

function routeSet(context: Context): string[] {
  if (context.routes !== null) return context.routes;
  const out: string[] = [];
  for (const value of headersOf(context.message, "route")) {
    for (const item of splitList(value)) out.push(item);
  }
  return out;
}

function isOurs(world: World, uri: MockUri): boolean {
  return world.isSelf(uri.host, uri.port === "" ? 5060 : Number(uri.port), "");
}

function routeUri(route: string): string {
  return parseAddress(route).uri;
}

function isStrict(uri: MockUri): boolean {
  return parseParams(uri.params).lr === undefined;
}

function afterLoose(world: World, context: Context, routes: string[], preloaded: boolean): number {
  const top = parseUri(routeUri(routes[0] as string));
  if (!top) return -1;
  let rest = routes;
  context.routedParams = null;
  if (isOurs(world, top)) {
    context.routedParams = ";" + top.params;
    rest = rest.slice(1);
    // Our second entry, for the other socket, goes with the first.
    if (rest.length > 0 && parseParams(top.params).r2 === "on") rest = rest.slice(1);
    context.routes = rest;
    if (rest.length === 0) return preloaded ? -3 : 1;
  }
  const nextUri = routeUri(rest[0] as string);
  const next = parseUri(nextUri);
  if (!next) return -1;
  if (isStrict(next)) {
    context.routes = rest.slice(1).concat(["<" + requestUri(context) + ">"]);
    context.newUri = nextUri;
  } else {
    context.dstUri = nextUri;
    context.uriNew = true;
  }
  return 1;
}

function afterStrict(world: World, context: Context, routes: string[], ruri: MockUri): number {
  let rest = routes;
  const top = parseUri(routeUri(rest[0] as string));
  if (!top) return -1;
  context.routedParams = null;
  if (parseParams(top.params).r2 === "on" && isOurs(world, top)) {
    rest = rest.slice(1);
    context.routes = rest;
    if (rest.length === 0) return -1;
  }
  const nextUri = routeUri(rest[0] as string);
  const next = parseUri(nextUri);
  if (!next) return -1;
  context.routedParams = ";" + ruri.params;
  if (isStrict(next)) {
    context.newUri = nextUri;
    context.routes = rest.slice(1);
  } else {
    context.dstUri = nextUri;
    context.newUri = routeUri(rest[rest.length - 1] as string);
    context.routes = rest.slice(0, rest.length - 1);
  }
  return 1;
}
