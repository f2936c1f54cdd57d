// Lets a plain Node load TypeScript of this repository: `node -r test/support/register.cjs`.
const { join } = require("node:path");
require("ts-node").register({ transpileOnly: true, project: join(__dirname, "../../tsconfig.json") });
