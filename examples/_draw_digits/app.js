"use strict";
// Strokes are lists of points [x, y] from 0 to 1. The server makes the image that the network sees.

const $ = (id) => document.getElementById(id);
const paper = $("paper"), pen = paper.getContext("2d");
const token = document.querySelector('meta[name="tab"]').content;
const LESSON_STEPS = 12;

let strokes = [];
let current = null; // the stroke that is being drawn
let reason = null; // the last answer to "why?"
let cursor = null; // place of the keyboard's pen
let teaching = false;
let asked = 0; // number of the newest question, so that late answers are dropped

// ---- the server

async function ask(path, content) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Tab": token },
    body: JSON.stringify(content),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function guarded(work) {
  try {
    await work();
    $("problem").textContent = "";
  } catch (error) {
    $("problem").textContent = error instanceof TypeError ? "The server does not answer; start it again." : error.message;
  }
}

const drawn = () => (current ? [...strokes, current] : strokes);

function look() {
  if (!drawn().length) return showNothing();
  const number = ++asked;
  $("answer").setAttribute("aria-busy", "true");
  return guarded(async () => {
    const answer = await ask("/look", { strokes: drawn() });
    if (number === asked && drawn().length) show(answer);
  });
}

// ---- drawing

function place(event) {
  const box = paper.getBoundingClientRect();
  const round = (part) => Math.round(Math.min(Math.max(part, 0), 1) * 1000) / 1000;
  return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.height)];
}

let pause = 0;
paper.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || teaching) return;
  event.preventDefault();
  paper.focus({ focusVisible: false });
  paper.setPointerCapture(event.pointerId);
  cursor = null;
  changeWhy(null);
  current = [place(event)];
  redraw();
});
paper.addEventListener("pointermove", (event) => {
  if (!current || !paper.hasPointerCapture(event.pointerId)) return;
  for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
    const [x, y] = place(one), [lastX, lastY] = current.at(-1);
    if (Math.hypot(x - lastX, y - lastY) > 0.004) current.push([x, y]);
  }
  redraw();
  if (performance.now() - pause > 120) {
    pause = performance.now();
    look();
  }
});
for (const end of ["pointerup", "pointercancel"]) {
  paper.addEventListener(end, () => finishStroke());
}

function finishStroke() {
  if (!current) return;
  strokes.push(current);
  current = null;
  redraw();
  look();
}

paper.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (teaching) return;
  if (event.key === " ") {
    cursor ??= [0.5, 0.2];
    changeWhy(null);
    if (current) finishStroke();
    else current = [[...cursor]];
  } else if (moves[event.key]) {
    const step = event.shiftKey ? 0.01 : 0.04;
    cursor ??= [0.5, 0.2];
    cursor = cursor.map((value, axis) => Math.min(Math.max(value + step * moves[event.key][axis], 0), 1));
    if (current) {
      current.push([...cursor]);
      look();
    }
  } else return;
  event.preventDefault();
  redraw();
});
paper.addEventListener("blur", () => {
  finishStroke();
  cursor = null;
  redraw();
});

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function redraw() {
  const size = paper.width;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, size, size);
  document.body.classList.toggle("drawn", drawn().length > 0 || cursor !== null);
  pen.lineCap = pen.lineJoin = "round";
  pen.lineWidth = size * 0.055;
  pen.strokeStyle = color("--ink");
  for (const stroke of drawn()) {
    pen.beginPath();
    pen.moveTo(...stroke[0].map((part) => part * size));
    for (const point of stroke) pen.lineTo(...point.map((part) => part * size));
    pen.stroke();
  }
  if (reason) drawReason(size);
  if (cursor) {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.lineWidth = 3;
    pen.strokeStyle = color("--accent");
    pen.beginPath();
    pen.arc(cursor[0] * size, cursor[1] * size, current ? 10 : 16, 0, 2 * Math.PI);
    pen.stroke();
  }
  for (const id of ["undo", "clear", "why"]) $(id).disabled = !drawn().length || teaching;
  for (const button of $("teach").children) button.disabled = !drawn().length || teaching;
}

function drawReason(size) {
  // pixel (column, row) of the network's image -> its parallelogram on the canvas
  const [[a, c], [b, d]] = reason.matrix, [e, f] = reason.shift;
  pen.setTransform(a * size, b * size, c * size, d * size, e * size, f * size);
  reason.slope.forEach((row, y) =>
    row.forEach((slope, x) => {
      pen.fillStyle = `rgba(${color(slope > 0 ? "--for" : "--against")}, ${Math.abs(slope) * 0.85})`;
      if (Math.abs(slope) > 0.05) pen.fillRect(x + 0.06, y + 0.06, 0.88, 0.88);
    }),
  );
}

