// Values against schemas of an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12.
// stdin: {document, jobs: [{pointer, value, label}]}; stdout: [text] of what does not fit.
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const { document, jobs } = JSON.parse(require("fs").readFileSync(0, "utf8"));
// Strict: a word that is no word of JSON Schema is an error. Unions of types are what contacts' data are.
const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
addFormats(ajv);
ajv.addVocabulary(Object.keys(document)); // the schemas are inside it: openapi, info, paths ...
ajv.addSchema(document, "document", undefined, false);

const told = [];
const compiled = new Map();
for (const { pointer, value, label } of jobs) {
  if (!compiled.has(pointer)) {
    try {
      const parts = pointer.slice(2).split("/").map(encodeURIComponent);
      compiled.set(pointer, ajv.compile({ $ref: "document#/" + parts.join("/") }));
    } catch (error) {
      compiled.set(pointer, null);
      told.push(`${pointer}: ${error.message}`);
    }
  }
  const fits = compiled.get(pointer);
  if (fits && !fits(value))
    for (const { instancePath, message, params } of fits.errors)
      told.push(`${label}: ${instancePath || "the whole"} ${message} ${JSON.stringify(params)}`);
}
console.log(JSON.stringify(told));
