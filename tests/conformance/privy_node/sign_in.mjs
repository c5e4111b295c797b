// Drives @privy-io/js-sdk-core through a whole session and prints what it saw as one JSON object.
// Usage: node sign_in.mjs BASE_URL APP_ID EMAIL
import Privy, { InMemoryCache, PrivyApiError } from '@privy-io/js-sdk-core';

const [baseUrl, appId, email] = process.argv.slice(2);
const users = [];
const storage = new InMemoryCache();
const privy = new Privy({
  appId,
  baseUrl,
  storage,
  logLevel: 'NONE',
  callbacks: { setUser: (user) => users.push(user?.id ?? null) },
});
const refused = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return { api: error instanceof PrivyApiError, code: error.code, text: error.message };
  }
  return null;
};
const mailedCode = async (address) => {
  const mails = await (await fetch(`${baseUrl}/sim/outbox?email=${address}`)).json();
  return mails.at(-1).code;
};

await privy.initialize();
const seen = {};
seen.sent = await privy.auth.email.sendCode(email);
const code = await mailedCode(email);
const wrong = code === '000000' ? '000001' : '000000';
seen.wrong = await refused(privy.auth.email.loginWithCode(email, wrong));
const stranger = `nobody-${email}`;
await privy.auth.email.sendCode(stranger);
seen.stranger = await refused(
  privy.auth.email.loginWithCode(stranger, await mailedCode(stranger), 'no-signup'),
);
const session = await privy.auth.email.loginWithCode(email, code);
seen.isNewUser = session.is_new_user;
seen.user = session.user;
seen.firstToken = session.token;
seen.firstRefreshToken = session.refresh_token;
seen.token = await privy.getAccessToken();
seen.me = (await privy.user.get()).user.id;
seen.identityToken = await privy.getIdentityToken();
seen.refreshToken = await storage.get('privy:refresh_token');
seen.lastToken = await storage.get('privy:token');
await privy.auth.logout();
seen.afterLogout = await privy.getAccessToken();
seen.users = users;
// The SDK leaves a timer of 20 s behind each request.
process.stdout.write(JSON.stringify(seen), () => process.exit());
