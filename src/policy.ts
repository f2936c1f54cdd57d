/**
 * The operator's file: what this router does. Change it, then run `npm run check`.
 * `npm run demo` plays it; its nodes are then stand-ins on this machine.
 */

import { definePolicy, hours, leastLoaded, minutes } from "weir";

export default definePolicy({
  pools: {
    main: {
      nodes: [
        { id: "media-1", address: "sip:127.0.0.11:5080", capacity: 200 },
        { id: "media-2", address: "sip:127.0.0.12:5080", capacity: 100 },
        { id: "media-3", address: "sip:127.0.0.13:5080", capacity: 100 },
      ],
      choose: leastLoaded(),
    },
  },
  tenants: {
    acme: {
      domains: ["acme.example"],
      trunks: ["127.0.0.21"],
      pool: "main",
      calls: { max: 60 },
      rate: { perSecond: 50, burst: 100 },
    },
    small: {
      domains: ["small.example"],
      pool: "main",
      calls: { max: 5 },
      callsBetweenUsers: "direct",
    },
  },
  registration: { minExpires: minutes(1), maxExpires: hours(1), maxContacts: 10 },
  emergency: ["112", "911"],
  trusted: ["127.0.0.0/8", "::1"],
});
