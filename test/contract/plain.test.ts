/** The reference: plain memory and a clock that stands still unless a case moves it. */
import { plainHome } from "./plain-home";
import { contract } from "./suite";

contract("plain cells", async () => plainHome());
