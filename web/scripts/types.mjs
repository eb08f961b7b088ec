// Writes src/wire/messages.ts from the JSON Schema that tools/client_schema.py prints. It holds
// nothing but types, so only the compiler and editors need it, and it is not committed.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = fileURLToPath(new URL("../src/wire/messages.ts", import.meta.url));
const venvPython = `${root}.venv/bin/python`;
const python = process.env.PYTHON ?? (existsSync(venvPython) ? venvPython : "python3");

const printed = execFileSync(python, ["-m", "tools.client_schema"], {
  cwd: root,
  encoding: "utf8",
});
const definitions = closed(JSON.parse(printed).$defs);
const schema = { $defs: definitions, title: "Wire", type: "object", additionalProperties: false };
const source = await compile(schema, "Wire", {
  additionalProperties: false,
  bannerComment:
    "// Generated from zvonok/wire/client.py by `npm run types`. Change the structs there, not this file.",
  unreachableDefinitions: true,
  maxItems: -1,
});
const text = source
  .replace(/\n*(\/\*\*[^/]*\*\/\n)?export interface Wire \{\}\n/, "\n")
  .replace(
    /\n\/\*\*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n \*\//g,
    "",
  )
  .replace(
    / \*\n \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n/g,
    "",
  );

mkdirSync(new URL("../src/wire/", import.meta.url), { recursive: true });
writeFileSync(target, text);

/** Objects with known fields hold no others; one without is a map; defaults only confuse the compiler. */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== "object") return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  if (copy.type === "object") copy.additionalProperties ??= copy.properties === undefined;
  if (typeof copy.title === "string") delete copy.title;
  if (typeof copy.description === "string")
    copy.description = copy.description.replace(/\s+/g, " ");
  if ("$ref" in copy) return { $ref: copy.$ref };
  delete copy.maxItems;
  return copy;
}
