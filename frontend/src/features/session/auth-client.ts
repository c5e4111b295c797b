/** How a person proves an e-mail address. The session itself is the server's cookie. */

export interface AuthClient {
  /** Sends six digits to the address. */
  sendCode(email: string): Promise<void>;
  /** An access token for the server to verify; throws AuthRefused for a wrong code. */
  verifyCode(email: string, code: string): Promise<string>;
}

export type RefusalReason = "wrong-code" | "too-many" | "not-allowed" | "silent";

export class AuthRefused extends Error {
  constructor(
    readonly reason: RefusalReason,
    readonly code: string,
  ) {
    super(WORDS[reason]);
    this.name = "AuthRefused";
  }
}

const WORDS: Record<RefusalReason, string> = {
  "wrong-code": "That code is not right, or it is older than ten minutes. Look at the newest e-mail.",
  "too-many": "Too many tries. Wait a few minutes, then ask for a new code.",
  "not-allowed": "This address cannot sign in here.",
  silent: "The sign-in service does not answer. Nothing is wrong with your account; try again in a minute.",
};

const REASONS: Record<string, RefusalReason> = {
  invalid_credentials: "wrong-code",
  invalid_data: "wrong-code",
  too_many_requests: "too-many",
  max_attempts: "too-many",
  user_does_not_exist: "not-allowed",
  disallowed_login_method: "not-allowed",
  allowlist_rejected: "not-allowed",
};

interface RefusalShape {
  code?: unknown;
  status?: unknown;
}

function refused(error: unknown): AuthRefused {
  const { code, status } = (error ?? {}) as RefusalShape;
  const name = typeof code === "string" ? code : "";
  if (REASONS[name]) return new AuthRefused(REASONS[name], name);
  if (status === 429) return new AuthRefused("too-many", name);
  if (status === 401 || status === 422 || status === 400) return new AuthRefused("wrong-code", name);
  return new AuthRefused("silent", name);
}

/**
 * Privy's e-mail flow. Tokens stay in memory: the server's cookie is what lasts. Paper and live
 * differ by the base URL only, which the SDK takes although its types do not name it.
 */
export function privyAuthClient(appId: string, baseUrl: string): AuthClient {
  const client = (async () => {
    const { default: Privy, InMemoryCache } = await import("@privy-io/js-sdk-core");
    const options = {
      appId,
      baseUrl,
      storage: new InMemoryCache(),
      sessions: { cookieWriteBehavior: "never" as const },
    };
    return new Privy(options);
  })();
  client.catch(() => undefined);

  return {
    async sendCode(email) {
      try {
        await (await client).auth.email.sendCode(email);
      } catch (error) {
        throw refused(error);
      }
    },
    async verifyCode(email, code) {
      try {
        const privy = await client;
        await privy.auth.email.loginWithCode(email, code);
        const token = await privy.getAccessToken();
        if (!token) throw new AuthRefused("silent", "no_token");
        return token;
      } catch (error) {
        throw error instanceof AuthRefused ? error : refused(error);
      }
    },
  };
}
