// GitHub's own parser of workflows, as its editor uses it: prints what is wrong.
// Usage: node github_parser.bundle.mjs FILE..., after esbuild has made that of this: the parser's files name each other in a
// way that only a bundler follows.
import { readFileSync } from "node:fs";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";

for (const path of process.argv.slice(2)) {
  const file = { name: path, content: readFileSync(path, "utf8") };
  const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
  const errors = context.errors.getErrors().map((error) => error.message);
  if (value && !errors.length) {
    const template = await convertWorkflowTemplate(context, value);
    errors.push(...(template.errors ?? []).map((error) => error.Message));
  }
  for (const error of errors) {
    console.log(error);
    process.exitCode = 1;
  }
}
