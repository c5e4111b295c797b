/** An address in two lines with its QR code and a copy button. */
import qrcode from "qrcode-generator";
import { useState } from "react";
import { QuietButton } from "./button";

export function QrCode({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const modules: string[] = [];
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column)) modules.push(`M${column} ${row}h1v1h-1z`);
    }
  }
  const quiet = 3;
  const size = count + 2 * quiet;
  return (
    <svg
      viewBox={`${-quiet} ${-quiet} ${size} ${size}`}
      className="size-[145px] flex-none"
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect x={-quiet} y={-quiet} width={size} height={size} fill="white" />
      <path d={modules.join("")} fill="black" />
    </svg>
  );
}

export function CopyAddress({ address, name }: { address: string; name: string }) {
  const [said, setSaid] = useState("Copy");
  const half = Math.ceil(address.length / 2);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setSaid("Copied");
    } catch {
      setSaid("Not allowed here; select it by hand");
    }
    setTimeout(() => setSaid("Copy"), 2_000);
  };
  return (
    <p className="font-mono text-13 leading-[1.6] break-all" data-address={address}>
      {address.slice(0, half)}
      <wbr />
      {address.slice(half)}{" "}
      <QuietButton className="font-sans text-13" onClick={() => void copy()} aria-label={`Copy ${name}`}>
        {said}
      </QuietButton>
    </p>
  );
}
