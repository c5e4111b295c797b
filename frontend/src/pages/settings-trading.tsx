/** Pausing, closing everything, stopping everything. */
import { useEffect, useState } from "react";
import { useLocation } from "react-router";
import { MovesControls } from "../features/control/moves-section";
import { PauseControls } from "../features/control/pause-section";
import { CloseAllDialog } from "../features/positions/close-all-dialog";
import { StopDialog } from "../features/positions/stop-dialog";
import { Button } from "../ui/button";
import { Columns, Hint, Section } from "../ui/section";

const ID = "trading";

export function TradingSection() {
  const [asks, setAsks] = useState<"close" | "stop" | null>(null);
  const { hash } = useLocation();
  useEffect(() => {
    if (hash === `#${ID}`) document.getElementById(ID)?.scrollIntoView({ block: "start" });
  }, [hash]);
  return (
    <Section id={ID} title="Trading">
      <Columns>
        <div className="wide:col-span-7">
          <PauseControls />
        </div>
        <div className="grid content-start gap-6 wide:col-span-5">
          <div>
            <Button onClick={() => setAsks("close")}>Close all positions</Button>
            <Hint>In order: a pair is taken apart only while both venues answer. You see every cost first.</Hint>
          </div>
          <div>
            <Button kind="danger" onClick={() => setAsks("stop")}>Emergency stop</Button>
            <Hint>Pauses opening and closes everything at once, leg by leg where a venue is away. Asks once more.</Hint>
          </div>
        </div>
      </Columns>
      <h3 className="mt-8 mb-3 text-13 font-semibold">Defending with free money</h3>
      <MovesControls />
      <CloseAllDialog open={asks === "close"} onOpenChange={(next) => setAsks(next ? "close" : null)} />
      <StopDialog open={asks === "stop"} onOpenChange={(next) => setAsks(next ? "stop" : null)} />
    </Section>
  );
}
