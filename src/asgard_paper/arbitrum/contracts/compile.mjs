// Rewrites compiled.json from the sources:
//   npm install && node src/asgard_paper/arbitrum/contracts/compile.mjs
// With a path as argument the result is written there instead.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const solc = createRequire(import.meta.url)("solc");
const here = (name) => new URL(name, import.meta.url);
const files = ["NativeUsdc", "PaperBridge", "PaperCctp"];
const names = ["NativeUsdc", "PaperBridge", "PaperTokenMessenger", "PaperMessageTransmitter"];
const sources = Object.fromEntries(
  files.map((name) => [`${name}.sol`, { content: readFileSync(here(`${name}.sol`), "utf8") }]),
);
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources,
      settings: {
        evmVersion: "paris",
        optimizer: { enabled: true, runs: 200 },
        metadata: { bytecodeHash: "none", appendCBOR: false },
        outputSelection: { "*": { "*": ["abi", "evm.deployedBytecode.object"] } },
      },
    }),
  ),
);
const faults = (output.errors ?? []).filter((entry) => entry.severity === "error");
if (faults.length > 0) throw new Error(faults.map((entry) => entry.formattedMessage).join("\n"));
for (const entry of output.errors ?? []) console.warn(entry.formattedMessage);
const compiled = Object.fromEntries(
  names.map((name) => {
    const contract = Object.values(output.contracts).find((file) => name in file)[name];
    return [name, { abi: contract.abi, code: `0x${contract.evm.deployedBytecode.object}` }];
  }),
);
const written = JSON.stringify({ solc: solc.version(), contracts: compiled }, null, 1);
writeFileSync(process.argv[2] ?? here("compiled.json"), `${written}\n`);
