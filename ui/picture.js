// Draws a Plotly chart of this page onto a canvas and saves it as a PNG: title, key to its colours, chart, basis line
// and filters, on its background.
// The SVG is drawn as an image, and an image may load nothing: its fonts are put inside it.

const FONTS = [
  ["Inter", "inter-latin-wght-normal.woff2", "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, U+2190-2193, U+2212, U+2215"],
  ["Heebo", "heebo-hebrew-wght-normal.woff2", "U+0590-05FF, U+200C-2010, U+20AA, U+FB1D-FB4F"],
]

async function base64(url) {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer())
  let text = ""
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768))
  return btoa(text)
}

async function fontFaces() {
  const faces = FONTS.map(async ([family, file, range]) => {
    const data = await base64(new URL("app/static/" + file, document.baseURI))
    return `@font-face{font-family:${family};font-weight:100 900;unicode-range:${range};src:url(data:font/woff2;base64,${data}) format("woff2")}`
  })
  return (await Promise.all(faces)).join("")
}

function image(source) {
  return new Promise((done, failed) => {
    const picture = new Image()
    picture.onload = () => done(picture)
    picture.onerror = failed
    picture.src = source
  })
}

// Words that do not fit go to the next line.
function lines(paint, words, width) {
  const found = [""]
  for (const word of words.split(" ")) {
    const longer = (found.at(-1) + " " + word).trim()
    if (paint.measureText(longer).width > width && found.at(-1)) found.push(word)
    else found[found.length - 1] = longer
  }
  return found
}

// The key to the colours in rows no wider than the chart: where each swatch begins, counted from the start of a row.
function placed(paint, legend, width, size) {
  let row = 0, at = 0
  return legend.map(({ swatch, words }) => {
    const room = size.swatch + size.gap + paint.measureText(words).width
    if (at && at + room > width) { row += 1; at = 0 }
    const place = { swatch, words, row, at }
    at += room + 3 * size.gap
    return place
  })
}

// The swatches of the page: a colour, or hatched for what is not decided.
function drawSwatch(paint, swatch, x, y, size, data) {
  paint.save()
  paint.beginPath()
  paint.roundRect(x, y, size, size, size / 4)
  if (swatch === "hatch") {
    paint.clip()
    paint.strokeStyle = data.neutral
    paint.lineWidth = 2 * data.scale
    paint.stroke()
    paint.lineWidth = 1.5 * data.scale
    for (let shift = size / 3; shift < 2 * size; shift += size / 2.5) {
      paint.beginPath()
      paint.moveTo(x + shift, y)
      paint.lineTo(x + shift - size, y + size)
      paint.stroke()
    }
  } else {
    paint.fillStyle = swatch
    paint.fill()
  }
  paint.restore()
}

async function save(data) {
  const plot = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`)
  const layers = [...plot.querySelectorAll(".main-svg")]
  const width = layers[0].clientWidth || +layers[0].getAttribute("width")
  const height = layers[0].clientHeight || +layers[0].getAttribute("height")
  const pad = 24 * data.scale, size = { title: 17 * data.scale, basis: 12 * data.scale, swatch: 12 * data.scale, gap: 6 * data.scale }
  const canvas = document.createElement("canvas")
  const paint = canvas.getContext("2d")
  const style = { title: `600 ${size.title}px Inter, Heebo, sans-serif`, basis: `400 ${size.basis}px Inter, Heebo, sans-serif` }
  await Promise.all(Object.values(style).map(font => document.fonts.load(font, data.title + data.basis + data.about + data.legend.map(each => each.words).join(""))))
  paint.font = style.title
  const title = lines(paint, data.title, width)
  paint.font = style.basis
  const basis = [data.basis, data.about].filter(Boolean).flatMap(words => lines(paint, words, width))
  const legend = placed(paint, data.legend, width, size)
  const under = pad + title.length * size.title * 1.4 + 8
  const above = under + (legend.length ? (legend.at(-1).row + 1) * size.basis * 1.6 + 8 : 0), below = basis.length * size.basis * 1.5 + pad

  canvas.width = 2 * (width + 2 * pad)
  canvas.height = 2 * (above + height + 8 + below)
  paint.scale(2, 2)
  paint.fillStyle = data.surface
  paint.fillRect(0, 0, canvas.width, canvas.height)
  paint.direction = data.rtl ? "rtl" : "ltr"
  paint.textAlign = "start"
  paint.textBaseline = "top"
  const start = data.rtl ? pad + width : pad
  paint.font = style.title
  paint.fillStyle = data.ink
  title.forEach((line, at) => paint.fillText(line, start, pad + at * size.title * 1.4))
  paint.font = style.basis
  for (const { swatch, words, row, at } of legend) {
    const top = under + row * size.basis * 1.6, near = data.rtl ? start - at : start + at, toward = data.rtl ? -1 : 1
    drawSwatch(paint, swatch, data.rtl ? near - size.swatch : near, top, size.swatch, data)
    paint.fillStyle = data.muted
    paint.fillText(words, near + toward * (size.swatch + size.gap), top)
  }
  paint.fillStyle = data.muted
  basis.forEach((line, at) => paint.fillText(line, start, above + height + 8 + at * size.basis * 1.5))

  const faces = await fontFaces()
  for (const layer of layers) {
    const copy = layer.cloneNode(true)
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg")
    copy.setAttribute("width", 2 * width)
    copy.setAttribute("height", 2 * height)
    copy.setAttribute("viewBox", `0 0 ${width} ${height}`)
    const sheet = document.createElementNS("http://www.w3.org/2000/svg", "style")
    sheet.textContent = faces + "text{font-variant-numeric:tabular-nums}"
    copy.prepend(sheet)
    const source = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy))
    const picture = await image(source)
    await picture.decode()
    paint.drawImage(picture, pad, above, width, height)
  }
  const blob = await new Promise(done => canvas.toBlob(done, "image/png"))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = data.file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  button.querySelector(".name").textContent = data.label
  button.onclick = () => save(data)
}
