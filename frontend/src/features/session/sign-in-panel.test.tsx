import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { errorBody } from "../../testing/handlers";
import { show } from "../../testing/render";
import { serveApi, server } from "../../testing/server";
import { type AuthClient, AuthRefused } from "./auth-client";
import { SignInPanel } from "./sign-in-panel";

serveApi();

/** An identity service that knows one code. */
function identity(): AuthClient & { sentTo: string[] } {
  const sentTo: string[] = [];
  return {
    sentTo,
    async sendCode(email) {
      sentTo.push(email);
    },
    async verifyCode(_email, code) {
      if (code !== "407123") throw new AuthRefused("wrong-code", "invalid_credentials");
      return "access-token";
    },
  };
}

async function toCodeStep(client = identity()) {
  const person = userEvent.setup();
  const onSignedIn = vi.fn();
  const makeClient = vi.fn(() => client);
  show(<SignInPanel onSignedIn={onSignedIn} makeClient={makeClient} />);
  await person.click(await screen.findByRole("button", { name: "Connect" }));
  await person.type(screen.getByLabelText("E-mail"), "ingrid@example.org");
  await person.click(screen.getByRole("button", { name: "Send the code" }));
  await screen.findByRole("heading", { name: "Enter the code" });
  return { person, onSignedIn, client, makeClient };
}

describe("signing in", () => {
  it("goes from Connect over the address and the code to a session of the server", async () => {
    let synced: unknown;
    server.use(
      http.post("*/api/v1/auth/sync", async ({ request }) => {
        synced = await request.json();
        return HttpResponse.json({ user_id: "u", is_new_user: true });
      }),
    );
    const { person, onSignedIn, client, makeClient } = await toCodeStep();
    expect(client.sentTo).toEqual(["ingrid@example.org"]);
    expect(makeClient).toHaveBeenCalledWith("cpaper0000000000000000000", "http://paper.test/privy");
    await person.keyboard("407123");
    await waitFor(() => expect(onSignedIn).toHaveBeenCalled());
    expect(synced).toEqual({ access_token: "access-token", stay_signed_in: true });
  });
  it("links to the simulated world's mailbox in paper mode", async () => {
    await toCodeStep();
    expect(screen.getByRole("link", { name: "open the paper mailbox" })).toHaveAttribute("href", "http://paper.test/mailbox");
  });
  it("takes a pasted code, empties the boxes after a wrong one and says so", async () => {
    const { person, onSignedIn } = await toCodeStep();
    await person.paste("999 999");
    expect(await screen.findByText(/That code is not right/)).toBeInTheDocument();
    expect(screen.getByLabelText("Digit 1")).toHaveValue("");
    expect(screen.getByLabelText("Digit 1")).toHaveFocus();
    expect(onSignedIn).not.toHaveBeenCalled();
  });
  it("does not take a sign-in the server cannot verify", async () => {
    server.use(
      http.post("*/api/v1/auth/sync", () =>
        HttpResponse.json(errorBody("AUT-0005", "The sign-in could not be verified", 401), { status: 401 }),
      ),
    );
    const { person, onSignedIn } = await toCodeStep();
    await person.keyboard("407123");
    expect(await screen.findByText(/The sign-in could not be verified/)).toBeInTheDocument();
    expect(screen.getByText(/AUT-0005, request 7f3a-c21/)).toBeInTheDocument();
    expect(onSignedIn).not.toHaveBeenCalled();
  });
  it("refuses what is no address before anything is sent", async () => {
    const person = userEvent.setup();
    const client = identity();
    show(<SignInPanel onSignedIn={vi.fn()} makeClient={() => client} />);
    await person.click(await screen.findByRole("button", { name: "Connect" }));
    await person.type(screen.getByLabelText("E-mail"), "ingrid@{Enter}");
    expect(screen.getByText("This is not an e-mail address yet.")).toBeInTheDocument();
    expect(client.sentTo).toEqual([]);
  });
});
