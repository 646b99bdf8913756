// Sends files in pieces, each after the other, from where the server says it is. Nothing of a file is held in memory: the browser
// reads a slice while it sends it. What is being sent goes on while another page of the app is looked at.

const PIECE = 8 * 1024 * 1024
const WAITS = [0.5, 1, 2, 4, 8, 15] // seconds between attempts
const GIVE_UP = 10 * 60 // seconds without a byte
const STALLED = 45 // seconds in which a request moves nothing
const NEW_TICKET = 60 // seconds for the page to find the server again after it was restarted
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g
const LASTING = ['kind', 'folder', 'too_large', 'too_long', 'changed', 'unknown', 'not_understood']

const seconds = () => performance.now() / 1000
const pause = (time) => new Promise((done) => setTimeout(done, 1000 * time))

let now = null // what Python said last
let tell = null // tells Python, while the drop zone is on screen
let renew = null // asks Python for a ticket
let view = null
let jobs = []
let isSending = false
let delivered = null // the tokens Python was told of

class Problem extends Error {
  constructor(why, details = {}) {
    super(why)
    this.why = why
    this.details = details
  }
}

// ---- requests

function request(method, headers, body, job) {
  return new Promise((done) => {
    const asked = new XMLHttpRequest()
    let moved = seconds()
    const watch = setInterval(() => seconds() - moved > STALLED && asked.abort(), 1000)
    const finish = (status) => {
      clearInterval(watch)
      if (job) job.request = null
      let said = {}
      try { said = JSON.parse(asked.responseText) } catch {} // not from us: a proxy's page, or nothing
      done({ status, said: said && typeof said === 'object' ? said : {} })
    }
    asked.open(method, now.address)
    for (const [name, value] of Object.entries(headers)) asked.setRequestHeader(name, value)
    asked.upload.onprogress = ({ loaded }) => {
      moved = seconds()
      if (job && method === 'PUT') job.sentTo(job.offset + loaded)
    }
    asked.onload = () => finish(asked.status)
    asked.onerror = asked.onabort = asked.ontimeout = () => finish(0)
    // To break off a POST would leave a file there whose token nobody has heard.
    if (job && method !== 'POST') job.request = asked
    asked.send(body)
  })
}

// ---- a file on its way

class Job {
  constructor(file) {
    this.file = file
    this.name = file.name.replace(CONTROLS, '') || 'file'
    this.state = 'waiting' // starting, sending, lost, received, failed, cancelled
    this.problem = null
    this.restart()
  }

  restart() {
    this.token = null
    this.ticket = null
    this.offset = 0
    this.sent = 0
    this.isSure = true
    this.moments = []
  }

  get share() {
    return this.file.size ? this.sent / this.file.size : Number(this.state === 'received')
  }

  sentTo(place) {
    this.sent = Math.min(place, this.file.size)
    const at = seconds()
    this.moments.push([at, this.sent])
    while (this.moments.length > 2 && at - this.moments[0][0] > 10) this.moments.shift()
    draw()
  }

  // Seconds left, by the speed of the last ten seconds.
  get left() {
    const [first, last] = [this.moments[0], this.moments.at(-1)]
    if (!first || last[0] - first[0] < 0.7 || last[1] <= first[1]) return null
    return ((this.file.size - this.sent) * (last[0] - first[0])) / (last[1] - first[1])
  }

  become(state, problem = null) {
    if (this.state === 'cancelled') return
    this.state = state
    this.problem = problem
    draw(true)
  }

  async send() {
    let failures = 0, moved = seconds()
    this.become('starting')
    while (this.state !== 'cancelled') {
      const before = this.offset
      try {
        if (!this.token) await this.begin()
        else if (!this.isSure) await this.ask()
        this.become('sending')
        while (this.offset < this.file.size && this.state !== 'cancelled') {
          await this.put()
          failures = 0
          moved = seconds()
        }
        return this.become('received')
      } catch (problem) {
        if (this.state === 'cancelled') return
        if (!(problem instanceof Problem)) throw problem
        if (problem.why === 'unknown') {
          await this.forget()
          await pause(WAITS[0])
          continue
        }
        if (problem.why !== 'lost') throw problem
        if (this.offset > before) moved = seconds()
        if (seconds() - moved > GIVE_UP) throw new Problem('connection')
        await this.wait(WAITS[Math.min(failures++, WAITS.length - 1)])
      }
    }
  }

