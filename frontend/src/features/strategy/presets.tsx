/** Ready-made wishes: choosing one fills the sentences, nothing is saved by that. */
import { useState } from "react";
import type { PresetResponse, StrategyFields } from "../../api/schema.gen";
import { FailureNote } from "../../ui/banner";
import { Button, QuietButton } from "../../ui/button";
import { Field } from "../../ui/field";
import { isSame, type StrategyChange } from "./draft";
import { useDropPreset, useKeepPreset, usePresets } from "./queries";

const SLOTS = [1, 2, 3];
const named = (preset: PresetResponse) => (preset.slot === null ? preset.name.charAt(0).toUpperCase() + preset.name.slice(1) : preset.name);

export function PresetChoice({ config, onChoose }: { config: StrategyFields; onChoose: (config: StrategyFields) => void }) {
  const presets = usePresets();
  const drop = useDropPreset();
  const known = presets.data?.presets ?? [];
  const own = known.filter((preset) => preset.slot !== null);
  return (
    <>
      <div role="group" aria-label="Preset" className="flex flex-wrap gap-2">
        {known.map((preset) => (
          <Button key={`${preset.slot ?? preset.name}`} size="small" aria-pressed={isSame(preset.config, config)} className={isSame(preset.config, config) ? "bg-ink text-bg hover:text-ink" : ""} onClick={() => onChoose(preset.config)}>
            {named(preset)}
          </Button>
        ))}
      </div>
      {own.length > 0 ? (
        <p className="mt-1 flex flex-wrap gap-x-4 text-13">
          {own.map((preset) => (
            <QuietButton key={preset.slot} disabled={drop.isPending} onClick={() => drop.mutate(preset.slot ?? 0)}>
              Forget “{preset.name}”
            </QuietButton>
          ))}
        </p>
      ) : null}
      {presets.error || drop.error ? <FailureNote error={presets.error ?? drop.error}>What is saved and what runs is as it was.</FailureNote> : null}
    </>
  );
}

export function KeepPreset({ change, isReadable }: { change: StrategyChange; isReadable: boolean }) {
  const presets = usePresets();
  const keep = useKeepPreset();
  const [name, setName] = useState("");
  const taken = new Set((presets.data?.presets ?? []).map((preset) => preset.slot));
  const slot = SLOTS.find((one) => !taken.has(one));
  const free = slot === undefined ? "All three places are taken: forget one first." : `Kept in place ${slot} of 3.`;
  return (
    <form
      className="mt-6 grid max-w-measure gap-3 tablet:grid-cols-[minmax(0,1fr)_auto] tablet:items-start"
      onSubmit={(event) => {
        event.preventDefault();
        if (slot !== undefined) keep.mutate({ slot, preset: { ...change, name: name.trim() } }, { onSuccess: () => setName("") });
      }}
    >
      <Field label="Keep these rules under a name" maxLength={40} value={name} onChange={(event) => setName(event.target.value)} hint={free} />
      <Button type="submit" className="justify-self-start tablet:mt-[26px]" disabled={slot === undefined || name.trim() === "" || !isReadable || keep.isPending}>
        Keep
      </Button>
      {keep.error ? <FailureNote error={keep.error}>What runs is as it was.</FailureNote> : null}
    </form>
  );
}
