/** The page's one event stream, open while somebody is signed in. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { listen, type Stream, type StreamState } from "../lib/events";

const IDLE: StreamState = { live: true, since: 0 };
export const StreamContext = createContext<Stream | null>(null);

/** Opens the stream for as long as the component lives. */
export function useOpenStream(): Stream | null {
  const cache = useQueryClient();
  const [stream, setStream] = useState<Stream | null>(null);
  useEffect(() => {
    const opened = listen("/api/v1/events/stream", cache);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the stream is an outside resource opened here
    setStream(opened);
    return () => {
      opened.close();
      setStream(null);
    };
  }, [cache]);
  return stream;
}

const nothing = () => () => undefined;

export function useStreamState(): StreamState {
  const stream = useContext(StreamContext);
  return useSyncExternalStore(stream?.subscribe ?? nothing, stream?.state ?? (() => IDLE));
}
