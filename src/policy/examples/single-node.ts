/**
 * The smallest useful router: one Asterisk, one company, phones in the office network. The proxy keeps the phones'
 * registrations and protects the Asterisk from more calls than it can carry.
 */

import { definePolicy, minutes } from "weir";

export default definePolicy({
  pools: {
    office: { nodes: [{ id: "asterisk", address: "sip:192.168.10.5", capacity: 60 }] },
  },
  tenants: {
    company: {
      domains: ["company.example"],
      // The provider's addresses: what comes from there is a call from outside.
      trunks: ["203.0.113.10", "203.0.113.11"],
      pool: "office",
      calls: { max: 50 },
      // With one node there is nobody else to count for, so calls may go on while a shared store is away.
      whenStoreIsDown: "admit",
    },
  },
  registration: { minExpires: minutes(1), maxExpires: minutes(30), maxContacts: 3 },
  emergency: ["112", "110"],
  trusted: ["192.168.10.0/24"],
});
