/** Renders something as the app would: with a query cache and a router. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createMemoryRouter, type RouteObject, RouterProvider } from "react-router";

export function testCache(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
}

export function show(element: ReactNode, { at = "/", cache = testCache() } = {}) {
  return showRoutes([{ path: "*", element }], { at, cache });
}

export function showRoutes(routes: RouteObject[], { at = "/", cache = testCache() } = {}) {
  const router = createMemoryRouter(routes, { initialEntries: [at] });
  const view = render(
    <QueryClientProvider client={cache}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, router, cache };
}
