import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

/** What the decisions are about; without either, everything decided for the person. */
export interface About {
  position?: string;
  /** `intent:ID`, `strategy:USER`. */
  subject?: string;
}

const LOOK_MS = 15_000;
const MOST = 50;

/** Newest first. */
export function useDecisions(about: About, isWanted = true) {
  const { position, subject } = about;
  return useQuery({
    queryKey: keys.decisions({ position, subject }),
    queryFn: () =>
      body(api.GET("/api/v1/decisions", { params: { query: { position_id: position, subject, limit: MOST } } })),
    enabled: isWanted,
    refetchInterval: isWanted ? LOOK_MS : false,
  });
}
