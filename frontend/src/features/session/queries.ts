import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { keys } from "../../api/keys";

interface Proof {
  accessToken: string;
  staySignedIn: boolean;
}

/** Turns a proven address into a session; the answer says who signed in and whether they are new. */
export function useStartSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ accessToken, staySignedIn }: Proof) =>
      body(api.POST("/api/v1/auth/sync", { body: { access_token: accessToken, stay_signed_in: staySignedIn } })),
    onSuccess: (me) => {
      cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.config[0] });
      cache.setQueryData(keys.me, me);
    },
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => body(api.POST("/api/v1/auth/logout")),
    onSettled: () => {
      cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.config[0] && queryKey[0] !== keys.me[0] });
      cache.setQueryData(keys.me, null);
    },
  });
}
