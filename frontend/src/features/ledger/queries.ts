import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

const LIVE_MS = 30_000;

export type EntryKind = "all" | "funding" | "interest" | "fees" | "transfers";

/** From the first entry until now. */
export function useStatement() {
  return useQuery({
    queryKey: keys.statement,
    queryFn: () => body(api.GET("/api/v1/ledger/statement")),
    refetchInterval: LIVE_MS,
  });
}

/** Newest first, a page at a time. */
export function useEntries(kind: EntryKind, positionId?: string) {
  return useInfiniteQuery({
    queryKey: keys.entries(kind, positionId),
    queryFn: ({ pageParam }) =>
      body(
        api.GET("/api/v1/ledger/entries", {
          params: {
            query: {
              kind,
              limit: 50,
              ...(pageParam === null ? {} : { before: pageParam }),
              ...(positionId ? { position_id: positionId } : {}),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before,
    placeholderData: keepPreviousData,
  });
}

/** Where the server writes the books for other programs; the browser saves what it answers. */
export const EXPORTS = { csv: "/api/v1/ledger/export.csv", beancount: "/api/v1/ledger/export.beancount" };
