/**
 * Two sites that stand in for each other, IPv6 first. Each site runs its own proxies with its own policy file, which
 * differs in one word: `sitePolicy("north")` here, `sitePolicy("south")` there. Both use one Redis, so limits hold
 * over both sites.
 */

import { definePolicy, hours, leastLoaded, minutes, type Policy } from "weir";

/** The policy of the proxies at one site: its own nodes are used as long as one of them has room. */
export function sitePolicy(site: "north" | "south"): Policy {
  return definePolicy({
    pools: {
      media: {
        nodes: [
          { id: "north-1", address: "sip:[2001:db8:1::11]:5080;transport=tcp", capacity: 300, zone: "north" },
          { id: "north-2", address: "sip:[2001:db8:1::12]:5080;transport=tcp", capacity: 300, zone: "north" },
          // Host names are looked up again every half minute, so a node may move.
          { id: "south-1", address: "sip:media-1.south.example:5080", capacity: 200, zone: "south" },
          { id: "south-2", address: "sip:media-2.south.example:5080", capacity: 200, zone: "south" },
        ],
        choose: leastLoaded({ preferZone: site }),
      },
    },
    tenants: {
      // While the store is away, each proxy counts for itself.
      city: {
        domains: ["city.example", "townhall.city.example"],
        trunks: ["sbc.carrier.example", "2001:db8:77::/64"],
        pool: "media",
        calls: { max: 500 },
        whenStoreIsDown: "local",
      },
      // A hospital would rather have too many calls than none.
      hospital: { domains: ["hospital.example"], pool: "media", calls: { max: 200 }, whenStoreIsDown: "admit" },
      // Paid by the call: nothing that is not counted.
      campaign: {
        trunks: ["192.0.2.128/25"],
        pool: "media",
        calls: { max: 100 },
        rate: { perSecond: 5 },
        whenStoreIsDown: "reject",
      },
      // Phones that only call each other: no node is involved.
      warehouse: { domains: ["[2001:db8:5::1]"], calls: { max: 20 } },
    },
    registration: { minExpires: minutes(1), maxExpires: hours(2), defaultExpires: minutes(10) },
    emergency: ["112", "999"],
    trusted: ["2001:db8::/32", "10.20.0.0/16"],
  });
}

export default sitePolicy("north");
