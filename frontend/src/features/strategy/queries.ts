import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";
import type { PresetSave, StrategyResponse, StrategySave } from "../../api/schema.gen";

const LOOK_MS = 15_000;

/** The wish, what it comes to, and what is done about it now. */
export function useStrategy() {
  return useQuery({
    queryKey: keys.strategy,
    queryFn: () => body(api.GET("/api/v1/strategy")),
    refetchInterval: LOOK_MS,
  });
}

function useKept() {
  const cache = useQueryClient();
  return (strategy: StrategyResponse) => cache.setQueryData(keys.strategy, strategy);
}

/** Saves what was changed; a stale version is refused with VAL-0021, and what is saved is read again. */
export function useSave() {
  const cache = useQueryClient();
  const onSuccess = useKept();
  return useMutation({
    mutationFn: (wish: StrategySave) => body(api.PUT("/api/v1/strategy", { body: wish })),
    onSuccess,
    onError: () => cache.invalidateQueries({ queryKey: keys.strategy }),
  });
}

/** Starts or stops it; done already is done. */
export function useSwitch() {
  const onSuccess = useKept();
  return useMutation({
    mutationFn: (isOn: boolean) =>
      body(isOn ? api.POST("/api/v1/strategy/enable") : api.POST("/api/v1/strategy/disable")),
    onSuccess,
  });
}

/** Ready-made wishes and the person's own. */
export function usePresets() {
  return useQuery({ queryKey: keys.presets, queryFn: () => body(api.GET("/api/v1/strategy/presets")) });
}

export function useKeepPreset() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ slot, preset }: { slot: number; preset: PresetSave }) =>
      body(api.PUT("/api/v1/strategy/presets/{slot}", { params: { path: { slot } }, body: preset })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.presets }),
  });
}

export function useDropPreset() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (slot: number) => body(api.DELETE("/api/v1/strategy/presets/{slot}", { params: { path: { slot } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.presets }),
  });
}
