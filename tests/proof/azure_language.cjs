// Microsoft's language service for Azure Pipelines, as its editor extension uses it: prints what is wrong, a line each.
// Usage: node azure_language.cjs SCHEMA FILE...
const fs = require("node:fs");
const { parse } = require("azure-pipelines-language-service/lib/parser/yamlParser");
const { JSONSchemaService } = require("azure-pipelines-language-service/lib/services/jsonSchemaService");

const [schema, ...files] = process.argv.slice(2);
console.log = () => {}; // it chats

async function main() {
  const content = JSON.parse(fs.readFileSync(schema, "utf8"));
  const service = new JSONSchemaService(async () => content, undefined, async () => "schema", Promise);
  const resolved = await service.getSchemaForResource("file:///pipeline.yml");
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8");
    const documents = parse(text).documents;
    const found = [...documents[0].errors, ...documents[0].warnings];
    for (const one of [...found, ...documents[0].getValidationProblems(resolved.schema)]) {
      const line = text.slice(0, (one.location ?? one).start).split("\n").length;
      process.stdout.write(`${file}:${line}: ${one.getMessage()}\n`);
      process.exitCode = 1;
    }
  }
}

main();
