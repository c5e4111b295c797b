import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { serveApi, server } from "../../testing/server";
import { AuthRefused, privyAuthClient } from "./auth-client";

serveApi();
const BASE = "http://auth.test";
const APP = "cpaper0000000000000000000";

function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  return [part({ alg: "ES256", typ: "JWT" }), part({ iss: "privy.io", aud: APP, sub: "did:privy:1", sid: "s", iat: now, exp: now + 3600 }), "sig"].join(".");
}

function privy(authenticate: () => Response, init: () => Response = () => HttpResponse.json({ success: true })) {
  const sent: unknown[] = [];
  server.use(
    http.get(`${BASE}/api/v1/apps/${APP}`, () => HttpResponse.json({ id: APP, name: "paper" })),
    http.post(`${BASE}/api/v1/analytics_events`, () => HttpResponse.json({})),
    http.post(`${BASE}/api/v1/passwordless/init`, async ({ request }) => {
      sent.push(await request.json());
      return init();
    }),
    http.post(`${BASE}/api/v1/passwordless/authenticate`, async ({ request }) => {
      sent.push(await request.json());
      return authenticate();
    }),
  );
  return sent;
}

describe("Privy's e-mail flow through its own client", () => {
  it("sends a code and turns it into an access token at the configured address", async () => {
    const access = token();
    const sent = privy(() =>
      HttpResponse.json({
        user: { id: "did:privy:1", created_at: 1, linked_accounts: [] },
        token: access,
        privy_access_token: null,
        refresh_token: "r",
        is_new_user: true,
        session_update_action: "set",
      }),
    );
    const client = privyAuthClient(APP, BASE);
    await client.sendCode("ingrid@example.org");
    expect(await client.verifyCode("ingrid@example.org", "407123")).toBe(access);
    expect(sent).toMatchObject([{ email: "ingrid@example.org" }, { email: "ingrid@example.org", code: "407123" }]);
    expect(localStorage.length).toBe(0);
    expect(document.cookie).toBe("");
  });
  it.each([
    [422, "invalid_credentials", "wrong-code"],
    [429, "too_many_requests", "too-many"],
    [403, "allowlist_rejected", "not-allowed"],
  ])("says what a %i %s means", async (status, code, reason) => {
    privy(() => HttpResponse.json({ error: "no", code }, { status }));
    const refusal = await privyAuthClient(APP, BASE).verifyCode("a@b.org", "000000").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AuthRefused);
    expect((refusal as AuthRefused).reason).toBe(reason);
  });
  it("does not blame the person when the service is silent", async () => {
    privy(() => HttpResponse.error(), () => HttpResponse.error());
    const refusal = await privyAuthClient(APP, BASE).sendCode("a@b.org").catch((error: unknown) => error);
    expect((refusal as AuthRefused).reason).toBe("silent");
  });
});
