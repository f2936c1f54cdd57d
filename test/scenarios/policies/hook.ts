/** Short times, and a route hook that answers in each of the ways it can. */
import { byDefault, definePolicy, refuse, toPool, toUser } from "weir";

export default definePolicy({
  pools: {
    main: {
      nodes: [
        { id: "media-1", address: "sip:127.0.0.11:20011", capacity: 50 },
        { id: "media-2", address: "sip:127.0.0.12:20012", capacity: 50, features: ["video"] },
        { id: "media-3", address: "sip:127.0.0.13:20013", capacity: 50 },
      ],
    },
  },
  tenants: { acme: { domains: ["acme.example"], trunks: ["127.0.0.21"], pool: "main", calls: { max: 20 } } },
  registration: { minExpires: 1 },
  calls: { ringSeconds: 5, nodeAnswerSeconds: 0.5 },
  trusted: ["127.0.0.31", "127.0.0.32", "127.0.0.33"],
  route: (call) => {
    if (call.to.user === "boom") throw new Error("the hook fails");
    if (call.to.user === "no-teapots") return refuse(603, "Decline");
    if (call.header("X-Video") !== null) return toPool("main", { features: ["video"] });
    if (call.to.user === "reception") return toUser(call.header("X-Desk") ?? "nobody", "acme.example");
    return byDefault();
  },
});
