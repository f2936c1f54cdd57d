/** `weir types`: makes the typings of KSR from the Kamailio on this machine, or from the committed list. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectSnapshot, readSnapshot } from "../../kemi/types/collect";
import { generateTable, generateTypings } from "../../kemi/types/generate";

export const help = `npm run types [-- --offline]
  Asks the Kamailio on this machine which functions it offers to scripts (app_jsdt.api_list), and writes
  kemi/types/api-list.json, kemi/types/ksr.d.ts and kemi/mock/kemi-table.ts.
  --offline  only makes the last two again, from the committed api-list.json and kemi/types/overlay.ts`;

const root = join(__dirname, "..", "..");
const snapshotFile = join(root, "kemi", "types", "api-list.json");

/** Exit code 0 when the files are written, 2 for a wrong argument. Throws when Kamailio cannot be asked. */
export async function run(args: string[]): Promise<number> {
  const offline = args.includes("--offline");
  const unknown = args.find((arg) => arg !== "--offline");
  if (unknown !== undefined) {
    console.error(`types: unknown argument ${unknown}\n${help}`);
    return 2;
  }
  const snapshot = offline ? readSnapshot(snapshotFile) : await collectSnapshot();
  if (!offline) writeFileSync(snapshotFile, `${JSON.stringify(snapshot, null, 2)}\n`);
  writeFileSync(join(root, "kemi", "types", "ksr.d.ts"), generateTypings(snapshot));
  writeFileSync(join(root, "kemi", "mock", "kemi-table.ts"), generateTable(snapshot));
  console.log(
    `types: ${snapshot.functions.length} functions of ${snapshot.modules.length} modules, Kamailio ${snapshot.kamailio}`,
  );
  if (snapshot.missing.length > 0) console.log(`types: could not be loaded here: ${snapshot.missing.join(", ")}`);
  return 0;
}
