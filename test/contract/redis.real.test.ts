/** The ledger as a function library in a real Redis, called over several connections. */
import { redisHome } from "./redis-home";
import { contract } from "./suite";

contract("functions in Redis", redisHome);
