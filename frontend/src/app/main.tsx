import "@fontsource-variable/instrument-sans";
import "../ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { makeQueryClient, Providers } from "./providers";
import { makeRouter } from "./router";

async function start(): Promise<void> {
  // For looking at pages without a back end: `VITE_FIXTURES=1 npm run dev`. Never in the build.
  if (import.meta.env.DEV && import.meta.env["VITE_FIXTURES"]) {
    const { startFixtures } = await import("../testing/browser");
    await startFixtures();
  }
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no root element");
  createRoot(root).render(
    <StrictMode>
      <Providers cache={makeQueryClient()}>
        <RouterProvider router={makeRouter()} />
      </Providers>
    </StrictMode>,
  );
}

void start();
