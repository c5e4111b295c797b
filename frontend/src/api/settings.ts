/** What the signed-in person prefers; the server keeps it, so that every browser begins alike. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Decimal, rounded } from "../lib/decimal";
import { chooseTheme, chosenTheme, type Theme } from "../lib/theme";
import { api, body } from "./client";
import { useConfig } from "./config";
import { keys } from "./keys";
import type { SettingsSave } from "./schema.gen";

export function useSettings() {
  return useQuery({
    queryKey: keys.settings,
    queryFn: () => body(api.GET("/api/v1/settings")),
    staleTime: 60_000,
  });
}

/** Saves what is given and leaves the rest. */
export function useSaveSettings() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (wish: SettingsSave) => body(api.POST("/api/v1/settings", { body: wish })),
    onSuccess: (saved) => cache.setQueryData(keys.settings, saved),
  });
}

/**
 * The leverage new positions begin with, "2.0": the person's, the system's while that is not
 * known. What everything is judged at unless told otherwise.
 */
export function useDefaultLeverage(): Decimal {
  const preferred = useSettings().data?.default_leverage;
  const usual = useConfig().data?.limits.leverage_default;
  return rounded(preferred ?? usual ?? "2", 1);
}

/** Shows a theme here and keeps it for the person's other browsers. */
export function useChooseTheme() {
  const save = useSaveSettings();
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    save.mutate({ theme });
  };
  return { choose, error: save.error };
}

/** A browser without a choice of its own takes the person's. */
export function useTheirTheme(): void {
  const theme = useSettings().data?.theme;
  useEffect(() => {
    if (theme !== undefined && theme !== "system" && chosenTheme() === "system") chooseTheme(theme);
  }, [theme]);
}