  // The server knows nothing of this file: it was restarted, or this took too long. All of it is sent anew, with a ticket it knows.
  async forget() {
    const used = this.ticket, wasBegun = this.token !== null
    this.restart()
    for (let waited = 0; !wasBegun && now.ticket === used && this.state !== 'cancelled'; waited += 0.5) {
      if (waited >= NEW_TICKET) throw new Problem('unknown')
      if (waited % 10 === 0) renew?.() // Streamlit runs nothing by itself when it is back
      await pause(0.5)
    }
  }

  async wait(time) {
    this.moments = []
    this.isSure = false
    this.again = seconds() + time
    this.become('lost')
    while (seconds() < this.again && this.state !== 'cancelled') {
      await pause(Math.min(0.25, time))
      draw()
    }
    this.again = null
    draw(true)
  }

  async begin() {
    this.ticket = now.ticket
    const body = JSON.stringify({ name: this.file.name, size: this.file.size })
    const said = await this.answered('POST', { 'upload-token': this.ticket }, body)
    this.token = said.token
    this.offset = this.sent = 0
    this.isSure = true
    if (this.state === 'cancelled') this.drop()
  }

  async ask() {
    const said = await this.answered('GET', { 'upload-token': this.token })
    this.offset = this.sent = said.offset
    this.isSure = true
  }

  async put() {
    const piece = this.file.slice(this.offset, this.offset + PIECE)
    const headers = { 'upload-token': this.token, 'upload-offset': String(this.offset) }
    const said = await this.answered('PUT', headers, piece)
    this.offset = said.offset
    this.sentTo(this.offset)
  }

  async answered(method, headers, body) {
    const { status, said } = await request(method, headers, body, this)
    if (status === 200 || status === 201) return said
    if (status === 0 && body instanceof Blob && !(await this.isReadable())) throw new Problem('changed')
    if (said.problem === 'out_of_step') {
      this.offset = this.sent = said.offset
      return said
    }
    if (said.problem) throw new Problem(said.problem)
    if (status === 0 || status >= 500 || status === 408 || status === 429 || status === 404) throw new Problem('lost')
    throw new Problem('refused', { n: status })
  }

  async isReadable() {
    try {
      await this.file.slice(this.offset, this.offset + 1).arrayBuffer()
      return true
    } catch {
      return false
    }
  }

  drop() {
    if (this.token) request('DELETE', { 'upload-token': this.token })
    this.token = null
  }

  cancel() {
    this.state = 'cancelled'
    this.request?.abort()
    this.drop()
  }
}

// ---- the queue

function add(files, folders = []) {
  const entering = [...files].map((file) => new Job(file))
  for (const job of entering) {
    const ending = job.name.includes('.') ? job.name.split('.').at(-1).toLowerCase() : ''
    if (folders.includes(job.file)) job.become('failed', new Problem('folder'))
    else if (!now.kinds.includes(ending)) job.become('failed', new Problem('kind'))
    else if (job.file.size > now.largest) job.become('failed', new Problem('too_large'))
  }
  delivered = null
  jobs.push(...entering)
  const failed = entering.find((job) => job.state === 'failed')
  if (failed) say(`${failed.name}: ${sentence(failed)}`)
  draw(true)
  work()
}

async function work() {
  if (isSending) return
  isSending = true
  for (let job; (job = jobs.find((each) => each.state === 'waiting')); ) {
    try {
      await job.send()
      if (job.state === 'received') say(about(now.words.received, job))
    } catch (problem) {
      job.become('failed', problem instanceof Problem ? problem : new Problem('not_understood'))
      if (job.state === 'failed') say(about(sentence(job), job))
    }
  }
  isSending = false
  deliver()
}

function retry(job) {
  job.isSure = false
  job.become('waiting')
  work()
}

function remove(job) {
  const words = job.state === 'received' || job.state === 'failed' ? now.words.removed : now.words.cancelled
  const place = jobs.indexOf(job)
  job.cancel()
  jobs = jobs.filter((each) => each !== job)
  say(fill(words, { name: isolated(job.name) }))
  draw(true)
  view?.focusNear(place)
  deliver()
}

// All that was dropped is there: Python fetches it. A word that is lost with the connection is said again.
function deliver() {
  if (!tell || isSending || !jobs.length || jobs.some((job) => job.state !== 'received')) return
  if (!delivered) say(now.words.reading)
  delivered = jobs.map((job) => job.token)
  draw(true)
  tell(delivered)
}

