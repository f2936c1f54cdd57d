/** The usual case. Each tenant is there for what its name says; addresses are those of parties.ts. */
import { definePolicy } from "weir";

export default definePolicy({
  pools: {
    main: {
      nodes: [
        { id: "media-1", address: "sip:127.0.0.11:20011", capacity: 50 },
        { id: "media-2", address: "sip:127.0.0.12:20012", capacity: 50 },
        { id: "media-3", address: "sip:127.0.0.13:20013", capacity: 50 },
      ],
    },
    solo: { nodes: [{ id: "media-solo", address: "sip:127.0.0.14:20014", capacity: 2 }] },
  },
  tenants: {
    acme: { domains: ["acme.example"], trunks: ["127.0.0.21"], pool: "main", calls: { max: 20 } },
    duo: { domains: ["duo.example"], pool: "main", calls: { max: 2 } },
    closed: { domains: ["closed.example"], pool: "main", calls: { max: 0 } },
    slow: { domains: ["slow.example"], pool: "main", calls: { max: 20 }, rate: { perSecond: 0.5, burst: 2 } },
    small: { domains: ["small.example"], pool: "solo", calls: { max: 20 } },
    direct: { domains: ["direct.example"], pool: "main", calls: { max: 1 }, callsBetweenUsers: "direct" },
    nodeless: { domains: ["nodeless.example"], calls: { max: 5 } },
  },
  registration: { minExpires: 60, maxExpires: 600, defaultExpires: 300, maxContacts: 2 },
  emergency: ["112"],
  trusted: ["127.0.0.31", "127.0.0.32", "127.0.0.33"],
});
