/** The width a drawing gets, so that it is drawn for it and not scaled. */
import { useEffect, useRef, useState } from "react";

export function useWidth<E extends HTMLElement>(initial = 640) {
  const box = useRef<E>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => element.clientWidth > 0 && setWidth(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}
