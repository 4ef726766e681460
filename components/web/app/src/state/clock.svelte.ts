// The present moment, renewed often enough that "overdue" and "5 min ago" stay true, and whether there is a network.

class Clock {
  now = $state.raw(new Date());
  online = $state(navigator.onLine);

  constructor() {
    setInterval(() => (this.now = new Date()), 20_000);
    document.addEventListener("visibilitychange", () => (this.now = new Date()));
    window.addEventListener("online", () => (this.online = true));
    window.addEventListener("offline", () => (this.online = false));
  }
}

export const clock = new Clock();
