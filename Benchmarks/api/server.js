// The peer: Express and node-postgres doing what Purser does for three of its routes, the way a careful
// developer would write it. Prepared (named) statements, RS256 tokens, a membership check, security headers,
// request ids, one JSON log line for each request, the same answers byte for byte where it matters.
//
//   PEER_DATABASE_HOST, PEER_DATABASE_PORT, PEER_DATABASE_USER, PEER_DATABASE   where its database is
//   PEER_PORT      the port to listen on
//   PEER_KEY       a PEM file with the RSA key that signs its tokens (made when it is not there)
//   PEER_CACHE=1   keep verified tokens and memberships for some seconds, as Purser does
//   PEER_CREATE=cte  write row and outbox row with one statement instead of BEGIN, two INSERTs and COMMIT
//
//   node server.js --token USER-ID   prints an access token

'use strict';
const crypto = require('crypto');
const fs = require('fs');

const keyFile = process.env.PEER_KEY;
if (!fs.existsSync(keyFile)) {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  fs.writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}
const privateKey = crypto.createPrivateKey(fs.readFileSync(keyFile));
const publicKey = crypto.createPublicKey(privateKey);
const keyId = 'peer-1';

if (process.argv[2] === '--token') {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  for (const user of process.argv.slice(3)) {
    const text = part({ alg: 'RS256', typ: 'JWT', kid: keyId }) + '.'
      + part({ iss: 'peer', aud: 'purser', sub: user, sid: crypto.randomUUID(), iat: now, exp: now + 86400 });
    console.log(text + '.' + crypto.sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url'));
  }
  process.exit(0);
}

const express = require('express');
const pg = require('pg');

// Dates stay text, 64-bit integers become numbers (every amount here is far below 2^53).
pg.types.setTypeParser(1082, (text) => text);
pg.types.setTypeParser(20, Number);

const pool = new pg.Pool({
  host: process.env.PEER_DATABASE_HOST,
  port: Number(process.env.PEER_DATABASE_PORT || 5432),
  user: process.env.PEER_DATABASE_USER,
  database: process.env.PEER_DATABASE,
  max: Number(process.env.PEER_CONNECTIONS || 16),
  statement_timeout: 30000,
});

// Log lines are collected and written together, as pino does.
let logBuffer = '';
function log(line) {
  logBuffer += JSON.stringify(line) + '\n';
  if (logBuffer.length > 4096) flushLog();
}
function flushLog() {
  if (logBuffer !== '') {
    fs.writeSync(1, logBuffer);
    logBuffer = '';
  }
}
setInterval(flushLog, 200).unref();

class Refusal extends Error {
  constructor(status, code, message, fields) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.use((request, response, next) => {
  const started = process.hrtime.bigint();
  const id = request.get('x-request-id') || crypto.randomUUID();
  request.id = id;
  response.set({
    'X-Request-Id': id,
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cache-Control': 'no-store',
  });
  response.on('finish', () => {
    log({
      time: new Date().toISOString(), level: 'info', message: 'request', requestId: id, method: request.method,
      path: request.path, status: response.statusCode, user: request.user && request.user.id,
      address: request.socket.remoteAddress,
      milliseconds: Number(process.hrtime.bigint() - started) / 1e6,
    });
  });
  next();
});
app.use(express.json({ limit: '10mb' }));

// ---- who is asking

const caching = process.env.PEER_CACHE === '1';
const tokens = new Map();
const memberships = new Map();
function remember(map, key, value, milliseconds) {
  if (map.size >= 10000) map.delete(map.keys().next().value);
  map.set(key, { value, until: Date.now() + milliseconds });
}
function recall(map, key) {
  const found = map.get(key);
  if (found === undefined) return undefined;
  if (found.until > Date.now()) return found.value;
  map.delete(key);
  return undefined;
}

function verify(token) {
  if (caching) {
    const claims = recall(tokens, token);
    if (claims !== undefined) return claims;
  }
  const parts = token.split('.');
  if (parts.length !== 3) throw new Refusal(401, 'INVALID_TOKEN', 'The access token is not valid.');
  let header;
  let claims;
  try {
    header = JSON.parse(Buffer.from(parts[0], 'base64url'));
    claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
  } catch {
    throw new Refusal(401, 'INVALID_TOKEN', 'The access token is not valid.');
  }
  const signed = Buffer.from(parts[0] + '.' + parts[1]);
  if (header.alg !== 'RS256' || header.kid !== keyId
    || !crypto.verify('RSA-SHA256', signed, publicKey, Buffer.from(parts[2], 'base64url'))) {
    throw new Refusal(401, 'INVALID_TOKEN', 'The access token is not valid.');
  }
  if (claims.iss !== 'peer' || claims.aud !== 'purser') {
    throw new Refusal(401, 'INVALID_TOKEN', 'The access token is not valid.');
  }
  if (claims.exp * 1000 <= Date.now()) throw new Refusal(401, 'TOKEN_EXPIRED', 'The access token has expired.');
  if (caching) remember(tokens, token, claims, 30000);
  return claims;
}

async function membership(user, book) {
  const key = user + '/' + (book || '');
  if (caching) {
    const found = recall(memberships, key);
    if (found !== undefined) return found;
  }
  const result = await pool.query(book
    ? {
      name: 'membership',
      text: `SELECT m.book_id, m.role, b.currency, b.time_zone
             FROM members m JOIN books b ON b.id = m.book_id WHERE m.user_id = $1 AND m.book_id = $2`,
      values: [user, book],
    }
    : {
      name: 'own-book',
      text: `SELECT m.book_id, m.role, b.currency, b.time_zone
             FROM members m JOIN books b ON b.id = m.book_id WHERE m.user_id = $1 AND m.own`,
      values: [user],
    });
  const found = result.rows[0];
  if (found === undefined) throw new Refusal(404, 'NOT_FOUND', 'There is no such book.');
  if (caching) remember(memberships, key, found, 30000);
  return found;
}

const permissions = {
  viewer: new Set(['entries.read', 'reports.read']),
  editor: new Set(['entries.read', 'entries.write', 'reports.read']),
  admin: new Set(['entries.read', 'entries.write', 'reports.read']),
  owner: new Set(['entries.read', 'entries.write', 'reports.read']),
};

function route(permission, handler) {
  return async (request, response, next) => {
    try {
      const authorization = request.get('authorization') || '';
      if (!authorization.startsWith('Bearer ')) {
        throw new Refusal(401, 'MISSING_TOKEN', 'Sign in first.');
      }
      const claims = verify(authorization.slice(7));
      request.user = { id: claims.sub };
      const member = await membership(claims.sub, request.get('x-book'));
      if (!permissions[member.role] || !permissions[member.role].has(permission)) {
        throw new Refusal(403, 'FORBIDDEN', 'Your role in this book does not allow that.');
      }
      await handler(request, response, member);
    } catch (error) {
      next(error);
    }
  };
}

// ---- entries

const entryColumns = `e.id, e.type, e.amount_minor, e.currency, e.merchant_name, e.description, e.notes, e.category_id,
  c.name AS category_name, c.slug AS category_slug, e.occurred_on, e.status, e.payment_method, e.tags, e.source,
  e.import_id, e.payment_method_id, e.location, e.latitude, e.longitude, e.account, e.split_of, e.department_id,
  e.created_by, e.version,
  e.created_at, e.updated_at, e.deleted_at`;

function entry(row) {
  return {
    id: row.id, type: row.type, amount: row.amount_minor / 100, currency: row.currency,
    merchantName: row.merchant_name, description: row.description, notes: row.notes,
    categoryId: row.category_id, categoryName: row.category_name, categorySlug: row.category_slug,
    transactionDate: row.occurred_on, status: row.status, paymentMethod: row.payment_method, tags: row.tags,
    source: row.source, importId: row.import_id, paymentMethodId: row.payment_method_id,
    location: row.location && { name: row.location, latitude: row.latitude, longitude: row.longitude },
    account: row.account, splitOf: row.split_of,
    departmentId: row.department_id, createdBy: row.created_by, deletedAt: row.deleted_at, version: row.version,
    createdAt: row.created_at, updatedAt: row.updated_at,
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const day = /^\d{4}-\d{2}-\d{2}$/;

app.get('/api/v1/expenses', route('entries.read', async (request, response, member) => {
  const limit = Math.min(Math.max(parseInt(request.query.limit || '20', 10) || 20, 1), 100);
  let result;
  if (request.query.cursor) {
    const [date, id] = Buffer.from(String(request.query.cursor), 'base64url').toString().split('|');
    if (!day.test(date) || !uuid.test(id)) throw new Refusal(400, 'INVALID_CURSOR', 'The cursor is not valid.');
    result = await pool.query({
      name: 'list-after',
      text: `SELECT ${entryColumns}
             FROM entries e LEFT JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
             WHERE e.book_id = $1 AND e.deleted_at IS NULL AND e.type = 'expense' AND (e.occurred_on, e.id) < ($2, $3)
             ORDER BY e.occurred_on DESC, e.id DESC LIMIT $4`,
      values: [member.book_id, date, id, limit + 1],
    });
  } else {
    result = await pool.query({
      name: 'list',
      text: `SELECT ${entryColumns}
             FROM entries e LEFT JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
             WHERE e.book_id = $1 AND e.deleted_at IS NULL AND e.type = 'expense'
             ORDER BY e.occurred_on DESC, e.id DESC LIMIT $2`,
      values: [member.book_id, limit + 1],
    });
  }
  const rows = result.rows.slice(0, limit);
  const last = rows[rows.length - 1];
  const nextCursor = result.rows.length > limit
    ? Buffer.from(last.occurred_on + '|' + last.id).toString('base64url') : null;
  response.json({ success: true, data: rows.map(entry), meta: { limit, nextCursor } });
}));

const insertEntry = `INSERT INTO entries (book_id, id, type, amount_minor, currency, merchant_name, description, notes,
    category_id, occurred_on, status, payment_method, tags, source, created_by)
  VALUES ($1, $2, 'expense', $3, $4, $5, $6, $7,
    COALESCE($8, (SELECT id FROM categories WHERE book_id = $1 AND slug = 'miscellaneous')),
    $9, $10, $11, $12, 'manual', $13) RETURNING *`;
const withCategory = `SELECT ${entryColumns} FROM e LEFT JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id`;

app.post('/api/v1/expenses', route('entries.write', async (request, response, member) => {
  const body = request.body;
  const fields = [];
  if (!/^[0-9]{1,12}(\.[0-9]{1,2})?$/.test(String(body.amount)) || Number(body.amount) <= 0) {
    fields.push({ field: 'amount', message: 'must be an amount above zero' });
  }
  if (!day.test(body.transactionDate)) fields.push({ field: 'transactionDate', message: 'must be a date' });
  if (typeof body.merchantName !== 'string' || body.merchantName.length > 200) {
    fields.push({ field: 'merchantName', message: 'must be a text of at most 200 characters' });
  }
  if (body.categoryId != null && !uuid.test(body.categoryId)) {
    fields.push({ field: 'categoryId', message: 'must be an id' });
  }
  if (fields.length > 0) throw new Refusal(400, 'VALIDATION_FAILED', 'Some fields are not valid.', fields);

  const id = crypto.randomUUID();
  const values = [
    member.book_id, id, Math.round(Number(body.amount) * 100), member.currency, body.merchantName,
    body.description || null, body.notes || null, body.categoryId || null, body.transactionDate,
    body.status || 'completed', body.paymentMethod || null, body.tags || [], request.user.id,
  ];
  const event = JSON.stringify({ book: member.book_id, entry: id, by: request.user.id });
  let row;
  if (process.env.PEER_CREATE === 'cte') {
    const result = await pool.query({
      name: 'create-both',
      text: `WITH e AS (${insertEntry}),
             o AS (INSERT INTO outbox (kind, payload) VALUES ('expense.created', $14)) ${withCategory}`,
      values: [...values, event],
    });
    row = result.rows[0];
  } else {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const result = await client.query({ name: 'create', text: `WITH e AS (${insertEntry}) ${withCategory}`, values });
      await client.query({
        name: 'publish', text: `INSERT INTO outbox (kind, payload) VALUES ('expense.created', $1)`, values: [event],
      });
      await client.query('COMMIT');
      row = result.rows[0];
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }
  response.status(201).set('Location', '/api/v1/expenses/' + id).json({ success: true, data: entry(row) });
}));

// ---- the dashboard

const cents = (minor) => minor / 100;
function monthText(index) {
  return String(Math.floor(index / 12)).padStart(4, '0') + '-' + String((index % 12) + 1).padStart(2, '0');
}
function lastDay(index) {
  return monthText(index) + '-' + String(new Date(Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0)).getUTCDate())
    .padStart(2, '0');
}

app.get('/api/v1/analytics/dashboard', route('reports.read', async (request, response, member) => {
  const months = Math.min(Math.max(parseInt(request.query.months || '12', 10) || 12, 1), 60);
  let index;
  if (/^\d{4}-\d{2}$/.test(request.query.month || '')) {
    index = Number(request.query.month.slice(0, 4)) * 12 + Number(request.query.month.slice(5)) - 1;
  } else {
    const now = new Date();
    index = now.getUTCFullYear() * 12 + now.getUTCMonth();
  }
  const first = monthText(index - months + 1) + '-01';
  const start = monthText(index) + '-01';
  const end = lastDay(index);
  const [byMonth, byCategory, recent, balance] = await Promise.all([
    pool.query({
      name: 'by-month',
      text: `SELECT extract(year FROM occurred_on)::int * 12 + extract(month FROM occurred_on)::int - 1 AS month, type,
                    sum(amount_minor)::bigint AS amount, count(*) AS count
             FROM entries WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND status <> 'cancelled' AND deleted_at IS NULL
             GROUP BY 1, 2`,
      values: [member.book_id, first, end],
    }),
    pool.query({
      name: 'by-category',
      text: `SELECT s.category_id, c.name, c.slug, c.color, c.icon, s.amount, s.count
             FROM (SELECT category_id, sum(amount_minor)::bigint AS amount, count(*) AS count
                   FROM entries
                   WHERE book_id = $1 AND occurred_on BETWEEN $2 AND $3 AND type = 'expense' AND status <> 'cancelled' AND deleted_at IS NULL
                   GROUP BY 1) s
             LEFT JOIN categories c ON c.book_id = $1 AND c.id = s.category_id
             ORDER BY s.amount DESC, c.name`,
      values: [member.book_id, start, end],
    }),
    pool.query({
      name: 'recent',
      text: `SELECT ${entryColumns}
             FROM entries e LEFT JOIN categories c ON c.book_id = e.book_id AND c.id = e.category_id
             WHERE e.book_id = $1 AND e.deleted_at IS NULL ORDER BY e.occurred_on DESC, e.id DESC LIMIT 10`,
      values: [member.book_id],
    }),
    pool.query({
      name: 'balance',
      text: `SELECT type, sum(amount_minor)::bigint AS amount, count(*) AS count FROM entries
             WHERE book_id = $1 AND occurred_on <= $2 AND status <> 'cancelled' AND deleted_at IS NULL GROUP BY 1`,
      values: [member.book_id, end],
    }),
  ]);

  const sums = new Map();
  for (const row of byMonth.rows) {
    const sum = sums.get(row.month) || { income: 0, expenses: 0, count: 0 };
    sum[row.type === 'income' ? 'income' : 'expenses'] += row.amount;
    sum.count += row.count;
    sums.set(row.month, sum);
  }
  const of = (month) => {
    const sum = sums.get(month) || { income: 0, expenses: 0, count: 0 };
    return {
      income: cents(sum.income), expenses: cents(sum.expenses), net: cents(sum.income - sum.expenses), count: sum.count,
    };
  };
  const series = [];
  for (let month = index - months + 1; month <= index; month += 1) {
    series.push({ month: monthText(month), ...of(month) });
  }
  const total = byCategory.rows.reduce((sum, row) => sum + row.amount, 0);
  const toDate = { income: 0, expense: 0, count: 0 };
  for (const row of balance.rows) {
    toDate[row.type] = row.amount;
    toDate.count += row.count;
  }
  response.json({
    success: true,
    data: {
      currency: member.currency,
      period: { startDate: start, endDate: end },
      totals: of(index),
      previous: of(index - 1),
      byMonth: series,
      byCategory: byCategory.rows.map((row) => ({
        categoryId: row.category_id, name: row.name, slug: row.slug, color: row.color, icon: row.icon,
        amount: cents(row.amount), count: row.count, share: Math.round((row.amount * 10000) / total) / 100,
      })),
      recent: recent.rows.map(entry),
      balanceToDate: {
        income: cents(toDate.income), expenses: cents(toDate.expense), net: cents(toDate.income - toDate.expense),
        count: toDate.count,
      },
    },
  });
}));

app.get('/health', (request, response) => response.json({ success: true, data: { status: 'ok' } }));

app.use((request, response, next) => next(new Refusal(404, 'NOT_FOUND', 'There is nothing here.')));
// Express knows an error handler by its four parameters.
app.use((error, request, response, next) => { // eslint-disable-line no-unused-vars
  const status = error.status || 500;
  const message = error instanceof Refusal || status < 500 ? error.message : 'Something went wrong.';
  const code = error.code && error instanceof Refusal ? error.code : 'INTERNAL_ERROR';
  if (status >= 500) log({ level: 'error', requestId: request.id, message: String(error.stack) });
  response.status(status).json({
    success: false, message, code,
    error: { code, message, timestamp: new Date().toISOString(), requestId: request.id },
    errors: error.fields,
  });
});

const server = app.listen(Number(process.env.PEER_PORT), '127.0.0.1', 4096, () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`);
});
server.keepAliveTimeout = 75000;
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  flushLog();
  pool.end().then(() => process.exit(0));
});