setInterval(() => {
  const app = document.querySelector('[data-testid="stApp"]')
  const isAtRest = app?.dataset.testConnectionState === 'CONNECTED' && app.dataset.testScriptState === 'notRunning'
  if (delivered && isAtRest) deliver()
}, 5000)

// A file let go beside the drop zone would be opened in place of the page.
for (const kind of ['dragover', 'drop'])
  addEventListener(kind, (event) => {
    if (!view || event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  })
addEventListener('online', () => jobs.forEach((job) => { if (job.again) job.again = 0 }))
addEventListener('beforeunload', (event) => { if (isSending) event.preventDefault() })
addEventListener('pagehide', (event) => {
  if (event.persisted || delivered) return
  for (const { token } of jobs)
    if (token) fetch(now.address, { method: 'DELETE', headers: { 'upload-token': token }, keepalive: true }).catch(() => {})
})

// ---- words

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
const apart = (text) => (now.rtl ? `\u2066${text}\u2069` : text)
const isolated = (text) => (now.rtl ? `\u2068${text}\u2069` : text)
const about = (what, job) => fill(now.words.about, { what: isolated(job.name), name: what })

function amount(bytes) {
  const mb = bytes / 2 ** 20
  const written = (value, digits) =>
    apart(value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits }))
  if (mb < 1) return fill(now.words.kb, { n: written(Math.ceil(bytes / 1024), 0) })
  if (mb < 1024) return fill(now.words.mb, { n: written(mb, mb < 10 ? 1 : 0) })
  return fill(now.words.gb, { n: written(mb / 1024, 2) })
}

const percent = (job) => apart(`${Math.floor(100 * job.share)}%`)

function sentence(job) {
  const { why, details } = job.problem
  const values = {
    ...details, size: amount(job.file.size), limit: amount(now.largest), kinds: apart(now.kinds.join(', ')),
  }
  return fill(now.words[why] ?? now.words.not_understood, values)
}

function status(job) {
  const words = now.words
  if (job.state === 'failed') return sentence(job)
  if (job.state === 'received') return [words.received, amount(job.file.size)].map(isolated).join(' · ')
  if (job.state === 'lost') {
    const left = Math.ceil((job.again ?? 0) - seconds())
    return left > 0 ? fill(words.lost, { n: apart(left) }) : words.resuming
  }
  if (job.state !== 'sending') return words[job.state]
  const parts = [percent(job), fill(words.of, { sent: amount(job.sent), size: amount(job.file.size) })]
  const left = job.left
  if (left !== null)
    parts.push(left < 90 ? fill(words.seconds, { n: apart(Math.ceil(left)) }) : fill(words.minutes, { n: apart(Math.ceil(left / 60)) }))
  return parts.map(isolated).join(' · ')
}

// ---- what is on screen

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

class View {
  constructor(root) {
    this.root = root
    this.lines = new Map()
    this.input = element('input', { type: 'file', multiple: '', id: 'shimur-files', 'aria-describedby': 'shimur-limit' })
    this.choose = element('label', { for: 'shimur-files', class: 'choose' })
    this.title = element('p', { class: 'title' })
    this.limit = element('p', { class: 'limit', id: 'shimur-limit' })
    this.zone = element('div', { class: 'zone' }, element('div', { class: 'text' }, this.title, this.limit), this.input, this.choose)
    this.list = element('ul', { class: 'files' })
    this.rest = element('p', { class: 'rest' })
    this.said = element('p', { class: 'said', role: 'status', 'aria-live': 'polite' })
    this.box = element('div', { class: 'upload' }, this.zone, this.list, this.rest, this.said)
    root.append(this.box)
    this.listen()
  }

  listen() {
    this.input.onchange = () => {
      add(this.input.files)
      this.input.value = '' // the same file may be chosen again
    }
    let depth = 0
    const over = (change) => (event) => {
      event.preventDefault()
      depth = change === 0 ? 0 : Math.max(0, depth + change)
      this.zone.classList.toggle('over', depth > 0)
    }
    this.zone.ondragenter = over(1)
    this.zone.ondragleave = over(-1)
    this.zone.ondragover = (event) => event.preventDefault()
    this.zone.ondrop = (event) => {
      over(0)(event)
      const items = [...event.dataTransfer.items].filter((item) => item.kind === 'file')
      const files = items.map((item) => [item.getAsFile(), item.webkitGetAsEntry?.()?.isDirectory]).filter(([file]) => file)
      add(files.map(([file]) => file), files.filter(([, isFolder]) => isFolder).map(([file]) => file))
    }
  }

