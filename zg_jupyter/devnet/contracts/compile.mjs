// Compiles Solidity with the pinned solc of package-lock.json.
//
//   node compile.mjs JOB.json
//
// JOB: { outDir, sources: [[name, file], ...], contracts: ["name:Contract", ...], sourceHash }
// `name` is the path the compiler sees, never one of this machine: equal sources give equal output.
// Imports starting with "@" come from node_modules next to this script.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const solc = createRequire(import.meta.url)("solc");

const settings = {
  // The older of the two code generators: the Yul optimizer of the other one has a known
  // miscompilation in this solc version.
  viaIR: false,
  optimizer: { enabled: true, runs: 200 },
  // PUSH0 and nothing later: runs on py-evm, on anvil and on the public networks.
  evmVersion: "shanghai",
  // No hash of comments and file names in the byte code.
  metadata: { appendCBOR: false, bytecodeHash: "none" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
};

// Shadowing: the published interface names parameters `owner`, like the function.
const acceptedWarnings = new Set(["2519"]);

function read(file) {
  return fs.readFileSync(file, "utf8").replaceAll("\r\n", "\n");
}

function importFrom(name) {
  if (!name.startsWith("@")) return { error: `no such source: ${name}` };
  const file = path.join(here, "node_modules", ...name.split("/"));
  return fs.existsSync(file) ? { contents: read(file) } : { error: `no such package file: ${name}` };
}

function compile(job) {
  const sources = Object.fromEntries(
    job.sources.map(([name, file]) => [name, { content: read(file) }]),
  );
  const input = { language: "Solidity", sources, settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: importFrom }));
  const problems = (output.errors ?? []).filter(
    (e) => e.severity === "error" || !acceptedWarnings.has(e.errorCode),
  );
  // A warning in our sources stops the build; one in a package is that package's.
  const ours = problems.filter(
    (e) => e.severity === "error" || !e.sourceLocation?.file.startsWith("@"),
  );
  if (ours.length > 0) throw new Error(ours.map((e) => e.formattedMessage).join("\n"));
  return output.contracts;
}

function find(contracts, wanted) {
  const [file, name] = wanted.split(":");
  const found = contracts[file]?.[name];
  if (!found) throw new Error(`${wanted} is not among the compiled contracts`);
  return [name, found];
}

function main(jobFile) {
  const job = JSON.parse(fs.readFileSync(jobFile, "utf8"));
  const { viaIR, optimizer, evmVersion } = settings;
  const compiler = { name: "solc", version: solc.version(), viaIR, optimizer, evmVersion };
  const contracts = compile(job);
  fs.mkdirSync(job.outDir, { recursive: true });
  for (const wanted of job.contracts) {
    const [contractName, { abi, evm }] = find(contracts, wanted);
    const artifact = {
      contractName,
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      sourceHash: job.sourceHash,
      compiler,
    };
    const file = path.join(job.outDir, `${contractName}.json`);
    fs.writeFileSync(file, `${JSON.stringify(artifact, null, 1)}\n`);
  }
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
