// CircleCI's own parser of configuration files, as its visual editor uses it: prints what is wrong.
// Usage: node circleci_parser.cjs FILE...
const fs = require("node:fs");
const { parseConfig } = require("@circleci/circleci-config-parser");

for (const file of process.argv.slice(2)) {
  try {
    parseConfig(fs.readFileSync(file, "utf8")).stringify();
  } catch (error) {
    console.log(`${file}: ${error.message.slice(0, 2000)}`);
    process.exitCode = 1;
  }
}
