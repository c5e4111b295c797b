import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { HttpResponse, delay, http } from "msw";
import { setupServer } from "msw/node";
import type { ReactNode } from "react";
import { afterAll, beforeAll, expect, it } from "vitest";
import { useRates } from "./queries";

const server = setupServer(
  http.get("*/api/v1/rates", async ({ request }) => {
    const leverage = new URL(request.url).searchParams.get("leverage");
    if (leverage === "2.7") await delay(300);
    return HttpResponse.json({ leverage, lenders: [], is_stale: false });
  }),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

it("rates that stand in for another leverage are not taken for ancient ones", async () => {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
  const before = Date.now();
  const hook = renderHook(({ leverage }) => useRates(leverage), { wrapper, initialProps: { leverage: "3" } });
  await waitFor(() => expect(hook.result.current.data?.leverage).toBe("3"));
  hook.rerender({ leverage: "2.7" });
  expect(hook.result.current.isPlaceholderData).toBe(true);
  expect(hook.result.current.dataUpdatedAt).toBeGreaterThanOrEqual(before);
  await waitFor(() => expect(hook.result.current.data?.leverage).toBe("2.7"));
});
