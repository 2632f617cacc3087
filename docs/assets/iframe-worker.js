// The search of a site that is opened from a disk. Browsers start no worker from file://, so there the
// worker's script runs in a hidden frame, which speaks with the page as a worker would.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(script) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = data => this.answer(data);
      inside.importScripts = (...scripts) => Promise.all(scripts.map(url => this.load(url)));
      this.load(script).then(() => {
        const waiting = this.waiting;
        this.waiting = null;
        waiting.forEach(data => this.postMessage(data));
      });
    }

    load(url) {
      return new Promise((done, failed) => {
        const element = this.frame.contentDocument.createElement("script");
        element.onload = done;
        element.onerror = failed;
        element.src = new URL(url, document.baseURI).href;
        this.frame.contentDocument.head.append(element);
      });
    }

    postMessage(data) {
      if (this.waiting) {
        this.waiting.push(data);
        return;
      }
      const inside = this.frame.contentWindow;
      inside.dispatchEvent(new inside.MessageEvent("message", { data }));
    }

    answer(data) {
      const event = new MessageEvent("message", { data });
      this.dispatchEvent(event);
      if (this.onmessage) this.onmessage(event);
    }

    terminate() {
      this.frame.remove();
    }
  };
}
