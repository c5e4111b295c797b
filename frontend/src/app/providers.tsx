/** What every page stands on: the query cache and, once somebody is signed in, the event stream. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { keys } from "../api/keys";
import { Failure } from "../lib/failure";

export function makeQueryClient(): QueryClient {
  const endSession = (error: unknown) => {
    if (error instanceof Failure && error.isSignedOut && error.code !== "AUT-0005") cache.setQueryData(keys.me, null);
  };
  const cache = new QueryClient({
    queryCache: new QueryCache({ onError: endSession }),
    mutationCache: new MutationCache({ onError: endSession }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 30 * 60_000,
        retry: (failures, error) => failures < 2 && !(error instanceof Failure && error.httpStatus < 500),
        retryDelay: (attempt) => 500 * 2 ** attempt,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
  return cache;
}

export function Providers({ cache, children }: { cache: QueryClient; children: ReactNode }) {
  return <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
}
