// Keeps the screen of a phone on during the call, where the browser can.
import { useEffect } from "preact/hooks";

export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const take = () => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) {
        return;
      }
      navigator.wakeLock.request("screen").then(
        (taken) => {
          lock = taken;
          if (over) {
            void taken.release();
          }
        },
        () => {
          // A nearly empty battery refuses; the screen then goes dark as usual.
        },
      );
    };
    take();
    // The browser releases the lock whenever the page is hidden.
    document.addEventListener("visibilitychange", take);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, []);
}
