import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const features = ["session", "market", "positions", "treasury", "alarms", "control", "intents", "ledger", "strategy", "decisions", "risk"];

/** pages → features → ui | api | lib; features never import features. */
const zones = [
  { target: "./src/lib", from: ["./src/api", "./src/ui", "./src/features", "./src/pages", "./src/app"] },
  { target: "./src/api", from: ["./src/ui", "./src/features", "./src/pages", "./src/app"] },
  { target: "./src/ui", from: ["./src/api", "./src/features", "./src/pages", "./src/app"] },
  { target: "./src/features", from: ["./src/pages", "./src/app"] },
  { target: "./src/pages", from: ["./src/app"] },
  ...features.map((name) => ({
    target: `./src/features/${name}`,
    from: "./src/features",
    except: [`./${name}`],
  })),
];

export default ts.config(
  { ignores: ["dist", "src/api/schema.gen.ts"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "import-x": importX, "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "big.js", message: "Money goes through lib/decimal.ts." }] },
      ],
      "max-lines": ["error", { max: 250 }],
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
    },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".tsx", ".js", ".mjs"] })],
    },
  },
  {
    files: ["src/lib/decimal.ts"],
    rules: { "no-restricted-imports": "off" },
  },
  {
    files: ["src/**"],
    ignores: ["src/testing/**", "src/**/*.test.*", "src/app/main.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "ImportDeclaration[source.value=/testing/]",
          message: "What is for tests never ships.",
        },
        {
          selector: "CallExpression[callee.name='parseFloat']",
          message: "Money is decimal text; use lib/decimal.ts.",
        },
      ],
    },
  },
  {
    files: ["**/*.mjs", "public/*.js", "*.js"],
    languageOptions: {
      globals: {
        process: "readonly", console: "readonly", document: "readonly", window: "readonly",
        localStorage: "readonly", fetch: "readonly", setTimeout: "readonly", URL: "readonly",
        Buffer: "readonly", getComputedStyle: "readonly", innerWidth: "readonly",
      },
    },
  },
);
