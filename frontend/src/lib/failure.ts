/** What went wrong, in the API's own terms. */

/** Codes under which an effect may or may not have happened. */
const OUTCOME_UNKNOWN = new Set(["ASG-0007", "HLQ-0008"]);

/** No answer came: nobody knows whether the request arrived. */
export const NO_ANSWER = "NET-0000";

export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly httpStatus: number,
    readonly requestId: string | null = null,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "Failure";
  }

  get isOutcomeUnknown(): boolean {
    return OUTCOME_UNKNOWN.has(this.code);
  }

  get isSignedOut(): boolean {
    return this.httpStatus === 401;
  }
}

/** Any thrown value as a Failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof TypeError) {
    return new Failure(NO_ANSWER, "The server did not answer.", 0);
  }
  return new Failure("GEN-0001", error instanceof Error ? error.message : "Something went wrong.", 0);
}
