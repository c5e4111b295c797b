import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { PositionResponse } from "../../api/schema.gen";
import { position } from "../../testing/fixtures";
import { show } from "../../testing/render";
import { DefenceSection } from "./defence-section";

const seen = (change: Partial<NonNullable<PositionResponse["defence"]>>) => {
  const known = position();
  if (known.defence === null) throw new Error("the fixture is defended");
  return position({ defence: { ...known.defence, ...change } });
};

describe("what the bot will do next", () => {
  it("says both distances and what follows at which price", () => {
    show(<DefenceSection position={position()} at={Date.now()} />);
    expect(screen.getByText("30.9%")).toBeInTheDocument();
    expect(screen.getByText("52.4%")).toBeInTheDocument();
    expect(screen.getByText("Below $177.97 we cut 38% of both legs.")).toBeInTheDocument();
    expect(screen.getByText("Above $290.22 we cut 58% of both legs.")).toBeInTheDocument();
  });
  it("foretells nothing while something is being done", () => {
    show(<DefenceSection position={seen({ is_busy: true, next_actions: [] })} at={null} />);
    expect(screen.getByText(/Something is being done/)).toBeInTheDocument();
  });
  it("says so where nothing has been seen", () => {
    show(<DefenceSection position={position({ defence: null })} at={null} />);
    expect(screen.getByText(/nothing can be foretold/)).toBeInTheDocument();
  });
});