  words() {
    const { words, kinds, largest, rtl } = now
    this.box.dir = rtl ? 'rtl' : 'ltr'
    this.title.textContent = words.drop
    this.choose.textContent = words.choose
    this.list.setAttribute('aria-label', words.files)
    this.input.accept = kinds.map((kind) => `.${kind}`).join(',')
    const names = element('bdi', { dir: 'ltr' }, kinds.map((kind) => kind.toUpperCase()).join(', '))
    this.limit.replaceChildren(`${fill(words.limit, { size: amount(largest) })} · `, names)
  }

  draw() {
    for (const [job, line] of this.lines)
      if (!jobs.includes(job)) {
        line.item.remove()
        this.lines.delete(job)
      }
    for (const job of jobs) {
      if (!this.lines.has(job)) {
        const line = new Line(job)
        this.lines.set(job, line)
        this.list.append(line.item)
      }
      this.lines.get(job).draw()
    }
    this.list.hidden = !jobs.length
    const hasFailed = jobs.some((job) => job.state === 'failed'), hasArrived = jobs.some((job) => job.state === 'received')
    this.rest.textContent = hasFailed && hasArrived && !isSending ? now.words.rest : ''
  }

  // A button that is gone takes the focus with it.
  focusNear(place) {
    const line = this.lines.get(jobs[Math.min(place, jobs.length - 1)])
    ;(line?.item.querySelector('button:not([hidden])') ?? this.input).focus()
  }
}

class Line {
  constructor(job) {
    this.job = job
    this.status = element('p', { class: 'status' })
    this.fill = element('div', { class: 'fill' })
    this.bar = element('div', { class: 'bar', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' }, this.fill)
    this.retry = element('button', { type: 'button' })
    this.retry.onclick = () => retry(job)
    this.drop = element('button', { type: 'button' })
    this.drop.onclick = () => remove(job)
    this.item = element(
      'li', {},
      element('div', { class: 'head' }, element('bdi', { class: 'name', dir: 'ltr' }, job.name), element('span', { class: 'buttons' }, this.retry, this.drop)),
      this.bar, this.status,
    )
  }

  draw() {
    const { job } = this, { words } = now
    this.item.dataset.state = job.state
    const hasEnded = job.state === 'failed' || job.state === 'received'
    this.say(this.drop, hasEnded ? words.remove : words.cancel)
    this.say(this.retry, words.retry)
    this.drop.hidden = delivered !== null
    this.retry.hidden = job.state !== 'failed' || LASTING.includes(job.problem.why)
    this.bar.hidden = job.state === 'failed' && !job.sent
    this.fill.style.inlineSize = `${100 * job.share}%`
    const shown = status(job)
    this.bar.setAttribute('aria-label', job.name)
    this.bar.setAttribute('aria-valuenow', String(Math.floor(100 * job.share)))
    this.bar.setAttribute('aria-valuetext', shown)
    if (this.status.textContent !== shown) this.status.textContent = shown
  }

  say(button, words) {
    if (button.textContent !== words) button.textContent = words
    button.setAttribute('aria-label', fill(now.words.about, { what: words, name: isolated(this.job.name) }))
  }
}

function say(text) {
  if (view) view.said.textContent = text
}

let drawn = 0
let isPlanned = false
function draw(atOnce = false) {
  if (!view) return
  if (atOnce || seconds() - drawn > 0.15) {
    drawn = seconds()
    view.draw()
  } else if (!isPlanned) {
    isPlanned = true
    setTimeout(() => { isPlanned = false; draw(true) }, 150)
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (now && data.round !== now.round) {
    for (const job of jobs) delivered ? (job.state = 'cancelled') : job.cancel()
    jobs = []
    delivered = null
  }
  const isNew = now && now.ticket !== data.ticket
  now = data
  // The page found a server again that had forgotten it: what was given up goes on by itself.
  if (isNew) jobs.filter((job) => job.problem?.why === 'unknown').forEach(retry)
  tell = (tokens) => setTriggerValue('done', tokens)
  renew = () => setTriggerValue('renew', true)
  if (view?.root !== parentElement) {
    view?.box.remove()
    view = new View(parentElement)
  }
  const mine = view
  view.words()
  draw(true)
  setTimeout(deliver)
  return () => {
    mine.box.remove()
    if (view === mine) view = tell = renew = null
  }
}
