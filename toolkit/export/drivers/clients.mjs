// Calls a generated TypeScript client, compiled: `node clients.mjs PLAN`. It knows how each generator names what it makes, and
// prints a line of JSON for each call: its number, with `status`, `value` and `typed`, or `raised`, or `missing`.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'

// Generated code imports './client' as bundlers let it; Node wants the file.
const hooks = `export async function resolve(name, context, next) {
  for (const ending of ['', '.js', '/index.js']) {
    try { return await next(name + ending, context) } catch (error) { if (!name.startsWith('.') || ending === '/index.js') throw error }
  }
}
export async function load(url, context, next) {
  return next(url, url.startsWith('file:') && !url.includes('/node_modules/') ? { ...context, format: 'module' } : context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)

const real = globalThis.fetch
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'))
class Missing extends Error {}

// Nothing connects to another service than the mock: generated code may name the real one.
const { connect } = Socket.prototype
Socket.prototype.connect = function (...words) {
  const place = [words[0]].flat()[0]
  if (!place?.port || String(place.port) !== new URL(plan.url).port) throw new Missing(`it calls another server, ${place?.host}:${place?.port}`)
  return connect.apply(this, words)
}

const plain = (name) => String(name).toLowerCase().replace(/[^a-z0-9]/g, '')
const load = (path) => import(pathToFileURL(path).href)

/** The file of a client that is one file, also where it stands alone in a folder. */
const entry = () => {
  if (plan.out.endsWith('.js')) return plan.out
  const known = ['index.js', 'api.js', ...readdirSync(plan.out).filter((name) => name.endsWith('.js'))]
  return `${plan.out}/${known.find((name) => existsSync(`${plan.out}/${name}`))}`
}

const part = (call, place) => Object.fromEntries(call.values.filter((one) => one.in === place).map((one) => [one.name, one.value]))
const named = (call, found) => {
  const names = call.names.map(plain)
  const key = Object.keys(found).find((one) => typeof found[one] === 'function' && names.includes(plain(one)))
  if (!key) throw new Missing('no function')
  return found[key]
}
const words = (fn) => /^(?:async\s*)?(?:function)?\s*[\w$]*\s*\(([^]*?)\)\s*(?:=>|\{)/.exec(fn.toString())?.[1] ?? ''
const split = (text) => text.split(',').map((one) => one.trim().split(/[\s=:]/)[0]).filter(Boolean)

/** The arguments of a function by their names: parameters of the path, then what is left is the query or the body. */
function placed(fn, call) {
  const path = Object.fromEntries(Object.entries(part(call, 'path')).map(([name, value]) => [plain(name), value]))
  const all = Object.fromEntries(call.values.map((one) => [plain(one.name), one.value]))
  const optional = new Set(call.parameters.map(plain))
  const text = words(fn)
  if (text.startsWith('{')) return [{ ...part(call, 'path'), ...part(call, 'query') }, ...(call.body ? [call.body.value] : [])]
  return split(text).map((name) => {
    const key = plain(name)
    if (key in path) return path[key]
    if (['query', 'params'].includes(key)) return part(call, 'query')
    if (key === 'headers') return part(call, 'header')
    if (key in all) return all[key]
    return ['options', 'requestoptions', 'init', 'opts'].includes(key) || optional.has(key) ? undefined : call.body?.value
  })
}

/** The credentials of a call in a place, and of a kind, as configurations want them. */
const sentIn = (call, place) => Object.fromEntries(call.credentials.filter((one) => one.in === place).map((one) => [one.name, one.value]))
const secret = (call, kind) => call.credentials.find((one) => one.kind === kind) && call.secrets[kind]
const cookies = (call) => Object.entries(sentIn(call, 'cookie')).map(([name, value]) => `${name}=${value}`).join('; ')
const fields = (call) => ({ ...sentIn(call, 'header'), ...(cookies(call) ? { Cookie: cookies(call) } : {}) })
/** A fetch that puts credentials into the query, for clients that have no other way. */
const withQuery = (call) => (url, options) => {
  const query = new URLSearchParams(sentIn(call, 'query')).toString()
  return real(query ? `${url}${String(url).includes('?') ? '&' : '?'}${query}` : url, options)
}
const configuration = (call, found) => {
  const [username, password] = (secret(call, 'basic') ?? ':').split(':')
  const keys = Object.fromEntries(call.credentials.filter((one) => one.kind === 'apiKey').map((one) => [one.name, one.value]))
  const own = { apiKey: Object.keys(keys).length ? (name) => keys[name] : undefined, username: username || undefined, password: password || undefined, accessToken: secret(call, 'bearer') }
  return new found.Configuration({ basePath: call.base, ...own })
}
/** What a client decoded: a Blob that holds text is that text, and no type of the contract. */
const decoded = async (status, value) =>
  value instanceof Blob ? { status, value: asJson(await value.text()), typed: false } : { status, value, typed: typeof value === 'object' }

const fetched = ({ data, error, response }) => ({ status: response?.status, value: error === undefined ? data : error, typed: typeof (error ?? data) === 'object' })

async function heyApi(call) {
  const { client } = await load(`${plan.out}/client.gen.js`)
  client.setConfig({ baseUrl: call.base, auth: ({ type, scheme }) => secret(call, type === 'apiKey' ? type : scheme === 'basic' ? scheme : 'bearer') })
  const fn = named(call, await load(`${plan.out}/sdk.gen.js`))
  return fetched(await fn({ path: part(call, 'path'), query: part(call, 'query'), headers: part(call, 'header'), body: call.body?.value }))
}

async function openapiFetch(call) {
  const createClient = createRequire(`${plan.project}/package.json`)('openapi-fetch').default
  const client = createClient({ baseUrl: call.base, headers: fields(call) })
  const form = call.body?.media.endsWith('urlencoded')
  const more = form ? { bodySerializer: (body) => new URLSearchParams(body), headers: { 'content-type': call.body.media } } : {}
  const query = { ...part(call, 'query'), ...sentIn(call, 'query') }
  const params = { path: part(call, 'path'), query, header: part(call, 'header') }
  const parseAs = !call.media || /json/.test(call.media) ? 'json' : /^text/.test(call.media) ? 'text' : 'blob'
  return fetched(await client[call.method](call.path, { params, body: call.body?.value, parseAs, ...more }))
}

async function orval(call) {
  globalThis.fetch = (url, options) => withQuery(call)(String(url).startsWith('/') ? call.base + url : url, { ...options, headers: { ...options?.headers, ...fields(call) } })
  const fn = named(call, await load(entry()))
  const { status, data } = await fn(...placed(fn, call))
  return decoded(status, data)
}

async function swaggerTypescriptApi(call) {
  const { Api } = await load(entry())
  const api = new Api({ baseUrl: call.base, securityWorker: () => ({ headers: fields(call) }), customFetch: withQuery(call) })
  const groups = [api, ...Object.values(api).filter((one) => one && typeof one === 'object')]
  const owner = groups.find((one) => Object.keys(one).some((key) => typeof one[key] === 'function' && call.names.map(plain).includes(plain(key))))
  const fn = named(call, owner ?? {})
  try {
    const { status, data } = await fn(...placed(fn, call))
    return decoded(status, data)
  } catch (error) {
    if (!error?.status) throw error
    const bare = error.error === null && !error.bodyUsed // where no success has a body, none of an error is read
    return bare ? { status: error.status, value: asJson(await error.text()), typed: false } : decoded(error.status, error.error)
  }
}

const asJson = (text) => {
  try { return JSON.parse(text) } catch { return text }
}

/** The class of openapi-generator that has the method of a call. */
async function apiOf(call, ending) {
  const found = await load(`${plan.out}/index.js`)
  const names = call.names.map((name) => plain(name) + ending)
  for (const kind of Object.keys(found).filter((name) => name.endsWith('Api'))) {
    const method = Object.getOwnPropertyNames(found[kind].prototype ?? {}).find((name) => names.includes(plain(name)))
    if (method) return { found, method, api: new found[kind](configuration(call, found)) }
  }
  throw new Missing('no function')
}

async function typescriptFetch(call) {
  const { found, method, api } = await apiOf(call, 'raw')
  const text = String(api[method.replace(/Raw$/, 'RequestOpts')] ?? api[method])
  const keys = [...new Set([...text.matchAll(/requestParameters\['(\w+)'\]/g)].map((one) => one[1]))]
  const model = (name) => Object.entries(found).find(([key]) => plain(key) === `${plain(name)}fromjson`)?.[1]
  const body = call.body?.value
  const optional = new Set(call.parameters.map(plain))
  const made = model(call.body?.model ?? '') ?? ((one) => one)
  const read = (value) => (call.body.model.endsWith('[]') ? value.map(made) : made(value))
  const fields = call.body?.media.includes('form') ? Object.entries(body ?? {}).map(([name, value]) => ({ name, value })) : []
  const given = Object.fromEntries([...fields, ...call.values].map((one) => [plain(one.name), one.value]))
  const values = {}
  for (const key of keys) {
    const wanted = plain(key)
    if (wanted in given) values[key] = new RegExp(`serializeDate\\w*\\(requestParameters\\['${key}'\\]|\\['${key}'\\][^;]*toISOString`).test(text) ? new Date(given[wanted]) : given[wanted]
    else if (body !== undefined && !fields.length && !optional.has(wanted)) values[key] = read(body)
  }
  try {
    const response = await api[method](values)
    return { ...(await decoded(response.raw.status, await response.value())), renamed: true }
  } catch (error) {
    if (!error?.response) throw error
    return { status: error.response.status, value: asJson(await error.response.text()), typed: false }
  }
}

async function axios(call) {
  const { method, api } = await apiOf(call, '')
  const body = call.body?.value
  const fields = call.body?.media.includes('form') ? Object.entries(body ?? {}).map(([name, value]) => ({ name, value })) : []
  try {
    const given = fields.length ? { ...call, body: null, values: [...fields, ...call.values] } : call
    const { status, data } = await api[method](...placed(api[method], given))
    return { status, value: data, typed: typeof data === 'object' }
  } catch (error) {
    if (!error?.response) throw error
    return { status: error.response.status, value: error.response.data, typed: false }
  }
}

async function openapiTypescriptCodegen(call) {
  const found = await load(`${plan.out}/index.js`)
  const [username, password] = (secret(call, 'basic') ?? '').split(':')
  Object.assign(found.OpenAPI, { BASE: call.base, TOKEN: secret(call, 'bearer'), USERNAME: username || undefined, PASSWORD: password, HEADERS: fields(call) })
  const names = call.names.map(plain)
  for (const kind of Object.values(found).filter((one) => typeof one === 'function')) {
    const method = Object.getOwnPropertyNames(kind).find((name) => names.includes(plain(name)))
    if (!method) continue
    try {
      return decoded(null, await kind[method](...placed(kind[method], call)))
    } catch (error) {
      if (!error?.status) throw error
      return { status: error.status, value: error.body, typed: false }
    }
  }
  throw new Missing('no function')
}

async function oazapfts(call) {
  const found = await load(entry())
  Object.assign(found.defaults, { baseUrl: call.base, headers: fields(call), fetch: withQuery(call) })
  const fn = named(call, found)
  const group = /\{([^{}]*)\}\s*=\s*\{\s*\}/
  const all = Object.fromEntries(call.values.map((one) => [plain(one.name), one.value]))
  const optional = Object.fromEntries(split(group.exec(words(fn))?.[1] ?? '').map((name) => [name, all[plain(name)]]))
  const required = split(words(fn).replace(group, 'optional'))
  const given = { toString: () => `(${required.filter((name) => name !== 'optional').join()}) => {}` }
  const values = placed(given, call)
  const { status, data } = await fn(...required.map((name) => (name === 'optional' ? optional : values.shift())))
  return decoded(status, data)
}

const CLIENTS = {
  '@hey-api/openapi-ts': heyApi,
  'openapi-typescript': openapiFetch,
  orval,
  oazapfts,
  'openapi-typescript-codegen': openapiTypescriptCodegen,
  'swagger-typescript-api': swaggerTypescriptApi,
  'openapi-generator-typescript-fetch': typescriptFetch,
  'openapi-generator-typescript-axios': axios,
}

for (const call of plan.calls) {
  let result
  try {
    result = await CLIENTS[plan.tool](call)
  } catch (raised) {
    const error = raised?.cause instanceof Missing ? raised.cause : raised
    const text = `${error?.constructor?.name}: ${String(error?.message ?? error).replace(/\s+/g, ' ')}`
    result = error instanceof Missing ? { missing: error.message } : { raised: text.slice(0, 300) }
  }
  console.log(JSON.stringify({ number: call.number, ...result }, (_, value) => (value instanceof Set ? [...value] : value)))
}
