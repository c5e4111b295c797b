/** What may be held on the long side. */
export const ASSETS = ["SOL", "jitoSOL", "jupSOL", "INF"];
