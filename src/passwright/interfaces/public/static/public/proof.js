// The browser's part of a proof of work (ALTCHA protocol 1): finds the number that, written after the salt, has the
// SHA-256 that was asked for. In slices on the page's own thread: no worker, no network, and no secure context needed.
(() => {
  "use strict";
  const SLICE = 12; // milliseconds, so that the page goes on answering
  const K = new Uint32Array(64);
  const START = new Uint32Array(8);

  // The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3).
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) >>> 0;
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }

  const w = new Uint32Array(64);
  const compress = (state, bytes, offset) => {
    for (let i = 0; i < 16; i++, offset += 4) {
      w[i] = (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  };

  // A function that says whether the salt with this number after it has the digest.
  const checker = (salt, digest) => {
    const wanted = new Uint32Array(8).map((_, i) => parseInt(digest.slice(8 * i, 8 * i + 8), 16));
    const prefix = new TextEncoder().encode(salt);
    const whole = prefix.length - (prefix.length % 64);
    const middle = START.slice();
    for (let offset = 0; offset < whole; offset += 64) compress(middle, prefix, offset);
    const rest = prefix.subarray(whole);
    return (number) => {
      const digits = String(number);
      const length = rest.length + digits.length;
      const block = new Uint8Array(length + 9 > 64 ? 128 : 64);
      block.set(rest);
      for (let i = 0; i < digits.length; i++) block[rest.length + i] = digits.charCodeAt(i);
      block[length] = 0x80;
      new DataView(block.buffer).setUint32(block.length - 4, (whole + length) * 8);
      const state = middle.slice();
      for (let offset = 0; offset < block.length; offset += 64) compress(state, block, offset);
      return state.every((value, i) => value === wanted[i]);
    };
  };

  const guard = (box) => {
    const form = box.closest("form");
    const input = box.querySelector("input");
    const status = box.querySelector("[role=status]");
    const asked = JSON.parse(box.dataset.proof);
    status.textContent = box.dataset.idle; // until now it says what to do where no script runs
    let working = false, wanted = false, by = null, sent = false;

    const finish = (number) => {
      const { algorithm, challenge, salt, signature } = asked;
      input.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
      status.textContent = box.dataset.done;
      if (wanted) form.requestSubmit(by);
    };
    const work = () => {
      if (working) return;
      working = true;
      const fits = checker(asked.salt, asked.challenge);
      let number = 0;
      const slice = () => {
        const until = performance.now() + SLICE;
        while (number <= asked.maxNumber) {
          if (fits(number)) return finish(number);
          if (++number % 64 === 0 && performance.now() > until) break;
        }
        if (number <= asked.maxNumber) setTimeout(slice);
      };
      slice();
    };

    form.addEventListener("focusin", work);
    form.addEventListener("submit", (event) => {
      if (!input.value) {
        event.preventDefault();
        wanted = true;
        by = event.submitter;
        status.textContent = box.dataset.busy;
        work();
      } else if (sent) {
        event.preventDefault(); // a second click: the first is on its way, and a proof counts once
      } else {
        setTimeout(() => { sent = !event.defaultPrevented; });
      }
    });
    addEventListener("pageshow", () => { sent = false; });
  };

  document.querySelectorAll("[data-proof]").forEach(guard);
})();
