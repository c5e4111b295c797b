import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { useTheirTheme } from "../api/settings";
import { chooseTheme, chosenTheme } from "../lib/theme";
import { settings } from "../testing/fixtures-strategy";
import { errorBody } from "../testing/handlers";
import { show } from "../testing/render";
import { serveApi, server } from "../testing/server";
import { IntentsPage } from "./intents";
import { OpenPage } from "./open";
import { SettingsPage } from "./settings";

serveApi();
afterEach(() => chooseTheme("system"));
const prefers = (change: Parameters<typeof settings>[0]) => server.use(http.get("*/api/v1/settings", () => HttpResponse.json(settings(change))));
const fails = () => server.use(http.get("*/api/v1/settings", () => HttpResponse.json(errorBody("GEN-0002", "Internal error", 500), { status: 500 })));

function saves(answer = (wish: object) => HttpResponse.json(settings(wish) as object)) {
  const seen: object[] = [];
  server.use(
    http.post("*/api/v1/settings", async ({ request }) => {
      const wish = (await request.json()) as object;
      seen.push(wish);
      return answer(wish);
    }),
  );
  return seen;
}

describe("what a new position begins with", () => {
  it("is what the person prefers: amount, asset with its best lender, leverage", async () => {
    prefers({ default_asset: "SOL", default_leverage: "1.5", default_size_usd: "2500" });
    show(<OpenPage />);
    expect(await screen.findByLabelText("Your capital, both legs")).toHaveValue("2500.00");
    expect(screen.getByRole("radio", { name: /^SOL on Kamino/ })).toBeChecked();
    expect(await screen.findByRole("slider", { name: "Leverage on Solana" })).toHaveAttribute("aria-valuetext", "1.5x");
  });
  it("is no amount at all where nobody knows what is preferred", async () => {
    fails();
    show(<OpenPage />);
    expect(await screen.findByLabelText("Your capital, both legs")).toHaveValue("");
    expect(screen.getByRole("button", { name: "An amount is needed" })).toBeDisabled();
  });
  it("is the same for an intent", async () => {
    prefers({ default_asset: "jupSOL", default_leverage: "1.5", default_size_usd: "2500" });
    show(<IntentsPage />);
    expect(await screen.findByLabelText("Amount")).toHaveValue("2500.00");
    expect(screen.getByLabelText("Asset")).toHaveValue("jupSOL");
    await waitFor(() => expect(screen.getByLabelText("Leverage")).toHaveValue("1.5"));
  });
  it("is saved as typed, within the server's limits", async () => {
    const seen = saves();
    const person = userEvent.setup();
    show(<SettingsPage />);
    const section = (await screen.findByRole("heading", { name: "What a new position begins with" })).closest("section") as HTMLElement;
    const save = await within(section).findByRole("button", { name: "Save" });
    expect(save).toBeDisabled();
    const leverage = within(section).getByLabelText("Leverage");
    await person.clear(leverage);
    await person.type(leverage, "4.5");
    expect(within(section).getByRole("alert")).toHaveTextContent("Between 1.1x and 4.0x, in steps of 0.1.");
    expect(save).toBeDisabled();
    await person.clear(leverage);
    await person.type(leverage, "1.8");
    await person.selectOptions(within(section).getByLabelText("Asset"), "INF");
    await person.click(save);
    await waitFor(() => expect(seen).toEqual([{ default_asset: "INF", default_leverage: "1.8", default_size_usd: "1000" }]));
    await waitFor(() => expect(within(section).getByRole("button", { name: "Save" })).toBeDisabled());
    expect(within(section).getByLabelText("Asset")).toHaveValue("INF");
  });
});

describe("the theme", () => {
  const Anywhere = () => {
    useTheirTheme();
    return null;
  };
  it("of the person is taken where this browser has none", async () => {
    prefers({ theme: "dark" });
    show(<Anywhere />);
    await waitFor(() => expect(chosenTheme()).toBe("dark"));
  });
  it("of this browser stays", async () => {
    chooseTheme("light");
    prefers({ theme: "dark" });
    const { cache } = show(<Anywhere />);
    await waitFor(() => expect(cache.isFetching()).toBe(0));
    expect(chosenTheme()).toBe("light");
  });
  it("is kept for other browsers, and it is said when it is not", async () => {
    const seen = saves(() => HttpResponse.json(errorBody("GEN-0002", "Internal error", 500), { status: 500 }));
    show(<SettingsPage />);
    await userEvent.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(chosenTheme()).toBe("dark");
    expect(await screen.findByText(/your other browsers keep the earlier one/)).toBeInTheDocument();
    expect(seen).toEqual([{ theme: "dark" }]);
  });
});
