// What the form does beyond sending itself: says at once what the server would say, in its words; never refuses what the
// server would take. Without this file everything works, after one more answer of the server.
(() => {
  "use strict";

  // -------------------------------------------------------------- what the server calls whitespace (str.strip)
  const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
  const EDGES = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
  const trimmed = (text) => text.replace(EDGES, "");

  // -------------------------------------------------------------- types: as strict as the server, or less
  const POINT = /^\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*[,;]\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*$/;
  const READS = {
    number: (text) => /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/.test(text),
    email: (text) => /^[^@]+@[^@]*[.\u3002\uff0e\uff61][^@]*$/.test(text) || text.startsWith('"'),
    phone: (text) => (text.match(/\p{Nd}/gu) || []).length > 1,
    url: (text) => /^https?:\/\/[^/?#]*\./i.test(text),
    locations: (text) => {
      const found = POINT.exec(text);
      return found ? Math.abs(found[1]) <= 90 && Math.abs(found[2]) <= 180 : /^[[{"]/.test(text);
    },
  };
  READS.currency = READS.number;

  const SHOWN = 40; // characters of a wrong answer that are repeated, as the server does
  const quoted = (text) => {
    const letters = [...text];
    return `“${letters.length > SHOWN ? letters.slice(0, SHOWN).join("") + "…" : text}”`;
  };
  const filled = (template, words) => template.replace(/\{(\w+)[^}]*\}/g, (whole, name) => words[name] ?? whole);
  const grouped = (number) => number.toLocaleString(document.documentElement.lang || "en", { useGrouping: true });

  // -------------------------------------------------------------- a question of the page
  const inputsOf = (field) => [...field.querySelectorAll("input, textarea, select")];
  const answerOf = (field) => {
    const inputs = inputsOf(field);
    const [first] = inputs;
    if (first.type === "radio") return inputs.find((input) => input.checked)?.value ?? "";
    if (first.type === "checkbox") return first.checked ? first.value : "";
    if (first.type === "file") return first.files.length ? first.files[0].name : "";
    return trimmed(first.value);
  };
  const faultOf = (field) => {
    const { check, missing, wrong, long, limit } = field.dataset;
    const [first] = inputsOf(field);
    if (first.validity.badInput && wrong) return wrong; // half a date: the browser would send nothing
    const answer = answerOf(field);
    if (!answer) return "required" in field.dataset ? missing : "";
    if (first.type === "file") return "";
    const length = [...answer].length;
    if (limit && length > limit) return filled(long, { number: grouped(length), most: grouped(Number(limit)) });
    return READS[check] && !READS[check](answer) ? filled(wrong, { answer: quoted(answer) }) : "";
  };

  const ICON = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5z"/><path d="M8 5v3.4M8 10.8h.01"/></svg><span></span>';
  const show = (field, text) => {
    const inputs = inputsOf(field);
    const described = field.tagName === "FIELDSET" ? field : inputs[0];
    const id = `${field.id || inputs[0].id}-error`;
    const others = (described.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
    let message = document.getElementById(id);
    field.classList.toggle("error", Boolean(text));
    inputs.forEach((input) => (text ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")));
    if (!text) {
      message?.remove();
    } else {
      if (!message) {
        message = document.createElement("p");
        message.className = "msg";
        message.id = id;
        message.innerHTML = ICON;
        field.insertBefore(message, field.querySelector(":scope > .help, :scope > .again"));
      }
      message.querySelector("span").textContent = text;
      others.unshift(id);
    }
    if (others.length) described.setAttribute("aria-describedby", others.join(" "));
    else described.removeAttribute("aria-describedby");
  };
  const labelOf = (field) => trimmed((field.querySelector("legend, .label, .tick > span")).firstChild.textContent || "");

  // -------------------------------------------------------------- the form
  const questions = (form) => {
    const fields = [...form.querySelectorAll("[data-check]")];
    const button = form.querySelector("button[type=submit]");
    const status = button.parentElement.querySelector("[role=status]");
    const name = button.textContent;
    const changed = new WeakSet();
    let sent = false;
    let begun = false;

    const begin = () => {
      if (begun || !form.dataset.begun || self.origin === "null") return; // a page in the sandbox reaches nothing
      begun = true;
      fetch(form.dataset.begun, { method: "POST", keepalive: true }).catch(() => {});
    };
    const busy = (now) => {
      sent = now;
      button.classList.toggle("busy", now);
      if (now) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
      button.textContent = now ? form.dataset.busy : name;
      status.textContent = now ? form.dataset.busy : "";
    };

    for (const field of fields) {
      const look = () => {
        changed.add(field);
        begin();
        // Nobody is told off while typing; what was wrong and is right now is said to be right at once.
        if (field.classList.contains("error") && !faultOf(field)) show(field, "");
      };
      field.addEventListener("input", look);
      field.addEventListener("change", look);
      field.addEventListener("focusout", (event) => {
        if (!changed.has(field) || field.contains(event.relatedTarget)) return;
        const fault = faultOf(field);
        show(field, fault);
        status.textContent = fault ? `${labelOf(field)}: ${fault}` : "";
      });
    }

    document.addEventListener("submit", (event) => {
      if (event.target !== form) return;
      const stop = () => {
        event.preventDefault();
        event.stopImmediatePropagation();
      };
      if (sent) return stop();
      const wrong = fields.filter((field) => {
        const fault = faultOf(field);
        show(field, fault);
        return fault;
      });
      if (wrong.length) {
        stop();
        const [first] = inputsOf(wrong[0]);
        first.focus();
        status.textContent = `${labelOf(wrong[0])}: ${faultOf(wrong[0])}`;
        return;
      }
      setTimeout(() => { if (!event.defaultPrevented) busy(true); });
    }, true);
    addEventListener("pageshow", (event) => { if (event.persisted) busy(false); });
  };

  // -------------------------------------------------------------- pictures: shown, and made to fit
  const LONGEST_SIDE = 1600;
  const picture = (box) => {
    const input = box.querySelector("input[type=file]");
    const image = box.querySelector("img");
    const most = Number(box.dataset.picture);

    const drawn = (bitmap, longest) => {
      const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      return canvas;
    };
    const fitting = async (bitmap, file) => {
      for (const quality of [0.9, 0.75, 0.5]) {
        const blob = await new Promise((done) => drawn(bitmap, LONGEST_SIDE).toBlob(done, "image/jpeg", quality));
        if (blob && blob.size <= most) return new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: blob.type });
      }
      return null;
    };
    input.addEventListener("change", async () => {
      image.hidden = true;
      const [file] = input.files;
      if (!file || !window.createImageBitmap) return;
      try {
        const bitmap = await createImageBitmap(file);
        image.src = drawn(bitmap, 288).toDataURL("image/jpeg", 0.85);
        image.hidden = false;
        const smaller = file.size > most ? await fitting(bitmap, file) : null;
        if (smaller && input.files[0] === file) {
          const files = new DataTransfer();
          files.items.add(smaller);
          input.files = files.files;
        }
      } catch {
        // No picture that this browser reads: the server says what is wrong with it.
      }
    });
  };

  // -------------------------------------------------------------- where one is
  const locate = (button) => {
    if (!navigator.geolocation) return;
    const input = document.getElementById(button.dataset.locate);
    const status = button.closest(".field").querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", () => {
      status.textContent = button.dataset.busy;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          input.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
          status.textContent = "";
          input.dispatchEvent(new Event("input", { bubbles: true }));
        },
        () => { status.textContent = button.dataset.refused; },
        { timeout: 10000, maximumAge: 60000 },
      );
    });
  };

  // -------------------------------------------------------------- within another page: as high as what it holds
  const embedded = (origin) => {
    const tell = () => parent.postMessage({ passwright: "height", height: Math.ceil(document.body.getBoundingClientRect().height) }, origin);
    new ResizeObserver(tell).observe(document.body);
    tell();
  };

  document.querySelectorAll("form.questions").forEach(questions);
  document.querySelectorAll("[data-picture]").forEach(picture);
  document.querySelectorAll("[data-locate]").forEach(locate);
  const origin = document.documentElement.dataset.embeddedIn;
  if (origin && parent !== window) embedded(origin);
})();
