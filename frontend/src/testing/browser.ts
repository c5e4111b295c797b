/** The fixtures in a real browser, for looking at pages while developing; never part of the build. */
import { getResponse } from "msw";
import { alarmedHandlers, emptyHandlers, handlers, signedOut, troubledHandlers } from "./handlers";

const SCENES: Record<string, typeof handlers> = {
  full: handlers,
  empty: emptyHandlers,
  troubled: troubledHandlers,
  alarmed: alarmedHandlers,
  out: [signedOut, ...handlers],
};

class QuietStream extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    super();
    const isLost = localStorage.getItem("fixtures") === "troubled";
    setTimeout(() => (isLost ? this.onerror?.() : this.onopen?.()), 50);
  }
  close() {}
}

export async function startFixtures(): Promise<void> {
  const scene = SCENES[localStorage.getItem("fixtures") ?? "full"] ?? handlers;
  const real = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/api/") && url.host !== "paper.test") return real(input, init);
    await new Promise((resolve) => setTimeout(resolve, 30));
    return (await getResponse(scene, request)) ?? new Response(null, { status: 404 });
  };
  window.EventSource = QuietStream as unknown as typeof EventSource;
}
