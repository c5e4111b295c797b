import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Age, Aging, Amount, Money, Multiple, Rate } from "./numbers";

const ago = (ms: number) => Date.now() - ms;

describe("numbers", () => {
  it("colours flows by sign and leaves balances and the residual in ink", () => {
    const { container } = render(
      <>
        <Money value="178.77" sign="flow" />
        <Money value="-34.44" sign="flow" />
        <Money value="15.17" sign="flow" tone="ink" />
        <Money value="12578.77" />
      </>,
    );
    const [gain, loss, residual, balance] = [...container.children];
    expect(gain).toHaveClass("text-income");
    expect(loss).toHaveClass("text-cost");
    for (const plain of [residual, balance]) expect(plain).not.toHaveClass("text-income", "text-cost");
  });
  it("speaks money for those who listen", () => {
    render(<Money value="-34.44" sign="flow" />);
    expect(screen.getByText("minus 34 dollars 44 cents")).toHaveClass("sr-only");
    expect(screen.getByText("\u2212$34.44")).toHaveAttribute("aria-hidden");
  });
  it.each([null, undefined, "", "NaN"])("shows %s as no data with its reason, never as zero", (value) => {
    const { container } = render(<Money value={value} reason="Solana has not answered." />);
    expect(container).toHaveTextContent("no data: Solana has not answered.");
    expect(container).not.toHaveTextContent("0");
    expect(screen.getByTitle("Solana has not answered.")).toHaveAttribute("tabindex", "0");
  });
  it("shows a zero that a venue stated as zero", () => {
    const { container } = render(<Money value="0" />);
    expect(container).toHaveTextContent("$0.00");
  });
  it("prints rates, tokens and leverage", () => {
    const { container } = render(
      <>
        <Rate value="0.047" places={2} /> <Amount value="46.192" unit="jitoSOL" /> <Multiple value="2.24" />
      </>,
    );
    expect(container).toHaveTextContent("4.70%");
    expect(container).toHaveTextContent("46.1920 jitoSOL");
    expect(container).toHaveTextContent("2.2x");
  });
  it("underlines a changed figure once", () => {
    const { rerender, container } = render(<Money value="1" />);
    expect(container.querySelector(".changed-once")).toBeNull();
    rerender(<Money value="2" />);
    expect(container.querySelector(".changed-once")).toHaveTextContent("$2.00");
  });
});

describe("age", () => {
  it("is quiet while fresh, has a triangle and weight when stale", () => {
    const { container, rerender } = render(<Age at={ago(4_000)} feed="rates" />);
    expect(container).toHaveTextContent("4 s");
    expect(screen.queryByLabelText("stale")).toBeNull();
    rerender(<Age at={ago(190_000)} feed="rates" />);
    expect(container).toHaveTextContent("3 min");
    expect(screen.getByLabelText("stale")).toBeInTheDocument();
  });
  it("dims a stale figure and replaces one that is too old", () => {
    const figure = <Rate value="0.047" places={2} />;
    const { container, rerender } = render(<Aging at={ago(180_000)} feed="rates">{figure}</Aging>);
    expect(container).toHaveTextContent("4.70%");
    expect(container.firstElementChild).toHaveClass("text-ink3");
    rerender(<Aging at={ago(31 * 60_000)} feed="rates">{figure}</Aging>);
    expect(container).toHaveTextContent("no data");
    expect(container).not.toHaveTextContent("4.70%");
    rerender(<Aging at={null} feed="rates">{figure}</Aging>);
    expect(container).toHaveTextContent("no data");
  });
});