// ---- what the network says

for (let digit = 0; digit < 10; digit++) {
  const row = document.createElement("li");
  row.innerHTML = `<span>${digit}</span><div class="track"><div class="fill"></div></div><span class="number">–</span>`;
  $("bars").append(row);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = digit;
  button.disabled = true;
  button.setAttribute("aria-label", `It was ${digit === 8 ? "an" : "a"} ${digit}`);
  button.addEventListener("click", () => teach(digit));
  $("teach").append(button);
}

function showProbabilities(probabilities) {
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  [...$("bars").children].forEach((row, digit) => {
    const value = probabilities?.[digit];
    row.classList.toggle("best", digit === best);
    row.querySelector(".fill").style.width = `${100 * (value ?? 0)}%`;
    row.querySelector(".number").textContent = value === undefined ? "–" : `${(100 * value).toFixed(1)}%`;
  });
  return best;
}

const gray = (value) => [value, value, value];

// from nearly black through blue to a warm white, for the outputs of layers
function glow(value) {
  const stops = [[11, 16, 38], [45, 98, 214], [255, 244, 214]];
  const place = 2 * (value / 255) ** 0.7, part = Math.min(Math.floor(place), 1);
  return stops[part].map((start, channel) => start + (stops[part + 1][channel] - start) * (place - part));
}

function paint(canvas, image, colors) {
  canvas.width = image[0].length;
  canvas.height = image.length;
  const context = canvas.getContext("2d"), pixels = context.createImageData(canvas.width, canvas.height);
  image.flat().forEach((value, index) => pixels.data.set([...colors(value), 255], 4 * index));
  context.putImageData(pixels, 0, 0);
}

function show(answer) {
  const best = showProbabilities(answer.probabilities);
  $("answer").innerHTML = `It reads <b>${best}</b>, probability ${answer.probabilities[best].toFixed(2)}.`;
  $("answer").setAttribute("aria-busy", "false");
  paint($("seen"), answer.image, gray);
  for (const { name, images } of answer.layers) {
    const id = `layer-${name}`;
    if (!$(id)) {
      const figure = document.createElement("figure");
      figure.id = id;
      const kind = images.length === 1 ? "one" : images.length > 12 ? "many" : "";
      figure.innerHTML = `<div class="images ${kind}"></div><figcaption></figcaption>`;
      const units = images.length > 1 ? `${images.length} images` : `${images.flat(2).length} units`;
      figure.querySelector("figcaption").textContent = `layer “${name}”: ${units}`;
      for (let number = 0; number < images.length; number++) {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `Output ${number + 1} of layer ${name}`);
        figure.firstChild.append(canvas);
      }
      $("inside").append(figure);
    }
    images.forEach((image, number) => paint($(id).querySelectorAll("canvas")[number], image, glow));
  }
}

function showNothing() {
  asked++;
  showProbabilities(null);
  $("answer").textContent = "Nothing drawn yet.";
  $("answer").setAttribute("aria-busy", "false");
  for (const canvas of document.querySelectorAll("#inside canvas")) {
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
}

// ---- buttons

function changeWhy(found) {
  reason = found;
  $("why").setAttribute("aria-pressed", String(found !== null));
  $("legend").hidden = found === null;
}

$("undo").addEventListener("click", () => {
  strokes.pop();
  changeWhy(null);
  redraw();
  look();
});
$("clear").addEventListener("click", () => {
  strokes = [];
  current = null;
  changeWhy(null);
  $("lesson").textContent = "";
  redraw();
  look();
});
$("why").addEventListener("click", () =>
  guarded(async () => {
    changeWhy(reason ? null : await ask("/why", { strokes }));
    redraw();
  }),
);
$("forget").addEventListener("click", () =>
  guarded(async () => {
    await ask("/forget", {});
    $("forget").disabled = true;
    $("lesson").textContent = "It knows what it knew at the start.";
    changeWhy(null);
    redraw();
    look();
  }),
);

function teach(digit) {
  finishStroke();
  teaching = true;
  $("lesson").textContent = "It learns …"; // the first step may compile kernels
  changeWhy(null);
  redraw();
  return guarded(async () => {
    try {
      for (let step = 1; step <= LESSON_STEPS; step++) {
        const answer = await ask("/teach", { strokes, label: digit });
        asked++;
        show(answer);
        $("lesson").textContent = `Step ${step} of ${LESSON_STEPS}: loss ${answer.loss.toFixed(3)}`;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      $("forget").disabled = false;
    } finally {
      teaching = false;
      redraw();
    }
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
redraw();
