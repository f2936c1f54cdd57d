/** The ledger compiled to Lua, run by ioredis-mock. */
import { ioredisMockHome } from "./redis-home";
import { contract } from "./suite";

contract("compiled Lua in ioredis-mock", ioredisMockHome);
