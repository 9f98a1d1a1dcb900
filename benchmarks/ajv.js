// The JSON Schema of a response compiled by ajv, over JSON lines of HAR entries: node ajv.js SCHEMA CORPUS
// Prints seconds, peak memory and which exchanges it refuses. It validates the body alone: no request, status or header.
const fs = require("fs");
const readline = require("readline");
const Ajv = require("ajv/dist/2020").default;
const formats = require("ajv-formats").default;

const ajv = new Ajv({ strict: false });
formats(ajv);
const valid = ajv.compile(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));

async function pass() {
  const before = process.cpuUsage();
  const refused = [];
  let number = 0;
  for await (const line of readline.createInterface({ input: fs.createReadStream(process.argv[3]) })) {
    if (!valid(JSON.parse(JSON.parse(line).response.content.text))) refused.push(number);
    number += 1;
  }
  const used = process.cpuUsage(before);
  return { seconds: (used.user + used.system) / 1e6, refused };
}

(async () => {
  const passes = [await pass(), await pass(), await pass()];
  const seconds = Math.min(...passes.map((one) => one.seconds));
  const status = fs.existsSync("/proc/self/status") && fs.readFileSync("/proc/self/status", "utf8");
  // On Linux by /proc: the other counts what the parent had when it started this process
  const peak_mb = (status ? Number(/VmHWM:\s+(\d+)/.exec(status)[1]) : process.resourceUsage().maxRSS) / 1024;
  console.log(JSON.stringify({ seconds, peak_mb, refused: passes[0].refused }));
})();
