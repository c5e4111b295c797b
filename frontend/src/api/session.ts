/** Who is signed in; read by the shell, the pages and every feature. */
import { useQuery } from "@tanstack/react-query";
import { Failure } from "../lib/failure";
import { api, body } from "./client";
import { keys } from "./keys";
import type { MeResponse } from "./schema.gen";

/** The signed-in person, or null when nobody is. */
export function useMe() {
  return useQuery<MeResponse | null>({
    queryKey: keys.me,
    queryFn: async () => {
      try {
        return await body(api.GET("/api/v1/auth/me"));
      } catch (error) {
        if (error instanceof Failure && error.isSignedOut) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    refetchInterval: (query) => (query.state.data && !query.state.data.wallets_ready ? 2_000 : false),
  });
}
